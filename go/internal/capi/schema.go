package capi

// #include "shim.h"
import "C"

// SchemaConvert gives a schema in another form, and as JSON what was lost.
func SchemaConvert(schema string, from, to uint32) (converted, losses string, failed Fault) {
	room, lost := new(Room), new(Room)
	C.hmsgo_schema_convert(str(schema), C.uint32_t(from), C.uint32_t(to), &room.c, &lost.c)
	converted, failed = room.text()
	losses, _ = lost.text()
	return converted, losses, failed
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
