/* What every test needs: a private runtime with a server, a service, a client, and checks that end the program. */
#ifndef WORLD_H
#define WORLD_H

#define _GNU_SOURCE
#include <hmsffi/hmsffi.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);        \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)

/* Checks a status and shows both names when it is another one. */
#define CHECK_STATUS(expression, expected) check_status((expression), (expected), #expression, __FILE__, __LINE__)
#define OK(expression) CHECK_STATUS(expression, HMS_STATUS_OK)

static inline void check_status(hms_status_t got, hms_status_t expected, const char *what, const char *file, int line) {
    if (got == expected) return;
    fprintf(stderr, "%s:%d: %s gave %s, not %s\n", file, line, what, hms_status_name(got), hms_status_name(expected));
    exit(1);
}

#define SECOND UINT64_C(1000000000)
#define NOTHING ((hms_bytes_t){NULL, 0})
#define BYTES(literal) ((hms_bytes_t){(const uint8_t *)(literal), sizeof(literal) - 1})

typedef void (*on_call_fn)(void *ctx, hms_call_t call, const hms_request_t *request);

struct world {
    hms_runtime_t runtime;
    hms_server_t server;
    hms_client_t client;
};

static inline struct world open_world(void) {
    struct world world;
    OK(hms_runtime_new(NULL, &world.runtime, NULL));
    OK(hms_server_new(world.runtime, NULL, &world.server, NULL));
    OK(hms_server_start(world.server, NULL));
    OK(hms_client_new(world.runtime, NULL, &world.client, NULL));
    return world;
}

static inline void close_world(struct world *world) {
    OK(hms_client_close(world->client, NULL));
    OK(hms_server_close(world->server, NULL));
    OK(hms_runtime_close(world->runtime, 5 * SECOND, NULL));
}

/* Hosts `test/NAME`. */
static inline void serve_with(struct world *world, const char *id, const hms_method_options_t *options,
                              const hms_handler_t *handler) {
    hms_service_t service;
    OK(hms_service_new((hms_str_t){id, strlen(id)}, HMS_STR(""), &service, NULL));
    OK(hms_service_add_method(service, HMS_STR("run"), options, handler, NULL));
    OK(hms_service_register(world->server, service, NULL));
    OK(hms_service_close(service, NULL));
}

static inline void serve(struct world *world, const char *id, on_call_fn on_call, void *ctx) {
    hms_handler_t handler = {.struct_size = sizeof handler, .ctx = ctx, .on_call = on_call};
    serve_with(world, id, NULL, &handler);
}

static inline hms_method_t bind(struct world *world, const char *id) {
    hms_method_t method;
    OK(hms_method_bind(world->client, (hms_str_t){id, strlen(id)}, HMS_STR("run"), &method, NULL));
    return method;
}

static inline hms_status_t call(struct world *world, const char *id, hms_buffer_t *out, hms_error_t *error) {
    return hms_client_call(world->client, (hms_str_t){id, strlen(id)}, HMS_STR("run"), BYTES("body"), NULL, out, error);
}

static inline void echo(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    OK(hms_call_reply(call, request->body, NULL, NULL));
}

static inline int is(hms_buffer_t buffer, const char *text) {
    return buffer.len == strlen(text) && memcmp(buffer.data, text, buffer.len) == 0;
}

static inline hms_introspection_t introspect(void) {
    hms_introspection_t out = {.struct_size = sizeof out};
    OK(hms_introspect(&out, NULL));
    return out;
}

static inline void sleep_ms(long milliseconds) {
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

/* Waits, at most ten seconds, until a counter has reached a value. */
static inline void wait_for(atomic_int *counter, int value) {
    for (int i = 0; i < 2000 && atomic_load(counter) < value; i++) sleep_ms(5);
    CHECK(atomic_load(counter) >= value);
}

#endif
