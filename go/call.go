package hmsffi

import (
	"context"
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
	id            uint64
	deadline      uint64
	method        *method
	contentType   uint32
	metadataCount uint32
	// The content type when it has no number.
	contentTypeText string
	ended           atomic.Bool
	// What only some handlers need.
	rare atomic.Pointer[rare]
}

type rare struct {
	mu   sync.Mutex
	err  error
	done chan struct{}
	// Ends the call at its deadline.
	timer *time.Timer
	after map[*func()]struct{}
	reply payload
	pairs []byte
	// What was lent for the answer or for messages.
	loans map[*Buffer]struct{}
	// What opened the stream; nil when the call is none.
	request *payload
}

// locked is what only some handlers need, locked. It exists before ended is looked at, so that finish sees it or is seen.
func (c *Call) locked() *rare {
	r := c.rare.Load()
	if r == nil {
		c.rare.CompareAndSwap(nil, new(rare))
		r = c.rare.Load()
	}
	r.mu.Lock()
	if r.err == nil && c.ended.Load() {
		r.end(context.Canceled)
	}
	return r
}

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

// ContentType says what the request's bytes are, such as application/cbor.
func (c *Call) ContentType() string {
	return payload{contentType: c.contentType, text: c.contentTypeText}.name()
}

// Metadata is the pairs that the caller sent; nil when there are none, and when the handler has returned.
func (c *Call) Metadata() map[string]string {
	if c.metadataCount == 0 {
		return nil
	}
	return capi.CallMetadata(c.id, c.metadataCount)
}

// Params puts what the caller gave when it opened the stream into what result points to: for a [StreamHandler]; other
// handlers have it as their params.
func (c *Call) Params(result interface{}) error {
	r := c.locked()
	defer r.mu.Unlock()
	if r.request == nil || c.ended.Load() {
		return Errorf(CodeFailedPrecondition, "the params of %s.%s can be read by a stream handler until it returns",
			c.Service(), c.Method())
	}
	if err := r.request.decode(result); err != nil {
		return Errorf(CodeOf(err), "params of %s.%s: %s", c.Service(), c.Method(), messageOf(err))
	}
	return nil
}

// opened keeps the request of a stream.
func (c *Call) opened(request payload) {
	r := c.locked()
	defer r.mu.Unlock()
	r.request = &request
}

// SetContentType says what the answer of a handler that returns bytes is. Without it, it is what the request was.
func (c *Call) SetContentType(contentType string) {
	r := c.locked()
	defer r.mu.Unlock()
	r.reply = r.reply.labelled(contentType)
}

// SetMetadata sends a pair along with the answer.
func (c *Call) SetMetadata(key, value string) {
	r := c.locked()
	defer r.mu.Unlock()
	r.pairs = capi.AppendText(capi.AppendText(r.pairs, key), value)
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
	r := c.rare.Load()
	if r == nil {
		if reason := c.reason(); reason == nil {
			return nil
		}
	}
	r = c.locked()
	defer r.mu.Unlock()
	if reason := c.reason(); reason != nil {
		r.end(reason)
	}
	return r.err
}

// reason is why nobody waits for the answer any more; nil while somebody does.
func (c *Call) reason() error {
	if deadline, ok := c.Deadline(); ok && time.Until(deadline) <= 0 {
		return context.DeadlineExceeded
	}
	if c.ended.Load() || capi.CallIsCancelled(c.id) {
		return context.Canceled
	}
	return nil
}

// Done is closed when the caller stops waiting, and when the handler has returned.
func (c *Call) Done() <-chan struct{} {
	r := c.locked()
	if r.done != nil {
		defer r.mu.Unlock()
		return r.done
	}
	r.done = make(chan struct{})
	if r.err != nil {
		close(r.done)
		r.mu.Unlock()
		return r.done
	}
	if deadline, ok := c.Deadline(); ok {
		r.timer = time.AfterFunc(time.Until(deadline), c.Cancelled)
	}
	r.mu.Unlock()
	// The hook may run at once, so that the lock must be free. It is refused when the call has just ended.
	if fault := capi.CallOnCancel(c.id, c); fault.Status != 0 {
		_ = failed(fault)
		c.Cancelled()
	}
	return r.done
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
	r := c.locked()
	defer r.mu.Unlock()
	if r.err != nil {
		go f()
		return func() bool { return false }
	}
	if r.after == nil {
		r.after = make(map[*func()]struct{})
	}
	r.after[&f] = struct{}{}
	return func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		_, waiting := r.after[&f]
		delete(r.after, &f)
		return waiting
	}
}

// Cancelled is called by the library when nobody waits any more, and by the timer.
func (c *Call) Cancelled() {
	reason := context.Canceled
	if deadline, ok := c.Deadline(); ok && time.Until(deadline) <= 0 {
		reason = context.DeadlineExceeded
	}
	r := c.locked()
	defer r.mu.Unlock()
	r.end(reason)
}

// end makes the call done; the first reason counts.
func (r *rare) end(reason error) {
	if r.err != nil {
		return
	}
	r.err = reason
	if r.timer != nil {
		r.timer.Stop()
	}
	if r.done != nil {
		close(r.done)
	}
	for f := range r.after {
		go (*f)()
	}
	r.after = nil
}

// open says whether the handler still runs, so that calls can be made on behalf of this one.
func (c *Call) open() bool { return !c.ended.Load() }

// finish is for when the handler has returned.
func (c *Call) finish() {
	c.ended.Store(true)
	if c.rare.Load() != nil {
		r := c.locked()
		loans := r.loans
		r.loans = nil
		r.mu.Unlock()
		for loan := range loans {
			loan.Release()
		}
	}
}
