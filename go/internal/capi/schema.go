package capi

// #include "shim.h"
import "C"

import "bytes"

// SchemaConvert gives a schema in another form, and as JSON what was lost.
func SchemaConvert(schema string, from, to uint32) (converted, losses string, failed Fault) {
	room, lost := new(Room), new(Room)
	C.hmsgo_schema_convert(str(schema), C.uint32_t(from), C.uint32_t(to), &room.c, &lost.c)
	converted, failed = room.text()
	losses, _ = lost.text()
	return converted, losses, failed
}

// SchemaOfMessage gives the schema of a message as JSON.
func SchemaOfMessage(descriptors []byte, message string) (string, Fault) {
	room := new(Room)
	C.hmsgo_schema_of_message(bytesPointer(descriptors), C.size_t(len(descriptors)), str(message), &room.c)
	return room.text()
}

// PayloadConvert gives a payload in another encoding, and as JSON what was lost.
func PayloadConvert(schema string, payload []byte, from, to, layout uint32) (converted []byte, losses string, failed Fault) {
	room, lost := new(Room), new(Room)
	defer room.Release()
	C.hmsgo_payload_convert(str(schema), bytesPointer(payload), C.size_t(len(payload)), C.uint32_t(from), C.uint32_t(to),
		C.uint32_t(layout), &room.c, &lost.c)
	losses, _ = lost.text()
	return bytes.Clone(room.Bytes()), losses, room.Fault()
}

// SchemaCompare gives the differences of two schemas as JSON.
func SchemaCompare(old, fresh string) (string, Fault) {
	room := new(Room)
	C.hmsgo_schema_compare(str(old), str(fresh), &room.c)
	return room.text()
}

// ServiceCompare gives the report on two definitions as JSON.
func ServiceCompare(expected, provided string, binding uint32) (string, Fault) {
	room := new(Room)
	C.hmsgo_service_compare(str(expected), str(provided), C.uint32_t(binding), &room.c)
	return room.text()
}

// text empties the room.
func (room *Room) text() (string, Fault) {
	defer room.Release()
	return string(room.Bytes()), room.Fault()
}
