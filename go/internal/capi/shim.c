#include "shim.h"

#include <time.h>

#include "texts.h"

#define RESULT(...)                                                                                                    \
	hms_error_t error = {0};                                                                                           \
	uint64_t value = 0;                                                                                                \
	(void)value;                                                                                                       \
	hms_status_t status = (__VA_ARGS__);                                                                               \
	return (hmsgo_result_t) { status, error.id, value }

#define OUT(type) ((type *)(void *)&value)

void hmsgo_error_close(uint64_t error) { hms_error_close((hms_error_t){error}); }

void hmsgo_metadata_close(uint64_t metadata) { hms_metadata_close((hms_metadata_t){metadata}); }

hms_status_t hmsgo_error_code(uint64_t error) { return hms_error_code((hms_error_t){error}); }

uint64_t hmsgo_error_cause(uint64_t error) { return hms_error_cause((hms_error_t){error}).id; }

hmsgo_result_t hmsgo_runtime_default(void) { RESULT(hms_runtime_default(OUT(hms_runtime_t), &error)); }

hmsgo_result_t hmsgo_runtime_new(hms_str_t name, hms_str_t schemas) {
	hms_runtime_options_t options = {.struct_size = sizeof options, .name = name, .schemas = schemas};
	RESULT(hms_runtime_new(&options, OUT(hms_runtime_t), &error));
}

hmsgo_result_t hmsgo_runtime_close(uint64_t runtime, uint64_t timeout_ns) {
	RESULT(hms_runtime_close((hms_runtime_t){runtime}, timeout_ns, &error));
}

hmsgo_result_t hmsgo_component_load(uint64_t runtime, hms_str_t path) {
	RESULT(hms_component_load((hms_runtime_t){runtime}, path, &error));
}

hmsgo_result_t hmsgo_client_new(uint64_t runtime, uint64_t timeout_ns, int32_t max_retries, uint32_t transport,
	hms_str_t auth_token, int32_t spin_us) {
	hms_client_options_t options = {
		.struct_size = sizeof options,
		.timeout_ns = timeout_ns,
		.max_retries = max_retries,
		.transport = transport,
		.auth_token = auth_token,
		.spin_us = spin_us,
	};
	RESULT(hms_client_new((hms_runtime_t){runtime}, &options, OUT(hms_client_t), &error));
}

hmsgo_result_t hmsgo_client_close(uint64_t client) { RESULT(hms_client_close((hms_client_t){client}, &error)); }

static hms_bytes_t bytes_of(hms_str_t text) { return (hms_bytes_t){(const uint8_t *)text.ptr, text.len}; }

static hms_bind_options_t bind_options(hmsgo_expected_t expected) {
	return (hms_bind_options_t){
		.struct_size = sizeof(hms_bind_options_t),
		.binding = expected.binding,
		.expected = bytes_of(expected.definition),
	};
}

hmsgo_result_t hmsgo_client_fit(uint64_t client, hms_str_t service, hmsgo_expected_t expected) {
	hms_bind_options_t options = bind_options(expected);
	RESULT(hms_client_fit((hms_client_t){client}, service, &options, NULL, &error));
}

hmsgo_result_t hmsgo_method_bind(uint64_t client, hms_str_t service, hms_str_t method, hmsgo_expected_t expected) {
	hms_bind_options_t options = bind_options(expected);
	RESULT(hms_method_bind_with((hms_client_t){client}, service, method, &options, OUT(hms_method_t), &error));
}

hmsgo_result_t hmsgo_method_close(uint64_t method) { RESULT(hms_method_close((hms_method_t){method}, &error)); }

hmsgo_result_t hmsgo_server_new(uint64_t runtime, hms_str_t name, const uint32_t *transports, size_t transports_count,
	uint32_t auth_type, int32_t max_concurrent_calls, uint64_t call_timeout_ns, uint64_t max_message_size) {
	hms_server_options_t options = {
		.struct_size = sizeof options,
		.name = name,
		.transports = transports,
		.transports_count = transports_count,
		.auth_type = auth_type,
		.max_concurrent_calls = max_concurrent_calls,
		.call_timeout_ns = call_timeout_ns,
		.max_message_size = max_message_size,
	};
	RESULT(hms_server_new((hms_runtime_t){runtime}, &options, OUT(hms_server_t), &error));
}

hmsgo_result_t hmsgo_server_start(uint64_t server) { RESULT(hms_server_start((hms_server_t){server}, &error)); }

hmsgo_result_t hmsgo_server_stop(uint64_t server, uint64_t timeout_ns) {
	RESULT(hms_server_stop((hms_server_t){server}, timeout_ns, &error));
}

hmsgo_result_t hmsgo_server_is_running(uint64_t server) {
	RESULT(hms_server_is_running((hms_server_t){server}, OUT(uint32_t), &error));
}

hmsgo_result_t hmsgo_server_wait(uint64_t server, uint64_t timeout_ns) {
	RESULT(hms_server_wait((hms_server_t){server}, timeout_ns, OUT(uint32_t), &error));
}

hmsgo_result_t hmsgo_server_close(uint64_t server) { RESULT(hms_server_close((hms_server_t){server}, &error)); }

hmsgo_result_t hmsgo_service_unregister(uint64_t server, hms_str_t service) {
	RESULT(hms_service_unregister((hms_server_t){server}, service, &error));
}

hmsgo_result_t hmsgo_service_register(uint64_t server, uint64_t service) {
	RESULT(hms_service_register((hms_server_t){server}, (hms_service_t){service}, &error));
}

void hmsgo_service_close(uint64_t service) { hms_service_close((hms_service_t){service}, NULL); }

hmsgo_result_t hmsgo_introspect(hms_introspection_t *out) {
	out->struct_size = sizeof *out;
	RESULT(hms_introspect(out, &error));
}

hmsgo_result_t hmsgo_instance_id(uint8_t *out) { RESULT(hms_core_instance_id(out, &error)); }

uint64_t hmsgo_monotonic_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static hms_status_t fill(hms_service_t service, hms_str_t name, hms_str_t description, hmsgo_texts_t metadata,
	hms_error_t *error) {
	hms_status_t status = hms_service_describe(service, name, description, error);
	while (status == HMS_STATUS_OK && metadata.len > 0) {
		hms_str_t key = hmsgo_next_text(&metadata);
		status = hms_service_set_metadata(service, key, hmsgo_next_text(&metadata), error);
	}
	return status;
}

hmsgo_result_t hmsgo_service_new(hms_str_t id, hms_str_t version, hms_str_t name, hms_str_t description,
	hmsgo_texts_t metadata) {
	hms_error_t error = {0};
	hms_service_t service = {0};
	hms_status_t status = hms_service_new(id, version, &service, &error);
	if (status == HMS_STATUS_OK) {
		status = fill(service, name, description, metadata, &error);
		if (status != HMS_STATUS_OK) hms_service_close(service, NULL);
	}
	return (hmsgo_result_t){status, error.id, service.id};
}
