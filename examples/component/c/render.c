/* Step 4 of the demo pipeline: see examples/demo/PIPELINE.md. */
#include "render.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers count ten-thousandths. */
#define ONE 10000

/* Why a record cannot be rendered. Either an error of the library, or a message of this file. */
struct problem {
    hms_error_t error;
    char message[160];
};

static int64_t divide(int64_t a, int64_t b) { return (2 * a + b) / (2 * b); }

static void decimal(char out[24], int64_t value, int digits) {
    int64_t unit = 1;
    for (int i = 0; i < digits; i++) unit *= 10;
    int64_t rounded = divide(value, ONE / unit);
    snprintf(out, 24, "%" PRId64 ".%0*" PRId64, rounded / unit, digits, rounded % unit);
}

/* Reads digits from `text`, at most `limit`, and gives how many there were. */
static size_t digits(hms_str_t text, size_t limit, int64_t *value) {
    size_t n = 0;
    for (; n < text.len && n < limit && text.ptr[n] >= '0' && text.ptr[n] <= '9'; n++)
        *value = *value * 10 + (text.ptr[n] - '0');
    return n;
}

static int parse(hms_str_t text, int64_t *out) {
    int64_t value = 0;
    size_t whole = digits(text, 6, &value);
    size_t used = whole, fraction = 0;
    if (whole > 0 && used < text.len && text.ptr[used] == '.') {
        used++;
        fraction = digits((hms_str_t){text.ptr + used, text.len - used}, 4, &value);
        if (fraction == 0) return 0;
        used += fraction;
    }
    for (; fraction < 4; fraction++) value *= 10;
    *out = value;
    return whole > 0 && used == text.len;
}

static int attribute(hms_reader_t reader, const char *name, int64_t *out, struct problem *why) {
    uint32_t found;
    hms_str_t text;
    if (hms_reader_find(reader, (hms_str_t){name, strlen(name)}, &found, &why->error) != HMS_STATUS_OK) return 0;
    if (!found) {
        snprintf(why->message, sizeof why->message, "attribute %s is missing", name);
        return 0;
    }
    if (hms_reader_text(reader, &text, &why->error) != HMS_STATUS_OK) return 0;
    if (parse(text, out)) return 1;
    int shown = text.len > 64 ? 64 : (int)text.len;
    while (shown > 0 && (size_t)shown < text.len && ((unsigned char)text.ptr[shown] & 0xC0) == 0x80) shown--;
    snprintf(why->message, sizeof why->message, "attribute %s is not a decimal number: \"%.*s\"", name, shown, text.ptr);
    return 0;
}

static int field(hms_reader_t reader, hms_str_t name, struct problem *why) {
    uint32_t found;
    if (hms_reader_find(reader, name, &found, &why->error) != HMS_STATUS_OK) return 0;
    if (!found) snprintf(why->message, sizeof why->message, "%s is missing", name.ptr);
    return found != 0;
}

struct column {
    const char *attribute;
    const char *label;
    int digits;
};

static const struct column columns[] = {
    {"bmi", "bmi", 1}, {"bp", "bp", 1},         {"tc_mmol", "tc", 2}, {"ldl_mmol", "ldl", 2},
    {"hdl_mmol", "hdl", 2}, {"glu_mmol", "glu", 2}, {"ltg", "ltg", 2},     {"score", "score", 1},
};
enum { COLUMNS = sizeof columns / sizeof columns[0], SCORE = COLUMNS - 1 };

struct record {
    hms_str_t id;
    int64_t age, values[COLUMNS], progression;
};

static int read_record(hms_reader_t reader, struct record *out, struct problem *why) {
    size_t pairs;
    if (hms_reader_enter_map(reader, &pairs, &why->error) != HMS_STATUS_OK) return 0;
    if (!field(reader, HMS_STR("id"), why) || hms_reader_text(reader, &out->id, &why->error) != HMS_STATUS_OK) return 0;
    if (!field(reader, HMS_STR("age"), why) || hms_reader_int(reader, &out->age, &why->error) != HMS_STATUS_OK) return 0;
    if (!field(reader, HMS_STR("attributes"), why)) return 0;
    if (hms_reader_enter_map(reader, &pairs, &why->error) != HMS_STATUS_OK) return 0;
    for (int i = 0; i < COLUMNS; i++)
        if (!attribute(reader, columns[i].attribute, &out->values[i], why)) return 0;
    return attribute(reader, "progression", &out->progression, why);
}

/* Writes the line item. A failed step makes `hms_writer_finish` fail, so that its result tells. */
static hms_status_t write_item(const struct record *record, hms_buffer_t *out, hms_error_t *error) {
    char line[256];
    int used = snprintf(line, sizeof line, "  age %3" PRId64, record->age);
    for (int i = 0; i < COLUMNS; i++) {
        char value[24];
        decimal(value, record->values[i], columns[i].digits);
        used += snprintf(line + used, sizeof line - (size_t)used, "  %s %5s", columns[i].label, value);
    }
    /* The id is as long as the caller likes. */
    size_t length = record->id.len + (size_t)used;
    char *text = malloc(length);
    if (text == NULL) {
        hms_error_new(HMS_STATUS_RESOURCE_EXHAUSTED, HMS_STR("no memory for the line"), error);
        return HMS_STATUS_RESOURCE_EXHAUSTED;
    }
    memcpy(text, record->id.ptr, record->id.len);
    memcpy(text + record->id.len, line, (size_t)used);

    hms_writer_t writer;
    hms_status_t status = hms_writer_new(&writer, error);
    if (status == HMS_STATUS_OK) {
        hms_writer_begin_map(writer, 4, NULL);
        hms_writer_key(writer, HMS_STR("id"), NULL);
        hms_writer_text(writer, record->id, NULL);
        hms_writer_key(writer, HMS_STR("score"), NULL);
        hms_writer_int(writer, divide(record->values[SCORE], 1000), NULL);
        hms_writer_key(writer, HMS_STR("progression"), NULL);
        hms_writer_int(writer, divide(record->progression, ONE), NULL);
        hms_writer_key(writer, HMS_STR("line"), NULL);
        hms_writer_text(writer, (hms_str_t){text, length}, NULL);
        hms_writer_end_map(writer, NULL);
        status = hms_writer_finish(writer, out, error);
        hms_writer_close(writer, NULL);
    }
    free(text);
    return status;
}

static void fail(hms_call_t call, struct problem *why) {
    hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_INVALID_ARGUMENT};
    failure.message = (hms_str_t){why->message, strlen(why->message)};
    if (why->error.id != 0) {
        failure.code = hms_error_code(why->error);
        failure.message = hms_error_message(why->error);
    }
    hms_call_fail(call, &failure, NULL);
    hms_error_close(why->error);
}

void render_line(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    struct problem why = {0};
    struct record record;
    hms_buffer_t item;
    hms_reader_t reader = {0};
    if (hms_reader_new(request->body, &reader, &why.error) == HMS_STATUS_OK && read_record(reader, &record, &why) &&
        write_item(&record, &item, &why.error) == HMS_STATUS_OK)
        hms_call_reply_buffer(call, &item, NULL, NULL);
    else
        fail(call, &why);
    hms_reader_close(reader, NULL);
}
