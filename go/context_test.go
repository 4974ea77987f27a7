package hmsffi_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

func TestADeadlineEndsACallWhateverTheHandlerDoes(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	defer close(release)
	w.serve(t, "stuck", func() { <-release })
	ctx, cancel := context.WithTimeout(background, 30*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := w.call(t, ctx, "stuck", nil)
	wantCode(t, err, hmsffi.CodeDeadlineExceeded, "stuck.m")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Fatalf("%v after %v", err, time.Since(began))
	}
}

func TestCancellingAContextEndsACallThatWaits(t *testing.T) {
	w := newWorld(t)
	release, told := make(chan struct{}), make(chan error, 1)
	defer close(release)
	w.serve(t, "stuck", func(ctx context.Context) {
		<-ctx.Done()
		told <- ctx.Err()
		<-release
	})
	ctx, cancel := context.WithCancelCause(background)
	reason := errors.New("the user left")
	time.AfterFunc(20*time.Millisecond, func() { cancel(reason) })
	_, err := w.call(t, ctx, "stuck", nil)
	wantCode(t, err, hmsffi.CodeCancelled)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, reason) {
		t.Fatalf("got %v", err)
	}
	if err := <-told; err != context.Canceled {
		t.Fatalf("the handler saw %v", err)
	}
}

func TestAContextThatHasEndedMakesNoCall(t *testing.T) {
	w := newWorld(t)
	var calls atomic.Int32
	w.serve(t, "counting", func() { calls.Add(1) })
	ctx, cancel := context.WithCancel(background)
	cancel()
	_, err := w.service(t, "counting").CallAsync(ctx, "m", nil)
	wantCode(t, err, hmsffi.CodeCancelled)
	wantCode(t, w.service(t, "counting").Call(ctx, "m", nil, nil), hmsffi.CodeCancelled)
	if calls.Load() != 0 {
		t.Fatal("the handler ran")
	}
}

func TestAHandlerSeesItsCallersDeadline(t *testing.T) {
	w := newWorld(t)
	deadlines := make(chan time.Time, 2)
	w.serve(t, "inner", func(ctx context.Context) {
		deadline, _ := ctx.Deadline()
		deadlines <- deadline
	})
	inner := w.service(t, "inner")
	w.serve(t, "outer", func(ctx context.Context) error {
		deadline, _ := ctx.Deadline()
		deadlines <- deadline
		return inner.Call(ctx, "m", nil, nil)
	})
	ctx, cancel := context.WithTimeout(background, 20*time.Second)
	defer cancel()
	_, err := w.call(t, ctx, "outer", nil)
	check(t, err)
	want, _ := ctx.Deadline()
	for _, got := range []time.Time{<-deadlines, <-deadlines} {
		if off := got.Sub(want).Abs(); off > time.Second {
			t.Fatalf("off by %v", off)
		}
	}
}

func TestAHandlersContextHasNoDeadlineWithoutOneOfTheCaller(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "free", func(ctx context.Context) (bool, error) {
		_, ok := ctx.Deadline()
		return ok, ctx.Err()
	})
	has, err := w.call(t, background, "free", nil)
	if err != nil || has != false {
		t.Fatalf("got %v, %v", has, err)
	}
}

func TestAHandlersContextEndsAtTheDeadline(t *testing.T) {
	w := newWorld(t)
	// The handler must not answer before its caller has left.
	seen := make(chan error)
	var began atomic.Bool
	w.serve(t, "waiting", func(ctx context.Context) {
		began.Store(true)
		<-ctx.Done()
		seen <- ctx.Err()
	})
	timeOut(t, w, "waiting", &began)
	if err := <-seen; err != context.DeadlineExceeded {
		t.Fatalf("the handler saw %v", err)
	}
}

func TestAHandlersContextEndsWhenTheHandlerHasReturned(t *testing.T) {
	w := newWorld(t)
	kept := make(chan context.Context, 2)
	w.serve(t, "leaking", func(ctx context.Context) {
		derived, cancel := context.WithCancel(ctx)
		context.AfterFunc(ctx, cancel)
		kept <- derived
		kept <- ctx
	})
	_, err := w.call(t, background, "leaking", nil)
	check(t, err)
	for range 2 {
		ctx := <-kept
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Fatal("still not done")
		}
		if ctx.Err() != context.Canceled {
			t.Fatalf("got %v", ctx.Err())
		}
	}
}

func TestAStoppedAfterFuncDoesNotRun(t *testing.T) {
	w := newWorld(t)
	var ran atomic.Bool
	w.serve(t, "stopping", func(ctx context.Context) bool {
		return context.AfterFunc(ctx, func() { ran.Store(true) })()
	})
	stopped, err := w.call(t, background, "stopping", nil)
	if err != nil || stopped != true || ran.Load() {
		t.Fatalf("got %v, %v, ran: %v", stopped, err, ran.Load())
	}
}

func TestWorkAfterTheHandlerCanStillCall(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "inner", func() string { return "done" })
	inner := w.service(t, "inner")
	later, returned := make(chan error), make(chan struct{})
	w.serve(t, "outer", func(ctx context.Context) {
		go func() {
			<-returned
			later <- inner.Call(context.WithoutCancel(ctx), "m", nil, nil)
		}()
	})
	_, err := w.call(t, background, "outer", nil)
	check(t, err)
	close(returned)
	check(t, <-later)
}

func TestANestedCallCanBeCancelledOnItsOwn(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	defer close(release)
	w.serve(t, "stuck", func() { <-release })
	stuck := w.service(t, "stuck")
	w.serve(t, "outer", func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(20*time.Millisecond, cancel)
		err := stuck.Call(ctx, "m", nil, nil)
		return hmsffi.CodeOf(err).String(), nil
	}, hmsffi.OnHandlerThreads())
	got, err := w.call(t, background, "outer", nil)
	if err != nil || got != "CANCELLED" {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestAContextWithValuesStaysOnTheHandlersThread(t *testing.T) {
	type key struct{}
	w := newWorld(t)
	w.serve(t, "inner", func(ctx context.Context) bool {
		_, ok := ctx.Deadline()
		return ok
	})
	inner := w.service(t, "inner")
	w.serve(t, "outer", func(ctx context.Context) (explicit bool, err error) {
		// Only a call that needs another thread gets a deadline that nobody asked for.
		err = inner.Call(context.WithValue(ctx, key{}, 1), "m", nil, &explicit)
		return explicit, err
	})
	got, err := w.call(t, background, "outer", nil)
	if err != nil || got != false {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestAHandlerFindsItsCall(t *testing.T) {
	type key struct{}
	w := newWorld(t)
	w.serve(t, "known", func(ctx context.Context, params []byte) (string, error) {
		call, ok := hmsffi.CallFromContext(context.WithValue(ctx, key{}, 1))
		if !ok {
			return "", errors.New("no call")
		}
		return call.Service() + "." + call.Method() + " " + call.ContentType(), nil
	})
	got, err := w.call(t, background, "known", []byte("x"))
	if err != nil || got != "known.m application/octet-stream" {
		t.Fatalf("got %v, %v", got, err)
	}
	if _, ok := hmsffi.CallFromContext(background); ok {
		t.Fatal("there is no call outside of a handler")
	}
}
