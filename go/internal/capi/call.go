package capi

// #include "shim.h"
import "C"

import (
	"sync/atomic"
	"unsafe"
)

// Room is where the answer of a call goes. Its bytes are the room's own, where they are few, or the library's: read them,
// then call Release.
type Room struct{ c C.hmsgo_room_t }

// Fault is how the call ended.
func (room *Room) Fault() Fault {
	return Fault{Status: int32(room.c.status), Error: uint64(room.c.error)}
}

// Done is false when an asynchronous call still runs, and when a call could not be made on this thread.
func (room *Room) Done() bool { return room.c.done != 0 }

// Metadata is a handle for TakeMetadata; 0 = none.
func (room *Room) Metadata() uint64 { return uint64(room.c.metadata) }

// ContentType is the number of the answer's content type.
func (room *Room) ContentType() uint32 { return uint32(room.c.content_type) }

// ContentTypeText is the content type of an answer that has no number.
func (room *Room) ContentTypeText() string {
	text := C.hmsgo_room_content_type(&room.c)
	return C.GoStringN(text.ptr, C.int(text.len))
}

// Bytes are valid until Release.
func (room *Room) Bytes() []byte {
	if room.c.owner != 0 {
		return unsafe.Slice(*(**byte)(unsafe.Pointer(&room.c.data)), int(room.c.len))
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&room.c.bytes)), int(room.c.len))
}

// Release gives the bytes back.
func (room *Room) Release() {
	if room.c.owner != 0 {
		C.hmsgo_room_release(&room.c)
	}
}

// Terms are what a call is made with, beside its method and body.
type Terms struct {
	TimeoutNanos uint64
	// Parent is the inbound call on whose behalf the call is made; 0 = none.
	Parent      uint64
	ContentType uint32
	// ContentTypeText says it when ContentType is ContentTypeOther.
	ContentTypeText string
	// Metadata is a flat row of texts.
	Metadata     []byte
	WantMetadata bool
	// Interrupt ends the wait when it becomes 1; nil = never.
	Interrupt *atomic.Uint32
	// Transport is the only way that the call may take; 0 = any.
	Transport uint32
	// ForbiddenTransports are the ways that it must not take: bit n is transport n.
	ForbiddenTransports uint64
	// Report is where to tell what the call took; nil = nowhere.
	Report *Report
}

// Report is what a call took.
type Report struct{ c C.hms_call_report_t }

// Transport is the way that the call took; 0 = it did not get as far.
func (report *Report) Transport() uint32 { return uint32(report.c.transport) }

// BytesCopied is how many bytes the library copied.
func (report *Report) BytesCopied() uint64 { return uint64(report.c.bytes_copied) }

// plain says whether there is nothing but a parent and a content type that has a number, as for most calls.
func (terms *Terms) plain() bool {
	return terms.TimeoutNanos == 0 && terms.ContentType != ContentTypeOther &&
		len(terms.Metadata) == 0 && !terms.WantMetadata && terms.Interrupt == nil &&
		uint64(terms.Transport)|terms.ForbiddenTransports == 0 && terms.Report == nil
}

func (terms *Terms) c() C.hmsgo_terms_t {
	c := C.hmsgo_terms_t{
		timeout_ns:           C.uint64_t(terms.TimeoutNanos),
		parent:               C.uint64_t(terms.Parent),
		content_type:         C.uint32_t(terms.ContentType),
		content_type_text:    str(terms.ContentTypeText),
		metadata:             texts(terms.Metadata),
		interrupt:            (*C.uint32_t)(unsafe.Pointer(terms.Interrupt)),
		transport:            C.uint32_t(terms.Transport),
		forbidden_transports: C.uint64_t(terms.ForbiddenTransports),
	}
	if terms.Report != nil {
		terms.Report.c.struct_size = C.sizeof_hms_call_report_t
		c.report = &terms.Report.c
	}
	if terms.WantMetadata {
		c.want_metadata = 1
	}
	return c
}

// CallMethod calls a bound method and waits.
func CallMethod(method uint64, body []byte, terms *Terms, room *Room) {
	if terms.plain() {
		CallPlain(method, body, terms.ContentType, terms.Parent, room)
		return
	}
	C.hmsgo_method_call(C.uint64_t(method), bytesPointer(body), C.size_t(len(body)), terms.c(), &room.c)
}

// CallPlain is CallMethod without other terms than a content type that has a number, and a parent; 0 = none.
func CallPlain(method uint64, body []byte, contentType uint32, parent uint64, room *Room) {
	C.hmsgo_method_call_plain(C.uint64_t(method), bytesPointer(body), C.size_t(len(body)), C.uint32_t(contentType),
		C.uint64_t(parent), &room.c)
}

// SubmitMethod starts a call and gives its id.
func SubmitMethod(method uint64, body []byte, terms *Terms) (string, Fault) {
	c := C.hmsgo_method_submit(C.uint64_t(method), bytesPointer(body), C.size_t(len(body)), terms.c())
	return C.GoString(&c.id.text[0]), Fault{Status: int32(c.status), Error: uint64(c.error)}
}

// AsyncResult waits for an asynchronous call.
func AsyncResult(client uint64, id string, timeout uint64, wantMetadata bool, room *Room) {
	want := C.uint32_t(0)
	if wantMetadata {
		want = 1
	}
	C.hmsgo_async_result(C.uint64_t(client), str(id), C.uint64_t(timeout), want, &room.c)
}

// AsyncStatus asks how an asynchronous call is.
func AsyncStatus(client uint64, id string) (uint64, Fault) {
	return valued(C.hmsgo_async_status(C.uint64_t(client), str(id)))
}

// AsyncCancel cancels an asynchronous call; the value is 0 when it had ended.
func AsyncCancel(client uint64, id string) (uint64, Fault) {
	return valued(C.hmsgo_async_cancel(C.uint64_t(client), str(id)))
}

// ClientNew opens a client.
func ClientNew(handle, timeout uint64, maxRetries int32, transport uint32, authToken string, spin int32) (uint64, Fault) {
	return valued(C.hmsgo_client_new(C.uint64_t(handle), C.uint64_t(timeout), C.int32_t(maxRetries),
		C.uint32_t(transport), str(authToken), C.int32_t(spin)))
}

// ClientClose closes a client.
func ClientClose(client uint64) Fault { return fault(C.hmsgo_client_close(C.uint64_t(client))) }

// Expected is what a caller was made for: the definition of a service, and how close it must be; the zero value = nothing.
type Expected struct {
	Definition string
	Binding    uint32
}

func (expected Expected) c() C.hmsgo_expected_t {
	return C.hmsgo_expected_t{definition: str(expected.Definition), binding: C.uint32_t(expected.Binding)}
}

// ClientFit says whether some version of a service is what is expected.
func ClientFit(client uint64, service string, expected Expected) Fault {
	return fault(C.hmsgo_client_fit(C.uint64_t(client), str(service), expected.c()))
}

// MethodBind resolves a method.
func MethodBind(client uint64, service, method string, expected Expected) (uint64, Fault) {
	return valued(C.hmsgo_method_bind(C.uint64_t(client), str(service), str(method), expected.c()))
}

// MethodClose closes a bound method.
func MethodClose(method uint64) Fault { return fault(C.hmsgo_method_close(C.uint64_t(method))) }
