package hmsffi_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/hmsffi/hmsffi/go"
)

const large = 8 << 20

// added answers with each byte one more, in memory that is lent for the answer.
func added(ctx context.Context, params []byte) (*hmsffi.Buffer, error) {
	call, _ := hmsffi.CallFromContext(ctx)
	answer, err := call.Loan(len(params))
	if err != nil {
		return nil, err
	}
	for i, b := range params {
		answer.Bytes()[i] = b + 1
	}
	return answer, nil
}

// lending is a service that answers in memory that it is lent.
func lending(id string) *hmsffi.Service {
	service := &hmsffi.Service{ID: id}
	service.Method("buffer", added)
	service.Method("bytes", func(ctx context.Context, params []byte) ([]byte, error) {
		answer, err := added(ctx, params)
		if err != nil {
			return nil, err
		}
		return answer.Bytes(), nil
	})
	service.Method("half", func(ctx context.Context, params []byte) ([]byte, error) {
		answer, err := added(ctx, params)
		if err != nil {
			return nil, err
		}
		return answer.Bytes()[:len(params)/2], nil
	})
	service.Method("unused", func(ctx context.Context, params []byte) ([]byte, error) {
		_, err := added(ctx, params)
		return nil, err
	})
	// The results of asynchronous calls are kept for a while; an error is no buffer that is left behind.
	service.Method("told", func(params []byte) error {
		return hmsffi.Errorf(hmsffi.CodeAborted, "%d of %d are 7", bytes.Count(params, []byte{7}), len(params))
	})
	service.Method("pid", os.Getpid)
	service.StreamMethod("all", func(ctx context.Context, stream hmsffi.Stream) error {
		for {
			var message hmsffi.Buffer
			if stream.Receive(&message) != nil {
				return nil
			}
			answer, err := added(ctx, message.Bytes())
			message.Release()
			if err != nil {
				return err
			}
			if err := stream.Send(answer); err != nil {
				return err
			}
		}
	})
	return service
}

func bound(t *testing.T, service hmsffi.ServiceClient, method string) *hmsffi.BoundMethod {
	t.Helper()
	bound, err := service.Bind(method)
	check(t, err)
	return bound
}

// filled is a loan of n bytes that are all the same.
func filled(t *testing.T, method *hmsffi.BoundMethod, n int, with byte) *hmsffi.Buffer {
	t.Helper()
	loan, err := method.Loan(n)
	check(t, err)
	fill(loan.Bytes(), with)
	return loan
}

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}

func wantAll(t *testing.T, got []byte, n int, b byte) {
	t.Helper()
	if len(got) != n || bytes.Count(got, []byte{b}) != n {
		t.Fatalf("got %d bytes, %d of them %d; want %d", len(got), bytes.Count(got, []byte{b}), b, n)
	}
}

// uncopied calls until so many calls in a row have copied nothing: memory between two processes grows by asking the other
// one, and what it does not answer in time, on a busy machine, is copied.
func uncopied(t *testing.T, times int, call func(b byte, report hmsffi.CallOption)) {
	t.Helper()
	row := 0
	for turn := 0; row < times; turn++ {
		var report hmsffi.CallReport
		call(byte(turn), hmsffi.WithReport(&report))
		row++
		if report.BytesCopied != 0 {
			row = 0
		}
		if report.Transport != hmsffi.TransportTypeSharedMemory || turn == 200 {
			t.Fatalf("turn %d took %+v", turn, report)
		}
	}
}

func TestWhatIsLentTravelsToAnotherProcessAndBackWithoutACopy(t *testing.T) {
	service := beside(t)
	before := quiet(t)
	for name, n := range map[string]int{"buffer": large, "bytes": large, "half": large / 2} {
		method := bound(t, service, name)
		uncopied(t, 20, func(b byte, report hmsffi.CallOption) {
			loan := filled(t, method, large, b)
			defer loan.Release()
			var answer hmsffi.Buffer
			defer answer.Release()
			check(t, method.Call(background, loan, &answer, report))
			wantAll(t, answer.Bytes(), n, b+1)
		})
		check(t, method.Close())
	}
	settled(t, before)
}

func TestAPartOfALoanIsSentByAsynchronousCallsToo(t *testing.T) {
	method := bound(t, beside(t), "told")
	uncopied(t, 1, func(_ byte, report hmsffi.CallOption) {
		loan := filled(t, method, large, 7)
		call, err := method.CallAsync(background, loan.Bytes()[5000:], report)
		check(t, err)
		loan.Release()
		wantCode(t, call.Result(background, nil), hmsffi.CodeAborted, fmt.Sprintf("%d of %[1]d are 7", large-5000))
	})
}

