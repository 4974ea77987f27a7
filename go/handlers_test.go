package hmsffi_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/hmsffi/hmsffi/go"
)

func TestHandlersMayLeaveOutWhatTheyDoNotNeed(t *testing.T) {
	w := newWorld(t)
	for name, handler := range map[string]any{
		"func()":                    func() {},
		"func() error":              func() error { return nil },
		"func() R":                  func() int { return 7 },
		"func() (R, error)":         func() (int, error) { return 7, nil },
		"func(ctx)":                 func(context.Context) {},
		"func(ctx) error":           func(context.Context) error { return nil },
		"func(ctx) R":               func(context.Context) int { return 7 },
		"func(ctx) (R, error)":      func(context.Context) (int, error) { return 7, nil },
		"func(P)":                   func(int) {},
		"func(P) error":             func(int) error { return nil },
		"func(P) R":                 func(n int) int { return n },
		"func(P) (R, error)":        func(n int) (int, error) { return n, nil },
		"func(ctx, P)":              func(context.Context, int) {},
		"func(ctx, P) error":        func(context.Context, int) error { return nil },
		"func(ctx, P) R":            func(_ context.Context, n int) int { return n },
		"func(ctx, P) (R, error)":   func(_ context.Context, n int) (int, error) { return n, nil },
		"func(ctx, *P) (*R, error)": func(_ context.Context, n *int) (*int, error) { return n, nil },
	} {
		w.serve(t, name, handler)
		got, err := w.call(t, background, name, 7)
		if gives := reflect.TypeOf(handler).NumOut(); err != nil || got != nil && got != int64(7) ||
			(got == nil) != (gives == 0 || gives == 1 && reflect.TypeOf(handler).Out(0).Kind() == reflect.Interface) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestOtherFunctionsAreRefusedWithTheReason(t *testing.T) {
	w := newWorld(t)
	for reason, handler := range map[string]any{
		"int is no function":                  7,
		"the handler is nil":                  (func())(nil),
		"handler is nil: a":                   hmsffi.MethodHandler(nil),
		"it is variadic":                      func(...int) {},
		"it takes 2 params":                   func(_ context.Context, a, b int) {},
		"it gives 2 results":                  func() (int, int) { return 0, 0 },
		"a chan int cannot be sent":           func(chan int) {},
		"a func() cannot be sent":             func() func() { return nil },
		"interface type error cannot be made": func(error) {},
	} {
		service := &hmsffi.Service{ID: "refused"}
		service.Method("odd", handler)
		err := w.server.RegisterService(service)
		wantCode(t, err, hmsffi.CodeInvalidArgument, `service "refused", method "odd"`, reason, "a handler is func(")
	}
}

func TestParamsThatDoNotFitAreRefusedWithTheirPlace(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "greet", func(g greeting) {})
	_, err := w.call(t, background, "greet", map[string]any{"name": 5})
	wantCode(t, err, hmsffi.CodeInvalidArgument, "params of greet.m", "greeting", "name")
	_, err = w.call(t, background, "greet", []byte("raw"))
	wantCode(t, err, hmsffi.CodeInvalidArgument, "application/octet-stream", "greeting")
}

func TestAResultThatDoesNotFitIsRefused(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "text", func() string { return "seven" })
	var number int
	err := w.service(t, "text").Call(background, "m", nil, &number)
	wantCode(t, err, hmsffi.CodeInvalidArgument, "answer of text.m", "int")
	wantCode(t, w.service(t, "text").Call(background, "m", nil, number), hmsffi.CodeInvalidArgument, "pointer")
}

func TestProtobufMessagesTravelAsProtobuf(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "double", func(ctx context.Context, in *durationpb.Duration) (*durationpb.Duration, error) {
		if call, _ := hmsffi.CallFromContext(ctx); call.ContentType() != "application/protobuf" {
			return nil, errors.New(call.ContentType())
		}
		return durationpb.New(2 * in.AsDuration()), nil
	})
	var got durationpb.Duration
	check(t, w.service(t, "double").Call(background, "m", durationpb.New(time.Second), &got))
	if !proto.Equal(&got, durationpb.New(2*time.Second)) {
		t.Fatalf("got %v", &got)
	}
	err := w.service(t, "double").Call(background, "m", 5, &got)
	wantCode(t, err, hmsffi.CodeInvalidArgument, "needs application/protobuf, found application/cbor")
	var other int
	err = w.service(t, "double").Call(background, "m", durationpb.New(1), &other)
	wantCode(t, err, hmsffi.CodeInvalidArgument, "Protobuf")
	_, err = w.call(t, background, "double", wrapperspb.String("x"))
	wantCode(t, err, hmsffi.CodeInvalidArgument)
}

