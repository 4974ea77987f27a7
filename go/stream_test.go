package hmsffi_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

// stream opens a stream of the method "m" of a new service.
func (w world) stream(t testing.TB, ctx context.Context, handler, params any, options ...hmsffi.MethodOption) hmsffi.Stream {
	t.Helper()
	service := &hmsffi.Service{}
	service.StreamMethod("m", handler, options...)
	check(t, w.server.RegisterService(service))
	stream, err := w.service(t, service.ID).StreamCall(ctx, "m", params)
	check(t, err)
	t.Cleanup(func() { check(t, stream.Cancel()) })
	return stream
}

func collected[T any](t testing.TB, stream hmsffi.Stream) []T {
	t.Helper()
	var all []T
	for message, err := range hmsffi.Messages[T](stream) {
		check(t, err)
		all = append(all, message)
	}
	return all
}

func TestAServerStreamSendsUntilItsHandlerReturns(t *testing.T) {
	w := newWorld(t)
	stream := w.stream(t, background, func(ctx context.Context, upTo int, out hmsffi.Stream) error {
		for n := range upTo {
			if err := out.Send(n); err != nil {
				return err
			}
		}
		return nil
	}, 300)
	got := collected[int](t, stream)
	if len(got) != 300 || got[0] != 0 || got[299] != 299 || !slices.IsSorted(got) {
		t.Fatalf("got %v", got)
	}
	if !stream.IsClosed() || stream.Receive(nil) != io.EOF || stream.Send(1) != io.EOF {
		t.Fatal("the stream is not over")
	}
}

func TestAClientStreamIsAnsweredWithOneMessage(t *testing.T) {
	w := newWorld(t)
	stream := w.stream(t, background, func(in hmsffi.Stream) (int, error) {
		sum := 0
		for n, err := range hmsffi.Messages[int](in) {
			if err != nil {
				return 0, err
			}
			sum += n
		}
		return sum, nil
	}, nil)
	for n := range 1000 {
		check(t, stream.Send(n))
	}
	check(t, stream.Close())
	check(t, stream.Close())
	if got := collected[int](t, stream); !slices.Equal(got, []int{499500}) {
		t.Fatalf("got %v", got)
	}
}

func TestBothEndsOfAStreamSend(t *testing.T) {
	w := newWorld(t)
	check(t, w.server.RegisterService(&hmsffi.Service{ID: "echo"}))
	check(t, w.server.RegisterStreamMethod("echo", "lines", func(_ context.Context, stream hmsffi.Stream) error {
		for line, err := range hmsffi.Messages[string](stream) {
			if err != nil {
				return err
			}
			if err := stream.Send("re: " + line); err != nil {
				return err
			}
		}
		return stream.Send("bye")
	}))
	stream, err := w.service(t, "echo").StreamCall(background, "lines", nil)
	check(t, err)
	for _, line := range []string{"one", "two"} {
		check(t, stream.Send(line))
		var answer string
		check(t, stream.Receive(&answer))
		if answer != "re: "+line {
			t.Fatalf("got %q", answer)
		}
	}
	check(t, stream.Close())
	if stream.IsClosed() {
		t.Fatal("closed although the handler may still send")
	}
	if got := collected[string](t, stream); !slices.Equal(got, []string{"bye"}) {
		t.Fatalf("got %v", got)
	}
}

func TestAnErrorOfAStreamHandlerComesAfterItsMessages(t *testing.T) {
	w := newWorld(t)
	stream := w.stream(t, background, func(out hmsffi.Stream) error {
		check(t, out.Send("first"))
		return &hmsffi.Error{Code: hmsffi.CodeDataLoss, Message: "the disk is gone", Details: map[string]string{"disk": "2"}}
	}, nil)
	var first string
	check(t, stream.Receive(&first))
	err := errorOf(t, stream.Receive(nil))
	if first != "first" || err.Code != hmsffi.CodeDataLoss || err.Details["disk"] != "2" {
		t.Fatalf("got %q, %+v", first, err)
	}
	if again := stream.Receive(nil); again != error(err) {
		t.Fatalf("then %v", again)
	}
}

func TestAPanicOfAStreamHandlerIsInternal(t *testing.T) {
	w := newWorld(t)
	stream := w.stream(t, background, func(hmsffi.Stream) error { panic("no more tape") }, nil)
	wantCode(t, stream.Receive(nil), hmsffi.CodeInternal, "no more tape")
}

func TestASenderWaitsForASlowReceiver(t *testing.T) {
	w := newWorld(t)
	sent := make(chan int, 1000)
	stream := w.stream(t, background, func(out hmsffi.Stream) error {
		for n := range 500 {
			if err := out.Send(n); err != nil {
				return err
			}
			sent <- n
		}
		return nil
	}, nil)
	// The window is 64 messages.
	for n := range 64 {
		if <-sent != n {
			t.Fatal("out of order")
		}
	}
	select {
	case n := <-sent:
		t.Fatalf("message %d was sent although nobody receives", n)
	case <-time.After(50 * time.Millisecond):
	}
	if got := collected[int](t, stream); len(got) != 500 {
		t.Fatalf("got %d", len(got))
	}
}

