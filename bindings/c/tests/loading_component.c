/* A component that fails to start at first, and then takes its time. */
#include <hmsffi/hmsffi.h>

#include <stdatomic.h>
#include <time.h>

atomic_int starts, may_end;

uint32_t hmsffi_component_abi(void) { return hms_abi_version(); }

hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error) {
    (void)runtime, (void)error;
    if (atomic_fetch_add(&starts, 1) == 0) return HMS_STATUS_RESOURCE_EXHAUSTED;
    while (!atomic_load(&may_end)) nanosleep(&(struct timespec){0, 1000000}, NULL);
    return HMS_STATUS_OK;
}