func TestMessagesOfAStreamAreGivenAwayAndReceivedInPlace(t *testing.T) {
	w := newWorld(t)
	check(t, w.server.RegisterService(lending("here")))
	for _, service := range []hmsffi.ServiceClient{w.service(t, "here"), beside(t)} {
		method := bound(t, service, "all")
		stream, err := method.StreamCall(background, nil)
		check(t, err)
		for _, n := range []int{0, 1, 5000, large} {
			loan := filled(t, method, n+1, 3)
			loan.Truncate(n)
			check(t, stream.Send(loan))
			if loan.Bytes() != nil {
				t.Fatal("it was given away, but has bytes")
			}
			wantCode(t, stream.Send(loan), hmsffi.CodeInvalidArgument, "empty Buffer")
			var answer hmsffi.Buffer
			check(t, stream.Receive(&answer))
			wantAll(t, answer.Bytes(), n, 4)
			answer.Release()
		}
		check(t, stream.Close())
		collected[any](t, stream)
	}
}

func TestABufferIsOrdinaryMemoryInOneProcess(t *testing.T) {
	w := newWorld(t)
	before := quiet(t)
	check(t, w.server.RegisterService(lending("here")))
	service := w.service(t, "here")
	for _, name := range []string{"buffer", "bytes"} {
		method := bound(t, service, name)
		for _, n := range []int{0, 1, 5000, large} {
			loan := filled(t, method, n, 1)
			var answer hmsffi.Buffer
			var report hmsffi.CallReport
			check(t, method.Call(background, loan, &answer, hmsffi.WithReport(&report)))
			wantAll(t, answer.Bytes(), n, 2)
			if answer.ContentType() != "application/octet-stream" || report.Transport != hmsffi.TransportTypeInProcess {
				t.Fatalf("%s came by %+v", answer.ContentType(), report)
			}
			if n > 4096 && report.BytesCopied != 0 {
				t.Fatalf("%d of %d bytes were copied", report.BytesCopied, n)
			}
			// What was received is sent on; the next answer takes its place.
			check(t, method.Call(background, &answer, &answer))
			wantAll(t, answer.Bytes(), n, 3)
			answer.Release()
			answer.Release()
			loan.Release()
			wantCode(t, method.Call(background, loan, nil), hmsffi.CodeInvalidArgument, "empty Buffer")
		}
	}
	check(t, service.Call(background, "unused", make([]byte, large), nil))
	check(t, service.Close())
	check(t, w.server.UnregisterService("here"))
	settled(t, before)
}

func TestAnAnswerThatWasReceivedIsHandedOnWithoutACopy(t *testing.T) {
	w := newWorld(t)
	check(t, w.server.RegisterService(lending("here")))
	inner := w.service(t, "here")
	w.serve(t, "front", func(ctx context.Context, params []byte) (*hmsffi.Buffer, error) {
		answer := new(hmsffi.Buffer)
		return answer, inner.Call(ctx, "buffer", params, answer)
	})
	var report hmsffi.CallReport
	var answer hmsffi.Buffer
	defer answer.Release()
	check(t, w.service(t, "front").Call(background, "m", make([]byte, large), &answer, hmsffi.WithReport(&report)))
	wantAll(t, answer.Bytes(), large, 1)
	if report.BytesCopied != 0 {
		t.Fatalf("%d bytes were copied", report.BytesCopied)
	}
}

func TestAnythingIsReceivedAsABuffer(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "text", func(ctx context.Context, _ []byte) ([]byte, error) {
		call, _ := hmsffi.CallFromContext(ctx)
		call.SetContentType("text/plain")
		return []byte("plain"), nil
	})
	w.serve(t, "echo", func(params any) any { return params })
	var text, value hmsffi.Buffer
	defer text.Release()
	defer value.Release()
	check(t, w.service(t, "text").Call(background, "m", nil, &text))
	if string(text.Bytes()) != "plain" || text.ContentType() != "text/plain" {
		t.Fatalf("got %q of %s", text.Bytes(), text.ContentType())
	}
	check(t, w.service(t, "echo").Call(background, "m", "x", &value))
	if string(value.Bytes()) != "\x61x" || value.ContentType() != "application/cbor" {
		t.Fatalf("got %q of %s", value.Bytes(), value.ContentType())
	}
}

func TestLoansThatCannotBeAreRefused(t *testing.T) {
	w := newWorld(t)
	small, err := hmsffi.NewServer(hmsffi.ServerOptions{Runtime: w.runtime, MaxMessageSize: 4096})
	check(t, err)
	defer small.Close()
	check(t, small.Start())
	kept := make(chan *hmsffi.Call, 1)
	service := &hmsffi.Service{ID: "small"}
	service.Method("m", func(ctx context.Context, params []byte) ([]byte, error) {
		call, _ := hmsffi.CallFromContext(ctx)
		kept <- call
		_, err := call.Loan(4097)
		wantCode(t, err, hmsffi.CodeResourceExhausted)
		_, err = call.Loan(-1)
		return nil, err
	})
	check(t, small.RegisterService(service))
	method := bound(t, w.service(t, "small"), "m")
	_, err = method.Loan(4097)
	wantCode(t, err, hmsffi.CodeResourceExhausted)
	_, err = method.Loan(-1)
	wantCode(t, err, hmsffi.CodeInvalidArgument)
	wantCode(t, method.Call(background, nil, nil), hmsffi.CodeInvalidArgument)
	_, err = (<-kept).Loan(1)
	wantCode(t, err, hmsffi.CodeFailedPrecondition)
	check(t, method.Close())
	_, err = method.Loan(1)
	wantCode(t, err, hmsffi.CodeFailedPrecondition)
}

