package hmsffi

import (
	"encoding/json"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// SchemaForm is how a schema is written.
type SchemaForm uint32

// The forms of schemas. Where Protobuf or JSON is meant, the other is read too.
const (
	// SchemaFormProtobuf is the message hms.ffi.v1.Schema.
	SchemaFormProtobuf SchemaForm = 1
	// SchemaFormJSON is the same in JSON: members by their names, types by theirs ({"type": "STRING"}).
	SchemaFormJSON SchemaForm = 2
	// SchemaFormJSONSchema is JSON Schema, 2020-12.
	SchemaFormJSONSchema SchemaForm = 3
)

// SchemaLoss is something that the form of a schema cannot say.
type SchemaLoss struct {
	// Path is a JSON pointer to where it was.
	Path    string `json:"path"`
	Keyword string `json:"keyword"`
	Reason  string `json:"reason"`
}

// ConvertSchema gives a schema in another form, and what was lost on the way. [CodeInvalidArgument] when it is no schema.
func ConvertSchema(schema string, from, to SchemaForm) (converted string, losses []SchemaLoss, err error) {
	converted, lost, fault := capi.SchemaConvert(schema, uint32(from), uint32(to))
	if err := failed(fault); err != nil {
		return "", nil, err
	}
	err = told(lost, &losses)
	return converted, losses, err
}

// Encoding is how a payload is written.
type Encoding uint32

// The encodings that payloads are converted to and from.
const (
	// EncodingCBOR is application/cbor.
	EncodingCBOR Encoding = 1
	// EncodingProtobuf is application/protobuf.
	EncodingProtobuf Encoding = 2
	// EncodingJSON is application/json.
	EncodingJSON Encoding = 3
)

// Layout says which of the ways to write one payload is taken.
type Layout uint32

const (
	// LayoutAny is the one that comes easiest.
	LayoutAny Layout = 0
	// LayoutDeterministic is, in CBOR, the one form that equal values have: RFC 8949, 4.2.1.
	LayoutDeterministic Layout = 1
)

// PayloadLoss is something that a schema does not know and an encoding cannot say, or a Decimal in whose place the nearest
// number is.
type PayloadLoss struct {
	// Path is where it was, as $.items[3].age.
	Path    string `json:"path"`
	Message string `json:"message"`
	Code    string `json:"code"`
}

// ConvertPayload gives the same payload in another encoding, with the defaults that it left out, as a schema tells what is
// meant, and what was lost on the way. The schema is in JSON or Protobuf and refers to nothing outside of itself; for Protobuf
// it is an OBJECT whose fields have the label hms.protobuf.number. The last 64 schemas of up to 64 KiB are kept
// compiled, and found by their bytes.
//
// [CodeInvalidArgument] when the schema is none, or the payload does not fit it, or cannot be said in the other encoding: the
// detail hms.violations has all that is wrong, as JSON. May be called from any goroutine.
func ConvertPayload(schema string, payload []byte, from, to Encoding, layout Layout) (converted []byte, losses []PayloadLoss, err error) {
	converted, lost, fault := capi.PayloadConvert(schema, payload, uint32(from), uint32(to), uint32(layout))
	if err := failed(fault); err != nil {
		return nil, nil, err
	}
	err = told(lost, &losses)
	return converted, losses, err
}

// SchemaDifference is one difference between an old and a new schema.
type SchemaDifference struct {
	// Path is where, as $.items[*].age; .* are the values of a map.
	Path string `json:"path"`
	// Aspect is what of the schema differs there, by its name: type, minimum, fields.
	Aspect string `json:"aspect"`
	Old    string `json:"old"`
	New    string `json:"new"`
	// BreaksBackward: readers with the new schema refuse some of what is written with the old one.
	BreaksBackward bool `json:"breaks_backward"`
	// BreaksForward: readers with the old schema refuse some of what is written with the new one.
	BreaksForward bool `json:"breaks_forward"`
	// MovesFirst is who must have the new schema before the others: reader, writer, both (at once), or "" for no matter.
	MovesFirst string `json:"moves_first"`
}

// CompareSchemas says what differs between two schemas, in JSON or Protobuf, that refer to nothing outside of themselves.
// [CodeInvalidArgument] when one of them is no schema.
func CompareSchemas(old, new string) (differences []SchemaDifference, err error) {
	text, fault := capi.SchemaCompare(old, new)
	if err := failed(fault); err != nil {
		return nil, err
	}
	err = told(text, &differences)
	return differences, err
}

// told reads JSON of the library.
func told(text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return Errorf(CodeInternal, "the library told what is no JSON: %v", err)
	}
	return nil
}
