/* A component in C that the tests call: services "peer" and "peer.stream". */

#define _GNU_SOURCE
#include <hmsffi/hmsffi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static hms_client_t client;

static void fail(hms_call_t call, hms_status_t code, const char *message) {
  hms_failure_t failure = {.struct_size = sizeof failure, .code = code, .message = {message, strlen(message)}};
  hms_call_fail(call, &failure, NULL);
}

/* Answers with the failure of a call that the handler made. */
static void pass_on(hms_call_t call, hms_error_t error) {
  hms_failure_t failure = {.struct_size = sizeof failure,
                           .code = hms_error_code(error),
                           .message = hms_error_message(error),
                           .cause = error};
  hms_call_fail(call, &failure, NULL);
  hms_error_close(error);
}

static void echo(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  hms_call_reply(call, request->body, NULL, NULL);
}

/* Sends the request's metadata back, and one pair of its own. */
static void meta(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  hms_pair_t pairs[8] = {{HMS_STR("from"), HMS_STR("c")}};
  size_t count = 1;
  for (; count < 8 && count <= request->metadata_count; count++)
    hms_call_metadata_at(call, count - 1, &pairs[count].key, &pairs[count].value, NULL);
  hms_reply_options_t options = {.struct_size = sizeof options, .metadata = pairs, .metadata_count = count};
  hms_call_reply(call, request->body, &options, NULL);
}

static void broken(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx, (void)request;
  hms_pair_t details[] = {{HMS_STR("field"), HMS_STR("amount")}};
  hms_failure_t failure = {.struct_size = sizeof failure,
                           .code = HMS_STATUS_OUT_OF_RANGE,
                           .message = HMS_STR("amount is too large"),
                           .stack = HMS_STR("broken (peer.c:1)"),
                           .details = details,
                           .details_count = 1};
  hms_call_fail(call, &failure, NULL);
}

/* Calls the method that its own name is bound to, from whatever thread it runs on. */
static void relay(void *ctx, hms_call_t call, const hms_request_t *request) {
  const char *target = ctx;
  const char *dot = strrchr(target, '.');
  hms_call_options_t options = {.struct_size = sizeof options, .content_type = request->content_type};
  hms_buffer_t answer = {0};
  hms_error_t error = {0};
  hms_str_t service = {target, (size_t)(dot - target)}, method = {dot + 1, strlen(dot + 1)};
  if (hms_client_call(client, service, method, request->body, &options, &answer, &error) != HMS_STATUS_OK)
    pass_on(call, error);
  else
    hms_call_reply_buffer(call, &answer, NULL, NULL);
}

static void sleep_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

/* Waits until its caller goes away, at most 5 s; counts how often it began and how often that happened. */
static int begun, gone;

static void patient(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  __atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
  for (int i = 0; i < 1000; i++) {
    uint32_t cancelled = 0;
    hms_call_is_cancelled(call, &cancelled, NULL);
    if (cancelled) {
      __atomic_add_fetch(&gone, 1, __ATOMIC_SEQ_CST);
      break;
    }
    sleep_ms(5);
  }
  hms_call_reply(call, request->body, NULL, NULL);
}

static void patience(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx, (void)request;
  char text[32];
  int length = snprintf(text, sizeof text, "[%d,%d]", __atomic_load_n(&begun, __ATOMIC_SEQ_CST),
                        __atomic_load_n(&gone, __ATOMIC_SEQ_CST));
  hms_reply_options_t options = {.struct_size = sizeof options, .content_type = HMS_CONTENT_TYPE_JSON};
  hms_call_reply(call, (hms_bytes_t){(const uint8_t *)text, (size_t)length}, &options, NULL);
}

/* Calls js.echo from 4 threads, 500 times each; fails unless each answer equals its request. */
static void *storm_thread(void *place) {
  size_t wrong = 0;
  hms_call_options_t options = {.struct_size = sizeof options, .content_type = HMS_CONTENT_TYPE_BYTES};
  hms_method_t method;
  if (hms_method_bind(client, HMS_STR("js"), HMS_STR("echo"), &method, NULL) != HMS_STATUS_OK) return (void *)1;
  for (uint32_t i = 0; i < 500; i++) {
    uint64_t body[8] = {i, (uint64_t)(uintptr_t)place};
    hms_buffer_t answer = {0};
    hms_bytes_t request = {(const uint8_t *)body, sizeof body};
    if (hms_method_call(method, request, &options, &answer, NULL) != HMS_STATUS_OK || answer.len != sizeof body ||
        memcmp(answer.data, body, sizeof body) != 0)
      wrong++;
    hms_buffer_release(&answer);
  }
  hms_method_close(method, NULL);
  return (void *)wrong;
}

static void storm(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  pthread_t threads[4];
  char names[4];
  size_t wrong = 0;
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, storm_thread, &names[i]);
  for (int i = 0; i < 4; i++) {
    void *part;
    pthread_join(threads[i], &part);
    wrong += (size_t)part;
  }
  if (wrong)
    fail(call, HMS_STATUS_DATA_LOSS, "answers were wrong");
  else
    hms_call_reply(call, request->body, NULL, NULL);
}

/* Calls js.echo for ever, on a thread that nobody waits for. */
static void *pester_thread(void *ctx) {
  (void)ctx;
  for (;;) {
    hms_buffer_t answer = {0};
    uint8_t null = 0xf6;
    if (hms_client_call(client, HMS_STR("js"), HMS_STR("echo"), (hms_bytes_t){&null, 1}, NULL, &answer, NULL) !=
        HMS_STATUS_OK)
      sleep_ms(1);
    hms_buffer_release(&answer);
  }
  return NULL;
}

