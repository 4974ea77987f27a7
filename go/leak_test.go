package hmsffi_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

// quiet gives the counts when the streams and calls that other tests left behind have ended.
func quiet(t *testing.T) hmsffi.Introspection {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		runtime.GC()
		now, err := hmsffi.Introspect()
		check(t, err)
		if now.Calls == 0 && now.Buffers == 0 && now.Handles["stream"] == 0 && now.Handles["call"] == 0 {
			return now
		}
		if time.Now().After(deadline) {
			t.Fatalf("other tests left %+v", now)
		}
	}
}

// settled waits until the counts are those of before: pool threads hand their last call back a little later.
func settled(t *testing.T, before hmsffi.Introspection) {
	t.Helper()
	settledWhen(t, before, func(hmsffi.Introspection) bool { return true })
}

func settledWhen(t *testing.T, before hmsffi.Introspection, and func(after hmsffi.Introspection) bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		after, err := hmsffi.Introspect()
		check(t, err)
		if maps.Equal(after.Handles, before.Handles) && after.Buffers == before.Buffers && after.Calls == before.Calls &&
			after.QueuedBytes == before.QueuedBytes && and(after) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("before %+v\nafter %+v", before, after)
		}
	}
}

func TestThousandsOfCallsLeaveNothingBehind(t *testing.T) {
	w := newWorld(t)
	before := quiet(t)
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

func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	check(t, err)
	return len(open)
}

// The long form, with a million calls, is in tests/soak/go.
func TestAHundredThousandCallsAndTheirStreamsReturnToTheBaseline(t *testing.T) {
	w := newWorld(t)
	before := quiet(t)
	files := descriptors(t)
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Runtime: w.runtime})
	check(t, err)
	check(t, server.Start())
	service := &hmsffi.Service{ID: "echo"}
	service.Method("once", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	service.StreamMethod("all", func(stream hmsffi.Stream) error {
		for message, err := range hmsffi.Messages[[]byte](stream) {
			if err != nil {
				return err
			}
			if err := stream.Send(message); err != nil {
				return err
			}
		}
		return nil
	})
	check(t, server.RegisterService(service))
	client := w.service(t, "echo")
	echo, err := client.Bind("once")
	check(t, err)
	echoing, err := client.Bind("all")
	check(t, err)
	body := make([]byte, 64)
	for n := range 100_000 {
		_, err := echo.CallBytes(background, body)
		check(t, err)
		if n%100 == 0 {
			ctx, cancel := context.WithCancel(background)
			stream, err := echoing.StreamCall(ctx, nil)
			check(t, err)
			check(t, stream.Send(body))
			check(t, stream.Receive(nil))
			switch n / 100 % 4 {
			case 0:
				check(t, stream.Close())
				collected[any](t, stream)
			case 1:
				check(t, stream.Cancel())
			case 2:
				check(t, stream.Send(body))
			}
			cancel()
		}
	}
	check(t, echo.Close())
	check(t, echoing.Close())
	// Handler threads are their server's. The handle of a stream that was not read to its end is the garbage collector's.
	check(t, server.Close())
	runtime.GC()
	settledWhen(t, before, func(after hmsffi.Introspection) bool { return after.Threads <= before.Threads })
	if now := descriptors(t); now > files {
		t.Fatalf("%d descriptors, then %d", files, now)
	}
}
