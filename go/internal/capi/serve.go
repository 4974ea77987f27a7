package capi

// #include "shim.h"
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

// Handler serves the calls of one method.
type Handler interface {
	// Serve must answer the call before it returns. It must not panic.
	Serve(inbound *Inbound)
}

// Cancellable is told that nobody waits for an answer any more.
type Cancellable interface {
	Cancelled()
}

// LogSink takes log lines.
type LogSink interface {
	Log(level uint32, target, message string)
}

// Inbound is a call on its way to a handler. It lives until Serve returns.
type Inbound struct{ c C.hmsgo_inbound_t }

// Call is the call's handle.
func (in *Inbound) Call() uint64 { return uint64(in.c.call) }

// Body is a view of the library's memory, valid until Serve returns.
func (in *Inbound) Body() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(in.c.body)), int(in.c.len))
}

// ContentType is the number of the request's content type.
func (in *Inbound) ContentType() uint32 { return uint32(in.c.content_type) }

// ContentTypeText is the request's content type.
func (in *Inbound) ContentTypeText() string {
	return C.GoStringN(in.c.content_type_text, C.int(in.c.content_type_text_len))
}

// DeadlineNanos is on the clock of MonotonicNanos; 0 = none.
func (in *Inbound) DeadlineNanos() uint64 { return uint64(in.c.deadline_ns) }

// MetadataCount is the number of pairs that came with the request.
func (in *Inbound) MetadataCount() uint32 { return uint32(in.c.metadata_count) }

// CallMetadata reads the pairs of a call's request; nil when the call has ended.
func CallMetadata(call uint64, count uint32) map[string]string {
	return pairs(gather(func(room *C.uint8_t, capacity C.size_t) C.size_t {
		return C.hmsgo_call_metadata_texts(C.uint64_t(call), C.size_t(count), room, capacity)
	}))
}

// Reply answers the call. A small body without metadata goes back with the return to C.
func (in *Inbound) Reply(body []byte, contentType uint32, contentTypeText string, metadata []byte) Fault {
	named := contentTypeText == "" && (contentType != ContentTypeOther || in.c.content_type == C.uint32_t(contentType))
	if len(body) <= int(in.c.capacity) && len(metadata) == 0 && named {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(in.c.room)), int(in.c.capacity)), body)
		in.c.answer_len = C.size_t(len(body))
		in.c.answer_content_type = C.uint32_t(contentType)
		return Fault{}
	}
	in.c.answered = 1
	result := C.hmsgo_call_reply(in.c.call, bytesPointer(body), C.size_t(len(body)), C.uint32_t(contentType),
		str(contentTypeText), texts(metadata))
	return fault(result)
}

// ReplyBuffer answers the call with a buffer's first bytes. The buffer is empty then, unless there was no memory.
func (in *Inbound) ReplyBuffer(buffer *Buffer, len int, contentType uint32, contentTypeText string, metadata []byte) Fault {
	in.c.answered = 1
	buffer.c.len = C.size_t(len)
	return fault(C.hmsgo_call_reply_buffer(in.c.call, &buffer.c, C.uint32_t(contentType), str(contentTypeText),
		texts(metadata)))
}

// Failure is why a handler failed.
type Failure struct {
	Code                   int32
	Message, Source, Stack string
	// Details is a flat row of texts.
	Details []byte
	// Cause is the handle of an error; 0 = none.
	Cause uint64
	// Schema is of which type it is, and Data its data in CBOR; both or none.
	Schema string
	Data   []byte
}

func (f *Failure) c() C.hmsgo_failure_t {
	return C.hmsgo_failure_t{
		code:    C.hms_status_t(f.Code),
		message: str(f.Message),
		source:  str(f.Source),
		stack:   str(f.Stack),
		details: texts(f.Details),
		cause:   C.uint64_t(f.Cause),

		error_schema: str(f.Schema),
		error_data:   C.hms_bytes_t{ptr: bytesPointer(f.Data), len: C.size_t(len(f.Data))},
	}
}

// Fail answers the call with a failure.
func (in *Inbound) Fail(failure Failure) Fault {
	in.c.answered = 1
	return fault(C.hmsgo_call_fail(in.c.call, failure.c()))
}

// NewError is the handle of a new error.
func NewError(failure Failure) (uint64, Fault) {
	result := C.hmsgo_error_make(failure.c())
	return uint64(result.value), fault(result)
}

// CallIsCancelled says whether nobody waits for the answer of a call any more.
func CallIsCancelled(call uint64) bool { return C.hmsgo_call_is_cancelled(C.uint64_t(call)) != 0 }

// CallOnCancel tells hook when nobody waits for the answer of a call any more.
func CallOnCancel(call uint64, hook Cancellable) Fault {
	// The library drops the handle, whatever happens.
	return fault(C.hmsgo_call_on_cancel(C.uint64_t(call), C.uintptr_t(cgo.NewHandle(hook))))
}

// LogSetSink sends the library's log lines to sink.
func LogSetSink(sink LogSink, minLevel uint32) Fault {
	return fault(C.hmsgo_log_set_sink(C.uintptr_t(cgo.NewHandle(sink)), C.uint32_t(minLevel)))
}

//export hmsgoServe
func hmsgoServe(handle C.uintptr_t, inbound *C.hmsgo_inbound_t) {
	handlerAt(uintptr(handle)).Serve((*Inbound)(unsafe.Pointer(inbound)))
}

//export hmsgoCancelled
func hmsgoCancelled(handle C.uintptr_t) {
	cgo.Handle(handle).Value().(Cancellable).Cancelled()
}

//export hmsgoDropHandler
func hmsgoDropHandler(handle C.uintptr_t) { dropHandler(uintptr(handle)) }

//export hmsgoDrop
func hmsgoDrop(handle C.uintptr_t) {
	cgo.Handle(handle).Delete()
}

//export hmsgoLog
func hmsgoLog(handle C.uintptr_t, level C.uint32_t, target *C.char, targetLen C.size_t, message *C.char, messageLen C.size_t) {
	cgo.Handle(handle).Value().(LogSink).Log(uint32(level), C.GoStringN(target, C.int(targetLen)),
		C.GoStringN(message, C.int(messageLen)))
}
