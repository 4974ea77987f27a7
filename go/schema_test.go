package hmsffi_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/apipb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/hmsffi/hmsffi/go"
)

// The default is the base64 of 1.
const greetingSchema = `{"type": "OBJECT", "fields": [
	{"name": "name", "required": true, "schema": {"type": "STRING"}},
	{"name": "times", "schema": {"type": "INTEGER", "constraints": {"minimum": 1}}, "default_value": "MQ=="}]}`

type named struct {
	Name  string `json:"name"`
	Times int    `json:"times"`
}

func TestAHandlerSeesOnlyWhatFitsItsSchemaWithDefaultsPutIn(t *testing.T) {
	w := newWorld(t)
	var seen []named
	w.serve(t, "greet", func(params named) string {
		seen = append(seen, params)
		return params.Name
	}, hmsffi.WithInputSchema(greetingSchema))

	_, err := w.call(t, background, "greet", map[string]any{"times": 0})
	var refused *hmsffi.Error
	if !errors.As(err, &refused) || refused.Code != hmsffi.CodeInvalidArgument {
		t.Fatalf("got %v", err)
	}
	if want := "greet.m: $.times: 0 is below the minimum 1; $.name: required"; refused.Message != want {
		t.Fatalf("got %q", refused.Message)
	}
	if details := refused.Details["hms.violations"]; !strings.Contains(details, `"path":"$.name"`) {
		t.Fatalf("got %v", refused.Details)
	}
	_, err = w.call(t, background, "greet", map[string]any{"name": "Ada"})
	check(t, err)
	if len(seen) != 1 || seen[0] != (named{"Ada", 1}) {
		t.Fatalf("the handler saw %v", seen)
	}
}

func TestABrokenPromiseIsInternal(t *testing.T) {
	w := newWorld(t)
	service := &hmsffi.Service{ID: "lies", Metadata: map[string]string{"hms.validate": "always"}}
	service.Method("m", func() string { return "three" }, hmsffi.WithOutputSchema(`{"type": "INTEGER"}`))
	check(t, w.server.RegisterService(service))
	_, err := w.call(t, background, "lies", nil)
	var broken *hmsffi.Error
	if !errors.As(err, &broken) || broken.Code != hmsffi.CodeInternal {
		t.Fatalf("got %v", err)
	}
}

func TestASchemaThatIsNoneIsRefused(t *testing.T) {
	w := newWorld(t)
	service := &hmsffi.Service{ID: "wrong"}
	service.Method("m", func() {}, hmsffi.WithErrorSchemas(`{"type": "NULL"}`, `{"type": "UNION"}`))
	err := w.server.RegisterService(service)
	if err == nil || !strings.Contains(err.Error(), "error_schemas[1] of method 'wrong.m': $: UNION needs one_of") {
		t.Fatalf("got %v", err)
	}
}

func TestARuntimeKeepsItsSchemasInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "schemas")
	ask := func(method string, request, answer any) {
		runtime, err := hmsffi.NewRuntime(t.Name(), hmsffi.WithSchemaFile(file))
		check(t, err)
		client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: runtime})
		check(t, err)
		registry, err := client.GetService(background, "hms.ffi.v1.SchemaRegistry")
		check(t, err)
		check(t, registry.Call(background, method, request, answer))
		check(t, client.Close())
		check(t, runtime.Close(time.Second))
	}
	const text = 5
	ask("RegisterSchema", map[string]any{"schema": map[string]any{"schema_id": "kept", "type": text}}, nil)
	var found struct {
		Schema struct {
			Type int `json:"type"`
		} `json:"schema"`
	}
	ask("GetSchema", map[string]any{"schema_id": "kept"}, &found)
	if found.Schema.Type != text {
		t.Fatalf("got %+v", found)
	}
}

const visitSchema = `{"type": "OBJECT", "fields": [
	{"name": "at", "required": true, "schema": {"type": "DATETIME", "metadata": {"hms.protobuf.number": "1"}}},
	{"name": "scan", "schema": {"type": "BINARY", "metadata": {"hms.protobuf.number": "2"}}}]}`

