package hmsffi

import (
	"context"
	"time"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// How long a call may take when neither context nor client say so: the library's own default.
const defaultTimeout = 30 * time.Second

// contextError is nil while a context is alive.
func contextError(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	return &Error{Code: CodeOf(err), Message: "the context ended before the call began", Cause: context.Cause(ctx)}
}

// plainParent is the call on whose behalf a call with ctx is made, 0 for none, where ctx says nothing else.
func plainParent(ctx context.Context) (parent uint64, plain bool) {
	if ctx == context.Background() {
		return 0, true
	}
	// The library knows the deadline of the call that this one is made for.
	call, ok := ctx.(*Call)
	if !ok || !call.open() {
		return 0, false
	}
	return call.id, true
}

// inherit carries the parent and the deadline of a context over to the terms of a call.
func inherit(ctx context.Context, terms *capi.Terms) (parent *Call, err error) {
	if err := contextError(ctx); err != nil {
		return nil, err
	}
	parent = callIn(ctx)
	if parent != nil && !parent.open() {
		parent = nil
	}
	if parent != nil {
		terms.Parent = parent.id
	}
	if deadline, ok := ctx.Deadline(); ok && !parent.ends(deadline) {
		terms.TimeoutNanos = uint64(max(time.Until(deadline), 1))
	}
	return parent, nil
}

// apply carries what a context says over to the terms of a call. cancellable: the wait must end with the context.
func (c *client) apply(ctx context.Context, terms *capi.Terms) (cancellable bool, err error) {
	if call, plain := plainParent(ctx); plain {
		terms.Parent = call
		return false, nil
	}
	parent, err := inherit(ctx, terms)
	if err != nil {
		return false, err
	}
	done := ctx.Done()
	if done == nil || parent != nil && done == parent.Done() {
		return false, nil
	}
	if terms.TimeoutNanos == 0 {
		// Only a call with an explicit time runs its handler on another thread, where it can be left behind.
		terms.TimeoutNanos = uint64(defaultTimeout)
		if c.timeout > 0 {
			terms.TimeoutNanos = uint64(c.timeout)
		}
	}
	return true, nil
}
