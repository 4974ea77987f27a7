package hmsffi_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

func TestAServiceIsServedOnlyWhileItsServerRuns(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "echo", func() {})
	_, err := w.call(t, background, "echo", nil)
	check(t, err)
	check(t, w.server.Stop())
	if w.server.IsRunning() {
		t.Fatal("it runs")
	}
	_, err = w.call(t, background, "echo", nil)
	wantCode(t, err, hmsffi.CodeUnavailable)
	check(t, w.server.Start())
	_, err = w.call(t, background, "echo", nil)
	check(t, err)
	check(t, w.server.UnregisterService("echo"))
	_, err = w.call(t, background, "echo", nil)
	wantCode(t, err, hmsffi.CodeNotFound)
}

func TestWaitReturnsWhenTheServerStops(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(background, 30*time.Millisecond)
	defer cancel()
	if err := w.server.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	stopped := make(chan error)
	go func() { stopped <- w.server.Wait(background) }()
	check(t, w.server.Stop())
	check(t, <-stopped)
}

func TestMethodsCanBeAddedToAServiceThatRuns(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "growing", func() {})
	check(t, w.server.RegisterMethod("growing", "late", func(_ context.Context, params []byte) ([]byte, error) {
		return append([]byte("late "), params...), nil
	}))
	var got []byte
	check(t, w.service(t, "growing").Call(background, "late", []byte("but here"), &got))
	if string(got) != "late but here" {
		t.Fatalf("got %q", got)
	}
	err := w.server.RegisterMethod("gone", "m", func(context.Context, []byte) ([]byte, error) { return nil, nil })
	wantCode(t, err, hmsffi.CodeNotFound, "growing")
}

type calculator struct {
	hmsffi.Service
	calls int
}

func (c *calculator) add(pair [2]int) int { c.calls++; return pair[0] + pair[1] }

func TestATypeMayEmbedAService(t *testing.T) {
	w := newWorld(t)
	calc := &calculator{Service: hmsffi.Service{ID: "calc", Version: "2.1.0"}}
	calc.Method("add", calc.add, hmsffi.Idempotent(), hmsffi.WithTimeout(time.Second), hmsffi.WithLabels(map[string]string{"unit": "1"}))
	check(t, w.server.RegisterService(calc))
	var sum int
	check(t, w.service(t, "calc@^2.0").Call(background, "add", []int{3, 4}, &sum))
	if sum != 7 || calc.calls != 1 || calc.ServiceInfo().Methods[0].Name != "add" {
		t.Fatalf("got %d, %+v", sum, calc.ServiceInfo())
	}
	wantCode(t, w.service(t, "calc@^3").Call(background, "add", []int{3, 4}, &sum), hmsffi.CodeNotFound)
}

type described struct{}

func (described) ServiceInfo() hmsffi.ServiceInfo { return hmsffi.ServiceInfo{ID: "described"} }

