/* relay.c: see ../README.md. */
#define _POSIX_C_SOURCE 200809L
#include <hmsffi/hmsffi.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "convert.h"
#include "value.h"

static hms_client_t client;
static atomic_int given_up;

static void answer(hms_call_t call, const char *text) {
  hms_bytes_t body = {(const uint8_t *)text, strlen(text)};
  hms_call_reply(call, body, NULL, NULL);
}

static void fail(hms_call_t call, hms_status_t code, const char *message, hms_error_t cause) {
  const hms_pair_t detail = {HMS_STR("language"), HMS_STR("c")};
  hms_failure_t failure = {.struct_size = sizeof failure,
                           .code = code,
                           .message = {message, strlen(message)},
                           .details = &detail,
                           .details_count = 1,
                           .cause = cause};
  hms_call_fail(call, &failure, NULL);
}

static void pass_on(hms_call_t call, hms_bytes_t route, size_t next_length) {
  char service[64];
  hms_error_t error = {0};
  hms_buffer_t result;
  hms_bytes_t rest = {route.ptr + next_length + 1, route.len - next_length - 1};
  hms_call_options_t options = {.struct_size = sizeof options,
                                .content_type = HMS_CONTENT_TYPE_BYTES};
  int length = snprintf(service, sizeof service, "relay.%.*s", (int)next_length, (const char *)route.ptr);
  hms_str_t name = {service, (size_t)length};
  hms_status_t status =
      hms_client_call(client, name, HMS_STR("relay"), rest, &options, &result, &error);
  if (status == HMS_STATUS_OK) {
    hms_call_reply_buffer(call, &result, NULL, NULL);
    return;
  }
  fail(call, status, "c could not pass it on", error);
  hms_error_close(error);
}

static void time_left(hms_call_t call, uint64_t deadline_ns) {
  char text[32];
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
  uint64_t left = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
  snprintf(text, sizeof text, "%" PRIu64, left);
  answer(call, text);
}

static void instance(hms_call_t call) {
  uint8_t id[16];
  char text[2 * sizeof id + 1];
  hms_core_instance_id(id, NULL);
  for (size_t i = 0; i < sizeof id; i++) snprintf(text + 2 * i, 3, "%02x", id[i]);
  answer(call, text);
}

static void result(hms_call_t call, hms_bytes_t id) {
  hms_str_t text = {(const char *)id.ptr, id.len};
  uint32_t done;
  hms_error_t error = {0};
  hms_buffer_t body;
  hms_status_t status = hms_async_result(client, text, UINT64_MAX, &done, &body, NULL, &error);
  if (status == HMS_STATUS_OK) {
    hms_call_reply_buffer(call, &body, NULL, NULL);
    return;
  }
  fail(call, status, "c could not get it", error);
  hms_error_close(error);
}

static void sleep_20_ms(void) {
  const struct timespec time = {.tv_nsec = 20 * 1000 * 1000};
  nanosleep(&time, NULL);
}

static void wait_until_cancelled(hms_call_t call) {
  uint32_t cancelled = 0;
  while (!hms_call_is_cancelled(call, &cancelled, NULL) && !cancelled) sleep_20_ms();
  given_up++;
  answer(call, "");
}

static void count_given_up(hms_call_t call) {
  char text[12];
  snprintf(text, sizeof text, "%d", given_up);
  answer(call, text);
}

static int is(hms_bytes_t body, const char *word) {
  return body.len == strlen(word) && memcmp(body.ptr, word, body.len) == 0;
}

static hms_bytes_t after_naps(hms_bytes_t route) {
  static const char nap[] = "nap>";
  const size_t length = sizeof nap - 1;
  while (route.len >= length && memcmp(route.ptr, nap, length) == 0) {
    sleep_20_ms();
    route.ptr += length;
    route.len -= length;
  }
  return route;
}

