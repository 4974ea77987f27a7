// Package capi is the only place where Go meets C: thin functions over the shim, without types of C in their signatures.
package capi

// The copy of the header comes before the one that pkg-config names: this package is built for its own version.

// #cgo CPPFLAGS: -I${SRCDIR}/include
// #cgo CFLAGS: -std=gnu11 -O2 -Wall -fvisibility=hidden
// #cgo pkg-config: hmsffi
// #cgo noescape hmsgo_error_texts
// #cgo nocallback hmsgo_error_texts
// #cgo noescape hmsgo_metadata_texts
// #cgo nocallback hmsgo_metadata_texts
// #cgo noescape hmsgo_call_metadata_texts
// #cgo nocallback hmsgo_call_metadata_texts
// #cgo nocallback hmsgo_error_close
// #cgo nocallback hmsgo_metadata_close
// #cgo nocallback hmsgo_error_code
// #cgo nocallback hmsgo_error_cause
// #cgo nocallback hmsgo_call_is_cancelled
// #cgo nocallback hmsgo_monotonic_ns
// #include "shim.h"
import "C"

import "unsafe"

// Content types by number, as in the header.
const (
	ContentTypeOther    = uint32(C.HMS_CONTENT_TYPE_DEFAULT)
	ContentTypeCBOR     = uint32(C.HMS_CONTENT_TYPE_CBOR)
	ContentTypeProtobuf = uint32(C.HMS_CONTENT_TYPE_PROTOBUF)
	ContentTypeJSON     = uint32(C.HMS_CONTENT_TYPE_JSON)
	ContentTypeBytes    = uint32(C.HMS_CONTENT_TYPE_BYTES)
)

// Authentication types by number, as in the header.
const (
	AuthTypeDefault = uint32(C.HMS_AUTH_TYPE_DEFAULT)
	AuthTypeNone    = uint32(C.HMS_AUTH_TYPE_NONE)
	AuthTypeToken   = uint32(C.HMS_AUTH_TYPE_TOKEN)
	AuthTypeCert    = uint32(C.HMS_AUTH_TYPE_CERT)
	AuthTypeCustom  = uint32(C.HMS_AUTH_TYPE_CUSTOM)
)

// What a method is, and where it runs.
const (
	MethodIdempotent = uint32(C.HMS_METHOD_IDEMPOTENT)
	MethodLeaf       = uint32(C.HMS_METHOD_LEAF)
	DispatchDefault  = uint32(C.HMS_DISPATCH_DEFAULT)
	DispatchPool     = uint32(C.HMS_DISPATCH_POOL)
)

// Levels of log lines.
const (
	LogLevelDebug   = uint32(C.HMS_LOG_LEVEL_DEBUG)
	LogLevelInfo    = uint32(C.HMS_LOG_LEVEL_INFO)
	LogLevelWarning = uint32(C.HMS_LOG_LEVEL_WARNING)
	LogLevelError   = uint32(C.HMS_LOG_LEVEL_ERROR)
)

// Forever is a time limit that never comes.
const Forever = ^uint64(0)

// Fault is how an operation ended: a status, and the handle of an error unless the status is OK.
type Fault struct {
	Status int32
	Error  uint64
}

func fault(result C.hmsgo_result_t) Fault {
	return Fault{Status: int32(result.status), Error: uint64(result.error)}
}

func valued(result C.hmsgo_result_t) (uint64, Fault) {
	return uint64(result.value), fault(result)
}

// str is a view of a Go string for the time of one call: cgo keeps what its arguments point to until C returns, and C
// keeps none of it.
func str(text string) C.hms_str_t {
	return C.hms_str_t{ptr: (*C.char)(unsafe.Pointer(unsafe.StringData(text))), len: C.size_t(len(text))}
}

func bytesPointer(bytes []byte) *C.uint8_t {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(bytes)))
}

// Version is that of the library.
func Version() string { return C.GoString(C.hms_version_string()) }

// ABIVersion is that of the header which this package was built with: major in the high 16 bits, minor in the low.
func ABIVersion() uint32 { return C.HMS_ABI_MAJOR<<16 | C.HMS_ABI_MINOR }

// StatusName is the name of a status code.
func StatusName(status int32) string { return C.GoString(C.hms_status_name(C.hms_status_t(status))) }

// MonotonicNanos is CLOCK_MONOTONIC, the clock of deadlines.
func MonotonicNanos() uint64 { return uint64(C.hmsgo_monotonic_ns()) }

// InstanceID is the same for all that shares one copy of the library.
func InstanceID() (id [16]byte, failed Fault) {
	failed = fault(C.hmsgo_instance_id((*C.uint8_t)(unsafe.Pointer(&id))))
	return id, failed
}

// Introspection counts what lives in this process.
type Introspection struct {
	Threads                                   uint32
	Handles                                   [16]uint64
	Buffers, BufferBytes                      uint64
	QueuedBytes, Calls                        uint64
	CallsTotal, BytesCopiedTotal, SpunNsTotal uint64
}

// Introspect asks the library for its counts.
func Introspect() (Introspection, Fault) {
	var out C.hms_introspection_t
	failed := fault(C.hmsgo_introspect(&out))
	result := Introspection{
		Threads:          uint32(out.threads),
		Buffers:          uint64(out.buffers),
		BufferBytes:      uint64(out.buffer_bytes),
		QueuedBytes:      uint64(out.queued_bytes),
		Calls:            uint64(out.calls),
		CallsTotal:       uint64(out.calls_total),
		BytesCopiedTotal: uint64(out.bytes_copied_total),
		SpunNsTotal:      uint64(out.spun_ns_total),
	}
	for i, count := range out.handles {
		result.Handles[i] = uint64(count)
	}
	return result, failed
}

// RuntimeDefault opens a handle of the process-wide runtime.
func RuntimeDefault() (uint64, Fault) { return valued(C.hmsgo_runtime_default()) }

// RuntimeNew opens a private runtime; schemas is the file that keeps them, empty = memory.
func RuntimeNew(name, schemas string) (uint64, Fault) {
	return valued(C.hmsgo_runtime_new(str(name), str(schemas)))
}

// RuntimeClose closes a handle of a runtime.
func RuntimeClose(handle, timeout uint64) Fault {
	return fault(C.hmsgo_runtime_close(C.uint64_t(handle), C.uint64_t(timeout)))
}

// ComponentLoad loads a shared library.
func ComponentLoad(handle uint64, path string) Fault {
	return fault(C.hmsgo_component_load(C.uint64_t(handle), str(path)))
}
