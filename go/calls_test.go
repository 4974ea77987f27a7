package hmsffi_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

var background = context.Background()

// world is a private runtime with one running server and a client.
type world struct {
	runtime *hmsffi.Runtime
	server  hmsffi.Server
	client  hmsffi.Client
}

func newWorld(t testing.TB) world {
	t.Helper()
	runtime, err := hmsffi.NewRuntime(t.Name())
	check(t, err)
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: t.Name(), Runtime: runtime})
	check(t, err)
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: runtime})
	check(t, err)
	check(t, server.Start())
	t.Cleanup(func() {
		check(t, client.Close())
		check(t, server.Close())
		check(t, runtime.Close(time.Second))
	})
	return world{runtime, server, client}
}

// serve registers a service with one method "m".
func (w world) serve(t testing.TB, id string, handler any, options ...hmsffi.MethodOption) {
	t.Helper()
	service := &hmsffi.Service{ID: id}
	service.Method("m", handler, options...)
	check(t, w.server.RegisterService(service))
}

func (w world) service(t testing.TB, id string) hmsffi.ServiceClient {
	t.Helper()
	service, err := w.client.GetService(background, id)
	check(t, err)
	return service
}

// call calls the method "m" of a service and gives the answer as it arrives.
func (w world) call(t testing.TB, ctx context.Context, id string, params any, options ...hmsffi.CallOption) (any, error) {
	t.Helper()
	var answer any
	err := w.service(t, id).Call(ctx, "m", params, &answer, options...)
	return answer, err
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code hmsffi.Code, parts ...string) {
	t.Helper()
	if hmsffi.CodeOf(err) != code {
		t.Fatalf("got %v, want %v", err, code)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Fatalf("%q does not say %q", err, part)
		}
	}
}

func errorOf(t testing.TB, err error) *hmsffi.Error {
	t.Helper()
	var e *hmsffi.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *hmsffi.Error", err)
	}
	return e
}

type greeting struct {
	Name  string `json:"name"`
	Times int    `json:"times"`
}

func TestATypedHandlerAnswersATypedCall(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "greet", func(ctx context.Context, g greeting) (string, error) {
		return strings.Repeat("Hello "+g.Name+"! ", g.Times), nil
	})
	var answer string
	check(t, w.service(t, "greet").Call(background, "m", greeting{"Ada", 2}, &answer))
	if answer != "Hello Ada! Hello Ada! " {
		t.Fatalf("got %q", answer)
	}
}

func TestBytesTravelUntouched(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "echo", func(_ context.Context, b []byte) ([]byte, error) { return b, nil })
	bound, err := w.service(t, "echo").Bind("m")
	check(t, err)
	for _, size := range []int{0, 1, 64, 1024, 1025, 4096, 4097, 1 << 20} {
		sent := []byte(strings.Repeat("\x00\xffx", size/3+1))[:size]
		got, err := bound.CallBytes(background, sent)
		check(t, err)
		if string(got) != string(sent) {
			t.Fatalf("%d bytes came back as %d", len(sent), len(got))
		}
	}
}