static void pester(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  pthread_t thread;
  pthread_create(&thread, NULL, pester_thread, NULL);
  pthread_detach(thread);
  hms_call_reply(call, request->body, NULL, NULL);
}

#define FOREVER UINT64_MAX

/* Sends 200 one-byte messages, 0 to 23 in turn, and ends; the request "f6" ends well, any other fails after them. */
static void count_up(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  hms_stream_t stream;
  if (hms_call_stream(call, &stream, NULL) != HMS_STATUS_OK) return fail(call, HMS_STATUS_INTERNAL, "no stream");
  int sent = 0;
  for (; sent < 200; sent++) {
    uint8_t number = (uint8_t)(sent % 24);
    if (hms_stream_send(stream, (hms_bytes_t){&number, 1}, HMS_CONTENT_TYPE_CBOR, FOREVER, NULL, NULL) != HMS_STATUS_OK)
      break;
  }
  hms_stream_close(stream, NULL);
  if (request->body.len == 1 && request->body.ptr[0] == 0xf6)
    hms_call_reply(call, (hms_bytes_t){NULL, 0}, NULL, NULL);
  else
    fail(call, HMS_STATUS_DATA_LOSS, "lost the rest");
}

/* Answers with the number of messages, as text. */
static void count_in(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx, (void)request;
  hms_stream_t stream;
  if (hms_call_stream(call, &stream, NULL) != HMS_STATUS_OK) return fail(call, HMS_STATUS_INTERNAL, "no stream");
  int count = 0;
  for (;;) {
    hms_buffer_t message = {0};
    uint32_t state = 0;
    if (hms_stream_receive(stream, FOREVER, &message, &state, NULL) != HMS_STATUS_OK || state != HMS_STREAM_ITEM) break;
    hms_buffer_release(&message);
    count++;
  }
  hms_stream_close(stream, NULL);
  char text[16];
  int length = snprintf(text, sizeof text, "%d", count);
  hms_reply_options_t options = {.struct_size = sizeof options, .content_type = HMS_CONTENT_TYPE_BYTES};
  hms_call_reply(call, (hms_bytes_t){(const uint8_t *)text, (size_t)length}, &options, NULL);
}

/* Sends back what it gets. */
static void echo_all(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx, (void)request;
  hms_stream_t stream;
  if (hms_call_stream(call, &stream, NULL) != HMS_STATUS_OK) return fail(call, HMS_STATUS_INTERNAL, "no stream");
  for (;;) {
    hms_buffer_t message = {0};
    uint32_t state = 0;
    if (hms_stream_receive(stream, FOREVER, &message, &state, NULL) != HMS_STATUS_OK || state != HMS_STREAM_ITEM) break;
    if (hms_stream_send_buffer(stream, &message, FOREVER, NULL, NULL) != HMS_STATUS_OK) break;
  }
  hms_stream_close(stream, NULL);
  hms_call_reply(call, (hms_bytes_t){NULL, 0}, NULL, NULL);
}

static hms_status_t add(hms_service_t service, const char *name, uint32_t dispatch, uint32_t stream_type,
                        void (*on_call)(void *, hms_call_t, const hms_request_t *), void *ctx, hms_error_t *error) {
  hms_method_options_t options = {.struct_size = sizeof options, .dispatch = dispatch, .stream_type = stream_type};
  hms_handler_t handler = {.struct_size = sizeof handler, .ctx = ctx, .on_call = on_call};
  return hms_service_add_method(service, (hms_str_t){name, strlen(name)}, &options, &handler, error);
}

uint32_t hmsffi_component_abi(void) { return hms_abi_version(); }

hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error) {
  const uint32_t direct = HMS_DISPATCH_DIRECT, pool = HMS_DISPATCH_POOL;
  hms_server_t server;
  hms_service_t service, streams;
  hms_status_t status = hms_client_new(runtime, NULL, &client, error);
  if (!status) status = hms_server_new(runtime, NULL, &server, error);
  if (!status) status = hms_service_new(HMS_STR("peer"), HMS_STR("1.0.0"), &service, error);
  if (!status) status = add(service, "echo", direct, 0, echo, NULL, error);
  if (!status) status = add(service, "meta", direct, 0, meta, NULL, error);
  if (!status) status = add(service, "broken", direct, 0, broken, NULL, error);
  if (!status) status = add(service, "relay", direct, 0, relay, "js.echo", error);
  if (!status) status = add(service, "relay_pool", pool, 0, relay, "js.echo", error);
  if (!status) status = add(service, "relay_async", direct, 0, relay, "js.later", error);
  if (!status) status = add(service, "relay_boom", direct, 0, relay, "js.boom", error);
  if (!status) status = add(service, "relay_twice", pool, 0, relay, "js.nested", error);
  if (!status) status = add(service, "patient", pool, 0, patient, NULL, error);
  if (!status) status = add(service, "patience", direct, 0, patience, NULL, error);
  if (!status) status = add(service, "storm", pool, 0, storm, NULL, error);
  if (!status) status = add(service, "pester", direct, 0, pester, NULL, error);
  if (!status) status = hms_service_register(server, service, error);
  if (!status) status = hms_service_new(HMS_STR("peer.stream"), HMS_STR("1.0.0"), &streams, error);
  if (!status) status = add(streams, "count_up", 0, HMS_STREAM_TYPE_SERVER, count_up, NULL, error);
  if (!status) status = add(streams, "count_in", 0, HMS_STREAM_TYPE_CLIENT, count_in, NULL, error);
  if (!status) status = add(streams, "echo_all", 0, HMS_STREAM_TYPE_BIDIRECTIONAL, echo_all, NULL, error);
  if (!status) status = hms_service_register(server, streams, error);
  return status ? status : hms_server_start(server, error);
}
