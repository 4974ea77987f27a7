package convert

import (
	"context"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

// refused is the patient whose score is.
const refused = "P000"

// host loads the services into a world of their own, with a risk score that gives back what it was sent.
func host(t *testing.T) hmsffi.Client {
	t.Helper()
	runtime, err := hmsffi.NewRuntime(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = runtime.Close(time.Second) })
	if err := Register(runtime); err != nil {
		t.Fatal(err)
	}
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Runtime: runtime})
	if err != nil {
		t.Fatal(err)
	}
	risk := &hmsffi.Service{ID: "demo.risk"}
	risk.Method("score", func(patient Record) (map[string]any, error) {
		if patient.ID == refused {
			return nil, hmsffi.Errorf(hmsffi.CodeInvalidArgument, "attribute hdl_mmol must be above 0")
		}
		line := ""
		for _, f := range factors {
			line += f.to + "=" + patient.Attributes[f.to] + " "
		}
		return map[string]any{"id": patient.ID, "score": 525, "progression": 151, "line": line}, nil
	})
	if err := server.RegisterService(risk); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: runtime})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func converted(t *testing.T, id string, attributes map[string]string) (LineItem, error) {
	t.Helper()
	units, err := host(t).GetService(context.Background(), "demo.units")
	if err != nil {
		t.Fatal(err)
	}
	var item LineItem
	err = units.Call(context.Background(), "convert", Record{ID: id, Age: 59, Attributes: attributes}, &item)
	return item, err
}

func TestTheWorkedExamplesAreConverted(t *testing.T) {
	for id, example := range map[string]struct {
		attributes map[string]string
		line       string
	}{
		"P001": {map[string]string{"tc": "157", "ldl": "93.2", "hdl": "38.0", "glu": "87"},
			"tc_mmol=4.06 ldl_mmol=2.41 hdl_mmol=0.98 glu_mmol=4.83 "},
		"P257": {map[string]string{"tc": "168", "ldl": "102.8", "hdl": "37.0", "glu": "94"},
			"tc_mmol=4.34 ldl_mmol=2.66 hdl_mmol=0.96 glu_mmol=5.22 "},
		"P407": {map[string]string{"tc": "162", "ldl": "91.8", "hdl": "59.0", "glu": "58"},
			"tc_mmol=4.19 ldl_mmol=2.37 hdl_mmol=1.53 glu_mmol=3.22 "},
	} {
		item, err := converted(t, id, example.attributes)
		if want := (LineItem{id, 525, 151, example.line}); err != nil || item != want {
			t.Errorf("%s: got %+v, %v", id, item, err)
		}
	}
}

func TestBadAttributesAreNamed(t *testing.T) {
	good := map[string]string{"tc": "157", "ldl": "93.2", "hdl": "38.0", "glu": "87"}
	for _, text := range []string{"", "x", "-1", "1.", ".5", "1.23456", "1234567", " 1", "1e3", "1.2.3"} {
		attributes := maps.Clone(good)
		attributes["hdl"] = text
		_, err := converted(t, "P001", attributes)
		want := `INVALID_ARGUMENT (3): attribute hdl is not a decimal number: "` + text + `"`
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v", text, err)
		}
	}
	delete(good, "glu")
	if _, err := converted(t, "P001", good); err == nil || err.Error() != "INVALID_ARGUMENT (3): attribute glu is missing" {
		t.Errorf("got %v", err)
	}
}

func TestAnErrorOfTheNextStepIsPassedOnAsItIs(t *testing.T) {
	_, err := converted(t, refused, map[string]string{"tc": "1", "ldl": "1", "hdl": "0", "glu": "1"})
	failure, ok := err.(*hmsffi.Error)
	if !ok || failure.Source != "demo.risk.score" || failure.Message != "attribute hdl_mmol must be above 0" {
		t.Fatalf("got %v", err)
	}
}

func TestEchoGivesBackBytesAndRecords(t *testing.T) {
	echo, err := host(t).GetService(context.Background(), "demo.echo.go")
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	if err := echo.Call(context.Background(), "echo", []byte("\x00\xff"), &got); err != nil || string(got) != "\x00\xff" {
		t.Fatalf("got %q, %v", got, err)
	}
	sent := Record{ID: "P001", Name: "Patient 001", Age: 59, Contacts: []any{}, Attributes: map[string]string{"bmi": "32.1"}}
	var back Record
	if err := echo.Call(context.Background(), "record", sent, &back); err != nil || !reflect.DeepEqual(back, sent) {
		t.Fatalf("got %+v, %v", back, err)
	}
}

func TestARecordThatDoesNotFitIsRefusedWithItsPlaces(t *testing.T) {
	units, err := host(t).GetService(context.Background(), "demo.units")
	if err != nil {
		t.Fatal(err)
	}
	err = units.Call(context.Background(), "convert", Record{ID: "x", Age: 17, Attributes: map[string]string{}}, nil)
	want := "INVALID_ARGUMENT (3): demo.units.convert: $.id: \"x\" does not match the pattern ^P[0-9]+$; $.age: 17 is below the minimum 18"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
