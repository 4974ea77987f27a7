package hmsffi

import (
	"reflect"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// EncodeUnion encodes the one of these pointers that is not nil. What `hms stubs` writes calls it for a struct that stands for
// one of several types, with a field for each.
func EncodeUnion(alternatives ...any) ([]byte, error) {
	for _, alternative := range alternatives {
		if value := reflect.ValueOf(alternative); value.Kind() == reflect.Pointer && !value.IsNil() {
			return marshalCBOR(alternative)
		}
	}
	return nil, invalid("a union holds none of its alternatives; set one of its fields")
}

// DecodeUnion sets the first of some fields, which are pointers, whose type takes a value, and the others to nil:
// alternatives are pointers to the fields. A struct takes a map that has all its keys but those that may be left out.
func DecodeUnion(encoded []byte, alternatives ...any) error {
	var took reflect.Value
	for _, alternative := range alternatives {
		field := reflect.ValueOf(alternative).Elem()
		field.SetZero()
		if !took.IsValid() {
			if target := reflect.New(field.Type().Elem()); takes(encoded, target) {
				field.Set(target)
				took = target
			}
		}
	}
	if took.IsValid() {
		return nil
	}
	return invalid("the value fits none of the %d alternatives of a union", len(alternatives))
}

// takes decodes into what target points to, and says whether that is what it was made for.
func takes(encoded []byte, target reflect.Value) bool {
	_, decoder := codec()
	if decoder.Unmarshal(encoded, target.Interface()) != nil {
		// Other languages may send 1 as 1.0.
		whole := checker{in: encoded, wholeFloats: true}
		form, err := whole.run()
		if err != nil || decoder.Unmarshal(form, target.Interface()) != nil {
			return false
		}
	}
	return isKnown(target.Elem()) && hasAll(encoded, target.Type().Elem())
}

// isKnown says whether the values of enums, of which generated ones know theirs, are among them.
func isKnown(value reflect.Value) bool {
	if enum, ok := value.Interface().(interface{ IsKnown() bool }); ok {
		return enum.IsKnown()
	}
	if value.Kind() != reflect.Struct {
		return true
	}
	for index := range value.NumField() {
		field := value.Field(index)
		if field.Kind() == reflect.Pointer && !field.IsNil() {
			field = field.Elem()
		}
		if field.Kind() == reflect.String && value.Type().Field(index).IsExported() && !isKnown(field) {
			return false
		}
	}
	return true
}

// hasAll says whether a map has the keys that a struct needs.
func hasAll(encoded []byte, of reflect.Type) bool {
	if of.Kind() != reflect.Struct || reflect.PointerTo(of).Implements(reflect.TypeFor[cbor.Unmarshaler]()) {
		return true
	}
	var keys map[string]cbor.RawMessage
	_, decoder := codec()
	if decoder.Unmarshal(encoded, &keys) != nil {
		// A date-time is a struct too.
		return true
	}
	for index := range of.NumField() {
		key, options, _ := strings.Cut(of.Field(index).Tag.Get("json"), ",")
		if _, ok := keys[key]; !ok && key != "" && !strings.Contains(options, "omit") {
			return false
		}
	}
	return true
}