func TestAMessageThatDoesNotFitLeavesTheStreamOpen(t *testing.T) {
	w := newWorld(t)
	stream := w.stream(t, background, func(out hmsffi.Stream) error {
		return errors.Join(out.Send("text"), out.Send(7))
	}, nil)
	var number int
	wantCode(t, stream.Receive(&number), hmsffi.CodeInvalidArgument)
	check(t, stream.Receive(&number))
	if number != 7 {
		t.Fatalf("got %d", number)
	}
}

func TestAStreamMayBeSentToAndReceivedFromAtOnce(t *testing.T) {
	w := newWorld(t)
	stream := w.stream(t, background, func(stream hmsffi.Stream) error {
		for message, err := range hmsffi.Messages[any](stream) {
			if err != nil || stream.Send(message) != nil {
				return err
			}
		}
		return nil
	}, nil)
	sent := make(chan error, 1)
	go func() {
		for n := range 5000 {
			if err := stream.Send(n); err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.Close()
	}()
	if got := collected[int](t, stream); len(got) != 5000 {
		t.Fatalf("got %d messages", len(got))
	}
	check(t, <-sent)
}

func TestAStreamHandlerReadsItsParamsFromTheCall(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "growing", func(ctx context.Context) error {
		call, _ := hmsffi.CallFromContext(ctx)
		return call.Params(nil)
	})
	kept := make(chan *hmsffi.Call, 1)
	handler := func(ctx context.Context, stream hmsffi.Stream) error {
		call, _ := hmsffi.CallFromContext(ctx)
		kept <- call
		var params string
		if err := call.Params(new(int)); hmsffi.CodeOf(err) != hmsffi.CodeInvalidArgument {
			return errors.New("text is no int")
		}
		if err := call.Params(&params); err != nil {
			return err
		}
		return stream.Send(params + call.Metadata()["mark"])
	}
	check(t, w.server.RegisterStreamMethod("growing", "late", handler))
	metadata := hmsffi.WithMetadata(map[string]string{"mark": "!"})
	stream, err := w.service(t, "growing").StreamCall(background, "late", "but here", metadata)
	check(t, err)
	if got := collected[string](t, stream); len(got) != 1 || got[0] != "but here!" {
		t.Fatalf("got %v", got)
	}
	wantCode(t, (<-kept).Params(nil), hmsffi.CodeFailedPrecondition, "growing.late")
	_, err = w.call(t, background, "growing", nil)
	wantCode(t, err, hmsffi.CodeFailedPrecondition)
}

func TestCancelTearsAStreamDown(t *testing.T) {
	w := newWorld(t)
	told := make(chan error, 1)
	stream := w.stream(t, background, func(ctx context.Context, in hmsffi.Stream) error {
		check(t, in.Send("begun"))
		err := in.Receive(nil)
		told <- err
		return err
	}, nil)
	check(t, stream.Receive(nil))
	check(t, stream.Cancel())
	check(t, stream.Cancel())
	wantCode(t, stream.Receive(nil), hmsffi.CodeCancelled)
	wantCode(t, stream.Send(1), hmsffi.CodeCancelled)
	wantCode(t, <-told, hmsffi.CodeCancelled)
}

func TestAContextThatIsCancelledTearsItsStreamDown(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancelCause(background)
	reason := errors.New("the user left")
	ended := make(chan struct{})
	stream := w.stream(t, ctx, func(ctx context.Context, in hmsffi.Stream) error {
		check(t, in.Send("begun"))
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	}, nil)
	check(t, stream.Receive(nil))
	time.AfterFunc(20*time.Millisecond, func() { cancel(reason) })
	err := stream.Receive(nil)
	wantCode(t, err, hmsffi.CodeCancelled)
	if !errors.Is(err, reason) {
		t.Fatalf("got %v", err)
	}
	<-ended
}

func TestTheDeadlineOfAContextEndsAStream(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(background, 30*time.Millisecond)
	defer cancel()
	stream := w.stream(t, ctx, func(ctx context.Context, in hmsffi.Stream) error {
		<-ctx.Done()
		return ctx.Err()
	}, nil)
	err := stream.Receive(nil)
	wantCode(t, err, hmsffi.CodeDeadlineExceeded)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
}

func TestAStreamNeedsAStreamMethod(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "plain", func() {})
	_, err := w.service(t, "plain").StreamCall(background, "m", nil)
	wantCode(t, err, hmsffi.CodeInvalidArgument)
	service := &hmsffi.Service{ID: "both"}
	service.Method("m", func(hmsffi.Stream) error { return nil })
	wantCode(t, w.server.RegisterService(service), hmsffi.CodeInvalidArgument, "StreamMethod")
	service = &hmsffi.Service{ID: "neither"}
	service.StreamMethod("m", func(int) error { return nil })
	wantCode(t, w.server.RegisterService(service), hmsffi.CodeInvalidArgument, "takes no stream")
}

