package hmsffi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hmsffi/hmsffi/go"
)

func amountOf(least int) string {
	return fmt.Sprintf(`{"type": "INTEGER", "constraints": {"minimum": %d}}`, least)
}

// hostBilling hosts a version of billing whose method says which it is.
func (w world) hostBilling(t *testing.T, version string, least int) {
	t.Helper()
	service := &hmsffi.Service{ID: "billing", Version: version}
	service.Method("charge", func(int) string { return version }, hmsffi.WithInputSchema(amountOf(least)))
	check(t, w.server.RegisterService(service))
}

// madeFor is the definition of a version in which any amount could be charged.
func madeFor(version string) string {
	return fmt.Sprintf(`{"service_id": "billing", "version": %q, "methods": [{"name": "charge", "input_schema": %s}]}`,
		version, amountOf(0))
}

func TestAClientGetsTheHighestVersionThatItWasMadeFor(t *testing.T) {
	w := newWorld(t)
	w.hostBilling(t, "1.2.0", 0)
	w.hostBilling(t, "1.3.0", 0)
	w.hostBilling(t, "1.4.0", 5)
	for _, wanted := range []struct {
		options []hmsffi.ServiceOption
		version string
	}{
		{[]hmsffi.ServiceOption{hmsffi.Expecting(madeFor("1.2.0"), hmsffi.BindingLoose)}, "1.3.0"},
		{[]hmsffi.ServiceOption{hmsffi.Expecting(madeFor("1.2.0"), hmsffi.BindingStrict)}, "1.2.0"},
		{nil, "1.4.0"},
	} {
		billing, err := w.client.GetService(background, "billing", wanted.options...)
		check(t, err)
		version, err := hmsffi.CallAs[string](background, billing, "charge", 7)
		check(t, err)
		if version != wanted.version {
			t.Errorf("got %s instead of %s", version, wanted.version)
		}
	}
}

func TestAServiceThatDoesNotFitIsRefusedWithEachDifference(t *testing.T) {
	w := newWorld(t)
	w.hostBilling(t, "1.4.0", 5)
	_, err := w.client.GetService(background, "billing", hmsffi.Expecting(madeFor("1.2.0"), hmsffi.BindingLoose))
	wantCode(t, err, hmsffi.CodeFailedPrecondition)
	var refused *hmsffi.Error
	if !errors.As(err, &refused) || !strings.Contains(refused.Message, "expected 0, provided 5 (the caller must move)") {
		t.Fatalf("got %v", err)
	}
	var differences []hmsffi.ServiceDifference
	check(t, json.Unmarshal([]byte(refused.Details["hms.differences"]), &differences))
	want := hmsffi.ServiceDifference{Method: "charge", Part: "input_schema", Path: "$", Aspect: "minimum", Expected: "0", Provided: "5",
		BreaksLoose: true, BreaksStrict: true, MustMove: "caller"}
	if len(differences) != 2 || differences[1] != want {
		t.Fatalf("got %+v", differences)
	}
	_, err = w.client.GetService(background, "nobody", hmsffi.Expecting(`{}`, hmsffi.BindingLoose))
	wantCode(t, err, hmsffi.CodeNotFound)
	_, err = w.client.GetService(background, "billing", hmsffi.Expecting("{", hmsffi.BindingLoose))
	wantCode(t, err, hmsffi.CodeInvalidArgument)
}

func TestDefinitionsAreComparedWithoutARuntime(t *testing.T) {
	report, err := hmsffi.CompareServices(madeFor("1.2.0"), madeFor("1.3.0"), hmsffi.BindingStrict)
	check(t, err)
	if report.Fits || report.ProvidedVersion != "1.3.0" || report.Differences[0].Aspect != "version" {
		t.Fatalf("got %+v", report)
	}
	_, err = hmsffi.CompareServices(madeFor("1.2.0"), `{"service_id": "other"}`, hmsffi.BindingStrict)
	wantCode(t, err, hmsffi.CodeInvalidArgument)
}
