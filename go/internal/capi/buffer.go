package capi

// #include "shim.h"
import "C"

import "unsafe"

// Buffer is memory of the library that Go holds; the zero value is none.
type Buffer struct{ c C.hms_buffer_t }

// MethodLoan lends memory for a request to a method.
func MethodLoan(method uint64, len int, buffer *Buffer) Fault {
	return fault(C.hmsgo_method_loan(C.uint64_t(method), C.size_t(len), &buffer.c))
}

// CallLoan lends memory for the answer to a call, or for a message of its stream.
func CallLoan(call uint64, len int, buffer *Buffer) Fault {
	return fault(C.hmsgo_call_loan(C.uint64_t(call), C.size_t(len), &buffer.c))
}

// Bytes are valid until Release, or until the buffer is given away.
func (buffer *Buffer) Bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(buffer.c.data)), int(buffer.c.len))
}

// Held says whether there is something to release.
func (buffer *Buffer) Held() bool { return buffer.c.owner != 0 }

// Release gives the memory back; the buffer is empty then.
func (buffer *Buffer) Release() {
	if buffer.Held() {
		C.hms_buffer_release(&buffer.c)
	}
}

// Take moves what the room holds of the library's memory into an empty buffer. False = the bytes are the room's own.
func (room *Room) Take(buffer *Buffer) bool {
	if room.c.owner == 0 {
		return false
	}
	buffer.c = C.hmsgo_room_buffer(&room.c)
	room.c.owner = 0
	return true
}
