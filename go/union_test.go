package hmsffi_test

import (
	"reflect"
	"testing"

	"github.com/hmsffi/hmsffi/go"
)

type circle struct {
	Kind   circleKind `json:"kind"`
	Radius float64    `json:"radius"`
}

type square struct {
	Kind string `json:"kind"`
	Side *int64 `json:"side,omitzero"`
}

type circleKind string

func (kind circleKind) IsKnown() bool { return kind == "circle" }

type shape struct {
	Circle *circle
	Square *square
	Int    *int64
	Names  *[]string
}

func (s shape) MarshalCBOR() ([]byte, error) {
	return hmsffi.EncodeUnion(s.Circle, s.Square, s.Int, s.Names)
}

func (s *shape) UnmarshalCBOR(encoded []byte) error {
	return hmsffi.DecodeUnion(encoded, &s.Circle, &s.Square, &s.Int, &s.Names)
}

func TestAUnionIsTheFirstAlternativeThatTakesTheValue(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "same", func(value any) any { return value })
	service, err := w.client.GetService(background, "same")
	check(t, err)
	side, whole := int64(2), int64(7)
	for _, sent := range []struct {
		value any
		want  shape
	}{
		{shape{Circle: &circle{"circle", 1.5}}, shape{Circle: &circle{"circle", 1.5}}},
		{map[string]any{"kind": "square", "radius": 1.5}, shape{Square: &square{Kind: "square"}}},
		{map[string]any{"kind": "circle", "side": 2}, shape{Square: &square{"circle", &side}}},
		{7.0, shape{Int: &whole}},
		{[]string{}, shape{Names: &[]string{}}},
	} {
		got := shape{Int: &side}
		check(t, service.Call(background, "m", sent.value, &got))
		if !reflect.DeepEqual(got, sent.want) {
			t.Fatalf("%v became %+v", sent.value, got)
		}
	}
	var got shape
	for _, wrong := range []any{true, map[string]any{"side": 2}, shape{}} {
		if err := service.Call(background, "m", wrong, &got); hmsffi.CodeOf(err) != hmsffi.CodeInvalidArgument {
			t.Fatalf("%v: %v", wrong, err)
		}
	}
}
