/* A handle that is closed, forged, of another kind or zero is told from a good one, whatever its kind. */
#include "every_handle.h"

/* The status, and a message that names the kind of handle that is needed. */
static void refused(const struct handle *handle, uint64_t id, hms_status_t expected) {
    hms_error_t error = {0};
    hms_status_t status = handle->use(id, &error);
    hms_str_t message = hms_error_message(error);
    char text[256];
    snprintf(text, sizeof text, "%.*s", (int)message.len, message.ptr);
    if (status != expected || strstr(text, handle->name) == NULL) {
        fprintf(stderr, "%s %#llx: %s: %s, not %s\n", handle->name, (unsigned long long)id, hms_status_name(status), text,
                hms_status_name(expected));
        exit(1);
    }
    OK(hms_error_close(error));
}

static void a_handle_that_never_was_is_invalid(const struct handle handles[KINDS]) {
    for (int i = 0; i < KINDS; i++) {
        const struct handle *handle = &handles[i];
        OK(handle->use(handle->id, NULL));
        refused(handle, 0, HMS_STATUS_INVALID_ARGUMENT);
        refused(handle, UINT64_MAX, HMS_STATUS_INVALID_ARGUMENT);
        refused(handle, handle->id + (UINT64_C(1000) << 24), HMS_STATUS_INVALID_ARGUMENT);
        refused(handle, (handle->id & ~UINT64_C(0xffffff)) | 0xfffff0, HMS_STATUS_INVALID_ARGUMENT);
        refused(handle, handle->id & ~(UINT64_C(0xffffffff) << 24), HMS_STATUS_INVALID_ARGUMENT);
        CHECK_STATUS(handle->close(UINT64_MAX), HMS_STATUS_INVALID_ARGUMENT);
        for (int other = 0; other < KINDS; other++) {
            if (other == i) continue;
            refused(handle, handles[other].id, HMS_STATUS_INVALID_ARGUMENT);
            CHECK_STATUS(handle->close(handles[other].id), HMS_STATUS_INVALID_ARGUMENT);
        }
        OK(handle->use(handle->id, NULL));
    }
}

static void a_closed_handle_says_so(const struct handle handles[KINDS]) {
    for (int i = 0; i < KINDS; i++) {
        OK(handles[i].close(handles[i].id));
        refused(&handles[i], handles[i].id, HMS_STATUS_FAILED_PRECONDITION);
        CHECK_STATUS(handles[i].close(handles[i].id), HMS_STATUS_FAILED_PRECONDITION);
    }
}

static void a_slot_used_again_does_not_bring_the_old_handle_back(void) {
    hms_writer_t old, young;
    OK(hms_writer_new(&old, NULL));
    OK(hms_writer_close(old, NULL));
    OK(hms_writer_new(&young, NULL));
    CHECK(young.id != old.id && (young.id & 0xffffff) == (old.id & 0xffffff));
    CHECK_STATUS(hms_writer_null(old, NULL), HMS_STATUS_FAILED_PRECONDITION);
    OK(hms_writer_null(young, NULL));
    OK(hms_writer_close(young, NULL));
}

static void errors_and_buffers_are_checked_too(void) {
    hms_error_t error;
    hms_str_t text;
    OK(hms_error_new(HMS_STATUS_ABORTED, HMS_STR("no"), &error));
    const hms_error_t stale = error;
    const hms_error_t wrong[] = {{0}, {UINT64_MAX}, {UINT64_C(4) << 56 | 1 << 24}};
    OK(hms_error_close(error));
    CHECK_STATUS(hms_error_close(stale), HMS_STATUS_FAILED_PRECONDITION);
    CHECK_STATUS(hms_error_detail(stale, HMS_STR("x"), &text), HMS_STATUS_FAILED_PRECONDITION);
    CHECK(hms_error_message(stale).len == 0 && hms_error_cause(stale).id == 0);
    CHECK(hms_error_code((hms_error_t){0}) == HMS_STATUS_OK);
    for (int i = 0; i < 3; i++) {
        CHECK(hms_error_message(wrong[i]).len == 0 && hms_error_source(wrong[i]).len == 0);
        CHECK(hms_error_stack(wrong[i]).len == 0 && hms_error_cause(wrong[i]).id == 0);
        CHECK(hms_error_detail_count(wrong[i]) == 0);
        CHECK_STATUS(hms_error_detail_at(wrong[i], 0, &text, &text), HMS_STATUS_INVALID_ARGUMENT);
        CHECK(hms_metadata_count((hms_metadata_t){wrong[i].id}) == 0);
    }
    CHECK(hms_error_code(wrong[1]) == HMS_STATUS_INVALID_ARGUMENT);
    hms_buffer_t forged = {.data = (const uint8_t *)"x", .len = 1, .owner = UINT64_MAX, .content_type = 1};
    CHECK_STATUS(hms_buffer_release(&forged), HMS_STATUS_INVALID_ARGUMENT);
    forged.owner = UINT64_C(12345);
    CHECK_STATUS(hms_buffer_release(&forged), HMS_STATUS_INVALID_ARGUMENT);
}

static void closing_nothing_is_fine(void) {
    OK(hms_method_close((hms_method_t){0}, NULL));
    OK(hms_service_close((hms_service_t){0}, NULL));
    OK(hms_stream_close((hms_stream_t){0}, NULL));
    OK(hms_writer_close((hms_writer_t){0}, NULL));
    OK(hms_reader_close((hms_reader_t){0}, NULL));
    OK(hms_metadata_close((hms_metadata_t){0}));
    OK(hms_error_close((hms_error_t){0}));
}

static void a_method_of_a_closed_client_is_refused(void) {
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    hms_method_t method = bind(&world, "echo");
    hms_buffer_t out;
    OK(hms_client_close(world.client, NULL));
    CHECK_STATUS(hms_method_call(method, NOTHING, NULL, &out, NULL), HMS_STATUS_FAILED_PRECONDITION);
    OK(hms_method_close(method, NULL));
    OK(hms_server_close(world.server, NULL));
    OK(hms_runtime_close(world.runtime, SECOND, NULL));
}

int main(void) {
    struct handle handles[KINDS];
    every_handle(handles);
    a_handle_that_never_was_is_invalid(handles);
    a_closed_handle_says_so(handles);
    a_slot_used_again_does_not_bring_the_old_handle_back();
    errors_and_buffers_are_checked_too();
    closing_nothing_is_fine();
    a_method_of_a_closed_client_is_refused();
    return 0;
}
