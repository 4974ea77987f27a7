package hmsffi_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/hmsffi/hmsffi/go"
)

func encoded(t *testing.T, value any) hmsffi.Encoded {
	t.Helper()
	e, err := hmsffi.Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

type settings struct {
	Mode  string `json:"mode"`
	Steps []int  `json:"steps"`
}

func TestAValueIsEncodedOnceAndSentManyTimes(t *testing.T) {
	original := &settings{"fast", []int{1, 2}}
	constant := encoded(t, original)
	original.Mode = "changed later"
	same := map[string]any{"mode": "fast", "steps": []any{int64(1), int64(2)}}
	w := newWorld(t)
	w.serve(t, "echo", func(value any) any { return value })
	w.serve(t, "answer", func() hmsffi.Encoded { return constant })
	for _, c := range []struct{ sent, want any }{
		{constant, same},
		{&constant, same},
		{[]any{constant, map[string]any{"a": constant}}, []any{same, map[string]any{"a": same}}},
		{struct {
			Number   int            `json:"number"`
			Settings hmsffi.Encoded `json:"settings"`
		}{1, constant}, map[string]any{"number": int64(1), "settings": same}},
	} {
		for range 2 {
			if got, err := w.call(t, background, "echo", c.sent); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("got %v, %v instead of %v", got, err, c.want)
			}
		}
	}
	if got, err := w.call(t, background, "answer", nil); err != nil || !reflect.DeepEqual(got, same) {
		t.Fatalf("got %v, %v", got, err)
	}
	var back settings
	if err := constant.Decode(&back); err != nil || !reflect.DeepEqual(back, settings{"fast", []int{1, 2}}) {
		t.Fatalf("got %v, %v", back, err)
	}
}

func TestAnEncodedValueCountsWithItsDepth(t *testing.T) {
	nested := func(depth int, inner any) any {
		for range depth {
			inner = []any{inner}
		}
		return inner
	}
	half := encoded(t, nested(32, nil))
	if _, err := hmsffi.Encode(nested(32, half)); err != nil {
		t.Fatal(err)
	}
	if _, err := hmsffi.Encode(nested(33, half)); err == nil || !strings.Contains(err.Error(), "more than 64 lists and maps") {
		t.Fatalf("got %v", err)
	}
}

func TestAnEncodedValueIsRefusedWhereSomethingElseIsSent(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "echo", func(value any) any { return value })
	constant := encoded(t, "text")
	for why, run := range map[string]func() error{
		`WithContentType("application/json") says what bytes are, and this request is no bytes but application/cbor`: func() error {
			_, err := w.call(t, background, "echo", constant, hmsffi.WithContentType("application/json"))
			return err
		},
		"no part of application/json": func() error {
			_, err := json.Marshal(map[string]any{"a": constant})
			return err
		},
		"*durationpb.Duration is application/protobuf": func() error {
			_, err := hmsffi.Encode(&durationpb.Duration{})
			return err
		},
		"an empty Encoded cannot be sent": func() error {
			_, err := w.call(t, background, "echo", hmsffi.Encoded{})
			return err
		},
		"empty Encoded": func() error {
			_, err := w.call(t, background, "echo", []any{hmsffi.Encoded{}})
			return err
		},
		"an Encoded is only sent": func() error {
			var into struct{ Part hmsffi.Encoded }
			return encoded(t, map[string]any{"Part": 1}).Decode(&into)
		},
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("got %v instead of %s", err, why)
		}
	}
	if _, err := hmsffi.Encode(make(chan int)); !errors.Is(err, hmsffi.CodeInvalidArgument) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkEncodedPart(b *testing.B) {
	constant := make(map[string]any)
	for _, key := range strings.Fields("a b c d e f g h i j k l m n o p") {
		constant[key] = []any{key, 1, 2.5, map[string]any{"key": key}}
	}
	once, err := hmsffi.Encode(constant)
	if err != nil {
		b.Fatal(err)
	}
	for name, part := range map[string]any{"each time": constant, "once": once} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := hmsffi.Encode([]any{1, part}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
