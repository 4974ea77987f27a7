// Memory of the library that Go fills.
#include "shim.h"

hmsgo_result_t hmsgo_method_loan(uint64_t method, size_t len, hms_buffer_t *out) {
	hms_error_t error = {0};
	uint8_t *data = NULL;
	hms_status_t status = hms_method_loan((hms_method_t){method}, len, out, &data, &error);
	return (hmsgo_result_t){status, error.id, 0};
}

hmsgo_result_t hmsgo_call_loan(uint64_t call, size_t len, hms_buffer_t *out) {
	hms_error_t error = {0};
	uint8_t *data = NULL;
	hms_status_t status = hms_call_loan((hms_call_t){call}, len, out, &data, &error);
	return (hmsgo_result_t){status, error.id, 0};
}
