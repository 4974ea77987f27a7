package capi

// #include "shim.h"
import "C"

import "encoding/binary"

// AppendText adds one text to a flat row of texts, the form in which they cross into C.
func AppendText(texts []byte, text string) []byte {
	texts = binary.NativeEndian.AppendUint32(texts, uint32(len(text)))
	return append(texts, text...)
}

// AppendTexts adds several texts.
func AppendTexts(texts []byte, more []string) []byte {
	for _, text := range more {
		texts = AppendText(texts, text)
	}
	return texts
}

// AppendPairs adds the keys and values of a map to a flat row of texts.
func AppendPairs(texts []byte, pairs map[string]string) []byte {
	for key, value := range pairs {
		texts = AppendText(AppendText(texts, key), value)
	}
	return texts
}

func texts(row []byte) C.hmsgo_texts_t {
	return C.hmsgo_texts_t{ptr: bytesPointer(row), len: C.size_t(len(row))}
}

func split(row []byte) []string {
	var found []string
	for len(row) >= 4 {
		size := binary.NativeEndian.Uint32(row)
		found = append(found, string(row[4:4+size]))
		row = row[4+size:]
	}
	return found
}

func pairs(row []byte) map[string]string {
	if len(row) == 0 {
		return nil
	}
	found := split(row)
	result := make(map[string]string, len(found)/2)
	for i := 0; i+1 < len(found); i += 2 {
		result[found[i]] = found[i+1]
	}
	return result
}

// gather calls read with more room until all that it has fits.
func gather(read func(room *C.uint8_t, capacity C.size_t) C.size_t) []byte {
	room := make([]byte, 1024)
	for {
		size := int(read(bytesPointer(room), C.size_t(len(room))))
		if size <= len(room) {
			return room[:size]
		}
		room = make([]byte, size)
	}
}

// ErrorInfo is what an error handle says.
type ErrorInfo struct {
	Code                   int32
	Message, Source, Stack string
	Details                map[string]string
	// Schema is of which type it is, and Data its data in CBOR; both may be empty.
	Schema, Data string
	// Cause is a new handle; 0 = none.
	Cause uint64
}

// ReadError reads an error, which stays open.
func ReadError(handle uint64) ErrorInfo {
	row := gather(func(room *C.uint8_t, capacity C.size_t) C.size_t {
		return C.hmsgo_error_texts(C.uint64_t(handle), room, capacity)
	})
	texts := split(row)
	info := ErrorInfo{
		Code:    int32(C.hmsgo_error_code(C.uint64_t(handle))),
		Message: texts[0],
		Source:  texts[1],
		Stack:   texts[2],
		Schema:  texts[3],
		Data:    texts[4],
		Cause:   uint64(C.hmsgo_error_cause(C.uint64_t(handle))),
	}
	if details := texts[5:]; len(details) > 0 {
		info.Details = make(map[string]string, len(details)/2)
		for i := 0; i+1 < len(details); i += 2 {
			info.Details[details[i]] = details[i+1]
		}
	}
	return info
}

// CloseError closes an error.
func CloseError(handle uint64) { C.hmsgo_error_close(C.uint64_t(handle)) }

// TakeMetadata reads the metadata of an answer and closes it.
func TakeMetadata(handle uint64) map[string]string {
	row := gather(func(room *C.uint8_t, capacity C.size_t) C.size_t {
		return C.hmsgo_metadata_texts(C.uint64_t(handle), room, capacity)
	})
	C.hmsgo_metadata_close(C.uint64_t(handle))
	return pairs(row)
}
