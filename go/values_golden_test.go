package hmsffi

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The vectors that the tests of all languages read; docs/values.md describes the file.
type vector struct {
	Name   string
	Kind   string
	Value  json.RawMessage
	Hex    string
	Also   []string
	Nested int
	Error  bool
	Reason string
}

func vectors(t *testing.T) []vector {
	t.Helper()
	file, err := os.ReadFile("../tests/golden/values.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	decoded, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// valueOf makes the Go value that a vector describes.
func valueOf(t *testing.T, kind string, raw json.RawMessage) any {
	t.Helper()
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	switch kind {
	case "null":
		return nil
	case "bool":
		return text == "true"
	case "int":
		whole, _ := new(big.Int).SetString(text, 10)
		if whole.IsInt64() {
			return whole.Int64()
		}
		return whole.Uint64()
	case "bigint":
		whole, _ := new(big.Int).SetString(text, 10)
		return whole
	case "float":
		return floatOf(t, text)
	case "text":
		return text
	case "bytes":
		return unhex(t, text)
	case "datetime":
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	case "uuid":
		id, err := ParseUUID(text)
		if err != nil {
			t.Fatal(err)
		}
		return id
	case "decimal":
		return Decimal(text)
	case "list":
		var items []struct {
			Kind  string
			Value json.RawMessage
		}
		must(json.Unmarshal(raw, &items))
		list := []any{}
		for _, item := range items {
			list = append(list, valueOf(t, item.Kind, item.Value))
		}
		return list
	case "map":
		var entries [][2]json.RawMessage
		must(json.Unmarshal(raw, &entries))
		result := map[string]any{}
		for _, entry := range entries {
			var key string
			var item struct {
				Kind  string
				Value json.RawMessage
			}
			must(json.Unmarshal(entry[0], &key))
			must(json.Unmarshal(entry[1], &item))
			result[key] = valueOf(t, item.Kind, item.Value)
		}
		return result
	}
	t.Fatalf("kind %q is new", kind)
	return nil
}

func floatOf(t *testing.T, text string) float64 {
	t.Helper()
	switch text {
	case "NaN":
		return math.NaN()
	case "Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	case "-0.0":
		return math.Copysign(0, -1)
	}
	var value float64
	must(json.Unmarshal([]byte(text), &value))
	return value
}

func (v vector) value(t *testing.T) any {
	if v.Nested == 0 {
		return valueOf(t, v.Kind, v.Value)
	}
	var inner struct {
		Kind  string
		Value json.RawMessage
	}
	must(json.Unmarshal(v.Value, &inner))
	value := valueOf(t, inner.Kind, inner.Value)
	for range v.Nested {
		if v.Kind == "list" {
			value = []any{value}
		} else {
			value = map[string]any{"a": value}
		}
	}
	return value
}

func same(a, b any) bool {
	switch a := a.(type) {
	case float64:
		b, ok := b.(float64)
		return ok && (math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b))
	case *big.Int:
		b, ok := b.(*big.Int)
		return ok && a.Cmp(b) == 0
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Format(time.RFC3339Nano) == b.Format(time.RFC3339Nano)
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key := range a {
			if !same(a[key], b[key]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

func TestGoldenValuesAreReadInEachOfTheirEncodings(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Error {
			continue
		}
		for _, encoding := range append([]string{v.Hex}, v.Also...) {
			var got any
			if err := unmarshalCBOR(unhex(t, encoding), &got); err != nil {
				t.Errorf("%s: %s: %v", v.Name, encoding, err)
			} else if want := v.value(t); !same(want, got) {
				t.Errorf("%s: %s: got %#v, want %#v", v.Name, encoding, got, want)
			}
		}
	}
}

func TestGoldenValuesAreWrittenInTheirOneEncoding(t *testing.T) {
	// Go's maps have no order, and its zero time mostly means that nobody set it.
	sorted := map[string]string{"spec 4.2 example": "bar", "map Fun Amt": "Amt", "map keeps order": "9"}
	for _, v := range vectors(t) {
		if v.Error {
			continue
		}
		value := v.value(t)
		got, err := marshalCBOR(value)
		if at, ok := value.(time.Time); ok && at.IsZero() {
			if CodeOf(err) != CodeInvalidArgument {
				t.Errorf("%s: got %v, want it refused", v.Name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		if first, ok := sorted[v.Name]; ok {
			var back any
			if err := unmarshalCBOR(got, &back); err != nil || !same(value, back) || len(got) != len(v.Hex)/2 {
				t.Errorf("%s: came back as %#v, %v", v.Name, back, err)
			}
			if key := got[2 : 2+len(first)]; string(key) != first {
				t.Errorf("%s: begins with %q, not %q", v.Name, key, first)
			}
		} else if !bytes.Equal(got, unhex(t, v.Hex)) {
			t.Errorf("%s: got %x, want %s", v.Name, got, v.Hex)
		}
	}
}

func TestGoldenDamageIsRefusedWithItsReason(t *testing.T) {
	for _, v := range vectors(t) {
		if !v.Error {
			continue
		}
		var got any
		err := unmarshalCBOR(unhex(t, v.Hex), &got)
		if CodeOf(err) != CodeInvalidArgument || !strings.Contains(err.Error(), v.Reason) {
			t.Errorf("%s: got %#v, %v, want %s", v.Name, got, err, v.Reason)
		}
	}
}
