/* leak CALLS: makes CALLS calls of each shape, and fails unless handles, buffers, threads, descriptors and memory are
 * afterwards what they were after the first tenth. */
#define _GNU_SOURCE
#include <dirent.h>
#include <hmsffi/hmsffi.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static hms_client_t client;
static const uint8_t payload[64];

#define CHECK(call)                                                                     \
  do {                                                                                  \
    hms_status_t status_ = (call);                                                      \
    if (status_ != HMS_STATUS_OK) {                                                     \
      fprintf(stderr, "%s: %s\n", #call, hms_status_name(status_));                     \
      exit(1);                                                                          \
    }                                                                                   \
  } while (0)

static void echo(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  hms_call_reply(call, request->body, NULL, NULL);
}

static void refuse(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  (void)request;
  hms_pair_t detail = {HMS_STR("why"), HMS_STR("because")};
  hms_failure_t failure = {.struct_size = sizeof failure,
                           .code = HMS_STATUS_PERMISSION_DENIED,
                           .message = HMS_STR("refused"),
                           .details = &detail,
                           .details_count = 1};
  hms_call_fail(call, &failure, NULL);
}

static void count_to_three(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  hms_stream_t stream;
  hms_bytes_t nothing = {0};
  CHECK(hms_call_stream(call, &stream, NULL));
  for (int i = 0; i < 3; i++) {
    /* A caller that went away is a case of its own, see abandoned_stream. */
    hms_status_t status = hms_stream_send(stream, request->body, HMS_CONTENT_TYPE_BYTES, UINT64_MAX,
                                          NULL, NULL);
    if (status == HMS_STATUS_CANCELLED) break;
    CHECK(status);
  }
  hms_stream_close(stream, NULL);
  hms_call_reply(call, nothing, NULL, NULL);
}

typedef void (*handler_fn)(void *, hms_call_t, const hms_request_t *);

static void add(hms_service_t service, hms_str_t name, handler_fn on_call, uint32_t stream_type) {
  hms_handler_t handler = {.struct_size = sizeof handler, .on_call = on_call};
  hms_method_options_t options = {.struct_size = sizeof options, .stream_type = stream_type};
  CHECK(hms_service_add_method(service, name, &options, &handler, NULL));
}

enum {
  POOL_THREADS = 2,
  /* Keeps time, and ends when there is none to keep. */
  TIMER_THREAD = 1
};

static void serve(void) {
  hms_server_options_t options = {.struct_size = sizeof options, .pool_threads = POOL_THREADS};
  hms_runtime_t runtime;
  hms_server_t server;
  hms_service_t service;
  CHECK(hms_runtime_default(&runtime, NULL));
  CHECK(hms_client_new(runtime, NULL, &client, NULL));
  CHECK(hms_server_new(runtime, &options, &server, NULL));
  CHECK(hms_service_new(HMS_STR("soak"), HMS_STR("1.0.0"), &service, NULL));
  add(service, HMS_STR("echo"), echo, HMS_STREAM_TYPE_NONE);
  add(service, HMS_STR("refuse"), refuse, HMS_STREAM_TYPE_NONE);
  add(service, HMS_STR("count"), count_to_three, HMS_STREAM_TYPE_SERVER);
  CHECK(hms_service_register(server, service, NULL));
  CHECK(hms_server_start(server, NULL));
}

static hms_bytes_t request(void) {
  hms_bytes_t view = {payload, sizeof payload};
  return view;
}

static void unary(uint64_t timeout_ns) {
  hms_call_options_t options = {.struct_size = sizeof options, .timeout_ns = timeout_ns};
  hms_metadata_t metadata = {0};
  hms_buffer_t answer;
  options.response_metadata = &metadata;
  CHECK(hms_client_call(client, HMS_STR("soak"), HMS_STR("echo"), request(), &options, &answer, NULL));
  hms_buffer_release(&answer);
  hms_metadata_close(metadata);
}

static void bind_and_call(void) {
  hms_method_t method;
  hms_buffer_t answer;
  CHECK(hms_method_bind(client, HMS_STR("soak"), HMS_STR("echo"), &method, NULL));
  CHECK(hms_method_call(method, request(), NULL, &answer, NULL));
  hms_buffer_release(&answer);
  hms_method_close(method, NULL);
}

static void fail(void) {
  hms_error_t error = {0};
  hms_buffer_t answer;
  if (hms_client_call(client, HMS_STR("soak"), HMS_STR("refuse"), request(), NULL, &answer, &error) !=
      HMS_STATUS_PERMISSION_DENIED)
    exit(1);
  hms_error_close(error);
}

static void stream(void) {
  hms_stream_t stream;
  uint32_t state = HMS_STREAM_ITEM;
  CHECK(hms_stream_open(client, HMS_STR("soak"), HMS_STR("count"), request(), NULL, &stream, NULL));
  while (state == HMS_STREAM_ITEM) {
    hms_buffer_t item = {0};
    CHECK(hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL));
    hms_buffer_release(&item);
  }
  hms_stream_close(stream, NULL);
}

