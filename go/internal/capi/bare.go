package capi

// #include <stdint.h>
// void hmsgo_nothing(void);
// void hmsgo_call_back(void);
import "C"

// BareCall crosses into C and back, for benchmarks.
func BareCall() { C.hmsgo_nothing() }

// BareCallback crosses into C, from there into Go, and all the way back, for benchmarks.
func BareCallback() { C.hmsgo_call_back() }

//export hmsgoNothing
func hmsgoNothing(C.uintptr_t) {}
