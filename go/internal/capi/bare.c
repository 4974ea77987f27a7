#include "_cgo_export.h"

void hmsgo_call_back(void) { hmsgoNothing(0); }

void hmsgo_nothing(void) {}
