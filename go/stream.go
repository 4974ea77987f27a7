package hmsffi

import (
	"context"
	"errors"
	"io"
	"iter"
	"runtime"
	"sync/atomic"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// Stream is one end of a stream of messages, the caller's or the handler's. One goroutine may send while another receives.
//
// The caller's end is over when Receive gave io.EOF or an error, when it was cancelled, and when its context ended. The
// handler's end is over when the handler has returned.
type Stream interface {
	// Send sends a message, which travels like the params of a call. It waits while the other side lags behind by 64
	// messages or 1 MiB. [CodeCancelled] when the stream was torn down, the handler's error when it has failed.
	Send(data interface{}) error

	// Receive waits for a message and puts it into what result points to. io.EOF when the other side sends nothing more; the
	// handler's error, after the messages that it sent before, when it has failed. A message that does not fit result is
	// [CodeInvalidArgument]; the stream goes on.
	Receive(result interface{}) error

	// Close says that nothing more comes from this end. Receiving goes on. It may be repeated.
	Close() error

	// IsClosed says whether this end is over: it can neither send nor receive.
	IsClosed() bool

	// Cancel tears the stream down: both ends get [CodeCancelled], messages on their way are dropped.
	Cancel() error
}

// Messages are those that a stream receives until the other side sends nothing more. An error is the last that it gives.
func Messages[T any](stream Stream) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			var message T
			err := stream.Receive(&message)
			if err == io.EOF || !yield(message, err) || err != nil {
				return
			}
		}
	}
}

func (s *serviceClient) StreamCall(ctx context.Context, method string, params interface{}, options ...CallOption) (Stream, error) {
	bound, err := s.named(method)
	if err != nil {
		return nil, err
	}
	return bound.StreamCall(ctx, params, options...)
}

// StreamCall opens a stream of the method; see [ServiceClient].
func (m *BoundMethod) StreamCall(ctx context.Context, params interface{}, options ...CallOption) (Stream, error) {
	request, err := encode(params)
	if err != nil {
		return nil, err
	}
	all := optionsOf(options)
	if all.received != nil {
		return nil, invalid("ReceiveMetadata: a stream has no metadata of an answer")
	}
	var terms capi.Terms
	if err := request.fill(&terms, &all); err != nil {
		return nil, err
	}
	if _, err := inherit(ctx, &terms); err != nil {
		return nil, err
	}
	handle, fault := capi.StreamOpen(m.handle, request.body, &terms)
	all.reported(&terms)
	if fault.Status != 0 {
		return nil, m.failed(ctx, fault)
	}
	caller := &callerEnd{end: end{handle: handle}, ctx: ctx, release: func() bool { return true }}
	if ctx.Done() != nil {
		caller.release = context.AfterFunc(ctx, func() {
			// A deadline is the library's business: it has it, and says so.
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				_ = failed(capi.StreamCancel(handle))
			}
		})
	}
	// For a stream that nobody finished.
	runtime.AddCleanup(caller, capi.StreamClose, handle)
	return caller, nil
}

// end is what both ends of a stream have.
type end struct {
	handle uint64
	// Why this end is over.
	over atomic.Pointer[error]
}

func (e *end) Send(data interface{}) error {
	message, err := encode(data)
	if err != nil {
		return err
	}
	if message.buffer != nil {
		defer message.buffer.Release()
	}
	if message.isHeld() {
		return failed(capi.StreamSendBuffer(e.handle, &message.buffer.held, len(message.body)))
	}
	return failed(capi.StreamSend(e.handle, message.body, message.contentType))
}

// receive gives io.EOF at the end, and any other error of the stream itself as fatal.
func (e *end) receive(result interface{}) (err error, fatal bool) {
	room := rooms.Get().(*capi.Room)
	defer rooms.Put(room)
	if !capi.StreamReceive(e.handle, room) {
		if err := failed(room.Fault()); err != nil {
			return err, true
		}
		return io.EOF, false
	}
	if err := receive(room, result); err != nil {
		return Errorf(CodeInvalidArgument, "message of a stream: %s", messageOf(err)), false
	}
	return nil, false
}

func (e *end) Close() error { return failed(capi.StreamFinish(e.handle)) }

func (e *end) Cancel() error { return failed(capi.StreamCancel(e.handle)) }

func (e *end) IsClosed() bool { return e.over.Load() != nil }

// callerEnd is over as soon as it has received the end.
type callerEnd struct {
	end
	ctx     context.Context
	release func() bool
}

func (c *callerEnd) Send(data interface{}) error {
	if over := c.over.Load(); over != nil {
		return *over
	}
	return c.explain(c.end.Send(data))
}

func (c *callerEnd) Receive(result interface{}) error {
	if over := c.over.Load(); over != nil {
		return *over
	}
	err, fatal := c.receive(result)
	if fatal || err == io.EOF {
		err = c.finish(c.explain(err))
	}
	return err
}

func (c *callerEnd) Close() error {
	if c.IsClosed() {
		return nil
	}
	return c.end.Close()
}

func (c *callerEnd) Cancel() error {
	if c.IsClosed() {
		return nil
	}
	err := c.end.Cancel()
	c.finish(&Error{Code: CodeCancelled, Message: "the stream was cancelled"})
	return err
}

// explain adds why the context of a stream that was torn down ended.
func (c *callerEnd) explain(err error) error {
	if e, ok := err.(*Error); ok && e.Code == CodeCancelled && c.ctx.Err() != nil {
		e.Cause = context.Cause(c.ctx)
	}
	return err
}

// finish gives the reason that came first.
func (c *callerEnd) finish(reason error) error {
	if c.over.CompareAndSwap(nil, &reason) {
		c.release()
		capi.StreamClose(c.handle)
	}
	return *c.over.Load()
}

// handlerEnd is over when the handler has returned.
type handlerEnd struct{ end }

func (h *handlerEnd) Receive(result interface{}) error {
	err, _ := h.receive(result)
	return err
}

// openStream is the handler's end of the stream beside a call; close it when the handler has returned.
func (c *Call) openStream() (stream *handlerEnd, closeStream func(), err error) {
	handle, fault := capi.CallStream(c.id)
	if err := failed(fault); err != nil {
		return nil, nil, err
	}
	stream = &handlerEnd{end{handle: handle}}
	return stream, func() {
		over := error(Errorf(CodeFailedPrecondition, "the handler of the stream has returned"))
		stream.over.Store(&over)
		capi.StreamClose(handle)
	}, nil
}
