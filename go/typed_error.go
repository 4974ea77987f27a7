package hmsffi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// TypedError is an error with data that callers in all languages can read. Make a type of your own one:
//
//	type OutOfStockError struct {
//		Left int `json:"left"`
//	}
//
//	func (OutOfStockError) ErrorSchema() string { return "shop.OutOfStock" }
//	func (e OutOfStockError) Error() string     { return fmt.Sprintf("only %d left", e.Left) }
//	func (OutOfStockError) Unwrap() error       { return hmsffi.CodeFailedPrecondition }
//
// A handler returns it, alone or behind a %w, and [WithErrorType] says so where the method is added. Its caller asks for it:
//
//	var short OutOfStockError
//	if errors.As(err, &short) { ... }
//
// Its fields travel as [SchemaOf] says. A [Code] that it unwraps to is the error's; without one it is [CodeUnknown]. What needs no
// type is sent and received as Schema and Data of an [Error].
type TypedError interface {
	error
	// ErrorSchema is the id of its schema, by which it travels. It is asked on the zero value.
	ErrorSchema() string
}

// WithErrorType says that the method can fail with a T: [SchemaOf] T, with its id, is one of its error schemas.
func WithErrorType[T TypedError]() MethodOption {
	return func(r *registration) {
		schema, err := errorSchemaOf(reflect.TypeFor[T]())
		r.err = cmp.Or(r.err, err)
		WithErrorSchemas(schema)(r)
	}
}

var typedErrorType = reflect.TypeFor[TypedError]()

func errorSchemaOf(t reflect.Type) (string, error) {
	id, isError := errorSchemaID(t)
	if !isError || id == "" {
		return "", invalid("WithErrorType: %v has no ErrorSchema", t)
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	derived, err := newDeriver().derive(t, t.String())
	if err != nil {
		return "", err
	}
	derived.SchemaID = id
	text, err := json.Marshal(derived)
	return string(text), err
}

// errorSchemaID asks the zero value of a type of errors.
func errorSchemaID(t reflect.Type) (id string, isError bool) {
	if t.Kind() == reflect.Interface || !t.Implements(typedErrorType) {
		return "", false
	}
	return zeroOf(t).Interface().(TypedError).ErrorSchema(), true
}

// zeroOf is a zero value that can be read into; of a pointer type one that points to something.
func zeroOf(t reflect.Type) reflect.Value {
	zero := reflect.New(t).Elem()
	if t.Kind() == reflect.Pointer {
		zero.Set(reflect.New(t.Elem()))
	}
	return zero
}

// As makes a [TypedError] of the data, if they are of its schema and fit its type. It is for errors.As.
func (e *Error) As(target any) bool {
	if e.Schema == "" {
		return false
	}
	place := reflect.ValueOf(target).Elem()
	if id, isError := errorSchemaID(place.Type()); !isError || id != e.Schema {
		return false
	}
	encoded, err := marshalCBOR(e.Data)
	if err != nil {
		return false
	}
	made := zeroOf(place.Type())
	into := made
	if made.Kind() != reflect.Pointer {
		into = made.Addr()
	}
	if unmarshalCBOR(encoded, into.Interface()) != nil {
		return false
	}
	place.Set(made)
	return true
}

// Where data travel.
const (
	detailErrorSchema = "hms.error_schema"
	detailErrorData   = "hms.error_data"
)

func (e *Error) readData(schema, data string) {
	if schema == "" || unmarshalCBOR([]byte(data), &e.Data) != nil {
		return
	}
	e.Schema = schema
	delete(e.Details, detailErrorSchema)
	delete(e.Details, detailErrorData)
}

// dataOf is what an error has for programs.
func dataOf(err error) (schema string, data any) {
	e, isOwn := err.(*Error)
	if isOwn && (e.Schema != "" || e.Data != nil) {
		return e.Schema, e.Data
	}
	if typed := TypedError(nil); errors.As(err, &typed) {
		return typed.ErrorSchema(), typed
	}
	if !isOwn && errors.As(err, &e) {
		return e.Schema, e.Data
	}
	return "", nil
}

// describeData adds an error's data to what the library takes of it. Data that cannot be sent do not hide the error.
func describeData(failure *capi.Failure, err error) {
	schema, data := dataOf(err)
	if schema == "" && data == nil {
		return
	}
	encoded, err := marshalCBOR(data)
	switch {
	case schema == "":
		failure.Message += fmt.Sprintf(" (its data, a %T, are not sent: it has no Schema)", data)
	case err != nil:
		failure.Message += fmt.Sprintf(" (its data are not sent: %s)", messageOf(err))
	default:
		failure.Schema, failure.Data = schema, encoded
	}
}
