/* Every vector of tests/golden/values.json: a reader reads the value that it is, and a writer writes it back in the one
 * form that there is. The value is compared in a notation of its own: the kind, then text and bytes in hexadecimal digits,
 * floats by their bits, lists as [a;b;], maps as {key:a;}. */
#include "world.h"

#include <inttypes.h>
#include <stdarg.h>

static size_t from_hex(const char *hex, uint8_t *out) {
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        const char digits[] = {hex[2 * i], hex[2 * i + 1], 0};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return len;
}

/* What was read so far, in the notation. */
static char seen[16384];
static size_t seen_len;

static void note(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int len = vsnprintf(seen + seen_len, sizeof seen - seen_len, format, arguments);
    va_end(arguments);
    CHECK(len >= 0 && (size_t)len < sizeof seen - seen_len);
    seen_len += (size_t)len;
}

static void note_hex(const void *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) note("%02x", ((const uint8_t *)bytes)[i]);
}

static void copy_value(hms_reader_t reader, hms_writer_t writer);

static void copy_list(hms_reader_t reader, hms_writer_t writer) {
    size_t len;
    uint32_t kind;
    OK(hms_reader_enter_list(reader, &len, NULL));
    OK(hms_writer_begin_list(writer, len, NULL));
    note("[");
    for (;;) {
        OK(hms_reader_kind(reader, &kind, NULL));
        if (kind == HMS_KIND_END) break;
        copy_value(reader, writer);
        note(";");
    }
    note("]");
    OK(hms_reader_leave(reader, NULL));
    OK(hms_writer_end_list(writer, NULL));
}

static void copy_map(hms_reader_t reader, hms_writer_t writer) {
    size_t len;
    uint32_t found;
    hms_str_t key;
    OK(hms_reader_enter_map(reader, &len, NULL));
    OK(hms_writer_begin_map(writer, len, NULL));
    note("{");
    for (;;) {
        OK(hms_reader_next_key(reader, &key, &found, NULL));
        if (!found) break;
        OK(hms_writer_key(writer, key, NULL));
        note_hex(key.ptr, key.len);
        note(":");
        copy_value(reader, writer);
        note(";");
    }
    note("}");
    OK(hms_reader_leave(reader, NULL));
    OK(hms_writer_end_map(writer, NULL));
}

static void copy_integer(hms_reader_t reader, hms_writer_t writer) {
    int64_t value;
    uint64_t large;
    if (hms_reader_int(reader, &value, NULL) == HMS_STATUS_OK) {
        OK(hms_writer_int(writer, value, NULL));
        note("int %" PRId64, value);
        return;
    }
    OK(hms_reader_uint(reader, &large, NULL));
    OK(hms_writer_uint(writer, large, NULL));
    note("int %" PRIu64, large);
}

