/* A process with a main program in C: see ../README.md. */
#define _GNU_SOURCE
#include <hmsffi/hmsffi.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error);

static hms_str_t text(const char *terminated) {
  hms_str_t view = {terminated, strlen(terminated)};
  return view;
}

static void print_text(hms_str_t value) {
  putchar('"');
  for (size_t i = 0; i < value.len; i++) {
    unsigned char byte = (unsigned char)value.ptr[i];
    if (byte == '"' || byte == '\\') {
      printf("\\%c", byte);
    } else if (byte < 0x20) {
      printf("\\u%04x", byte);
    } else {
      putchar(byte);
    }
  }
  putchar('"');
}

static void print_pair(size_t at, hms_str_t key, hms_str_t value) {
  if (at) printf(", ");
  print_text(key);
  printf(": ");
  print_text(value);
}

/* Consumes the error. */
static void print_error(hms_error_t error) {
  const char *separator = "";
  printf("{\"error\": [");
  while (error.id) {
    printf("%s{\"code\": %" PRId32 ", \"message\": ", separator, hms_error_code(error));
    print_text(hms_error_message(error));
    printf(", \"stack\": ");
    print_text(hms_error_stack(error));
    printf(", \"details\": {");
    hms_str_t key, value;
    for (size_t i = 0; hms_error_detail_at(error, i, &key, &value) == HMS_STATUS_OK; i++)
      print_pair(i, key, value);
    printf("}}");
    hms_error_t cause = hms_error_cause(error);
    hms_error_close(error);
    error = cause;
    separator = ", ";
  }
  printf("]}\n");
}

static void print_hex(const uint8_t *bytes, size_t length) {
  printf("{\"answer\": \"");
  for (size_t i = 0; i < length; i++) printf("%02x", bytes[i]);
  printf("\"");
}

static void print_answer(const uint8_t *bytes, size_t length) {
  print_hex(bytes, length);
  printf("}\n");
}

static size_t decode_hex(const char *digits, uint8_t *bytes) {
  size_t length = strlen(digits) / 2;
  for (size_t i = 0; i < length; i++) {
    unsigned byte;
    sscanf(digits + 2 * i, "%2x", &byte);
    bytes[i] = (uint8_t)byte;
  }
  return length;
}

typedef struct request {
  const char *service;
  const char *method;
  hms_bytes_t body;
  hms_pair_t sent;
  hms_call_options_t options;
  /* Where the body is read from and the answer goes; NULL = they are in the lines. */
  const char *file;
} request;

static hms_bytes_t read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  fseek(file, 0, SEEK_END);
  hms_bytes_t body = {.len = (size_t)ftell(file)};
  uint8_t *bytes = malloc(body.len + 1);
  rewind(file);
  if (fread(bytes, 1, body.len, file) != body.len) abort();
  fclose(file);
  body.ptr = bytes;
  return body;
}

static void write_file(const char *path, const hms_buffer_t *answer) {
  FILE *file = fopen(path, "wb");
  if (fwrite(answer->data, 1, answer->len, file) != answer->len) abort();
  fclose(file);
}

/* What the request points to stays where it is parsed. */
static void parse(char *arguments, request *parsed) {
  *parsed = (request){.options = {.struct_size = sizeof parsed->options}};
  parsed->service = strsep(&arguments, " ");
  parsed->method = strsep(&arguments, " ");
  parsed->options.content_type_text = text(strsep(&arguments, " "));
  const char *body = strsep(&arguments, " ");
  parsed->options.timeout_ns = strtoull(strsep(&arguments, " "), NULL, 10) * 1000000;
  if (arguments && *arguments) {
    parsed->sent.key = text(strsep(&arguments, "="));
    parsed->sent.value = text(arguments);
    parsed->options.metadata = &parsed->sent;
    parsed->options.metadata_count = 1;
  }
  if (*body == '@') {
    parsed->file = body + 1;
    parsed->body = read_file(parsed->file);
    return;
  }
  uint8_t *bytes = malloc(strlen(body) / 2 + 1);
  parsed->body.ptr = bytes;
  parsed->body.len = decode_hex(body, bytes);
}

/* Consumes what it prints. */
static void print_outcome(const request *to, hms_buffer_t *answer, hms_metadata_t metadata) {
  hms_str_t key, value;
  if (to && to->file) {
    write_file(to->file, answer);
    print_hex(NULL, 0);
  } else {
    print_hex(answer->data, answer->len);
  }
  printf(", \"metadata\": {");
  for (size_t i = 0; i < hms_metadata_count(metadata); i++) {
    hms_metadata_at(metadata, i, &key, &value, NULL);
    print_pair(i, key, value);
  }
  printf("}}\n");
  hms_metadata_close(metadata);
  hms_buffer_release(answer);
}