func TestARawHandlersAnswerIsWhatTheRequestWas(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "raw", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	if got, err := w.call(t, background, "raw", map[string]any{"a": 1}); err != nil || !reflect.DeepEqual(got, map[string]any{"a": int64(1)}) {
		t.Fatalf("got %v, %v", got, err)
	}
	if got, err := w.call(t, background, "raw", []byte("b")); err != nil || !reflect.DeepEqual(got, []byte("b")) {
		t.Fatalf("got %v, %v", got, err)
	}
	got, err := w.call(t, background, "raw", json.RawMessage(`{"n": 9007199254740993, "f": 1.0}`))
	if want := map[string]any{"n": int64(9007199254740993), "f": 1.0}; err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestARawHandlerMayNameItsAnswersContentType(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "raw", func(ctx context.Context, body []byte) ([]byte, error) {
		call, _ := hmsffi.CallFromContext(ctx)
		switch call.ContentType() {
		case "application/cbor":
			call.SetContentType("application/json")
			return []byte(`[true]`), nil
		case "image/png":
			return body, nil
		}
		call.SetContentType("text/plain")
		return []byte("plain"), nil
	})
	if got, err := w.call(t, background, "raw", 1); err != nil || !reflect.DeepEqual(got, []any{true}) {
		t.Fatalf("got %v, %v", got, err)
	}
	if got, err := w.call(t, background, "raw", []byte("png"), hmsffi.WithContentType("image/png")); err != nil || !reflect.DeepEqual(got, []byte("png")) {
		t.Fatalf("got %v, %v", got, err)
	}
	if got, err := w.call(t, background, "raw", []byte("x")); err != nil || !reflect.DeepEqual(got, []byte("plain")) {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestMetadataTravelsBothWays(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "meta", func(ctx context.Context) int {
		call, _ := hmsffi.CallFromContext(ctx)
		sent := call.Metadata()
		call.SetMetadata("echo", sent["key0"])
		call.SetMetadata("second", "2")
		return len(sent)
	})
	sent := map[string]string{}
	for _, n := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		sent["key"+n] = "value ü " + n
	}
	var received map[string]string
	got, err := w.call(t, background, "meta", nil, hmsffi.WithMetadata(sent), hmsffi.ReceiveMetadata(&received))
	if err != nil || got != int64(10) || !reflect.DeepEqual(received, map[string]string{"echo": "value ü 0", "second": "2"}) {
		t.Fatalf("got %v, %v, %v", got, received, err)
	}
	_, err = w.call(t, background, "meta", nil, hmsffi.WithMetadata(map[string]string{"hms-x": ""}))
	wantCode(t, err, hmsffi.CodeInvalidArgument, "hms-x")
}

func TestGoTypesTravelAsTheirKinds(t *testing.T) {
	type blob []byte
	at := time.Date(2013, 3, 21, 20, 4, 0, 5, time.FixedZone("", 2*3600))
	w := newWorld(t)
	w.serve(t, "echo", func(value any) any { return value })
	for _, pair := range [][2]any{
		{float32(0.5), 0.5},
		{uint8(200), int64(200)},
		{uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{[]any{uint64(1 << 63)}, []any{uint64(1 << 63)}},
		{map[string]any{"a": []any{uint64(1 << 63), -1}}, map[string]any{"a": []any{uint64(1 << 63), int64(-1)}}},
		{[]string(nil), []any{}},
		{blob("bytes"), []byte("bytes")},
		{struct{ Inside []byte }{[]byte{1}}, map[string]any{"Inside": []byte{1}}},
		{hmsffi.UUID{15: 1}, hmsffi.UUID{15: 1}},
		{hmsffi.Decimal("-0.00"), hmsffi.Decimal("-0.00")},
	} {
		got, err := w.call(t, background, "echo", pair[0])
		if err != nil || !reflect.DeepEqual(got, pair[1]) {
			t.Errorf("%#v: got %#v, %v", pair[0], got, err)
		}
	}
	if got, err := w.call(t, background, "echo", &at); err != nil || got.(time.Time).Format(time.RFC3339Nano) != at.Format(time.RFC3339Nano) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestValuesWithoutAFaithfulFormAreRefusedBeforeTheyAreSent(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "never", func() { t.Error("the call was made") })
	for reason, value := range map[string]any{
		"$.At: the zero time.Time":                struct{ At time.Time }{},
		"$[0].when: the zero time.Time":           []any{map[string]any{"when": time.Time{}}},
		"the offset of":                           time.Now().In(time.FixedZone("odd", 3601)),
		`$: "12,5" is not a Decimal`:              hmsffi.Decimal("12,5"),
		"$.a: text is not UTF-8":                  map[string]string{"a": "\xff"},
		"$: map key is an integer; keys are text": map[int]string{1: "a"},
		"chan int":           make(chan int),
		"complex128":         complex(1, 2),
		"is not a date-time": time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		_, err := w.call(t, background, "never", value)
		wantCode(t, err, hmsffi.CodeInvalidArgument, reason)
	}
}

func TestTypedParamsTakeNumbersOfTheOtherKindWhereNothingIsLost(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "whole", func(n int) int { return n })
	w.serve(t, "real", func(x float64) float64 { return x })
	if got, err := w.call(t, background, "whole", -3.0); err != nil || got != int64(-3) {
		t.Fatalf("got %v, %v", got, err)
	}
	if got, err := w.call(t, background, "real", 3); err != nil || got != 3.0 {
		t.Fatalf("got %v, %v", got, err)
	}
	for _, value := range []float64{0.5, math.Copysign(0, -1), 1 << 54, math.Inf(1), math.NaN()} {
		_, err := w.call(t, background, "whole", value)
		wantCode(t, err, hmsffi.CodeInvalidArgument, "int")
	}
	_, err := w.call(t, background, "real", 1<<53+1)
	wantCode(t, err, hmsffi.CodeOutOfRange, "$: 9007199254740992 is past 2^53")
	_, err = w.call(t, background, "whole", uint64(math.MaxUint64))
	wantCode(t, err, hmsffi.CodeInvalidArgument, "int")
}

func TestUUIDsAreReadStrictly(t *testing.T) {
	id, err := hmsffi.ParseUUID("F81D4FAE-7dec-11d0-a765-00a0c91e6bf6")
	if err != nil || id.String() != "f81d4fae-7dec-11d0-a765-00a0c91e6bf6" {
		t.Fatalf("got %v, %v", id, err)
	}
	for _, text := range []string{"", "f81d4fae", "f81d4fae7-dec-11d0-a765-00a0c91e6bf6", "g81d4fae-7dec-11d0-a765-00a0c91e6bf6"} {
		_, err := hmsffi.ParseUUID(text)
		wantCode(t, err, hmsffi.CodeInvalidArgument, "is not a UUID")
	}
}