func TestAServiceHandlerOfOnesOwnGetsItsMethodsFromTheServer(t *testing.T) {
	w := newWorld(t)
	check(t, w.server.RegisterService(described{}))
	check(t, w.server.RegisterMethod("described", "m", func(context.Context, []byte) ([]byte, error) { return []byte{0xf5}, nil }))
	if got, err := w.call(t, background, "described", nil); err != nil || got != true {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestAServiceWithoutAnIDGetsOne(t *testing.T) {
	w := newWorld(t)
	service := &hmsffi.Service{}
	service.Method("m", func(ctx context.Context) string {
		call, _ := hmsffi.CallFromContext(ctx)
		return call.Service()
	})
	check(t, w.server.RegisterService(service))
	if got, err := w.call(t, background, service.ID, nil); err != nil || service.ID == "" || got != service.ID {
		t.Fatalf("got %v, %v for %q", got, err, service.ID)
	}
}

func TestTheSameIDWithAnotherDefinitionExistsAlready(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "taken", func() {})
	other := &hmsffi.Service{ID: "taken"}
	other.Method("other", func() {})
	wantCode(t, w.server.RegisterService(other), hmsffi.CodeAlreadyExists, "other")
}

func TestMoreCallsThanAllowedAreRefused(t *testing.T) {
	w := newWorld(t)
	narrow, err := hmsffi.NewServer(hmsffi.ServerOptions{Runtime: w.runtime, MaxConcurrentCalls: 1})
	check(t, err)
	defer narrow.Close()
	service := &hmsffi.Service{ID: "narrow"}
	entered, release := make(chan struct{}), make(chan struct{})
	service.Method("m", func() { close(entered); <-release })
	check(t, narrow.RegisterService(service))
	check(t, narrow.Start())
	client := w.service(t, "narrow")
	first := make(chan error)
	go func() { first <- client.Call(background, "m", nil, nil) }()
	<-entered
	wantCode(t, client.Call(background, "m", nil, nil), hmsffi.CodeResourceExhausted)
	close(release)
	check(t, <-first)
}

func TestWhatThisVersionLacksIsRefusedByName(t *testing.T) {
	for _, kind := range []hmsffi.AuthType{hmsffi.AuthTypeToken, hmsffi.AuthTypeCert, hmsffi.AuthTypeCustom} {
		_, err := hmsffi.NewServer(hmsffi.ServerOptions{AuthConfig: &hmsffi.AuthConfig{Type: kind}})
		wantCode(t, err, hmsffi.CodeUnimplemented, "auth")
	}
	_, err := hmsffi.NewServer(hmsffi.ServerOptions{Transports: []hmsffi.TransportType{hmsffi.TransportTypeGRPC}})
	wantCode(t, err, hmsffi.CodeUnimplemented, "transport")
	_, err = hmsffi.NewClient(hmsffi.ClientOptions{AuthToken: "secret"})
	wantCode(t, err, hmsffi.CodeUnimplemented, "auth_token")
	if strings.Contains(err.Error(), "secret") {
		t.Fatalf("the token is in the message: %v", err)
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	validator := func(string) (bool, map[string]string, error) { return true, nil, nil }
	for _, options := range []hmsffi.ServerOptions{
		{CallTimeout: -1},
		{MaxConcurrentCalls: -2},
		{AuthConfig: &hmsffi.AuthConfig{Type: 9}},
		{AuthConfig: &hmsffi.AuthConfig{TokenValidator: validator}},
	} {
		_, err := hmsffi.NewServer(options)
		wantCode(t, err, hmsffi.CodeInvalidArgument)
	}
	for _, options := range []hmsffi.ClientOptions{{Timeout: -1}, {MaxRetries: -2}, {Transport: 99}} {
		_, err := hmsffi.NewClient(options)
		wantCode(t, err, hmsffi.CodeInvalidArgument)
	}
	if server, err := hmsffi.NewServer(hmsffi.ServerOptions{AuthConfig: &hmsffi.AuthConfig{}}); err != nil || server.Close() != nil {
		t.Fatalf("AuthTypeNone: %v", err)
	}
}

func TestAClientSaysHowLongItSpins(t *testing.T) {
	for _, spin := range []time.Duration{-1, 0, 20 * time.Microsecond, time.Hour} {
		client, err := hmsffi.NewClient(hmsffi.ClientOptions{Spin: spin})
		if err != nil || client.Close() != nil {
			t.Fatalf("%v: %v", spin, err)
		}
	}
}

func TestAFileThatIsNoComponentIsRefused(t *testing.T) {
	wantCode(t, hmsffi.LoadComponent("/nowhere/units.so"), hmsffi.CodeNotFound, "/nowhere/units.so")
	wantCode(t, hmsffi.LoadComponent("go.mod"), hmsffi.CodeInvalidArgument, "go.mod")
}

func TestTheLibraryKnowsItself(t *testing.T) {
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(hmsffi.Version()) {
		t.Fatalf("version %q", hmsffi.Version())
	}
	first, err := hmsffi.InstanceID()
	check(t, err)
	if second, _ := hmsffi.InstanceID(); first == (hmsffi.UUID{}) || first != second {
		t.Fatalf("%v and %v", first, second)
	}
}

func TestManyGoroutinesCallAtOnce(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "double", func(n int) int { return 2 * n })
	bound, err := w.service(t, "double").Bind("m")
	check(t, err)
	var all sync.WaitGroup
	for base := range 16 {
		all.Go(func() {
			for n := range 200 {
				var got int
				if err := bound.Call(background, base*1000+n, &got); err != nil || got != 2*(base*1000+n) {
					t.Errorf("got %d, %v", got, err)
					return
				}
				if n%50 == 0 {
					runtime.GC()
				}
			}
		})
	}
	all.Wait()
}

func TestDeepRecursionBetweenServicesIsBounded(t *testing.T) {
	w := newWorld(t)
	var self hmsffi.ServiceClient
	w.serve(t, "down", func(ctx context.Context, n int) (depth int, err error) {
		if n == 0 {
			return 0, nil
		}
		err = self.Call(ctx, "m", n-1, &depth)
		return depth + 1, err
	})
	self = w.service(t, "down")
	var depth int
	check(t, self.Call(background, "m", 50, &depth))
	if depth != 50 {
		t.Fatalf("got %d", depth)
	}
}

type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// component compiles a component in C that does nothing.
func component(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	source, library := filepath.Join(folder, "nothing.c"), filepath.Join(folder, "nothing.so")
	check(t, os.WriteFile(source, fmt.Appendf(nil, `#include <stdint.h>
uint32_t hmsffi_component_abi(void) { return %d; }
int32_t hmsffi_component_init(uint64_t runtime, uint64_t *error) { return 0; }
`, hmsffi.ComponentABI()), 0o600))
	compiler := cmp.Or(os.Getenv("CC"), "cc")
	if out, err := exec.Command(compiler, "-shared", "-fPIC", "-o", library, source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return library
}

func TestLogLinesGoToTheLogger(t *testing.T) {
	var written lines
	check(t, hmsffi.SetLogger(slog.New(slog.NewTextHandler(&written, nil))))
	defer func() { check(t, hmsffi.SetLogger(slog.Default())) }()
	library := component(t)
	check(t, hmsffi.LoadComponent(library))
	if text := written.String(); !strings.Contains(text, "nothing.so") || !strings.Contains(text, "logger=hmsffi.component") {
		t.Fatalf("got %q", text)
	}
}

func TestASecondGoRuntimeIsRefused(t *testing.T) {
	library := filepath.Join(t.TempDir(), "units.so")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", library, ".")
	build.Dir = "../examples/component/go"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	wantCode(t, hmsffi.LoadComponent(library), hmsffi.CodeFailedPrecondition, "Go runtime", library)
}
