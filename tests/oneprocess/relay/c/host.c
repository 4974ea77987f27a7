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

/* Consumes the error. */
static void print_error(hms_error_t error) {
  const char *separator = "";
  printf("{\"error\": [");
  while (error.id) {
    printf("%s{\"code\": %" PRId32 ", \"message\": ", separator, hms_error_code(error));
    print_text(hms_error_message(error));
    printf(", \"stack\": ");
    print_text(hms_error_stack(error));
    putchar('}');
    hms_error_t cause = hms_error_cause(error);
    hms_error_close(error);
    error = cause;
    separator = ", ";
  }
  printf("]}\n");
}

static void print_answer(const uint8_t *bytes, size_t length) {
  printf("{\"answer\": \"");
  for (size_t i = 0; i < length; i++) printf("%02x", bytes[i]);
  printf("\"}\n");
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
  hms_call_options_t options;
} request;

static request parse(char *arguments) {
  request parsed = {.options = {.struct_size = sizeof parsed.options}};
  parsed.service = strsep(&arguments, " ");
  parsed.method = strsep(&arguments, " ");
  parsed.options.content_type_text = text(strsep(&arguments, " "));
  const char *digits = strsep(&arguments, " ");
  parsed.options.timeout_ns = strtoull(arguments, NULL, 10) * 1000000;
  uint8_t *bytes = malloc(strlen(digits) / 2 + 1);
  parsed.body.ptr = bytes;
  parsed.body.len = decode_hex(digits, bytes);
  return parsed;
}

static void call(hms_client_t client, char *arguments) {
  request to = parse(arguments);
  hms_error_t error = {0};
  hms_buffer_t answer;
  if (hms_client_call(client, text(to.service), text(to.method), to.body, &to.options, &answer,
                      &error)) {
    print_error(error);
  } else {
    print_answer(answer.data, answer.len);
    hms_buffer_release(&answer);
  }
  free((void *)to.body.ptr);
}

static void submit(hms_client_t client, char *arguments) {
  request to = parse(arguments);
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

int main(void) {
  hms_error_t error = {0};
  hms_runtime_t runtime;
  hms_client_t client;
  if (hms_runtime_default(&runtime, &error) || hmsffi_component_init(runtime, &error) ||
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
