package hmsffi

import (
	"context"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
)

// MethodHandler handles a specific method call with the bytes of the request, whatever they are: [Call.ContentType]
// says it. The bytes are the library's: they may be read until the handler returns, and not be written or kept. The
// answer has the request's content type unless the handler sets another with [Call.SetContentType].
type MethodHandler func(ctx context.Context, params []byte) ([]byte, error)

func (handler MethodHandler) serve(call *Call, request payload) (payload, error) {
	body, err := handler(call, request.body)
	return payload{body: body}, err
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	streamType  = reflect.TypeFor[Stream]()
	bytesType   = reflect.TypeFor[[]byte]()
	bufferType  = reflect.TypeFor[Buffer]()
	protoType   = reflect.TypeFor[proto.Message]()
)

// StreamHandler handles the call of a streaming method: see [Service.StreamMethod]. [Call.Params] gives what the caller opened
// the stream with.
type StreamHandler func(ctx context.Context, stream Stream) error

const (
	handlerForms       = "a handler is func([context.Context], [params]) ([result], [error])"
	streamHandlerForms = "a handler of a stream is func([context.Context], [params], hmsffi.Stream) ([result], [error])"
)

// handlerOf makes a handler of any function of a fitting form.
func handlerOf(function any) (handlerFunc, error) {
	switch function := function.(type) {
	case MethodHandler:
		if function != nil {
			return function.serve, nil
		}
	case func(context.Context, []byte) ([]byte, error):
		if function != nil {
			return MethodHandler(function).serve, nil
		}
	}
	value, form, err := functionOf(function, handlerForms)
	if err != nil {
		return nil, err
	}
	if form.stream {
		return nil, invalid("%T takes a stream: add it with StreamMethod", function)
	}
	return func(call *Call, request payload) (payload, error) { return form.call(value, call, request, nil) }, nil
}

// streamHandlerOf is handlerOf for streams. What the handler takes and gives says how the messages flow: with a result the
// caller sends, with params the handler, else both.
func streamHandlerOf(function any) (handlerFunc, StreamType, error) {
	value, form, err := functionOf(function, streamHandlerForms)
	if err != nil {
		return nil, StreamTypeUnknown, err
	}
	if !form.stream {
		return nil, StreamTypeUnknown, invalid("%T takes no stream: %s", function, streamHandlerForms)
	}
	flow := StreamTypeBidirectional
	switch {
	case form.result:
		flow = StreamTypeClientStreaming
	case form.params != nil:
		flow = StreamTypeServerStreaming
	}
	return func(call *Call, request payload) (payload, error) {
		call.opened(request)
		stream, closeStream, err := call.openStream()
		if err != nil {
			return payload{}, err
		}
		defer closeStream()
		return form.call(value, call, request, stream)
	}, flow, nil
}

func functionOf(function any, forms string) (reflect.Value, form, error) {
	value := reflect.ValueOf(function)
	if value.Kind() != reflect.Func {
		return value, form{}, invalid("%T is no function: %s", function, forms)
	}
	if value.IsNil() {
		return value, form{}, invalid("the handler is nil: %s", forms)
	}
	found, err := formOf(value.Type(), forms)
	return value, found, err
}

// form is what a handler takes and gives.
type form struct {
	context bool
	params  reflect.Type
	stream  bool
	result  bool
	err     bool
}

func formOf(function reflect.Type, forms string) (form, error) {
	var f form
	refuse := func(why string) (form, error) {
		return form{}, invalid("%v is no handler: %s; %s", function, why, forms)
	}
	if function.IsVariadic() {
		return refuse("it is variadic")
	}
	inputs := function.NumIn()
	if inputs > 0 && function.In(0) == contextType {
		f.context = true
		inputs--
	}
	if inputs > 0 && function.In(function.NumIn()-1) == streamType {
		f.stream = true
		inputs--
	}
	switch inputs {
	case 0:
	case 1:
		f.params = function.In(function.NumIn() - 1)
		if f.stream {
			f.params = function.In(function.NumIn() - 2)
		}
	default:
		return refuse("it takes " + strconv.Itoa(inputs) + " params; put them into one struct")
	}
	outputs := function.NumOut()
	if outputs > 0 && function.Out(outputs-1) == errorType {
		f.err = true
		outputs--
	}
	switch outputs {
	case 0:
	case 1:
		f.result = true
	default:
		return refuse("it gives " + strconv.Itoa(outputs) + " results; put them into one struct")
	}
	for i, t := range [2]reflect.Type{f.params, resultType(function, f.result)} {
		if t == nil {
			continue
		}
		if t == bufferType || t.Kind() == reflect.Pointer && t.Elem() == bufferType && i == 0 {
			return refuse("params of bytes are a []byte, which is the library's memory, and a result is a *Buffer or a []byte")
		}
		switch t.Kind() {
		case reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128, reflect.Uintptr:
			return refuse("a " + t.String() + " cannot be sent")
		case reflect.Interface:
			if t.NumMethod() > 0 && i == 0 {
				return refuse("params of the interface type " + t.String() + " cannot be made; name a type")
			}
		}
	}
	return f, nil
}

func resultType(function reflect.Type, has bool) reflect.Type {
	if !has {
		return nil
	}
	return function.Out(0)
}

func (f form) call(function reflect.Value, call *Call, request payload, stream Stream) (payload, error) {
	arguments := make([]reflect.Value, 0, 3)
	if f.context {
		arguments = append(arguments, reflect.ValueOf(context.Context(call)))
	}
	if f.params != nil {
		params, err := f.decode(request)
		if err != nil {
			return payload{}, Errorf(CodeOf(err), "params of %s.%s: %s", call.Service(), call.Method(), messageOf(err))
		}
		arguments = append(arguments, params)
	}
	if f.stream {
		arguments = append(arguments, reflect.ValueOf(stream))
	}
	results := function.Call(arguments)
	if f.err {
		if err, _ := results[len(results)-1].Interface().(error); err != nil {
			return payload{}, err
		}
	}
	if !f.result {
		return encode(nil)
	}
	answer, err := encode(results[0].Interface())
	if err != nil {
		return payload{}, Errorf(CodeInternal, "answer of %s.%s: %s", call.Service(), call.Method(), messageOf(err))
	}
	return answer, nil
}

func (f form) decode(request payload) (reflect.Value, error) {
	if f.params == bytesType {
		return reflect.ValueOf(request.body), nil
	}
	if f.params.Kind() == reflect.Pointer && f.params.Implements(protoType) {
		message := reflect.New(f.params.Elem())
		return message, request.decode(message.Interface())
	}
	place := reflect.New(f.params)
	return place.Elem(), request.decode(place.Interface())
}

// siteOf says where a handler's code is, such as main.convert (units.go:41), for stacks.
func siteOf(function any) string {
	value := reflect.ValueOf(function)
	if value.Kind() != reflect.Func || value.IsNil() {
		return ""
	}
	code := runtime.FuncForPC(value.Pointer())
	if code == nil {
		return ""
	}
	file, line := code.FileLine(code.Entry())
	name := code.Name()[strings.LastIndexByte(code.Name(), '/')+1:]
	if method, bound := strings.CutSuffix(name, "-fm"); bound {
		// The code of a method value is the compiler's and has no line.
		return method
	}
	return name + " (" + filepath.Base(file) + ":" + strconv.Itoa(line) + ")"
}
