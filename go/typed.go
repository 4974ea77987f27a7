package hmsffi

import (
	"context"
	"reflect"
)

// TypedHandler is a handler whose types are the schemas of its method: see [Handle].
type TypedHandler struct {
	function      any
	input, output reflect.Type
}

// Handle makes the types of a handler the schemas of its method:
//
//	service.Method("charge", hmsffi.Handle(func(ctx context.Context, order Order) (Receipt, error) { ... }))
//
// What does not fit [SchemaOf] In is refused before the handler runs, and callers of all languages can see what to send.
// struct{} is nothing: the method takes, or gives, what it likes. Protobuf messages and []byte have no schema either. A schema
// that is given as an option counts instead.
func Handle[In, Out any](function func(context.Context, In) (Out, error)) *TypedHandler {
	typed := &TypedHandler{function: function, input: reflect.TypeFor[In](), output: reflect.TypeFor[Out]()}
	if function == nil {
		typed.function = nil
	}
	return typed
}

func (typed *TypedHandler) register(name string, options []MethodOption) registration {
	r := register(name, typed.function, options)
	if r.spec.InputSchema == "" && hasSchema(typed.input) {
		r.describe(&r.spec.InputSchema, typed.input)
	}
	if r.spec.OutputSchema == "" && hasSchema(typed.output) {
		r.describe(&r.spec.OutputSchema, typed.output)
	}
	return r
}

var nothing = reflect.TypeFor[struct{}]()

func hasSchema(t reflect.Type) bool {
	return t != nothing && t != bytesType && t != reflect.PointerTo(bufferType) && !t.Implements(protoType)
}

// CallAs calls a method of a service and gives its answer as an Out; see [ServiceClient].
func CallAs[Out any](ctx context.Context, service ServiceClient, method string, params any, options ...CallOption) (Out, error) {
	var out Out
	err := service.Call(ctx, method, params, &out, options...)
	return out, err
}