func TestWhatAStreamHandlerTakesAndGivesSaysHowMessagesFlow(t *testing.T) {
	w := newWorld(t)
	service := &hmsffi.Service{ID: "flows"}
	service.Method("plain", func() {})
	service.StreamMethod("up", func(hmsffi.Stream) (int, error) { return 0, nil })
	service.StreamMethod("down", func(int, hmsffi.Stream) error { return nil })
	service.StreamMethod("both", hmsffi.StreamHandler(func(context.Context, hmsffi.Stream) error { return nil }))
	service.StreamMethod("said", func(hmsffi.Stream) error { return nil },
		hmsffi.WithStreamType(hmsffi.StreamTypeServerStreaming))
	check(t, w.server.RegisterService(service))
	listed, err := w.client.ListServices(background, "flows")
	check(t, err)
	want := map[string]hmsffi.StreamType{
		"plain": hmsffi.StreamTypeUnknown,
		"up":    hmsffi.StreamTypeClientStreaming,
		"down":  hmsffi.StreamTypeServerStreaming,
		"both":  hmsffi.StreamTypeBidirectional,
		"said":  hmsffi.StreamTypeServerStreaming,
	}
	for _, method := range listed[0].Methods {
		if method.StreamType != want[method.Name] || method.IsStreaming != (method.StreamType != 0) {
			t.Errorf("%+v", method)
		}
	}
	if len(listed[0].Methods) != len(want) {
		t.Fatalf("got %+v", listed)
	}
}

func TestStreamsLeaveNothingBehind(t *testing.T) {
	w := newWorld(t)
	service := &hmsffi.Service{ID: "flow"}
	service.StreamMethod("echo", func(stream hmsffi.Stream) error {
		for n, err := range hmsffi.Messages[int](stream) {
			if err != nil || stream.Send(n) != nil {
				return err
			}
		}
		return nil
	})
	check(t, w.server.RegisterService(service))
	flow := w.service(t, "flow")
	bound, err := flow.Bind("echo")
	check(t, err)
	before := quiet(t)
	for n := range 200 {
		stream, err := bound.StreamCall(background, nil)
		check(t, err)
		check(t, stream.Send(n))
		if n%4 != 0 {
			var got int
			check(t, stream.Receive(&got))
		}
		if n%2 == 0 {
			check(t, stream.Cancel())
			continue
		}
		check(t, stream.Close())
		if err := stream.Receive(nil); err != io.EOF {
			t.Fatal(err)
		}
	}
	settled(t, before)
}

// waiting is a stream handler that says hello, waits, and tells how its context ended.
func waiting(told chan error) func(context.Context, hmsffi.Stream) error {
	return func(ctx context.Context, stream hmsffi.Stream) error {
		if err := stream.Send("hello"); err != nil {
			return err
		}
		err := stream.Receive(nil)
		<-ctx.Done()
		told <- ctx.Err()
		return err
	}
}

func (w world) waiting(t *testing.T) (service hmsffi.ServiceClient, told chan error) {
	t.Helper()
	told = make(chan error, 1)
	waits := &hmsffi.Service{ID: "waiting"}
	waits.StreamMethod("m", waiting(told))
	check(t, w.server.RegisterService(waits))
	return w.service(t, "waiting"), told
}

func TestAStreamThatIsLeftOpenIsCancelled(t *testing.T) {
	w := newWorld(t)
	service, told := w.waiting(t)
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	func() {
		stream, err := service.StreamCall(ctx, "m", nil)
		check(t, err)
		check(t, stream.Receive(nil))
	}()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		runtime.GC()
		select {
		case err := <-told:
			if err != context.Canceled {
				t.Fatalf("the handler saw %v", err)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("the handler still waits")
}

func TestAStreamOfAHandlerEndsWithTheHandler(t *testing.T) {
	w := newWorld(t)
	inner, told := w.waiting(t)
	kept := make(chan hmsffi.Stream, 2)
	outer := w.stream(t, background, func(ctx context.Context, stream hmsffi.Stream) error {
		nested, err := inner.StreamCall(ctx, "m", nil)
		if err != nil {
			return err
		}
		kept <- nested
		kept <- stream
		return nested.Receive(nil)
	}, nil)
	if err := outer.Receive(nil); err != io.EOF {
		t.Fatalf("got %v", err)
	}
	if err := <-told; err != context.Canceled {
		t.Fatalf("the inner handler saw %v", err)
	}
	wantCode(t, (<-kept).Receive(nil), hmsffi.CodeCancelled)
	wantCode(t, (<-kept).Send(1), hmsffi.CodeFailedPrecondition)
}
