package hmsffi

import (
	"encoding/json"

	"github.com/fxamacker/cbor/v2"
	"google.golang.org/protobuf/proto"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// Encoded is a value that is encoded already: make it of what never changes with [Encode], and pass it wherever a value is passed, as
// a whole or inside of other values. It may be copied, and used by several goroutines.
type Encoded struct {
	cbor []byte
}

var (
	_ cbor.Marshaler   = Encoded{}
	_ cbor.Unmarshaler = (*Encoded)(nil)
	_ json.Marshaler   = Encoded{}
)

// Encode encodes a value once for many calls. []byte is encoded as it is inside of other values; a Protobuf message has another
// encoding and is [CodeInvalidArgument], as is what cannot be sent.
func Encode(value any) (Encoded, error) {
	if message, ok := value.(proto.Message); ok {
		return Encoded{}, invalid("%T is application/protobuf, and an Encoded application/cbor; marshal it once yourself, and send the "+
			"bytes with WithContentType", message)
	}
	encoded, err := marshalCBOR(value)
	return Encoded{encoded}, err
}

// Decode makes the value anew, as what target points to; the same errors as when a result is read.
func (e Encoded) Decode(target any) error {
	p, err := e.payload()
	if err != nil {
		return err
	}
	return p.decode(target)
}

func (e Encoded) payload() (payload, error) {
	if e.cbor == nil {
		return payload{}, invalid("an empty Encoded cannot be sent; make it with Encode")
	}
	return payload{body: e.cbor, contentType: capi.ContentTypeCBOR}, nil
}

// MarshalCBOR gives what was encoded. It is for the codec.
func (e Encoded) MarshalCBOR() ([]byte, error) {
	p, err := e.payload()
	return p.body, err
}

// UnmarshalCBOR refuses: what arrives has a type of its own.
func (e *Encoded) UnmarshalCBOR([]byte) error {
	return invalid("an Encoded is only sent; receive the value as its own type, or as any")
}

// MarshalJSON refuses: an Encoded is CBOR.
func (e Encoded) MarshalJSON() ([]byte, error) {
	return nil, invalid("an Encoded is application/cbor and no part of application/json; Decode it")
}
