package hmsffi_test

import (
	"context"
	"encoding/json"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

type color int

func (color) EnumValues() []string { return []string{"0", "1"} }

type audited struct {
	By   string    `json:"by"`
	When time.Time `json:"when"`
	Name string    `json:"hidden by the one outside"`
}

type node struct {
	Value int     `json:"value"`
	Left  *node   `json:"left"`
	Rest  []*node `json:"rest,omitempty"`
}

// treeNode is a node where a test has another type of that name.
type treeNode = node

type everything struct {
	_       struct{} `hms:"closed,description=All there is, and more"`
	Text    string   `json:"text" hms:"min_length=1,pattern=^[a-z]{1,3}$,description=Small, short"`
	Mail    string   `cbor:"mail" hms:"format=email"`
	Size    string   `json:"size" hms:"enum=S|M|L"`
	Color   color    `json:"color"`
	Small   int8
	Count   *int           `json:"count" hms:"minimum=1,maximum=9"`
	Share   float64        `json:"share,omitempty" hms:"minimum=0,exclusive_minimum"`
	Times   int            `json:"times" hms:"default=1"`
	Bytes   []byte         `json:"bytes"`
	Hash    [4]byte        `json:"hash"`
	Pair    [2]bool        `json:"pair"`
	Tags    []string       `json:"tags" hms:"max_items=3,unique_items"`
	ID      hmsffi.UUID    `json:"id"`
	Price   hmsffi.Decimal `json:"price"`
	Large   *big.Int       `json:"large"`
	Any     any            `json:"any"`
	Map     map[string]int `json:"map"`
	Tree    node           `json:"tree"`
	Secret  string         `json:"secret" hms:"sensitive,optional"`
	Skipped string         `json:"-"`
	audited
	hidden int
}

func TestTheSchemaOfAStructSaysWhatItsFieldsTake(t *testing.T) {
	text, err := hmsffi.SchemaOf[everything]()
	check(t, err)
	var got struct {
		Type, Description string
		Metadata          map[string]string
		Fields            []struct {
			Name, Description string
			Required          bool
			Schema            json.RawMessage
			DefaultValue      []byte `json:"default_value"`
		}
	}
	check(t, json.Unmarshal([]byte(text), &got))
	if got.Type != "OBJECT" || got.Description != "All there is, and more" || got.Metadata["hms.closed"] != "true" {
		t.Errorf("got %+v", got)
	}
	integer := `{"type":"INTEGER","format":"int64"}`
	tree := `{"schema_id":"hmsffi_test.node","type":"OBJECT","fields":[{"name":"value","schema":` + integer + `,"required":true},` +
		`{"name":"left","schema":{"type":"UNION","one_of":[{"type":"REF","ref":"hmsffi_test.node"},{"type":"NULL"}]}},` +
		`{"name":"rest","schema":{"type":"ARRAY","items":{"type":"UNION","one_of":[{"type":"REF","ref":"hmsffi_test.node"},{"type":"NULL"}]}}}]}`
	want := []struct {
		name     string
		required bool
		schema   string
	}{
		{"text", true, `{"type":"STRING","constraints":{"min_length":1,"pattern":"^[a-z]{1,3}$"}}`},
		{"mail", true, `{"type":"STRING","format":"email"}`},
		{"size", true, `{"type":"ENUM","enum_values":[{"value":"S"},{"value":"M"},{"value":"L"}]}`},
		{"color", true, `{"type":"ENUM","enum_values":[{"value":"0"},{"value":"1"}]}`},
		{"Small", true, `{"type":"INTEGER","format":"int8"}`},
		{"count", false, `{"type":"UNION","one_of":[{"type":"INTEGER","format":"int64","constraints":{"maximum":9,"minimum":1}},{"type":"NULL"}]}`},
		{"share", false, `{"type":"NUMBER","format":"double","constraints":{"exclusive_minimum":true,"minimum":0}}`},
		{"times", false, integer},
		{"bytes", true, `{"type":"BINARY"}`},
		{"hash", true, `{"type":"BINARY","constraints":{"max_length":4,"min_length":4}}`},
		{"pair", true, `{"type":"ARRAY","items":{"type":"BOOLEAN"},"constraints":{"max_items":2,"min_items":2}}`},
		{"tags", true, `{"type":"ARRAY","items":{"type":"STRING"},"constraints":{"max_items":3,"unique_items":true}}`},
		{"id", true, `{"type":"UUID"}`},
		{"price", true, `{"type":"NUMBER"}`},
		{"large", false, `{"type":"UNION","one_of":[{"type":"INTEGER"},{"type":"NULL"}]}`},
		{"any", true, `{"type":"ANY"}`},
		{"map", true, `{"type":"MAP","key_schema":{"type":"STRING"},"value_schema":` + integer + `}`},
		{"tree", true, tree},
		{"secret", false, `{"type":"STRING","metadata":{"hms.sensitive":"true"}}`},
		{"by", true, `{"type":"STRING"}`},
		{"when", true, `{"type":"DATETIME"}`},
		{"hidden by the one outside", true, `{"type":"STRING"}`},
	}
	for i, field := range got.Fields {
		if i < len(want) && (field.Name != want[i].name || field.Required != want[i].required || string(field.Schema) != want[i].schema) {
			t.Errorf("got %s (%t) %s\ninstead of %v", field.Name, field.Required, field.Schema, want[i])
		}
	}
	if len(got.Fields) != len(want) || got.Fields[0].Description != "Small, short" || string(got.Fields[7].DefaultValue) != "1" {
		t.Errorf("got %d fields; %+v", len(got.Fields), got.Fields)
	}
	if exported, losses, err := hmsffi.ConvertSchema(text, hmsffi.SchemaFormJSON, hmsffi.SchemaFormJSONSchema); err != nil || exported == "" {
		t.Errorf("it is no schema: %v %v", err, losses)
	}
}

func TestOfFieldsWithOneNameTheCodecsFieldCounts(t *testing.T) {
	type inner struct {
		A string `json:"a"`
		B string `json:"b"`
	}
	type other struct {
		B string `json:"b"`
	}
	type outer struct {
		A int `json:"a"`
		inner
		*other
	}
	text, err := hmsffi.SchemaOf[outer]()
	check(t, err)
	want := `{"type":"OBJECT","fields":[{"name":"a","schema":{"type":"INTEGER","format":"int64"},"required":true}]}`
	if text != want {
		t.Errorf("got %s", text)
	}
	w := newWorld(t)
	w.serve(t, "sends", func() outer { return outer{other: &other{}} })
	sent, err := w.call(t, background, "sends", nil)
	check(t, err)
	if fields, _ := sent.(map[string]any); len(fields) != 1 || fields["a"] == nil {
		t.Errorf("the codec sends %v", sent)
	}
}

func TestTypesWithOneNameAreToldApart(t *testing.T) {
	type node struct {
		Next *node `json:"next"`
	}
	type both = struct {
		One   []node
		Other []treeNode
		Again []node
	}
	text, err := hmsffi.SchemaOf[both]()
	check(t, err)
	w := newWorld(t)
	w.serve(t, "both", hmsffi.Handle(func(_ context.Context, params both) (both, error) { return params, nil }))
	for id, times := range map[string]int{`"hmsffi_test.node"`: 3, `"hmsffi_test.node.2"`: 3} {
		if strings.Count(text, id) != times {
			t.Errorf("%s is in %s not %d times", id, text, times)
		}
	}
}

func TestAValueOfATypeFitsItsSchema(t *testing.T) {
	w := newWorld(t)
	one := 1
	sent := everything{
		Text: "abc", Mail: "ada@example.org", Size: "M", Color: 1, Count: &one, Share: 0.5, Times: 2, Bytes: []byte{1}, Tags: []string{"a"},
		ID: hmsffi.UUID{1}, Price: hmsffi.Decimal("1.5"), Large: big.NewInt(7), Any: "x", Map: map[string]int{"a": 1},
		Tree: node{Left: &node{Value: 1}, Rest: []*node{{}, nil}}, audited: audited{By: "Ada", When: time.Unix(1, 0).UTC()},
	}
	echo := func(_ context.Context, params everything) (everything, error) { return params, nil }
	service := &hmsffi.Service{ID: "echo", Metadata: map[string]string{"hms.validate": "always"}}
	service.Method("m", hmsffi.Handle(echo))
	check(t, w.server.RegisterService(service))
	back, err := hmsffi.CallAs[everything](background, w.service(t, "echo"), "m", sent)
	check(t, err)
	if !reflect.DeepEqual(back, sent) {
		t.Errorf("got %+v", back)
	}
	sent.Tree.Left.Value, sent.Text = 2, "ABC"
	sent.Tags = []string{"a", "a"}
	_, err = hmsffi.CallAs[everything](background, w.service(t, "echo"), "m", sent)
	wantCode(t, err, hmsffi.CodeInvalidArgument)
	for _, place := range []string{"$.text: ", "$.tags"} {
		if !strings.Contains(err.Error(), place) {
			t.Errorf("%v does not tell %s", err, place)
		}
	}
}

func TestWhatHasNoSchemaIsRefusedWithItsPlace(t *testing.T) {
	for _, refused := range []struct {
		of   func() (string, error)
		told string
	}{
		{hmsffi.SchemaOf[struct{ A []struct{ B chan int } }], ".A.B: a chan int has no schema"},
		{hmsffi.SchemaOf[struct{ A map[int]string }], "keys of a map[int]string cannot be sent"},
		{hmsffi.SchemaOf[struct {
			A int `hms:"minimun=1"`
		}], `.A: the tag hms has no setting "minimun=1"`},
		{hmsffi.SchemaOf[struct {
			A int `hms:"minimum=one"`
		}], ".A: minimum=one is no number"},
		{hmsffi.SchemaOf[struct {
			A string `hms:"default=text"`
		}], "is not JSON"},
		{hmsffi.SchemaOf[struct {
			_ struct{} `cbor:",toarray"`
			A int      `cbor:"1,keyasint"`
		}], "keyasint"},
	} {
		_, err := refused.of()
		if hmsffi.CodeOf(err) != hmsffi.CodeInvalidArgument || !strings.Contains(err.Error(), refused.told) {
			t.Errorf("got %v instead of %s", err, refused.told)
		}
	}
}

func TestATypedHandlerHasSchemasAndOthersGoOnAsBefore(t *testing.T) {
	w := newWorld(t)
	type order struct {
		Amount int `json:"amount" hms:"minimum=1"`
	}
	w.serve(t, "typed", hmsffi.Handle(func(_ context.Context, params order) (int, error) { return params.Amount, nil }))
	w.serve(t, "free", func(params order) int { return params.Amount })
	w.serve(t, "nothing", hmsffi.Handle(func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }))
	_, err := w.call(t, background, "typed", order{})
	wantCode(t, err, hmsffi.CodeInvalidArgument)
	_, err = w.call(t, background, "free", order{})
	check(t, err)
	_, err = w.call(t, background, "nothing", map[string]any{})
	check(t, err)
	service := &hmsffi.Service{ID: "wrong"}
	service.Method("m", hmsffi.Handle(func(context.Context, struct{ A func() }) (int, error) { return 0, nil }))
	if err := w.server.RegisterService(service); err == nil || !strings.Contains(err.Error(), ".A: a func() has no schema") {
		t.Errorf("got %v", err)
	}
}

