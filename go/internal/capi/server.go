package capi

// #include "shim.h"
import "C"

import (
	"unsafe"
)

// ServerNew makes a server.
func ServerNew(handle uint64, name string, transports []uint32, authType uint32, maxConcurrentCalls int32, callTimeout,
	maxMessageSize uint64) (uint64, Fault) {
	return valued(C.hmsgo_server_new(C.uint64_t(handle), str(name),
		(*C.uint32_t)(unsafe.Pointer(unsafe.SliceData(transports))), C.size_t(len(transports)), C.uint32_t(authType),
		C.int32_t(maxConcurrentCalls), C.uint64_t(callTimeout), C.uint64_t(maxMessageSize)))
}

// ServerStart starts a server.
func ServerStart(server uint64) Fault { return fault(C.hmsgo_server_start(C.uint64_t(server))) }

// ServerStop stops a server and waits for the calls inside.
func ServerStop(server, timeout uint64) Fault {
	return fault(C.hmsgo_server_stop(C.uint64_t(server), C.uint64_t(timeout)))
}

// ServerIsRunning is 1 while a server serves calls.
func ServerIsRunning(server uint64) (uint64, Fault) {
	return valued(C.hmsgo_server_is_running(C.uint64_t(server)))
}

// ServerWait is 1 when a server stopped in time.
func ServerWait(server, timeout uint64) (uint64, Fault) {
	return valued(C.hmsgo_server_wait(C.uint64_t(server), C.uint64_t(timeout)))
}

// ServerClose closes a server.
func ServerClose(server uint64) Fault { return fault(C.hmsgo_server_close(C.uint64_t(server))) }

// ServiceNew makes a service to be filled with methods.
func ServiceNew(id, version, name, description string, metadata []byte) (uint64, Fault) {
	return valued(C.hmsgo_service_new(str(id), str(version), str(name), str(description), texts(metadata)))
}

// MethodSpec describes a method to be added.
type MethodSpec struct {
	Name, Description, Site string
	Metadata                []byte
	TimeoutNanos            uint64
	Flags, Dispatch         uint32
	// StreamType is that of the specification; 0 = the method does not stream.
	StreamType uint32
	// Schemas as JSON or Protobuf messages; those of errors as texts.
	InputSchema, OutputSchema string
	ErrorSchemas              []byte
	Handler                   Handler
}

func (spec *MethodSpec) c() C.hmsgo_method_spec_t {
	return C.hmsgo_method_spec_t{
		name:        str(spec.Name),
		description: str(spec.Description),
		site:        str(spec.Site),
		metadata:    texts(spec.Metadata),
		timeout_ns:  C.uint64_t(spec.TimeoutNanos),
		flags:       C.uint32_t(spec.Flags),
		dispatch:    C.uint32_t(spec.Dispatch),
		stream_type: C.uint32_t(spec.StreamType),

		input_schema:  str(spec.InputSchema),
		output_schema: str(spec.OutputSchema),
		error_schemas: texts(spec.ErrorSchemas),
		// The library drops it, even when it refuses the method.
		handle: C.uintptr_t(keepHandler(spec.Handler)),
	}
}

// ServiceAddMethod adds a method to a service that is being built.
func ServiceAddMethod(service uint64, spec *MethodSpec) Fault {
	return fault(C.hmsgo_service_add_method(C.uint64_t(service), spec.c()))
}

// ServerAddMethod adds a method to a service that a server hosts.
func ServerAddMethod(server uint64, service string, spec *MethodSpec) Fault {
	return fault(C.hmsgo_server_add_method(C.uint64_t(server), str(service), spec.c()))
}

// ServiceRegister hosts a service.
func ServiceRegister(server, service uint64) Fault {
	return fault(C.hmsgo_service_register(C.uint64_t(server), C.uint64_t(service)))
}

// ServiceID is the id of a service that is registered.
func ServiceID(service uint64) (string, Fault) {
	room := new(Room)
	C.hmsgo_service_id(C.uint64_t(service), &room.c)
	defer room.Release()
	return string(room.Bytes()), room.Fault()
}

// ServiceClose closes a service handle.
func ServiceClose(service uint64) { C.hmsgo_service_close(C.uint64_t(service)) }

// ServiceUnregister stops offering a service.
func ServiceUnregister(server uint64, service string) Fault {
	return fault(C.hmsgo_service_unregister(C.uint64_t(server), str(service)))
}
