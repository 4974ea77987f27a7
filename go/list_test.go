package hmsffi_test

import (
	"context"
	"slices"
	"testing"

	"github.com/hmsffi/hmsffi/go"
)

func ids(services []hmsffi.ServiceInfo) []string {
	var all []string
	for _, service := range services {
		all = append(all, service.ID)
	}
	slices.Sort(all)
	return all
}

func TestServicesAreListedByPattern(t *testing.T) {
	w := newWorld(t)
	bill := &hmsffi.Service{
		ID:          "billing",
		Name:        "Billing",
		Description: "Sends bills",
		Version:     "2.1.0",
		Metadata:    map[string]string{"team": "money"},
	}
	bill.Method("send", func() {}, hmsffi.WithDescription("Sends one"), hmsffi.WithLabels(map[string]string{"slow": "yes"}))
	check(t, w.server.RegisterService(bill))
	w.serve(t, "bakery", func() {})
	w.serve(t, "radio", func() {})
	for pattern, want := range map[string][]string{
		"":      {"bakery", "billing", "radio"},
		"*":     {"bakery", "billing", "radio"},
		"b*":    {"bakery", "billing"},
		"?adio": {"radio"},
		"none":  nil,
	} {
		listed, err := w.client.ListServices(background, pattern)
		check(t, err)
		if got := ids(listed); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", pattern, got, want)
		}
	}
	listed, err := w.client.ListServices(background, "billing")
	check(t, err)
	got := listed[0]
	method := got.Methods[0]
	if got.Name != "Billing" || got.Description != "Sends bills" || got.Version != "2.1.0" || got.Metadata["team"] != "money" ||
		method.Name != "send" || method.Description != "Sends one" || method.IsStreaming || method.Metadata["slow"] != "yes" {
		t.Fatalf("got %+v", got)
	}
}

func TestTheLibrarysOwnServicesAreListedOnlyWhenAskedFor(t *testing.T) {
	w := newWorld(t)
	listed, err := w.client.ListServices(background, "hms.ffi.v1.*")
	check(t, err)
	if !slices.Contains(ids(listed), "hms.ffi.v1.ServiceRegistry") {
		t.Fatalf("got %v", ids(listed))
	}
}

func TestABadPatternIsRefused(t *testing.T) {
	_, err := newWorld(t).client.ListServices(background, "[")
	wantCode(t, err, hmsffi.CodeInvalidArgument, "glob")
}

func TestAWatchBeginsWithWhatRunsAndGoesOnWithChanges(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "first", func() {})
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	type step struct {
		event hmsffi.EventType
		id    string
	}
	var got []step
	for event, err := range w.client.WatchServices(ctx, "*") {
		check(t, err)
		if event.Time.IsZero() {
			t.Fatalf("%+v has no time", event)
		}
		got = append(got, step{event.Type, event.Service.ID})
		switch len(got) {
		case 1:
			w.serve(t, "second", func() {})
		case 2:
			check(t, w.server.UnregisterService("first"))
		}
		if len(got) == 3 {
			break
		}
	}
	want := []step{
		{hmsffi.EventTypeServiceAdded, "first"},
		{hmsffi.EventTypeServiceAdded, "second"},
		{hmsffi.EventTypeServiceRemoved, "first"},
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v", got)
	}
}

func TestAWatchEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "first", func() {})
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	var last error
	for _, err := range w.client.WatchServices(ctx, "*") {
		cancel()
		last = err
	}
	wantCode(t, last, hmsffi.CodeCancelled)
}