func TestSchemasAreComparedAndConverted(t *testing.T) {
	differences, err := hmsffi.CompareSchemas(`{"type": "INTEGER"}`, `{"type": "NUMBER"}`)
	check(t, err)
	want := hmsffi.SchemaDifference{Path: "$", Aspect: "type", Old: "INTEGER", New: "NUMBER", BreaksForward: true, MovesFirst: "reader"}
	if len(differences) != 1 || differences[0] != want {
		t.Errorf("got %+v", differences)
	}
	imported, losses, err := hmsffi.ConvertSchema(`{"type": "integer", "not": {}}`, hmsffi.SchemaFormJSONSchema, hmsffi.SchemaFormJSON)
	check(t, err)
	if imported != `{"type":"INTEGER"}` || len(losses) != 1 || losses[0].Keyword != "not" {
		t.Errorf("got %s, %v", imported, losses)
	}
	_, _, err = hmsffi.ConvertSchema("{", hmsffi.SchemaFormJSONSchema, hmsffi.SchemaFormJSON)
	wantCode(t, err, hmsffi.CodeInvalidArgument)
	_, err = hmsffi.CompareSchemas(`{"type": "UNION"}`, `{"type": "NUMBER"}`)
	wantCode(t, err, hmsffi.CodeInvalidArgument)
}

func TestTypesMayBeGivenToStreams(t *testing.T) {
	w := newWorld(t)
	service := &hmsffi.Service{ID: "flow", Metadata: map[string]string{"hms.validate": "always"}}
	service.StreamMethod("up", func(_ int, out hmsffi.Stream) error { return out.Send("three") },
		hmsffi.WithInputType[int](), hmsffi.WithOutputType[int]())
	check(t, w.server.RegisterService(service))
	stream, err := w.service(t, "flow").StreamCall(background, "up", 3)
	check(t, err)
	wantCode(t, stream.Receive(new(int)), hmsffi.CodeInternal)
	wrong := &hmsffi.Service{ID: "wrong"}
	wrong.StreamMethod("m", func(hmsffi.Stream) error { return nil }, hmsffi.WithInputType[chan int]())
	wantCode(t, w.server.RegisterService(wrong), hmsffi.CodeInvalidArgument)
}
