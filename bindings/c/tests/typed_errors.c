/* The data of a failure arrive with the id of their schema; what is no more than half of them is refused, or told as lost. */
#include "world.h"

/* {"left": 3} */
static const hms_bytes_t left = {(const uint8_t *)"\xa1\x64left\x03", 7};

static hms_failure_t out_of_stock(void) {
    return (hms_failure_t){.struct_size = sizeof(hms_failure_t), .code = HMS_STATUS_FAILED_PRECONDITION,
                           .message = HMS_STR("3 left"), .error_schema = HMS_STR("out_of_stock"), .error_data = left};
}

static void fails(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    const hms_failure_t failure = out_of_stock();
    OK(hms_call_fail(call, &failure, NULL));
}

static int equal(hms_str_t text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

static void a_caller_gets_type_and_data(struct world *world) {
    hms_buffer_t out;
    hms_error_t error;
    hms_str_t schema;
    hms_buffer_t data;
    CHECK_STATUS(call(world, "fails", &out, &error), HMS_STATUS_FAILED_PRECONDITION);
    OK(hms_error_data(error, &schema, &data, NULL));
    CHECK(equal(schema, "out_of_stock") && data.content_type == HMS_CONTENT_TYPE_CBOR);

    hms_reader_t reader;
    size_t pairs;
    uint32_t found;
    int64_t number;
    OK(hms_reader_new((hms_bytes_t){data.data, data.len}, &reader, NULL));
    OK(hms_reader_enter_map(reader, &pairs, NULL));
    OK(hms_reader_find(reader, HMS_STR("left"), &found, NULL));
    OK(hms_reader_int(reader, &number, NULL));
    CHECK(pairs == 1 && found == 1 && number == 3);
    OK(hms_reader_close(reader, NULL));

    OK(hms_buffer_release(&data));
    OK(hms_error_close(error));
}

static hms_status_t data_of(hms_pair_t *details, size_t count) {
    const hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_ABORTED, .message = HMS_STR("why"),
                                   .details = details, .details_count = count};
    hms_error_t error;
    hms_str_t schema;
    hms_buffer_t data;
    OK(hms_error_make(&failure, &error, NULL));
    hms_status_t status = hms_error_data(error, &schema, &data, NULL);
    if (status == HMS_STATUS_OK) OK(hms_buffer_release(&data));
    CHECK(equal(hms_error_message(error), "why"));
    OK(hms_error_close(error));
    return status;
}

/* As they come from a peer that speaks the protocol without this library. */
static void details_of_any_peer_are_read(void) {
    hms_pair_t details[] = {{HMS_STR("hms.error_schema"), HMS_STR("out_of_stock")},
                            {HMS_STR("hms.error_data"), HMS_STR("oWRsZWZ0Aw==")}};
    OK(data_of(details, 2));
    CHECK_STATUS(data_of(details, 1), HMS_STATUS_DATA_LOSS);
    CHECK_STATUS(data_of(details + 1, 1), HMS_STATUS_NOT_FOUND);
    CHECK_STATUS(data_of(NULL, 0), HMS_STATUS_NOT_FOUND);
    details[1].value = HMS_STR("left: 3");
    CHECK_STATUS(data_of(details, 2), HMS_STATUS_DATA_LOSS);
}

static void half_of_them_is_refused(void) {
    hms_error_t made, error;
    hms_failure_t failure = out_of_stock();
    failure.error_data = NOTHING;
    CHECK_STATUS(hms_error_make(&failure, &made, &error), HMS_STATUS_INVALID_ARGUMENT);
    CHECK(equal(hms_error_message(error),
                "error_schema is there without error_data: a failure has both, or is of no type"));
    OK(hms_error_close(error));
    failure = out_of_stock();
    failure.error_schema = HMS_STR("");
    CHECK_STATUS(hms_error_make(&failure, &made, NULL), HMS_STATUS_INVALID_ARGUMENT);
}

static void a_program_of_an_older_header_fails_without_data(void) {
    hms_failure_t failure = out_of_stock();
    failure.struct_size = offsetof(hms_failure_t, error_schema);
    hms_error_t error;
    OK(hms_error_make(&failure, &error, NULL));
    CHECK(hms_error_detail_count(error) == 0);
    OK(hms_error_close(error));
}

int main(void) {
    struct world world = open_world();
    serve(&world, "fails", fails, NULL);
    a_caller_gets_type_and_data(&world);
    details_of_any_peer_are_read();
    half_of_them_is_refused();
    a_program_of_an_older_header_fails_without_data();
    close_world(&world);
    return 0;
}