static void abandoned_stream(void) {
  hms_stream_t stream;
  CHECK(hms_stream_open(client, HMS_STR("soak"), HMS_STR("count"), request(), NULL, &stream, NULL));
  hms_stream_close(stream, NULL);
}

static void every_shape(uint64_t calls) {
  for (uint64_t i = 0; i < calls; i++) {
    unary(0);
    bind_and_call();
    fail();
    /* These cross threads and take a hundred times as long. */
    if (i % 100) continue;
    unary(1000000000);
    stream();
    abandoned_stream();
  }
}

typedef struct counts {
  hms_introspection_t live;
  uint64_t descriptors;
  uint64_t resident_kib;
} counts;

static counts count(void) {
  counts now = {.live = {.struct_size = sizeof(hms_introspection_t)}};
  /* Handlers of abandoned streams end in their own time, and the threads that streams brought when they are idle. */
  for (int i = 0; i < 1000; i++) {
    CHECK(hms_introspect(&now.live, NULL));
    if (now.live.calls == 0 && now.live.buffers == 0 && now.live.threads <= POOL_THREADS + TIMER_THREAD) break;
    usleep(10000);
  }
  DIR *folder = opendir("/proc/self/fd");
  while (folder && readdir(folder)) now.descriptors++;
  if (folder) closedir(folder);
  FILE *memory = fopen("/proc/self/statm", "r");
  uint64_t total, resident;
  if (!memory || fscanf(memory, "%" SCNu64 " %" SCNu64, &total, &resident) != 2) exit(1);
  fclose(memory);
  now.resident_kib = resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
  return now;
}

static int same(const char *what, uint64_t before, uint64_t after, uint64_t room) {
  if (after <= before + room) return 1;
  fprintf(stderr, "%s: %" PRIu64 " before, %" PRIu64 " after\n", what, before, after);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  uint64_t calls = strtoull(argv[1], NULL, 10);
  serve();
  every_shape(calls / 10);
  counts before = count();
  every_shape(calls);
  counts after = count();

  int ok = 1;
  for (int kind = 0; kind < 16; kind++) {
    char what[32];
    snprintf(what, sizeof what, "handles of kind %d", kind);
    ok &= same(what, before.live.handles[kind], after.live.handles[kind], 0);
  }
  ok &= same("buffers", before.live.buffers, after.live.buffers, 0);
  ok &= same("buffer bytes", before.live.buffer_bytes, after.live.buffer_bytes, 0);
  ok &= same("queued bytes", before.live.queued_bytes, after.live.queued_bytes, 0);
  ok &= same("calls without an answer", before.live.calls, after.live.calls, 0);
  ok &= same("threads", POOL_THREADS + TIMER_THREAD, after.live.threads, 0);
  ok &= same("descriptors", before.descriptors, after.descriptors, 0);
  ok &= same("resident KiB", before.resident_kib, after.resident_kib, 1024);
  printf("%" PRIu64 " calls, %" PRIu64 " KiB resident before, %" PRIu64 " KiB after\n",
         after.live.calls_total - before.live.calls_total, before.resident_kib, after.resident_kib);
  return ok ? 0 : 1;
}