static void relay(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  hms_bytes_t body = after_naps(request->body);
  const uint8_t *arrow = body.len ? memchr(body.ptr, '>', body.len) : NULL;
  if (arrow) {
    pass_on(call, body, (size_t)(arrow - body.ptr));
  } else if (body.len > 7 && memcmp(body.ptr, "result:", 7) == 0) {
    hms_bytes_t id = {body.ptr + 7, body.len - 7};
    result(call, id);
  } else if (is(body, "instance")) {
    instance(call);
  } else if (is(body, "time-left")) {
    time_left(call, request->deadline_ns);
  } else if (is(body, "fail")) {
    hms_error_t none = {0};
    fail(call, HMS_STATUS_PERMISSION_DENIED, "c refuses", none);
  } else if (is(body, "wait")) {
    wait_until_cancelled(call);
  } else if (is(body, "given-up")) {
    count_given_up(call);
  } else {
    hms_call_reply(call, body, NULL, NULL);
  }
}

static void echo(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  hms_call_reply(call, request->body, NULL, NULL);
}

static void invert(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  hms_error_t error = {0};
  hms_buffer_t loan;
  uint8_t *data;
  hms_status_t status = hms_call_loan(call, request->body.len, &loan, &data, &error);
  if (status) {
    fail(call, status, "c got no loan", error);
    hms_error_close(error);
    return;
  }
  for (size_t i = 0; i < loan.len; i++) data[i] = (uint8_t)~request->body.ptr[i];
  hms_call_reply_buffer(call, &loan, NULL, NULL);
}

static void mirror(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  hms_pair_t pairs[8] = {{HMS_STR("by"), HMS_STR("c")}};
  hms_reply_options_t options = {
      .struct_size = sizeof options, .metadata = pairs, .metadata_count = 1};
  for (uint32_t i = 0; i < request->metadata_count && i < 7; i++) {
    // A pair comes back turned around.
    hms_call_metadata_at(call, i, &pairs[i + 1].value, &pairs[i + 1].key, NULL);
    options.metadata_count++;
  }
  hms_call_reply(call, request->body, &options, NULL);
}

uint32_t hmsffi_component_abi(void) { return (uint32_t)HMS_ABI_MAJOR << 16 | HMS_ABI_MINOR; }

hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error) {
  hms_server_t server;
  hms_service_t service;
  hms_handler_t relayed = {.struct_size = sizeof relayed, .on_call = relay};
  hms_handler_t valued = {.struct_size = sizeof valued, .on_call = relay_value};
  hms_handler_t converted = {.struct_size = sizeof converted, .on_call = relay_convert};
  hms_handler_t mirrored = {.struct_size = sizeof mirrored, .on_call = mirror};
  hms_handler_t inverted = {.struct_size = sizeof inverted, .on_call = invert};
  hms_handler_t echoed = {.struct_size = sizeof echoed, .on_call = echo};
  hms_method_options_t options = {.struct_size = sizeof options,
                                  .handler_site = HMS_STR("relay (relay.c)")};
  hms_status_t status = hms_client_new(runtime, NULL, &client, error);
  if (!status) status = hms_server_new(runtime, NULL, &server, error);
  if (!status) status = hms_service_new(HMS_STR("relay.c"), HMS_STR("1.0.0"), &service, error);
  if (!status)
    status = hms_service_add_method(service, HMS_STR("relay"), &options, &relayed, error);
  if (!status) status = hms_service_add_method(service, HMS_STR("echo"), NULL, &echoed, error);
  if (!status) status = hms_service_add_method(service, HMS_STR("invert"), NULL, &inverted, error);
  if (!status) status = hms_service_add_method(service, HMS_STR("mirror"), NULL, &mirrored, error);
  if (!status) status = hms_service_add_method(service, HMS_STR("value"), NULL, &valued, error);
  if (!status) status = hms_service_add_method(service, HMS_STR("convert"), NULL, &converted, error);
  if (!status) status = hms_service_register(server, service, error);
  if (!status) status = hms_server_start(server, error);
  return status;
}