static void call(hms_client_t client, char *arguments) {
  request to;
  hms_error_t error = {0};
  hms_buffer_t answer;
  hms_metadata_t metadata = {0};
  parse(arguments, &to);
  to.options.response_metadata = &metadata;
  if (hms_client_call(client, text(to.service), text(to.method), to.body, &to.options, &answer,
                      &error)) {
    print_error(error);
  } else {
    print_outcome(&to, &answer, metadata);
  }
  free((void *)to.body.ptr);
}

static void result(hms_client_t client, const char *id) {
  hms_error_t error = {0};
  hms_buffer_t answer;
  hms_metadata_t metadata = {0};
  uint32_t done;
  if (hms_async_result(client, text(id), UINT64_MAX, &done, &answer, &metadata, &error)) {
    print_error(error);
  } else {
    print_outcome(NULL, &answer, metadata);
  }
}

static void cancel(hms_client_t client, const char *id) {
  hms_error_t error = {0};
  uint32_t done;
  if (hms_async_cancel(client, text(id), &done, &error)) {
    print_error(error);
  } else {
    print_answer(NULL, 0);
  }
}

static void submit(hms_client_t client, char *arguments) {
  request to;
  parse(arguments, &to);
  hms_error_t error = {0};
  hms_method_t method = {0};
  hms_call_id_t id;
  if (hms_method_bind(client, text(to.service), text(to.method), &method, &error) ||
      hms_method_submit(method, to.body, &to.options, &id, &error)) {
    print_error(error);
  } else {
    print_answer((const uint8_t *)id.text, strlen(id.text));
  }
  hms_method_close(method, NULL);
  free((void *)to.body.ptr);
}

static int is_inverted(const hms_buffer_t *answer, size_t length) {
  if (answer->len != length) return 0;
  for (size_t i = 0; i < length; i++)
    if (answer->data[i] != (uint8_t)~(i % 251)) return 0;
  return 1;
}

static void lend(hms_client_t client, char *arguments) {
  const char *service = strsep(&arguments, " ");
  const size_t length = strtoull(arguments, NULL, 10);
  hms_error_t error = {0};
  hms_method_t method = {0};
  hms_buffer_t loan = {0}, answer = {0};
  uint8_t *data;
  hms_call_report_t report = {.struct_size = sizeof report};
  hms_call_options_t options = {.struct_size = sizeof options,
                                .content_type = HMS_CONTENT_TYPE_BYTES,
                                .report = &report};
  if (hms_method_bind(client, text(service), text("invert"), &method, &error) ||
      hms_method_loan(method, length, &loan, &data, &error)) {
    print_error(error);
  } else {
    for (size_t i = 0; i < length; i++) data[i] = (uint8_t)(i % 251);
    const hms_bytes_t body = {data, length};
    if (hms_method_call(method, body, &options, &answer, &error)) {
      print_error(error);
    } else {
      printf("{\"answer\": \"%s\", \"transport\": %" PRIu32 ", \"copied\": %" PRIu64 "}\n",
             is_inverted(&answer, length) ? "" : "00", report.transport, report.bytes_copied);
    }
  }
  hms_buffer_release(&answer);
  hms_buffer_release(&loan);
  hms_method_close(method, NULL);
}

int main(int count, char **words) {
  const int serves = count < 2 || strcmp(words[1], "caller") != 0;
  hms_error_t error = {0};
  hms_runtime_t runtime;
  hms_client_t client;
  if (hms_runtime_default(&runtime, &error) ||
      (serves && hmsffi_component_init(runtime, &error)) ||
      hms_client_new(runtime, NULL, &client, &error)) {
    print_error(error);
    return 1;
  }
  char *line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, stdin) > 0) {
    char *arguments = line;
    arguments[strcspn(arguments, "\n")] = 0;
    const char *command = strsep(&arguments, " ");
    if (strcmp(command, "call") == 0) {
      call(client, arguments);
    } else if (strcmp(command, "submit") == 0) {
      submit(client, arguments);
    } else if (strcmp(command, "result") == 0) {
      result(client, arguments);
    } else if (strcmp(command, "lend") == 0) {
      lend(client, arguments);
    } else if (strcmp(command, "cancel") == 0) {
      cancel(client, arguments);
    } else if (hms_component_load(runtime, text(arguments), &error)) {
      print_error(error);
    } else {
      print_answer(NULL, 0);
    }
    fflush(stdout);
  }
  free(line);
  return 0;
}
