package hmsffi_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/hmsffi/hmsffi/go"
)

type outOfStock struct {
	Left  int         `json:"left" hms:"minimum=0"`
	Other *outOfStock `json:"other,omitempty"`
}

func (outOfStock) ErrorSchema() string { return "shop.OutOfStock" }
func (e outOfStock) Error() string     { return fmt.Sprintf("only %d left", e.Left) }
func (outOfStock) Unwrap() error       { return hmsffi.CodeFailedPrecondition }

type closed struct {
	Until string `json:"until"`
}

func (*closed) ErrorSchema() string { return "shop.Closed" }
func (e *closed) Error() string     { return "closed until " + e.Until }

// buy serves a method that can fail with both types, checked, and gives the error that its caller gets.
func buy(t *testing.T, failure error) *hmsffi.Error {
	t.Helper()
	w := newWorld(t)
	service := &hmsffi.Service{ID: "shop", Metadata: map[string]string{"hms.validate": "always"}}
	service.Method("m", func() error { return failure }, hmsffi.WithErrorType[outOfStock](), hmsffi.WithErrorType[*closed]())
	check(t, w.server.RegisterService(service))
	_, err := w.call(t, background, "shop", nil)
	return errorOf(t, err)
}

func TestATypedErrorArrivesAsItsType(t *testing.T) {
	sent := outOfStock{3, &outOfStock{Left: 2}}
	for name, failure := range map[string]error{
		"alone":   sent,
		"wrapped": fmt.Errorf("buying: %w", sent),
		"made":    hmsffi.Errorf(hmsffi.CodeFailedPrecondition, "buying: %w", sent),
		"data": &hmsffi.Error{
			Code: hmsffi.CodeFailedPrecondition, Schema: "shop.OutOfStock",
			Data: map[string]any{"left": 3, "other": map[string]any{"left": 2}},
		},
	} {
		err := buy(t, failure)
		var got outOfStock
		if !errors.As(err, &got) || !reflect.DeepEqual(got, sent) {
			t.Errorf("%s: got %+v of %+v", name, got, err)
		}
		if err.Code != hmsffi.CodeFailedPrecondition || err.Schema != "shop.OutOfStock" || len(err.Details) != 0 ||
			!reflect.DeepEqual(err.Data, map[string]any{"left": int64(3), "other": map[string]any{"left": int64(2)}}) {
			t.Errorf("%s: got %+v", name, err)
		}
		if other := new(closed); errors.As(err, &other) {
			t.Errorf("%s: it is no %T too", name, other)
		}
	}
}

func TestATypedErrorMayBeAPointer(t *testing.T) {
	err := buy(t, &closed{"Monday"})
	var got *closed
	if !errors.As(err, &got) || got.Until != "Monday" || err.Code != hmsffi.CodeUnknown || err.Message != "closed until Monday" {
		t.Fatalf("got %+v of %+v", got, err)
	}
}

func TestATypedErrorIsPassedOn(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "shop", func() error { return outOfStock{Left: 1} })
	for id, wrap := range map[string]func(error) error{
		"as it is": func(err error) error { return err },
		"wrapped":  func(err error) error { return fmt.Errorf("asked the shop: %w", err) },
		"behind":   func(err error) error { return hmsffi.Errorf(hmsffi.CodeAborted, "gave up: %w", err) },
	} {
		w.serve(t, id, func() error {
			_, err := w.call(t, background, "shop", nil)
			return wrap(err)
		})
		_, err := w.call(t, background, id, nil)
		var got outOfStock
		if !errors.As(err, &got) || got.Left != 1 {
			t.Errorf("%s: got %+v of %+v", id, got, err)
		}
	}
}

func TestAnErrorThatIsNotOneOfTheMethodsIsInternal(t *testing.T) {
	for why, failure := range map[string]error{
		"it has no error 'shop.Other'":                          &hmsffi.Error{Code: hmsffi.CodeAborted, Schema: "shop.Other"},
		"broke the schema of its error 'shop.OutOfStock': $.le": outOfStock{Left: -1},
	} {
		if err := buy(t, failure); err.Code != hmsffi.CodeInternal || !strings.Contains(err.Message, why) {
			t.Errorf("got %+v instead of %s", err, why)
		}
	}
}

func TestDataThatCannotTravelDoNotHideTheError(t *testing.T) {
	for why, failure := range map[string]*hmsffi.Error{
		"(its data are not sent: ":                          {Code: hmsffi.CodeAborted, Schema: "a", Data: func() {}},
		"(its data, a int, are not sent: it has no Schema)": {Code: hmsffi.CodeAborted, Data: 1},
	} {
		if err := failWith(t, failure); err.Code != hmsffi.CodeAborted || !strings.Contains(err.Message, why) || err.Schema != "" {
			t.Errorf("got %+v instead of %s", err, why)
		}
	}
	for _, data := range []string{"!", base64.StdEncoding.EncodeToString([]byte{0xff})} {
		details := map[string]string{"hms.error_schema": "shop.OutOfStock", "hms.error_data": data}
		err := failWith(t, &hmsffi.Error{Code: hmsffi.CodeAborted, Message: "why", Details: details})
		if err.Code != hmsffi.CodeAborted || err.Message != "why" || !reflect.DeepEqual(err.Details, details) || err.Schema != "" {
			t.Errorf("got %+v", err)
		}
		if got := new(outOfStock); errors.As(err, got) {
			t.Errorf("got %+v", got)
		}
	}
	// What does not fit the type is there without it.
	err := failWith(t, &hmsffi.Error{Code: hmsffi.CodeAborted, Schema: "shop.OutOfStock", Data: "text"})
	if got := new(outOfStock); errors.As(err, got) || err.Data != "text" {
		t.Errorf("got %+v of %+v", got, err)
	}
}

type nameless struct{ error }

func (nameless) ErrorSchema() string { return "" }

func TestATypeWithoutASchemaIsRefused(t *testing.T) {
	w := newWorld(t)
	service := &hmsffi.Service{ID: "wrong"}
	service.Method("m", func() {}, hmsffi.WithErrorType[nameless]())
	if err := w.server.RegisterService(service); err == nil || !strings.Contains(err.Error(), "has no ErrorSchema") {
		t.Fatalf("got %v", err)
	}
}