func TestAPayloadChangesItsEncodingAsItsSchemaTells(t *testing.T) {
	text := []byte(`{"scan":"AQI=","ward":1.5,"at":"2013-03-21T20:04:00Z"}`)
	message, losses, err := hmsffi.ConvertPayload(visitSchema, text, hmsffi.EncodingJSON, hmsffi.EncodingProtobuf, hmsffi.LayoutAny)
	check(t, err)
	if string(message) != "\x0a\x142013-03-21T20:04:00Z\x12\x02\x01\x02" {
		t.Fatalf("got %q", message)
	}
	if len(losses) != 1 || losses[0] != (hmsffi.PayloadLoss{Path: "$.ward", Message: "the schema has no such field", Code: "encoding"}) {
		t.Fatalf("lost %+v", losses)
	}
	cbor, _, err := hmsffi.ConvertPayload(visitSchema, text, hmsffi.EncodingJSON, hmsffi.EncodingCBOR, hmsffi.LayoutDeterministic)
	check(t, err)
	if string(cbor) != "\xa3\x62at\xc0\x742013-03-21T20:04:00Z\x64scan\x42\x01\x02\x64ward\xf9\x3e\x00" {
		t.Fatalf("got %q", cbor)
	}
}

func TestAPayloadThatDoesNotFitIsRefusedWithItsPlace(t *testing.T) {
	_, _, err := hmsffi.ConvertPayload(visitSchema, []byte("{}"), hmsffi.EncodingJSON, hmsffi.EncodingCBOR, hmsffi.LayoutAny)
	var refused *hmsffi.Error
	if !errors.As(err, &refused) || refused.Code != hmsffi.CodeInvalidArgument || refused.Message != "payload: $.at: required" {
		t.Fatalf("got %v", err)
	}
}

func TestTheSchemaOfAMessageReadsWhatItsRuntimeWrites(t *testing.T) {
	schema, err := hmsffi.SchemaOfMessage(&apipb.Api{})
	check(t, err)
	api := &apipb.Api{Name: "clinic", Methods: []*apipb.Method{{Name: "admit", RequestStreaming: true}}}
	written, err := proto.Marshal(api)
	check(t, err)
	text, _, err := hmsffi.ConvertPayload(schema, written, hmsffi.EncodingProtobuf, hmsffi.EncodingJSON, hmsffi.LayoutAny)
	check(t, err)
	back, _, err := hmsffi.ConvertPayload(schema, text, hmsffi.EncodingJSON, hmsffi.EncodingProtobuf, hmsffi.LayoutAny)
	check(t, err)
	read := new(apipb.Api)
	check(t, proto.Unmarshal(back, read))
	if !proto.Equal(read, api) || !strings.Contains(string(text), `"request_streaming":true`) {
		t.Fatalf("%s came back as %v", text, read)
	}
}

func TestMessagesOfDescriptorsAreFoundByTheirNames(t *testing.T) {
	file := protodesc.ToFileDescriptorProto(wrapperspb.File_google_protobuf_wrappers_proto)
	set, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{file}})
	check(t, err)
	schema, err := hmsffi.SchemaOfDescriptors(set, "google.protobuf.BoolValue")
	check(t, err)
	if !strings.Contains(schema, `"BOOLEAN"`) {
		t.Fatalf("got %s", schema)
	}
	var refused *hmsffi.Error
	for name, code := range map[string]hmsffi.Code{"google.protobuf.Bool": hmsffi.CodeNotFound, "": hmsffi.CodeInvalidArgument} {
		_, err := hmsffi.SchemaOfDescriptors(set, name)
		if !errors.As(err, &refused) || refused.Code != code {
			t.Fatalf("%q: got %v", name, err)
		}
	}
	if _, err := hmsffi.SchemaOfDescriptors([]byte("no descriptors"), "A"); !errors.As(err, &refused) || refused.Code != hmsffi.CodeInvalidArgument {
		t.Fatalf("got %v", err)
	}
}
