package hmsffi

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// ServiceClient calls the methods of one service. It may be used by several goroutines.
//
// How a value travels is decided by its type, in the same way in all languages: a []byte as it is, a proto.Message as
// Protobuf, anything else as CBOR (docs/values.md). Structs go as maps, with the names of cbor or json tags. A *[]byte
// as result takes the answer's bytes, whatever they are; nil discards the answer.
//
// A context with a deadline or a cancel function is kept to whatever the handler does: the handler then runs on another
// thread, which takes some microseconds, and its own context ends when the caller stops waiting. A cancelled context
// ends a call within a tenth of a second. Where the call's duration does not matter, context.WithoutCancel(ctx) keeps
// the handler on the caller's thread.
type ServiceClient interface {
	// Call calls a method with params and puts the answer into what result points to.
	Call(ctx context.Context, method string, params interface{}, result interface{}, options ...CallOption) error

	// CallAsync starts a call and returns at once. The call ends at the context's deadline; cancelling the context
	// later has no effect on it: use [AsyncCall.Cancel].
	CallAsync(ctx context.Context, method string, params interface{}, options ...CallOption) (AsyncCall, error)

	// StreamCall opens a stream of a method; params are what its handler sees first. The stream ends at the context's
	// deadline, and is torn down when the context is cancelled. A client stream is answered with one message: Send, Close,
	// Receive.
	StreamCall(ctx context.Context, method string, params interface{}, options ...CallOption) (Stream, error)

	// Bind resolves a method once, for many calls. [CodeNotFound], with the nearest name, when there is none.
	Bind(method string) (*BoundMethod, error)

	// Close closes the bound methods. The client stays open.
	Close() error
}

type serviceClient struct {
	client *client
	id     string
	// What the service must be.
	expected capi.Expected
	// The methods called by name, resolved at their first call: string -> *BoundMethod.
	byName sync.Map
	bound  owned
}

func (s *serviceClient) Call(ctx context.Context, method string, params, result interface{}, options ...CallOption) error {
	bound, err := s.named(method)
	if err != nil {
		return err
	}
	return bound.Call(ctx, params, result, options...)
}

func (s *serviceClient) CallAsync(ctx context.Context, method string, params interface{}, options ...CallOption) (AsyncCall, error) {
	bound, err := s.named(method)
	if err != nil {
		return nil, err
	}
	return bound.CallAsync(ctx, params, options...)
}

func (s *serviceClient) named(method string) (*BoundMethod, error) {
	if bound, ok := s.byName.Load(method); ok {
		return bound.(*BoundMethod), nil
	}
	bound, err := s.Bind(method)
	if err != nil {
		return nil, err
	}
	if first, raced := s.byName.LoadOrStore(method, bound); raced {
		_ = bound.Close()
		bound = first.(*BoundMethod)
	}
	return bound, nil
}

func (s *serviceClient) Bind(method string) (*BoundMethod, error) {
	handle, fault := capi.MethodBind(s.client.handle, s.id, method, s.expected)
	if err := failed(fault); err != nil {
		return nil, err
	}
	bound := &BoundMethod{service: s, name: method, handle: handle}
	s.bound.add(bound)
	return bound, nil
}

func (s *serviceClient) Close() error {
	s.client.services.remove(s)
	err := s.bound.Close()
	s.byName.Clear()
	return err
}

// BoundMethod is one method, resolved: the fast way to call. It follows its service when that is registered anew. It may
// be used by several goroutines.
type BoundMethod struct {
	service *serviceClient
	name    string
	handle  uint64
	closed  atomic.Bool
}

// Close closes the bound method; further calls give [CodeFailedPrecondition].
func (m *BoundMethod) Close() error {
	if m.closed.Swap(true) {
		return nil
	}
	m.service.bound.remove(m)
	m.service.byName.CompareAndDelete(m.name, m)
	return failed(capi.MethodClose(m.handle))
}
