/* The figures of calls from C: see examples/demo/PIPELINE.md. */
#define _POSIX_C_SOURCE 200809L
#include "caller.h"

#include "echo.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7, CALLS = 2000 };

struct job {
    hms_client_t client;
    hms_str_t service;
    hms_buffer_t record;
    double bytes_us, record_us;
    hms_status_t status;
    hms_error_t error;
};

static hms_status_t call_bytes(hms_method_t method, struct job *job) {
    static const uint8_t bytes[64];
    hms_call_options_t options = {.struct_size = sizeof options, .content_type = HMS_CONTENT_TYPE_BYTES};
    hms_buffer_t answer;
    hms_status_t status = hms_method_call(method, (hms_bytes_t){bytes, sizeof bytes}, &options, &answer, &job->error);
    if (status == HMS_STATUS_OK) hms_buffer_release(&answer);
    return status;
}

/* Reads the answer before, and writes it as the next request. */
static hms_status_t call_record(hms_method_t method, struct job *job) {
    hms_call_options_t options = {.struct_size = sizeof options, .content_type = HMS_CONTENT_TYPE_CBOR};
    hms_buffer_t request, answer;
    hms_status_t status = copy_record((hms_bytes_t){job->record.data, job->record.len}, &request, &job->error);
    if (status != HMS_STATUS_OK) return status;
    status = hms_method_call(method, (hms_bytes_t){request.data, request.len}, &options, &answer, &job->error);
    hms_buffer_release(&request);
    if (status != HMS_STATUS_OK) return status;
    hms_buffer_release(&job->record);
    job->record = answer;
    return HMS_STATUS_OK;
}

static double now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static hms_status_t measure(struct job *job, hms_str_t name, hms_status_t (*run)(hms_method_t, struct job *),
                            double *us) {
    hms_method_t method;
    hms_status_t status = hms_method_bind(job->client, job->service, name, &method, &job->error);
    if (status != HMS_STATUS_OK) return status;
    double rounds[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        const double began = now_us();
        for (int i = 0; i < CALLS && status == HMS_STATUS_OK; i++) status = run(method, job);
        rounds[round] = (now_us() - began) / CALLS;
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], ascending);
    *us = rounds[ROUNDS / 2];
    hms_method_close(method, NULL);
    return status;
}

static void *work(void *context) {
    struct job *job = context;
    job->status = measure(job, HMS_STR("echo"), call_bytes, &job->bytes_us);
    if (job->status == HMS_STATUS_OK) job->status = measure(job, HMS_STR("record"), call_record, &job->record_us);
    return NULL;
}

static hms_status_t read_request(hms_bytes_t body, struct job *job, hms_reader_t *reader) {
    uint32_t found;
    size_t pairs;
    hms_bytes_t record = {0};
    hms_status_t status = hms_reader_new(body, reader, &job->error);
    if (status == HMS_STATUS_OK) status = hms_reader_enter_map(*reader, &pairs, &job->error);
    if (status == HMS_STATUS_OK) status = hms_reader_find(*reader, HMS_STR("record"), &found, &job->error);
    if (status == HMS_STATUS_OK) status = hms_reader_bytes(*reader, &record, &job->error);
    if (status == HMS_STATUS_OK) status = hms_reader_find(*reader, HMS_STR("service"), &found, &job->error);
    if (status == HMS_STATUS_OK) status = hms_reader_text(*reader, &job->service, &job->error);
    if (status == HMS_STATUS_OK) status = hms_buffer_copy(record, HMS_CONTENT_TYPE_CBOR, &job->record, &job->error);
    return status;
}

static hms_status_t reply(hms_call_t call, const struct job *job) {
    hms_writer_t writer;
    hms_buffer_t answer;
    hms_status_t status = hms_writer_new(&writer, NULL);
    if (status != HMS_STATUS_OK) return status;
    hms_writer_begin_map(writer, 2, NULL);
    hms_writer_key(writer, HMS_STR("bytes"), NULL);
    hms_writer_float(writer, job->bytes_us, NULL);
    hms_writer_key(writer, HMS_STR("record"), NULL);
    hms_writer_float(writer, job->record_us, NULL);
    hms_writer_end_map(writer, NULL);
    status = hms_writer_finish(writer, &answer, NULL);
    if (status == HMS_STATUS_OK) hms_call_reply_buffer(call, &answer, NULL, NULL);
    hms_writer_close(writer, NULL);
    return status;
}

void caller_median(void *ctx, hms_call_t call, const hms_request_t *request) {
    struct job job = {.client = *(hms_client_t *)ctx};
    hms_reader_t reader = {0};
    pthread_t thread;
    job.status = read_request(request->body, &job, &reader);
    /* On a thread of its own: calls inside of a handler inherit its deadline, which costs. */
    if (job.status == HMS_STATUS_OK) {
        if (pthread_create(&thread, NULL, work, &job) == 0)
            pthread_join(thread, NULL);
        else
            job.status = HMS_STATUS_RESOURCE_EXHAUSTED;
    }
    if (job.status == HMS_STATUS_OK) job.status = reply(call, &job);
    if (job.status != HMS_STATUS_OK) {
        hms_failure_t failure = {.struct_size = sizeof failure, .code = job.status};
        failure.message = job.error.id != 0 ? hms_error_message(job.error) : HMS_STR("calls from C cannot be measured");
        hms_call_fail(call, &failure, NULL);
    }
    hms_error_close(job.error);
    hms_buffer_release(&job.record);
    hms_reader_close(reader, NULL);
}