static void copy_value(hms_reader_t reader, hms_writer_t writer) {
    uint32_t kind, truth;
    double real;
    hms_str_t text;
    hms_bytes_t bytes;
    uint8_t uuid[16];
    uint64_t bits;
    OK(hms_reader_kind(reader, &kind, NULL));
    switch (kind) {
    case HMS_KIND_NULL:
        OK(hms_reader_null(reader, NULL));
        OK(hms_writer_null(writer, NULL));
        note("null");
        break;
    case HMS_KIND_BOOL:
        OK(hms_reader_bool(reader, &truth, NULL));
        OK(hms_writer_bool(writer, truth, NULL));
        note(truth ? "true" : "false");
        break;
    case HMS_KIND_INT: copy_integer(reader, writer); break;
    case HMS_KIND_BIGINT:
        OK(hms_reader_bigint(reader, &text, NULL));
        OK(hms_writer_bigint(writer, text, NULL));
        note("bigint %.*s", (int)text.len, text.ptr);
        break;
    case HMS_KIND_FLOAT:
        OK(hms_reader_float(reader, &real, NULL));
        OK(hms_writer_float(writer, real, NULL));
        memcpy(&bits, &real, sizeof bits);
        note("float %016" PRIx64, bits);
        break;
    case HMS_KIND_TEXT:
        OK(hms_reader_text(reader, &text, NULL));
        OK(hms_writer_text(writer, text, NULL));
        note("text ");
        note_hex(text.ptr, text.len);
        break;
    case HMS_KIND_BYTES:
        OK(hms_reader_bytes(reader, &bytes, NULL));
        OK(hms_writer_bytes(writer, bytes, NULL));
        note("bytes ");
        note_hex(bytes.ptr, bytes.len);
        break;
    case HMS_KIND_DATETIME:
        OK(hms_reader_datetime(reader, &text, NULL));
        OK(hms_writer_datetime(writer, text, NULL));
        note("datetime %.*s", (int)text.len, text.ptr);
        break;
    case HMS_KIND_UUID:
        OK(hms_reader_uuid(reader, uuid, NULL));
        OK(hms_writer_uuid(writer, uuid, NULL));
        note("uuid ");
        note_hex(uuid, sizeof uuid);
        break;
    case HMS_KIND_DECIMAL:
        OK(hms_reader_decimal(reader, &text, NULL));
        OK(hms_writer_decimal(writer, text, NULL));
        note("decimal %.*s", (int)text.len, text.ptr);
        break;
    case HMS_KIND_LIST: copy_list(reader, writer); break;
    case HMS_KIND_MAP: copy_map(reader, writer); break;
    default: CHECK(!"a known kind");
    }
}

static void reads_as(const char *name, const char *hex, const char *expected) {
    uint8_t given[4096], wanted[4096];
    const size_t len = from_hex(hex, given), wanted_len = from_hex(expected, wanted);
    hms_reader_t reader;
    hms_writer_t writer;
    hms_buffer_t out;
    uint32_t kind;
    OK(hms_reader_new((hms_bytes_t){given, len}, &reader, NULL));
    OK(hms_writer_new(&writer, NULL));
    seen_len = 0;
    copy_value(reader, writer);
    OK(hms_reader_kind(reader, &kind, NULL));
    CHECK(kind == HMS_KIND_END);
    OK(hms_writer_finish(writer, &out, NULL));
    if (out.len != wanted_len || memcmp(out.data, wanted, wanted_len) != 0) {
        fprintf(stderr, "%s: %s is not written as %s\n", name, hex, expected);
        exit(1);
    }
    OK(hms_buffer_release(&out));
    OK(hms_writer_close(writer, NULL));
    OK(hms_reader_close(reader, NULL));
}

static void is_value(const char *name, const char *hex, const char *notation) {
    reads_as(name, hex, hex);
    if (strcmp(seen, notation) == 0) return;
    fprintf(stderr, "%s: %s is read as %s, not %s\n", name, hex, seen, notation);
    exit(1);
}

static void is_refused(const char *name, const char *hex, const char *reason) {
    uint8_t given[4096];
    char message[512];
    hms_reader_t reader;
    hms_error_t error = {0};
    const hms_status_t status = hms_reader_new((hms_bytes_t){given, from_hex(hex, given)}, &reader, &error);
    const hms_str_t text = hms_error_message(error);
    snprintf(message, sizeof message, "%.*s", (int)text.len, text.ptr);
    if (status != HMS_STATUS_INVALID_ARGUMENT || strstr(message, reason) == NULL) {
        fprintf(stderr, "%s: %s: '%s' without '%s'\n", name, hms_status_name(status), message, reason);
        exit(1);
    }
    OK(hms_error_close(error));
}

int main(void) {
    int vectors = 0;
#define VALUE(name, hex, notation, ...) vectors++, is_value(name, hex, notation);
#define ALSO(name, also, hex) vectors++, reads_as(name, also, hex);
#define REFUSED(name, hex, reason) vectors++, is_refused(name, hex, reason);
#include "golden.inc"
    CHECK(vectors > 200);
    return 0;
}
