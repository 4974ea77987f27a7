package main

// #cgo CFLAGS: -O2
// #cgo CXXFLAGS: -O2 -std=c++17
// #cgo pkg-config: hmsffi
// #include <stdlib.h>
// #include "../c/loops.h"
// #include "crossings.h"
// #include "echo.h"
import "C"

import (
	"fmt"
	"time"
	"unsafe"
)

//export benchNothing
func benchNothing() {}

//export benchCopy
func benchCopy(request *C.uint8_t, length C.size_t, answer *C.uint8_t) {
	copy(unsafe.Slice((*byte)(answer), length), unsafe.Slice((*byte)(request), length))
}

func emptyCgoCall(calls int) float64 {
	start := time.Now()
	for range calls {
		C.bench_empty()
	}
	return perCall(start, calls)
}

// onThread runs a loop on a thread that C started, where callers in C usually are.
func onThread(loop C.bench_loop, context unsafe.Pointer) func(calls int) float64 {
	// Kept for the life of the process: the loops read it.
	contexts := (*unsafe.Pointer)(C.malloc(C.size_t(unsafe.Sizeof(context))))
	*contexts = context
	return func(calls int) float64 {
		return float64(C.bench_on_threads(loop, contexts, 1, C.uint64_t(calls)))
	}
}

func cgoCallback() func(calls int) float64 { return onThread(C.bench_loop(C.bench_callback), nil) }

func cgoExport() func(calls int) float64 { return onThread(C.bench_loop(C.bench_export), nil) }

// fromC calls a method from a loop in C, bound and by name.
func fromC(service, method string) (bound, byName func(calls int) float64) {
	// Kept for the life of the process: the loops read them.
	name := (*C.bench_name)(C.malloc(C.sizeof_bench_name))
	name.service, name.method = C.CString(service), C.CString(method)
	handle := (*C.hms_method_t)(C.malloc(C.sizeof_hms_method_t))
	*handle = C.bench_bind(name.service, name.method)
	return onThread(C.bench_loop(C.bench_bound), unsafe.Pointer(handle)),
		onThread(C.bench_loop(C.bench_by_name), unsafe.Pointer(name))
}

func serveEchoInC(service string) {
	text := C.CString(service)
	defer C.free(unsafe.Pointer(text))
	C.bench_serve_echo(text)
}

func serveEchoInCPlusPlus() error {
	if status := C.bench_serve_cpp(nil); status != C.HMS_STATUS_OK {
		return fmt.Errorf("the service in C++: %s", C.GoString(C.hms_status_name(status)))
	}
	return nil
}

func perCall(start time.Time, calls int) float64 {
	return float64(time.Since(start).Nanoseconds()) / float64(calls)
}
