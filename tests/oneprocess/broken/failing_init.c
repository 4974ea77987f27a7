/* A component that cannot start, and says why. */
#include <hmsffi/hmsffi.h>

uint32_t hmsffi_component_abi(void) { return (uint32_t)HMS_ABI_MAJOR << 16 | HMS_ABI_MINOR; }

hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error) {
  (void)runtime;
  hms_error_new(HMS_STATUS_RESOURCE_EXHAUSTED, HMS_STR("no licence for the model"), error);
  return HMS_STATUS_RESOURCE_EXHAUSTED;
}
