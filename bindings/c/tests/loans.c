/* Memory that is lent for a request or an answer: written, sent, released once. Between processes: tests/twoprocess. */
#include "world.h"

enum { LARGE = 1 << 20, LIMIT = 1 << 21 };

/* Answers with the first half of a loan: each byte of the request, one more. */
static void add_one(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    hms_buffer_t loan;
    uint8_t *data;
    OK(hms_call_loan(call, 2 * request->body.len, &loan, &data, NULL));
    CHECK(loan.data == data && loan.len == 2 * request->body.len && loan.content_type == HMS_CONTENT_TYPE_BYTES);
    for (size_t i = 0; i < request->body.len; i++) data[i] = (uint8_t)(request->body.ptr[i] + 1);
    loan.len = request->body.len;
    OK(hms_call_reply_buffer(call, &loan, NULL, NULL));
    CHECK(loan.owner == 0);
}

static hms_buffer_t kept;

static void keep(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    OK(hms_call_request_buffer(call, &kept, NULL));
    OK(hms_call_reply(call, NOTHING, NULL, NULL));
    CHECK_STATUS(hms_call_request_buffer(call, &kept, NULL), HMS_STATUS_FAILED_PRECONDITION);
}

static void lend_too_much(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_buffer_t loan = {0};
    uint8_t *data;
    CHECK_STATUS(hms_call_loan(call, LIMIT + 1, &loan, &data, NULL), HMS_STATUS_RESOURCE_EXHAUSTED);
    CHECK(loan.owner == 0);
    OK(hms_call_reply(call, NOTHING, NULL, NULL));
}

static void sent(hms_method_t method, size_t len) {
    const hms_call_options_t raw = {.struct_size = sizeof raw, .content_type = HMS_CONTENT_TYPE_BYTES};
    hms_buffer_t loan, answer;
    uint8_t *data;
    OK(hms_method_loan(method, len, &loan, &data, NULL));
    CHECK(loan.len == len && loan.data == data && (data == NULL) == (len == 0));
    if (len) memset(data, 7, len);
    OK(hms_method_call(method, (hms_bytes_t){data, len}, &raw, &answer, NULL));
    CHECK(answer.len == len && answer.content_type == HMS_CONTENT_TYPE_BYTES);
    for (size_t i = 0; i < len; i++) CHECK(answer.data[i] == 8);
    OK(hms_buffer_release(&answer));
    hms_buffer_t copy = loan;
    OK(hms_buffer_release(&loan));
    if (len) CHECK_STATUS(hms_buffer_release(&copy), HMS_STATUS_FAILED_PRECONDITION);
}

int main(void) {
    struct world world = open_world();
    const hms_server_options_t limited = {.struct_size = sizeof limited, .max_message_size = LIMIT};
    OK(hms_server_close(world.server, NULL));
    OK(hms_server_new(world.runtime, &limited, &world.server, NULL));
    OK(hms_server_start(world.server, NULL));
    serve(&world, "add_one", add_one, NULL);
    serve(&world, "keep", keep, NULL);
    serve(&world, "lend_too_much", lend_too_much, NULL);

    hms_method_t method = bind(&world, "add_one");
    sent(method, 0);
    sent(method, 1);
    sent(method, LARGE);
    hms_buffer_t loan = {0}, answer;
    uint8_t *data;
    CHECK_STATUS(hms_method_loan(method, LIMIT + 1, &loan, &data, NULL), HMS_STATUS_RESOURCE_EXHAUSTED);
    CHECK(loan.owner == 0);

    OK(hms_client_call(world.client, HMS_STR("keep"), HMS_STR("run"), BYTES("kept"), NULL, &answer, NULL));
    OK(hms_buffer_release(&answer));
    CHECK(kept.len == 4 && memcmp(kept.data, "kept", 4) == 0 && kept.content_type == HMS_CONTENT_TYPE_CBOR);
    OK(hms_buffer_release(&kept));
    OK(hms_client_call(world.client, HMS_STR("lend_too_much"), HMS_STR("run"), NOTHING, NULL, &answer, NULL));
    OK(hms_buffer_release(&answer));

    OK(hms_method_close(method, NULL));
    CHECK_STATUS(hms_method_loan(method, 1, &loan, &data, NULL), HMS_STATUS_FAILED_PRECONDITION);
    close_world(&world);
    return 0;
}
