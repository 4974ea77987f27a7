package hmsffi

import (
	"bytes"
	"encoding/json"
	"reflect"

	"google.golang.org/protobuf/proto"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// payload is bytes and what they are.
type payload struct {
	body        []byte
	contentType uint32
	// The content type when it has no number.
	text string
	// Whose bytes these are; nil = Go's, or nobody's to give away.
	buffer *Buffer
}

var contentTypes = map[string]uint32{
	"application/cbor":         capi.ContentTypeCBOR,
	"application/protobuf":     capi.ContentTypeProtobuf,
	"application/json":         capi.ContentTypeJSON,
	"application/octet-stream": capi.ContentTypeBytes,
}

// labelled is a payload whose content type the user named.
func (p payload) labelled(contentType string) payload {
	if contentType == "" {
		return p
	}
	if number, ok := contentTypes[contentType]; ok {
		p.contentType, p.text = number, ""
	} else {
		p.contentType, p.text = capi.ContentTypeOther, contentType
	}
	return p
}

// isHeld says whether the library can have the bytes without a copy.
func (p payload) isHeld() bool { return p.buffer != nil && p.buffer.held.Held() }

// reply answers a call. A buffer is given away.
func (p payload) reply(inbound *capi.Inbound, pairs []byte) capi.Fault {
	if p.buffer != nil {
		defer p.buffer.Release()
	}
	if p.isHeld() {
		return inbound.ReplyBuffer(&p.buffer.held, len(p.body), p.contentType, p.text, pairs)
	}
	return inbound.Reply(p.body, p.contentType, p.text, pairs)
}

func (p payload) name() string {
	for name, number := range contentTypes {
		if number == p.contentType {
			return name
		}
	}
	return p.text
}

var cborNull = []byte{0xf6}

// encode chooses the encoding by the value's type, the same way in all languages.
func encode(value any) (payload, error) {
	switch value := value.(type) {
	case nil:
		return payload{body: cborNull, contentType: capi.ContentTypeCBOR}, nil
	case []byte:
		return payload{body: value, contentType: capi.ContentTypeBytes}, nil
	case Encoded:
		return value.payload()
	case *Buffer:
		if value == nil || value.content.buffer == nil {
			return payload{}, invalid("an empty Buffer cannot be sent: it was released, or given away")
		}
		return value.content, nil
	case json.RawMessage:
		return payload{body: value, contentType: capi.ContentTypeJSON}, nil
	case proto.Message:
		body, err := proto.Marshal(value)
		if err != nil {
			return payload{}, invalid("%T cannot be sent: %v", value, err)
		}
		return payload{body: body, contentType: capi.ContentTypeProtobuf}, nil
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		return payload{body: v.Bytes(), contentType: capi.ContentTypeBytes}, nil
	}
	body, err := marshalCBOR(value)
	return payload{body: body, contentType: capi.ContentTypeCBOR}, err
}

// decode puts a payload into what target points to; nothing of it is shared with the payload's memory.
func (p payload) decode(target any) error {
	switch target := target.(type) {
	case nil:
		return nil
	case *Buffer:
		if target == nil {
			break
		}
		target.copied(p)
		return nil
	case *[]byte:
		*target = append(make([]byte, 0, len(p.body)), p.body...)
		return nil
	case *json.RawMessage:
		if p.contentType == capi.ContentTypeJSON {
			*target = append(make([]byte, 0, len(p.body)), p.body...)
			return nil
		}
	case proto.Message:
		if p.contentType != capi.ContentTypeProtobuf {
			return invalid("%T needs application/protobuf, found %s", target, p.name())
		}
		if err := proto.Unmarshal(p.body, target); err != nil {
			return invalid("the bytes are no %T: %v", target, err)
		}
		return nil
	}
	place := reflect.ValueOf(target)
	if place.Kind() != reflect.Pointer || place.IsNil() {
		return invalid("the result goes to a pointer that is not nil, not to a %T", target)
	}
	switch p.contentType {
	case capi.ContentTypeCBOR:
		return unmarshalCBOR(p.body, target)
	case capi.ContentTypeJSON:
		return unmarshalJSON(p.body, target)
	case capi.ContentTypeProtobuf:
		return invalid("a Protobuf message needs its own Go type, not %s", place.Type().Elem())
	}
	place = place.Elem()
	switch {
	case place.Kind() == reflect.Interface && place.NumMethod() == 0:
		place.Set(reflect.ValueOf(bytes.Clone(p.body)))
	case place.Kind() == reflect.Slice && place.Type().Elem().Kind() == reflect.Uint8:
		place.SetBytes(bytes.Clone(p.body))
	default:
		return invalid("%s is bytes, which do not fit %s", p.name(), place.Type())
	}
	return nil
}
