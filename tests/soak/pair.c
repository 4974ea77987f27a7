/* pair serve: serves `soak.c` until its standard input ends.
 * pair call CALLS LANGUAGE...: makes CALLS calls of each of these; fails unless both ends are afterwards as large as before. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <hmsffi/hmsffi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_GROWTH_KIB = 1024,
  /* Calls after which all is as large as it will ever be. */
  WARM = 30000,
  /* What has grown once may have to be collected; what leaks grows each time. */
  ROUNDS = 3,
  SMALL = 64,
  LARGE = 20000
};

#define CHECK(call)                                                \
  do {                                                             \
    hms_status_t status_ = (call);                                 \
    if (status_ != HMS_STATUS_OK) {                                \
      fprintf(stderr, "%s: %s\n", #call, hms_status_name(status_)); \
      exit(1);                                                     \
    }                                                              \
  } while (0)

typedef struct size {
  long kib, descriptors;
} size;

/* What the process has for itself, and of memory that it shares; its files are none of that. */
static size own_size(void) {
  size now = {0};
  char line[256];
  long kib;
  FILE *status = fopen("/proc/self/status", "r");
  DIR *folder = opendir("/proc/self/fd");
  if (!status || !folder) exit(1);
  while (fgets(line, sizeof line, status))
    if (sscanf(line, "RssAnon: %ld", &kib) == 1 || sscanf(line, "RssShmem: %ld", &kib) == 1)
      now.kib += kib;
  while (readdir(folder)) now.descriptors++;
  fclose(status);
  closedir(folder);
  return now;
}

static void echo(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  CHECK(hms_call_reply(call, request->body, NULL, NULL));
}

static void refuse(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  (void)request;
  hms_failure_t failure = {.struct_size = sizeof failure,
                           .code = HMS_STATUS_PERMISSION_DENIED,
                           .message = HMS_STR("refused")};
  CHECK(hms_call_fail(call, &failure, NULL));
}

static void tell_size(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  (void)request;
  char text[64];
  size now = own_size();
  int len = snprintf(text, sizeof text, "%ld %ld", now.kib, now.descriptors);
  hms_bytes_t body = {(const uint8_t *)text, (size_t)len};
  CHECK(hms_call_reply(call, body, NULL, NULL));
}

static void count(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  (void)request;
  hms_stream_t stream;
  hms_bytes_t nothing = {0};
  CHECK(hms_call_stream(call, &stream, NULL));
  /* A small number is a byte of CBOR. */
  for (uint8_t i = 0; i < 3; i++) {
    hms_bytes_t item = {&i, 1};
    CHECK(hms_stream_send(stream, item, HMS_CONTENT_TYPE_CBOR, UINT64_MAX, NULL, NULL));
  }
  CHECK(hms_stream_close(stream, NULL));
  CHECK(hms_call_reply(call, nothing, NULL, NULL));
}

typedef void (*handler_fn)(void *, hms_call_t, const hms_request_t *);

static void add(hms_service_t service, hms_str_t name, handler_fn on_call, uint32_t stream_type) {
  hms_handler_t handler = {.struct_size = sizeof handler, .on_call = on_call};
  hms_method_options_t options = {.struct_size = sizeof options, .stream_type = stream_type};
  CHECK(hms_service_add_method(service, name, &options, &handler, NULL));
}

static void serve(hms_runtime_t runtime) {
  hms_server_t server;
  hms_service_t service;
  CHECK(hms_server_new(runtime, NULL, &server, NULL));
  CHECK(hms_service_new(HMS_STR("soak.c"), HMS_STR("1.0.0"), &service, NULL));
  add(service, HMS_STR("echo"), echo, HMS_STREAM_TYPE_NONE);
  add(service, HMS_STR("refuse"), refuse, HMS_STREAM_TYPE_NONE);
  add(service, HMS_STR("size"), tell_size, HMS_STREAM_TYPE_NONE);
  add(service, HMS_STR("count"), count, HMS_STREAM_TYPE_SERVER);
  CHECK(hms_service_register(server, service, NULL));
  CHECK(hms_server_start(server, NULL));
  while (getchar() != EOF) {
  }
}

static hms_client_t client;

static hms_call_options_t raw_bytes(void) {
  hms_call_options_t options = {.struct_size = sizeof options,
                                .content_type = HMS_CONTENT_TYPE_BYTES};
  return options;
}

static void refused(hms_str_t service) {
  hms_buffer_t answer = {0};
  hms_bytes_t nothing = {0};
  hms_error_t error = {0};
  hms_call_options_t options = raw_bytes();
  if (hms_client_call(client, service, HMS_STR("refuse"), nothing, &options, &answer, &error) !=
      HMS_STATUS_PERMISSION_DENIED) {
    fputs("not refused\n", stderr);
    exit(1);
  }
  hms_error_close(error);
}

static void counted(hms_str_t service) {
  hms_stream_t stream;
  hms_bytes_t nothing = {0};
  hms_call_options_t options = raw_bytes();
  uint32_t state = HMS_STREAM_ITEM;
  CHECK(hms_stream_open(client, service, HMS_STR("count"), nothing, &options, &stream, NULL));
  while (state == HMS_STREAM_ITEM) {
    hms_buffer_t item = {0};
    CHECK(hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL));
    hms_buffer_release(&item);
  }
  CHECK(hms_stream_close(stream, NULL));
}

