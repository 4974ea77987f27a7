package hmsffi_test

import (
	"context"
	"testing"

	"github.com/hmsffi/hmsffi/go"
	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// The two bare crossings are what the figures of calls are compared with.
func BenchmarkBareCgoCall(b *testing.B) {
	for b.Loop() {
		capi.BareCall()
	}
}

func BenchmarkBareCgoCallAndCallback(b *testing.B) {
	for b.Loop() {
		capi.BareCallback()
	}
}

func echoService(b *testing.B) hmsffi.ServiceClient {
	w := newWorld(b)
	w.serve(b, "echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	return w.service(b, "echo")
}

var sixtyFour = make([]byte, 64)

func BenchmarkBytesBound(b *testing.B) {
	bound, err := echoService(b).Bind("m")
	check(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bound.CallBytes(background, sixtyFour); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBytesByName(b *testing.B) {
	service := echoService(b)
	var answer []byte
	b.ReportAllocs()
	for b.Loop() {
		if err := service.Call(background, "m", sixtyFour, &answer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBytesInParallel(b *testing.B) {
	bound, err := echoService(b).Bind("m")
	check(b, err)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := bound.CallBytes(background, sixtyFour); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkBytesWithCancellableContext(b *testing.B) {
	bound, err := echoService(b).Bind("m")
	check(b, err)
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	for b.Loop() {
		if _, err := bound.CallBytes(ctx, sixtyFour); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStructOfFourFields(b *testing.B) {
	type four struct {
		ID     int64   `json:"id"`
		Name   string  `json:"name"`
		Weight float64 `json:"weight"`
		Active bool    `json:"active"`
	}
	w := newWorld(b)
	w.serve(b, "typed", func(_ context.Context, value four) (four, error) { return value, nil })
	bound, err := w.service(b, "typed").Bind("m")
	check(b, err)
	sent, got := four{1, "Ada", 59.5, true}, four{}
	b.ReportAllocs()
	for b.Loop() {
		if err := bound.Call(background, sent, &got); err != nil {
			b.Fatal(err)
		}
	}
}

// The nested call is made with the handler's own context.
func BenchmarkNestedCall(b *testing.B) {
	w := newWorld(b)
	w.serve(b, "inner", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	inner, err := w.service(b, "inner").Bind("m")
	check(b, err)
	w.serve(b, "outer", func(ctx context.Context, body []byte) ([]byte, error) { return inner.CallBytes(ctx, body) })
	outer, err := w.service(b, "outer").Bind("m")
	check(b, err)
	for b.Loop() {
		if _, err := outer.CallBytes(background, sixtyFour); err != nil {
			b.Fatal(err)
		}
	}
}
