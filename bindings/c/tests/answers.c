/* A call is answered once: now, or after hms_call_retain from any thread. */
#include "world.h"

static void twice(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    OK(hms_call_reply(call, request->body, NULL, NULL));
    CHECK_STATUS(hms_call_reply(call, request->body, NULL, NULL), HMS_STATUS_FAILED_PRECONDITION);
    hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_ABORTED};
    CHECK_STATUS(hms_call_fail(call, &failure, NULL), HMS_STATUS_FAILED_PRECONDITION);
}

static void never(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)call, (void)request;
}

static void closed(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    OK(hms_call_close(call, NULL));
}

static hms_call_t kept;
static atomic_int arrived;

static void later(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    OK(hms_call_retain(call, NULL));
    kept = call;
    atomic_fetch_add(&arrived, 1);
}

static void *answer_kept(void *unused) {
    (void)unused;
    wait_for(&arrived, 1);
    hms_request_t request = {.struct_size = sizeof request};
    OK(hms_call_request(kept, &request, NULL));
    OK(hms_call_reply(kept, request.body, NULL, NULL));
    return NULL;
}

static void fails(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    const hms_pair_t details[] = {{HMS_STR("limit"), HMS_STR("7")}};
    hms_error_t cause;
    OK(hms_error_new(HMS_STATUS_NOT_FOUND, HMS_STR("no such row"), &cause));
    hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_OUT_OF_RANGE, .message = HMS_STR("too far"),
                             .stack = HMS_STR("here\nthere"), .details = details, .details_count = 1, .cause = cause};
    OK(hms_call_fail(call, &failure, NULL));
    OK(hms_error_close(cause));
}

static int equal(hms_str_t text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

static void a_failure_arrives_whole(struct world *world) {
    hms_error_t error = {0};
    hms_buffer_t out;
    hms_str_t limit;
    CHECK_STATUS(call(world, "fails", &out, &error), HMS_STATUS_OUT_OF_RANGE);
    CHECK(equal(hms_error_message(error), "too far") && hms_error_source(error).len > 0);
    CHECK(strstr(hms_error_stack(error).ptr, "here") != NULL);
    OK(hms_error_detail(error, HMS_STR("limit"), &limit));
    CHECK(equal(limit, "7"));
    hms_error_t cause = hms_error_cause(error);
    CHECK(hms_error_code(cause) == HMS_STATUS_NOT_FOUND && equal(hms_error_message(cause), "no such row"));
    OK(hms_error_close(cause));
    OK(hms_error_close(error));
}

static void an_answer_after_cancel_is_refused(struct world *world) {
    hms_method_t method = bind(world, "later");
    hms_call_id_t id;
    OK(hms_method_submit(method, BYTES("body"), NULL, &id, NULL));
    wait_for(&arrived, 2);
    uint32_t cancelled = 0;
    OK(hms_async_cancel(world->client, (hms_str_t){id.text, strlen(id.text)}, &cancelled, NULL));
    CHECK(cancelled == 1);
    OK(hms_call_is_cancelled(kept, &cancelled, NULL));
    CHECK(cancelled == 1);
    CHECK_STATUS(hms_call_reply(kept, NOTHING, NULL, NULL), HMS_STATUS_CANCELLED);
    OK(hms_method_close(method, NULL));
}

int main(void) {
    struct world world = open_world();
    serve(&world, "twice", twice, NULL);
    serve(&world, "never", never, NULL);
    serve(&world, "closed", closed, NULL);
    serve(&world, "later", later, NULL);
    serve(&world, "fails", fails, NULL);

    hms_buffer_t out;
    OK(call(&world, "twice", &out, NULL));
    CHECK(is(out, "body"));
    OK(hms_buffer_release(&out));
    CHECK_STATUS(call(&world, "never", &out, NULL), HMS_STATUS_INTERNAL);
    CHECK_STATUS(call(&world, "closed", &out, NULL), HMS_STATUS_INTERNAL);

    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, answer_kept, NULL) == 0);
    OK(call(&world, "later", &out, NULL));
    CHECK(is(out, "body"));
    OK(hms_buffer_release(&out));
    CHECK(pthread_join(thread, NULL) == 0);

    a_failure_arrives_whole(&world);
    an_answer_after_cancel_is_refused(&world);
    close_world(&world);
    return 0;
}