static void every_shape(hms_str_t service, long calls) {
  static uint8_t bytes[LARGE];
  hms_method_t method;
  memset(bytes, 'x', sizeof bytes);
  CHECK(hms_method_bind(client, service, HMS_STR("echo"), &method, NULL));
  for (long i = 0; i < calls; i++) {
    hms_bytes_t body = {bytes, i % 100 == 50 ? LARGE : SMALL};
    hms_buffer_t answer = {0};
    hms_call_options_t options = raw_bytes();
    CHECK(hms_method_call(method, body, &options, &answer, NULL));
    if (answer.len != body.len || memcmp(answer.data, body.ptr, body.len) != 0) {
      fputs("another answer\n", stderr);
      exit(1);
    }
    hms_buffer_release(&answer);
    /* These cross threads, or make an error with its stack. */
    if (i % 100) continue;
    refused(service);
    counted(service);
  }
  CHECK(hms_method_close(method, NULL));
}

static size size_of(hms_str_t service) {
  size there;
  char text[64] = {0};
  hms_buffer_t answer = {0};
  hms_bytes_t nothing = {0};
  hms_call_options_t options = raw_bytes();
  CHECK(hms_client_call(client, service, HMS_STR("size"), nothing, &options, &answer, NULL));
  if (answer.len < sizeof text) memcpy(text, answer.data, answer.len);
  hms_buffer_release(&answer);
  if (sscanf(text, "%ld %ld", &there.kib, &there.descriptors) != 2) exit(1);
  return there;
}

static int stays(const char *where, size before, size after) {
  printf(", %ld KiB more %s", after.kib - before.kib, where);
  return after.kib - before.kib <= MOST_GROWTH_KIB && after.descriptors <= before.descriptors;
}

static int call(const char *language, long calls) {
  char name[32];
  hms_str_t service = {name, (size_t)snprintf(name, sizeof name, "soak.%s", language)};
  every_shape(service, WARM);
  int here_stays = 0, there_stays = 0;
  for (int round = 0; round < ROUNDS && !(here_stays && there_stays); round++) {
    size here = own_size(), there = size_of(service);
    every_shape(service, calls);
    printf("c calls %s: %ld calls", language, calls);
    here_stays |= stays("here", here, own_size());
    there_stays |= stays("there", there, size_of(service));
    puts("");
    fflush(stdout);
  }
  return here_stays && there_stays;
}

int main(int argc, char **argv) {
  hms_runtime_t runtime;
  CHECK(hms_runtime_default(&runtime, NULL));
  if (argc == 2 && strcmp(argv[1], "serve") == 0) {
    serve(runtime);
    return 0;
  }
  if (argc < 3) return 2;
  CHECK(hms_client_new(runtime, NULL, &client, NULL));
  int well = 1;
  for (int word = 3; word < argc; word++) well &= call(argv[word], strtol(argv[2], NULL, 10));
  return well ? 0 : 1;
}
