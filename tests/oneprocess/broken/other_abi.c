/* A component of a library version that does not exist yet. */
#include <hmsffi/hmsffi.h>

uint32_t hmsffi_component_abi(void) { return (uint32_t)HMS_ABI_MAJOR << 16 | (HMS_ABI_MINOR + 7); }

hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error) {
  (void)runtime;
  (void)error;
  return HMS_STATUS_OK;
}
