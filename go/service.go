package hmsffi

import (
	"cmp"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// ServiceHandler is a service that a [Server] can host. A *[Service] is one, and so is every type that embeds it.
type ServiceHandler interface {
	// ServiceInfo describes the service.
	ServiceInfo() ServiceInfo
}

// Service is a service made of functions. Fill in the fields, add methods, register it; changes after that have no effect.
type Service struct {
	// ID is what clients ask for; empty = one is generated at registration and stored here.
	ID string
	// Name and Description are for people.
	Name        string
	Description string
	// Version is semantic, such as 1.2.0; empty = 1.0.0.
	Version string
	// Metadata are labels; keys that start with hms. are the library's.
	Metadata map[string]string

	methods []registration
}

type registration struct {
	spec  capi.MethodSpec
	serve handlerFunc
	err   error
}

// ServiceInfo describes the service and the methods that were added so far.
func (s *Service) ServiceInfo() ServiceInfo {
	info := ServiceInfo{ID: s.ID, Name: s.Name, Description: s.Description, Version: s.Version, Metadata: s.Metadata}
	for _, method := range s.methods {
		info.Methods = append(info.Methods, MethodInfo{
			Name:        method.spec.Name,
			Description: method.spec.Description,
			IsStreaming: method.spec.StreamType != 0,
			StreamType:  StreamType(method.spec.StreamType),
		})
	}
	return info
}

// Method adds a method. The handler is a [MethodHandler] or any function of the form
//
//	func([context.Context], [params]) ([result], [error])
//
// where each part may be missing. Params and result are what callers of any language send and get: []byte, a pointer to a
// Protobuf message, or what CBOR can carry. Bytes may be read until the handler returns, and not be written or kept; all
// other params are the handler's own. A function of another form is refused when the service is registered. With [Handle] around
// it the types of its params and result become the schemas of the method.
//
// The handler runs on its caller's thread, and several calls may run at once. A panic in it becomes [CodeInternal].
func (s *Service) Method(name string, handler interface{}, options ...MethodOption) {
	s.methods = append(s.methods, register(name, handler, options))
}

// StreamMethod adds a method that streams. The handler is a [StreamHandler] or any function of the form
//
//	func([context.Context], [params], Stream) ([result], [error])
//
// where each part but the stream may be missing. With a result the stream is a client stream: the result is the one message
// that its caller gets. With params and no result it is a server stream, otherwise both sides send; [WithStreamType] says
// something else.
//
// The handler runs on one of the server's own threads. When it returns nothing more can be sent; its error is the caller's.
func (s *Service) StreamMethod(name string, handler interface{}, options ...MethodOption) {
	s.methods = append(s.methods, registerStream(name, handler, options))
}

func (s *Service) registrations() []registration { return s.methods }

func (s *Service) named(id string) { s.ID = id }

// embedder is a type with a Service inside.
type embedder interface {
	registrations() []registration
	named(id string)
}

// MethodOption is an option of one method.
type MethodOption func(*registration)

// WithDescription says what the method does, for people.
func WithDescription(text string) MethodOption {
	return func(r *registration) { r.spec.Description = text }
}

// WithTimeout is the time for a call of the method, when the caller does not ask for less.
func WithTimeout(timeout time.Duration) MethodOption {
	return func(r *registration) { r.spec.TimeoutNanos = nanos(timeout) }
}

// WithLabels are metadata of the method. Keys that start with hms. are the library's.
func WithLabels(labels map[string]string) MethodOption {
	return func(r *registration) { r.spec.Metadata = capi.AppendPairs(r.spec.Metadata, labels) }
}

// WithInputSchema is the schema of what callers send: JSON such as {"type": "STRING"}, or a Protobuf message hms.ffi.v1.Schema.
// What does not fit is [CodeInvalidArgument], and the handler does not see it; what is left out and has a default is put in. Of
// a stream that callers send on, each message has the schema.
func WithInputSchema(schema string) MethodOption {
	return func(r *registration) { r.spec.InputSchema = schema }
}

// WithOutputSchema is the schema of what the handler answers; of a stream that it sends on, each message has it. It is checked
// where the service has the label hms.validate = always.
func WithOutputSchema(schema string) MethodOption {
	return func(r *registration) { r.spec.OutputSchema = schema }
}

// WithInputType makes [SchemaOf] T the schema of what callers send; of a stream that they send on, of each message.
func WithInputType[T any]() MethodOption {
	return func(r *registration) { r.describe(&r.spec.InputSchema, reflect.TypeFor[T]()) }
}

// WithOutputType makes [SchemaOf] T the schema of what the handler answers; of a stream that it sends on, of each message.
func WithOutputType[T any]() MethodOption {
	return func(r *registration) { r.describe(&r.spec.OutputSchema, reflect.TypeFor[T]()) }
}

func (r *registration) describe(schema *string, t reflect.Type) {
	derived, err := schemaOf(t)
	*schema, r.err = derived, cmp.Or(r.err, err)
}

// WithErrorSchemas are the schemas of errors with data, each with the id by which the error names it.
func WithErrorSchemas(schemas ...string) MethodOption {
	return func(r *registration) { r.spec.ErrorSchemas = capi.AppendTexts(r.spec.ErrorSchemas, schemas) }
}

// Idempotent says that two calls with the same params do no more than one, so that a call may be repeated after a
// failure.
func Idempotent() MethodOption {
	return func(r *registration) { r.spec.Flags |= capi.MethodIdempotent }
}

// Leaf says that the handler is short and never calls back, so that Python need not give up its interpreter lock around
// it.
func Leaf() MethodOption { return func(r *registration) { r.spec.Flags |= capi.MethodLeaf } }

// OnHandlerThreads lets the handler run on the server's own threads instead of its caller's.
func OnHandlerThreads() MethodOption {
	return func(r *registration) { r.spec.Dispatch = capi.DispatchPool }
}

// WithStreamType says how the messages of a method flow that was added with StreamMethod.
func WithStreamType(flow StreamType) MethodOption {
	return func(r *registration) { r.spec.StreamType = uint32(flow) }
}

func register(name string, handler any, options []MethodOption) registration {
	if typed, ok := handler.(*TypedHandler); ok && typed != nil {
		return typed.register(name, options)
	}
	serve, err := handlerOf(handler)
	r := registered(name, handler, StreamTypeUnknown, options)
	r.serve, r.err = serve, cmp.Or(err, r.err)
	if r.err == nil && r.spec.StreamType != 0 {
		r.err = invalid("WithStreamType is for StreamMethod")
	}
	return r
}

func registerStream(name string, handler any, options []MethodOption) registration {
	serve, flow, err := streamHandlerOf(handler)
	r := registered(name, handler, flow, options)
	r.err = cmp.Or(err, r.err)
	flow = StreamType(r.spec.StreamType)
	if r.err == nil && (flow <= StreamTypeUnknown || flow > StreamTypeBidirectional) {
		r.err = invalid("WithStreamType: %d is no type of a stream", flow)
	}
	r.serve = func(call *Call, request payload) (payload, error) {
		answer, err := serve(call, request)
		if flow != StreamTypeClientStreaming {
			// Only a client stream has an answer.
			answer = payload{}
		}
		return answer, err
	}
	return r
}

func registered(name string, handler any, flow StreamType, options []MethodOption) registration {
	r := registration{spec: capi.MethodSpec{Name: name, Site: siteOf(handler), StreamType: uint32(flow)}}
	for _, option := range options {
		option(&r)
	}
	return r
}

// of makes it a method of a service. The service's id may be known later only.
func (r registration) of(service *atomic.Pointer[string]) (*capi.MethodSpec, error) {
	if r.err != nil {
		return nil, invalid("method %q: %s", r.spec.Name, messageOf(r.err))
	}
	spec := r.spec
	spec.Handler = &method{name: spec.Name, service: service, serve: r.serve}
	return &spec, nil
}
