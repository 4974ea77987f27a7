package capi

// #include "shim.h"
import "C"

// StreamOpen opens a stream of a bound method; gives its handle.
func StreamOpen(method uint64, body []byte, terms *Terms) (uint64, Fault) {
	return valued(C.hmsgo_stream_open(C.uint64_t(method), bytesPointer(body), C.size_t(len(body)), terms.c()))
}

// CallStream is the handle of the stream beside a call.
func CallStream(call uint64) (uint64, Fault) { return valued(C.hmsgo_call_stream(C.uint64_t(call))) }

// StreamSend sends a message, and waits for room.
func StreamSend(stream uint64, body []byte, contentType uint32) Fault {
	return fault(C.hmsgo_stream_send(C.uint64_t(stream), bytesPointer(body), C.size_t(len(body)), C.uint32_t(contentType)))
}

// StreamSendBuffer sends a buffer's first bytes as a message, and waits for room. The buffer is empty then.
func StreamSendBuffer(stream uint64, buffer *Buffer, len int) Fault {
	buffer.c.len = C.size_t(len)
	return fault(C.hmsgo_stream_send_buffer(C.uint64_t(stream), &buffer.c))
}

// StreamReceive waits for a message; false at the end of the stream.
func StreamReceive(stream uint64, room *Room) bool {
	C.hmsgo_stream_receive(C.uint64_t(stream), &room.c)
	return room.c.done == C.HMS_STREAM_ITEM
}

// StreamFinish ends what this end sends.
func StreamFinish(stream uint64) Fault { return fault(C.hmsgo_stream_finish(C.uint64_t(stream))) }

// StreamCancel tears a stream down.
func StreamCancel(stream uint64) Fault { return fault(C.hmsgo_stream_cancel(C.uint64_t(stream))) }

// StreamClose gives the handle back; a stream that has not ended is torn down.
func StreamClose(stream uint64) { C.hmsgo_stream_close(C.uint64_t(stream)) }
