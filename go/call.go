package hmsffi

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// Call is a call as its handler sees it. It is the handler's context: its deadline is the caller's, it is done when the
// caller stops waiting or the handler has returned, and calls made with it, or with a context derived from it, are made
// on behalf of this call. [CallFromContext] finds it.
//
// It may be used by several goroutines while the handler runs.
type Call struct {
	id       uint64
	deadline uint64
	method   *method
	// The library's view of the request; nil when the handler has returned.
	inbound atomic.Pointer[capi.Inbound]

	mu   sync.Mutex
	err  error
	done chan struct{}
	// Ends the call at its deadline. Like done it is made only when somebody asks for it: most handlers never do.
	timer *time.Timer
	after map[*func()]struct{}
	// Errors of nested calls, which the library keeps until the handler has returned.
	kept []*Error

	reply payload
	pairs []byte
}

// How many errors of nested calls one call keeps in the library.
const mostKept = 8

var _ context.Context = (*Call)(nil)

type callKey struct{}

// CallFromContext is the call whose handler got ctx, or a context from which ctx is derived.
func CallFromContext(ctx context.Context) (call *Call, ok bool) {
	call = callIn(ctx)
	return call, call != nil
}

func callIn(ctx context.Context) *Call {
	if call, ok := ctx.(*Call); ok {
		return call
	}
	call, _ := ctx.Value(callKey{}).(*Call)
	return call
}

// Service is the id of the service that was called.
func (c *Call) Service() string { return *c.method.service.Load() }

// Method is the name of the method that was called.
func (c *Call) Method() string { return c.method.name }

// ContentType says what the request's bytes are, such as application/cbor. Empty when the handler has returned.
func (c *Call) ContentType() string {
	inbound := c.inbound.Load()
	if inbound == nil {
		return ""
	}
	return inbound.ContentTypeText()
}

// Metadata is the pairs that the caller sent; nil when there are none, and when the handler has returned.
func (c *Call) Metadata() map[string]string {
	inbound := c.inbound.Load()
	if inbound == nil {
		return nil
	}
	return inbound.Metadata()
}

// SetContentType says what the answer of a handler that returns bytes is. Without it, it is what the request was.
func (c *Call) SetContentType(contentType string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reply = c.reply.labelled(contentType)
}

// SetMetadata sends a pair along with the answer.
func (c *Call) SetMetadata(key, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pairs = capi.AppendText(capi.AppendText(c.pairs, key), value)
}

// clock ties the library's clock to that of time.Time. Both run alike, since Go's monotonic clock is the same one.
var clock = sync.OnceValue(func() (at struct {
	time  time.Time
	nanos uint64
}) {
	at.time, at.nanos = time.Now(), capi.MonotonicNanos()
	return at
})

// Deadline is when the caller stops waiting.
func (c *Call) Deadline() (deadline time.Time, ok bool) {
	if c.deadline == 0 {
		return time.Time{}, false
	}
	at := clock()
	return at.time.Add(time.Duration(c.deadline - at.nanos)), true
}

// ends says whether a context's deadline is this call's, so that it need not be stated again for a nested call.
func (c *Call) ends(at time.Time) bool {
	if c == nil {
		return false
	}
	deadline, ok := c.Deadline()
	return ok && deadline.Equal(at)
}

// Err is nil while the caller waits for the answer.
func (c *Call) Err() error {
	c.mu.Lock()
	err := c.err
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if deadline, ok := c.Deadline(); ok && time.Until(deadline) <= 0 {
		c.end(context.DeadlineExceeded)
	} else if capi.CallIsCancelled(c.id) {
		c.end(context.Canceled)
	} else {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Done is closed when the caller stops waiting, and when the handler has returned.
func (c *Call) Done() <-chan struct{} {
	c.mu.Lock()
	if c.done != nil {
		defer c.mu.Unlock()
		return c.done
	}
	c.done = make(chan struct{})
	done, ended := c.done, c.err != nil
	if ended {
		close(done)
	} else if deadline, ok := c.Deadline(); ok {
		c.timer = time.AfterFunc(time.Until(deadline), func() { c.end(context.DeadlineExceeded) })
	}
	c.mu.Unlock()
	if !ended {
		// The hook may run at once, so that the lock must be free. It is refused when the call has just ended.
		if fault := capi.CallOnCancel(c.id, c); fault.Status != 0 {
			_ = failed(fault)
			c.end(context.Canceled)
		}
	}
	return done
}

// Value finds the call itself.
func (c *Call) Value(key any) any {
	if _, ok := key.(callKey); ok {
		return c
	}
	return nil
}

// AfterFunc runs f in a goroutine of its own when the call is done, unless stop is called first. With it package context
// needs no goroutine for a context that is derived from this one.
func (c *Call) AfterFunc(f func()) (stop func() bool) {
	c.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		go f()
		return func() bool { return false }
	}
	if c.after == nil {
		c.after = make(map[*func()]struct{})
	}
	c.after[&f] = struct{}{}
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, waiting := c.after[&f]
		delete(c.after, &f)
		return waiting
	}
}

// Cancelled is called by the library when nobody waits any more.
func (c *Call) Cancelled() {
	if deadline, ok := c.Deadline(); ok && time.Until(deadline) <= 0 {
		c.end(context.DeadlineExceeded)
	} else {
		c.end(context.Canceled)
	}
}

// end makes the call done; the first reason counts.
func (c *Call) end(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = reason
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.done != nil {
		close(c.done)
	}
	for f := range c.after {
		go (*f)()
	}
	c.after = nil
}

// open says whether the handler still runs, so that calls can be made on behalf of this one.
func (c *Call) open() bool { return c.inbound.Load() != nil }

// finish is for when the handler has returned.
func (c *Call) finish() {
	c.inbound.Store(nil)
	c.end(context.Canceled)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, err := range c.kept {
		err.forget()
	}
	c.kept = nil
}

// keep holds on to the library's form of a nested call's error, with which the handler may fail.
func (c *Call) keep(err *Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.open() {
		err.forget()
		return
	}
	if len(c.kept) == mostKept {
		c.kept[0].forget()
		c.kept = append(c.kept[:0], c.kept[1:]...)
	}
	c.kept = append(c.kept, err)
}

func (e *Error) forget() {
	if handle := e.handle.Swap(0); handle != 0 {
		capi.CloseError(handle)
	}
}

// causeOf is the library's form of the error behind a failure, and what to do with it afterwards.
func causeOf(err error) (handle uint64, done func()) {
	var e *Error
	if !errors.As(err, &e) {
		return 0, func() {}
	}
	if handle := e.handle.Load(); handle != 0 {
		return handle, func() {}
	}
	handle = capi.NewError(int32(e.Code), e.Message)
	return handle, func() { capi.CloseError(handle) }
}
