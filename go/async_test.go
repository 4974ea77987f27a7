package hmsffi_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

func TestAnAsynchronousCallIsReadByItsIDAnyNumberOfTimes(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "half", func(ctx context.Context, n int) int {
		call, _ := hmsffi.CallFromContext(ctx)
		call.SetMetadata("parity", "even")
		return n / 2
	})
	var metadata map[string]string
	started, err := w.service(t, "half").CallAsync(background, "m", 8, hmsffi.ReceiveMetadata(&metadata))
	check(t, err)
	for _, call := range []hmsffi.AsyncCall{started, w.client.AsyncCall(started.ID()), started} {
		var got int
		check(t, call.Result(background, &got))
		if got != 4 || call.Status() != hmsffi.CallStatusOK {
			t.Fatalf("got %v, %v", got, call.Status())
		}
	}
	if metadata["parity"] != "even" {
		t.Fatalf("got %v", metadata)
	}
}

func TestWaitingForAResultEndsWithTheContextAndTheCallRunsOn(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	w.serve(t, "stuck", func() string { <-release; return "free" })
	call, err := w.service(t, "stuck").CallAsync(background, "m", nil)
	check(t, err)
	if status := call.Status(); status != hmsffi.CallStatusInProgress {
		t.Fatalf("got %v", status)
	}
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	if err := call.Result(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	close(release)
	var got string
	if err := call.Result(background, &got); err != nil || got != "free" {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestACancelledAsynchronousCallTellsItsHandler(t *testing.T) {
	w := newWorld(t)
	began, told := make(chan struct{}), make(chan error, 1)
	w.serve(t, "stuck", func(ctx context.Context) {
		close(began)
		<-ctx.Done()
		told <- ctx.Err()
	})
	call, err := w.service(t, "stuck").CallAsync(background, "m", nil)
	check(t, err)
	<-began
	check(t, call.Cancel())
	wantCode(t, call.Result(background, nil), hmsffi.CodeCancelled)
	if status := call.Status(); status != hmsffi.CallStatusCancelled {
		t.Fatalf("got %v", status)
	}
	if err := <-told; err != context.Canceled {
		t.Fatalf("the handler saw %v", err)
	}
	check(t, call.Cancel())
}

func TestAFailedAsynchronousCallGivesItsError(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "failing", func() error { return hmsffi.CodeDataLoss })
	call, err := w.service(t, "failing").CallAsync(background, "m", nil)
	check(t, err)
	wantCode(t, call.Result(background, nil), hmsffi.CodeDataLoss)
	if status := call.Status(); status != hmsffi.CallStatusFailed {
		t.Fatalf("got %v", status)
	}
}

func TestAnAsynchronousCallEndsAtItsContextsDeadline(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	defer close(release)
	w.serve(t, "stuck", func() { <-release })
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	call, err := w.service(t, "stuck").CallAsync(ctx, "m", nil)
	check(t, err)
	wantCode(t, call.Result(background, nil), hmsffi.CodeDeadlineExceeded)
	if status := call.Status(); status != hmsffi.CallStatusTimeout {
		t.Fatalf("got %v", status)
	}
}

func TestAnUnknownAsynchronousCallIsNotFound(t *testing.T) {
	call := newWorld(t).client.AsyncCall("0123456789abcdef0123456789abcdef")
	wantCode(t, call.Result(background, nil), hmsffi.CodeNotFound)
	wantCode(t, call.Cancel(), hmsffi.CodeNotFound)
	if status := call.Status(); status != hmsffi.CallStatusUnknown {
		t.Fatalf("got %v", status)
	}
}
