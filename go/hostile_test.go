package hmsffi_test

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

// A goroutine that ends below frames of C would leave them behind, so that Go ends the process; a child shows how.
func TestAHandlerThatEndsItsGoroutineEndsTheProcessAndIsNamed(t *testing.T) {
	if os.Getenv("HMSFFI_TEST_GOEXIT") != "" {
		w := newWorld(t)
		w.serve(t, "exiting", func() { runtime.Goexit() })
		_, _ = w.call(t, background, "exiting", nil)
		return
	}
	child := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	child.Env = append(os.Environ(), "HMSFFI_TEST_GOEXIT=1")
	out, err := child.CombinedOutput()
	if text := string(out); err == nil || !strings.Contains(text, "hmsffi: the handler of exiting.m ended its goroutine") {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestAHandlerThatPanicsWithAnythingAnswersWithItsStack(t *testing.T) {
	w := newWorld(t)
	for reason, value := range map[string]any{"text": "text", "7": 7, "aborted": hmsffi.CodeAborted, "nil": nil} {
		w.serve(t, reason, func() { panic(value) })
		_, err := w.call(t, background, reason, nil)
		wantCode(t, err, hmsffi.CodeInternal, "panic: ")
		if e := errorOf(t, err); !strings.Contains(e.Stack, "hostile_test.go") {
			t.Fatalf("got %+v", e)
		}
	}
}

func TestAHandlerMayCallBackAThousandDeep(t *testing.T) {
	w := newWorld(t)
	// Each call of the chain is one that its server serves.
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Runtime: w.runtime, MaxConcurrentCalls: -1})
	check(t, err)
	defer server.Close()
	check(t, server.Start())
	service := &hmsffi.Service{ID: "deep"}
	var deep hmsffi.ServiceClient
	service.Method("m", func(ctx context.Context, left int) (got int, err error) {
		if left == 0 {
			return 0, nil
		}
		err = deep.Call(ctx, "m", left-1, &got)
		return got + 1, err
	})
	check(t, server.RegisterService(service))
	deep = w.service(t, "deep")
	var got int
	check(t, deep.Call(background, "m", 1000, &got))
	if got != 1000 {
		t.Fatalf("got %d", got)
	}
}

func TestCallsThatRunEndAsTheyWillWhenAllIsClosed(t *testing.T) {
	w := newWorld(t)
	inside, release := make(chan struct{}, 8), make(chan struct{})
	w.serve(t, "slow", func() string { inside <- struct{}{}; <-release; return "done" })
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: w.runtime})
	check(t, err)
	service, err := client.GetService(background, "slow")
	check(t, err)
	bound, err := service.Bind("m")
	check(t, err)
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			var got string
			if err := bound.Call(background, nil, &got); err != nil || got != "done" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	for range 8 {
		<-inside
	}
	check(t, client.Close())
	check(t, w.server.UnregisterService("slow"))
	close(release)
	calls.Wait()
	wantCode(t, bound.Call(background, nil, nil), hmsffi.CodeFailedPrecondition)
}

func TestAHandlerMayCloseWhatItRunsIn(t *testing.T) {
	w := newWorld(t)
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Runtime: w.runtime})
	check(t, err)
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: w.runtime})
	check(t, err)
	service := &hmsffi.Service{ID: "closing"}
	service.Method("m", func() (string, error) {
		for _, close := range []func() error{client.Close, server.Stop, server.Close} {
			if err := close(); err != nil {
				return "", err
			}
		}
		return "closed", nil
	})
	check(t, server.RegisterService(service))
	check(t, server.Start())
	closing, err := client.GetService(background, "closing")
	check(t, err)
	var got string
	if err := closing.Call(background, "m", nil, &got); err != nil || got != "closed" {
		t.Fatalf("got %q, %v", got, err)
	}
	wantCode(t, closing.Call(background, "m", nil, nil), hmsffi.CodeFailedPrecondition)
}

func TestWhatIsClosedSaysSo(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "echo", func() {})
	check(t, w.server.RegisterService(&hmsffi.Service{ID: "stream"}))
	check(t, w.server.RegisterStreamMethod("stream", "m", func(_ context.Context, stream hmsffi.Stream) error {
		for message, err := range hmsffi.Messages[any](stream) {
			if err != nil || stream.Send(message) != nil {
				return err
			}
		}
		return nil
	}))
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: w.runtime})
	check(t, err)
	service, err := client.GetService(background, "echo")
	check(t, err)
	streaming, err := client.GetService(background, "stream")
	check(t, err)
	stream, err := streaming.StreamCall(background, "m", nil)
	check(t, err)
	started, err := service.CallAsync(background, "m", nil)
	check(t, err)
	check(t, client.Close())
	check(t, client.Close())
	check(t, stream.Send("a stream that is open goes on"))
	check(t, stream.Receive(nil))
	check(t, stream.Cancel())
	_, listed := client.ListServices(background, "")
	_, opened := streaming.StreamCall(background, "m", nil)
	_, bound := service.Bind("m")
	for _, err := range []error{
		service.Call(background, "m", nil, nil), started.Result(background, nil), listed, opened, bound,
	} {
		wantCode(t, err, hmsffi.CodeFailedPrecondition, "closed")
	}
	check(t, w.server.Close())
	check(t, w.server.Close())
	wantCode(t, w.server.Start(), hmsffi.CodeFailedPrecondition)
	wantCode(t, w.server.RegisterService(&hmsffi.Service{ID: "late"}), hmsffi.CodeFailedPrecondition)
}

func TestAHandlerThatSleepsPastItsDeadlineIsLeftBehind(t *testing.T) {
	w := newWorld(t)
	left, seen := make(chan struct{}), make(chan error, 16)
	var began atomic.Bool
	w.serve(t, "sleeping", func(ctx context.Context) string {
		began.Store(true)
		<-left
		seen <- ctx.Err()
		return "too late"
	})
	timeOut(t, w, "sleeping", &began)
	close(left)
	if err := <-seen; err != context.DeadlineExceeded {
		t.Fatalf("the handler saw %v", err)
	}
	w.serve(t, "next", func() {})
	_, err := w.call(t, background, "next", nil)
	check(t, err)
}

// timeOut makes calls that end at their deadline until one has reached its handler: on a busy machine a short time may be
// over before that.
func timeOut(t *testing.T, w world, id string, began *atomic.Bool) {
	t.Helper()
	for timeout := 20 * time.Millisecond; !began.Load() && timeout < time.Minute; timeout *= 2 {
		ctx, cancel := context.WithTimeout(background, timeout)
		_, err := w.call(t, ctx, id, nil)
		cancel()
		wantCode(t, err, hmsffi.CodeDeadlineExceeded)
	}
}

func TestAMessageOverTheLimitIsRefusedEitherWay(t *testing.T) {
	w := newWorld(t)
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Runtime: w.runtime, MaxMessageSize: 8192})
	check(t, err)
	defer server.Close()
	service := &hmsffi.Service{ID: "sized"}
	service.Method("echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	service.Method("grow", func() []byte { return make([]byte, 8193) })
	check(t, server.RegisterService(service))
	check(t, server.Start())
	sized := w.service(t, "sized")
	check(t, sized.Call(background, "echo", make([]byte, 8192), nil))
	wantCode(t, sized.Call(background, "echo", make([]byte, 8193), nil), hmsffi.CodeResourceExhausted, "limit of 8192 bytes")
	wantCode(t, sized.Call(background, "grow", nil, nil), hmsffi.CodeResourceExhausted, "limit of 8192 bytes")
}
