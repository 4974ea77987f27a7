package hmsffi_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

// settled waits until the counts are those of before: pool threads hand their last call back a little later.
func settled(t *testing.T, before hmsffi.Introspection) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		after, err := hmsffi.Introspect()
		check(t, err)
		if maps.Equal(after.Handles, before.Handles) && after.Buffers == before.Buffers && after.Calls == before.Calls &&
			after.QueuedBytes == before.QueuedBytes {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("before %+v\nafter %+v", before, after)
		}
	}
}

func TestThousandsOfCallsLeaveNothingBehind(t *testing.T) {
	w := newWorld(t)
	before, err := hmsffi.Introspect()
	check(t, err)
	w.serve(t, "inner", func(n int) (int, error) {
		if n%3 == 0 {
			return 0, &hmsffi.Error{Code: hmsffi.CodeAborted, Message: "third", Details: map[string]string{"n": "3"}}
		}
		return n, nil
	})
	inner := w.service(t, "inner")
	w.serve(t, "outer", func(ctx context.Context, n int) (int, error) {
		<-time.After(0)
		if n%5 == 0 {
			ctx.Done()
		}
		if call, _ := hmsffi.CallFromContext(ctx); n%2 == 0 {
			call.SetMetadata("n", "even")
		}
		var got int
		err := inner.Call(ctx, "m", n, &got)
		if err != nil && n%2 == 0 {
			err = hmsffi.Errorf(hmsffi.CodeUnknown, "outer: %w", err)
		}
		return got, err
	})
	outer := w.service(t, "outer")
	for n := range 3000 {
		var received map[string]string
		ctx, cancel := context.WithCancel(background)
		if n%10 != 0 {
			ctx = context.WithoutCancel(ctx)
		}
		err := outer.Call(ctx, "m", n, nil, hmsffi.WithMetadata(map[string]string{"k": "v"}), hmsffi.ReceiveMetadata(&received))
		cancel()
		if (err != nil) != (n%3 == 0) || err != nil && n%2 == 0 && errors.Unwrap(err) == nil {
			t.Fatalf("call %d: %v", n, err)
		}
	}
	big := make([]byte, 1<<17)
	w.serve(t, "echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	for range 100 {
		check(t, w.service(t, "echo").Call(background, "m", big, nil))
	}
	check(t, inner.Close())
	check(t, outer.Close())
	check(t, w.server.UnregisterService("outer"))
	check(t, w.server.UnregisterService("inner"))
	check(t, w.server.UnregisterService("echo"))
	check(t, w.client.Close())
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: w.runtime})
	check(t, err)
	settled(t, before)
	check(t, client.Close())
}