func TestABufferIsNoParamOfAHandler(t *testing.T) {
	w := newWorld(t)
	for _, handler := range []any{func(*hmsffi.Buffer) {}, func(hmsffi.Buffer) {}, func() hmsffi.Buffer { return hmsffi.Buffer{} }} {
		service := &hmsffi.Service{ID: "odd"}
		service.Method("m", handler)
		wantCode(t, w.server.RegisterService(service), hmsffi.CodeInvalidArgument, "[]byte")
	}
}

func TestACallTakesTheWayThatItIsAllowed(t *testing.T) {
	away := beside(t)
	var there int
	check(t, away.Call(background, "pid", nil, &there))
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{})
	check(t, err)
	defer server.Close()
	check(t, server.RegisterService(lending("away")))
	check(t, server.Start())
	here := os.Getpid()
	for _, way := range []struct {
		option    hmsffi.CallOption
		pid       int
		transport hmsffi.TransportType
	}{
		{nil, here, hmsffi.TransportTypeInProcess},
		{hmsffi.WithTransport(hmsffi.TransportTypeInProcess), here, hmsffi.TransportTypeInProcess},
		{hmsffi.WithTransport(hmsffi.TransportTypeSharedMemory), there, hmsffi.TransportTypeSharedMemory},
		{hmsffi.WithoutTransport(hmsffi.TransportTypeInProcess), there, hmsffi.TransportTypeSharedMemory},
		{hmsffi.WithoutTransport(hmsffi.TransportTypeSharedMemory, hmsffi.TransportTypeTCP), here, hmsffi.TransportTypeInProcess},
	} {
		var report hmsffi.CallReport
		options := []hmsffi.CallOption{hmsffi.WithReport(&report)}
		if way.option != nil {
			options = append(options, way.option)
		}
		var pid int
		check(t, away.Call(background, "pid", nil, &pid, options...))
		if pid != way.pid || report.Transport != way.transport {
			t.Fatalf("process %d by %v, want %d by %v", pid, report.Transport, way.pid, way.transport)
		}
	}
	pinned, err := hmsffi.NewClient(hmsffi.ClientOptions{Transport: hmsffi.TransportTypeSharedMemory})
	check(t, err)
	defer pinned.Close()
	service, err := pinned.GetService(background, "away")
	check(t, err)
	var pid int
	check(t, service.Call(background, "pid", nil, &pid))
	if pid != there {
		t.Fatalf("the client is pinned, but process %d answered", pid)
	}
}

func TestAWayThatDoesNotLeadThereIsRefused(t *testing.T) {
	w := newWorld(t)
	check(t, w.server.RegisterService(lending("here")))
	report := hmsffi.CallReport{Transport: hmsffi.TransportTypeGRPC}
	for _, refused := range []struct {
		service hmsffi.ServiceClient
		option  hmsffi.CallOption
		code    hmsffi.Code
	}{
		{w.service(t, "here"), hmsffi.WithTransport(hmsffi.TransportTypeSharedMemory), hmsffi.CodeUnavailable},
		{w.service(t, "here"), hmsffi.WithoutTransport(hmsffi.TransportTypeInProcess), hmsffi.CodeUnavailable},
		{beside(t), hmsffi.WithTransport(hmsffi.TransportTypeInProcess), hmsffi.CodeUnavailable},
		{w.service(t, "here"), hmsffi.WithTransport(hmsffi.TransportTypeTCP), hmsffi.CodeUnimplemented},
		{w.service(t, "here"), hmsffi.WithTransport(99), hmsffi.CodeInvalidArgument},
		{w.service(t, "here"), hmsffi.WithTransport(-1), hmsffi.CodeInvalidArgument},
		{w.service(t, "here"), hmsffi.WithoutTransport(99), hmsffi.CodeInvalidArgument},
		{w.service(t, "here"), hmsffi.WithoutTransport(-1), hmsffi.CodeInvalidArgument},
	} {
		wantCode(t, refused.service.Call(background, "pid", nil, nil, refused.option, hmsffi.WithReport(&report)), refused.code)
		if report != (hmsffi.CallReport{}) {
			t.Fatalf("a call that was refused took %+v", report)
		}
		_, err := refused.service.StreamCall(background, "all", nil, refused.option)
		wantCode(t, err, refused.code)
	}
}
