/* In a forked child every handle and every constructor is refused, and nothing hangs; the parent goes on. */
#include "every_handle.h"

#include <sys/wait.h>
#include <unistd.h>

static void child(const struct handle handles[KINDS]) {
    alarm(20);
    hms_error_t error = {0};
    for (int i = 0; i < KINDS; i++) {
        CHECK_STATUS(handles[i].use(handles[i].id, &error), HMS_STATUS_FAILED_PRECONDITION);
        hms_str_t message = hms_error_message(error);
        CHECK(hms_error_code(error) == HMS_STATUS_FAILED_PRECONDITION && message.len > 0);
        OK(hms_error_close(error));
        CHECK_STATUS(handles[i].close(handles[i].id), HMS_STATUS_FAILED_PRECONDITION);
    }
    hms_runtime_t runtime;
    hms_service_t service;
    hms_queue_t queue;
    hms_writer_t writer;
    hms_reader_t reader;
    hms_buffer_t buffer;
    CHECK_STATUS(hms_runtime_default(&runtime, NULL), HMS_STATUS_FAILED_PRECONDITION);
    CHECK_STATUS(hms_runtime_new(NULL, &runtime, NULL), HMS_STATUS_FAILED_PRECONDITION);
    CHECK_STATUS(hms_service_new(HMS_STR("id"), HMS_STR(""), &service, NULL), HMS_STATUS_FAILED_PRECONDITION);
    CHECK_STATUS(hms_queue_new(NULL, &queue, NULL), HMS_STATUS_FAILED_PRECONDITION);
    CHECK_STATUS(hms_writer_new(&writer, NULL), HMS_STATUS_FAILED_PRECONDITION);
    CHECK_STATUS(hms_reader_new(BYTES("\xf6"), &reader, NULL), HMS_STATUS_FAILED_PRECONDITION);
    CHECK_STATUS(hms_buffer_copy(BYTES("x"), 0, &buffer, NULL), HMS_STATUS_FAILED_PRECONDITION);
    _exit(0);
}

int main(void) {
    struct handle handles[KINDS];
    every_handle(handles);
    pid_t forked = fork();
    CHECK(forked >= 0);
    if (forked == 0) child(handles);
    int status;
    CHECK(waitpid(forked, &status, 0) == forked);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    for (int i = 0; i < KINDS; i++) OK(handles[i].use(handles[i].id, NULL));
    for (int i = 0; i < KINDS; i++) OK(handles[i].close(handles[i].id));
    return 0;
}
