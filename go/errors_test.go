package hmsffi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/hmsffi/hmsffi/go"
)

// failWith serves a method that fails and gives the error that its caller gets.
func failWith(t *testing.T, failure error) *hmsffi.Error {
	t.Helper()
	w := newWorld(t)
	w.serve(t, "failing", func() error { return failure })
	_, err := w.call(t, background, "failing", nil)
	return errorOf(t, err)
}

func TestAPlainErrorOfAHandlerArrivesAsUnknown(t *testing.T) {
	err := failWith(t, io.ErrUnexpectedEOF)
	if err.Code != hmsffi.CodeUnknown || err.Message != "unexpected EOF" || err.Source != "failing.m" {
		t.Fatalf("got %+v", err)
	}
}

func TestAnErrorWithACodeArrivesWhole(t *testing.T) {
	err := failWith(t, &hmsffi.Error{
		Code:    hmsffi.CodeOutOfRange,
		Message: "too far",
		Source:  "radar",
		Details: map[string]string{"at": "7", "most": "5"},
		Stack:   "radar.scan (radar.go:1)",
	})
	if err.Error() != "OUT_OF_RANGE (11): too far" || err.Source != "radar" || err.Stack != "radar.scan (radar.go:1)" ||
		len(err.Details) != 2 || err.Details["most"] != "5" || err.Cause != nil {
		t.Fatalf("got %+v", err)
	}
}

func TestACodeAloneIsAnError(t *testing.T) {
	err := failWith(t, hmsffi.CodePermissionDenied)
	if err.Code != hmsffi.CodePermissionDenied || !errors.Is(err, hmsffi.CodePermissionDenied) {
		t.Fatalf("got %+v", err)
	}
}

func TestTheContextsErrorsKeepTheirMeaning(t *testing.T) {
	if err := failWith(t, context.Canceled); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if err := failWith(t, fmt.Errorf("slow disk: %w", context.DeadlineExceeded)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
}

func TestAPanicArrivesAsInternalWithItsStack(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "panicking", func() string { return []string{}[len(t.Name())-len(t.Name())] })
	_, err := w.call(t, background, "panicking", nil)
	wantCode(t, err, hmsffi.CodeInternal, "index out of range")
	if stack := errorOf(t, err).Stack; !strings.Contains(stack, "errors_test.go") {
		t.Fatalf("the stack does not name this file: %s", stack)
	}
}

func TestACodeThatIsNoneBecomesInternal(t *testing.T) {
	for _, code := range []hmsffi.Code{-1, 0, 17, 99} {
		wantCode(t, failWith(t, &hmsffi.Error{Code: code, Message: "odd"}), hmsffi.CodeInternal, "odd")
	}
}

func TestAMessageThatIsNotUTF8ArrivesEscaped(t *testing.T) {
	wantCode(t, failWith(t, errors.New("bad \xff byte")), hmsffi.CodeUnknown, `bad \xff byte`)
}

// nested serves inner, which fails, and outer, which calls it and fails with what wrap makes of that.
func nested(t *testing.T, wrap func(error) error) *hmsffi.Error {
	t.Helper()
	w := newWorld(t)
	w.serve(t, "inner", func() error {
		return &hmsffi.Error{
			Code: hmsffi.CodeNotFound, Message: "no patient", Stack: "inner stack",
			Details: map[string]string{"id": "P007"}, Cause: errors.New("disk"),
		}
	})
	inner := w.service(t, "inner")
	w.serve(t, "outer", func(ctx context.Context) error { return wrap(inner.Call(ctx, "m", nil, nil)) })
	_, err := w.call(t, background, "outer", nil)
	return errorOf(t, err)
}

func TestANestedFailureIsTheCauseOfTheOuterOne(t *testing.T) {
	err := nested(t, func(err error) error { return hmsffi.Errorf(hmsffi.CodeUnavailable, "no report: %w", err) })
	cause := errorOf(t, err.Cause)
	if err.Code != hmsffi.CodeUnavailable || err.Source != "outer.m" || !strings.HasPrefix(err.Message, "no report") {
		t.Fatalf("got %+v", err)
	}
	if cause.Code != hmsffi.CodeNotFound || cause.Source != "inner.m" || cause.Stack != "inner stack" || cause.Details["id"] != "P007" {
		t.Fatalf("got the cause %+v", cause)
	}
}

func TestAnErrorWrappedWithoutACodeKeepsTheCodeBehindIt(t *testing.T) {
	err := nested(t, func(err error) error { return fmt.Errorf("report: %w", err) })
	if err.Code != hmsffi.CodeNotFound || errorOf(t, err.Cause).Message != "no patient" {
		t.Fatalf("got %+v", err)
	}
}

func TestANestedFailureIsPassedOnAsItIs(t *testing.T) {
	err := nested(t, func(err error) error { return err })
	if err.Code != hmsffi.CodeNotFound || err.Message != "no patient" || err.Source != "inner.m" ||
		err.Stack != "inner stack" || err.Details["id"] != "P007" || err.Cause != nil {
		t.Fatalf("got %+v", err)
	}
}

func TestManyNestedFailuresLeaveTheLastOnesUsable(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "inner", func(n int) error { return hmsffi.Errorf(hmsffi.CodeAborted, "number %d", n) })
	inner := w.service(t, "inner")
	w.serve(t, "outer", func(ctx context.Context) error {
		var first, last error
		for n := range 50 {
			last = inner.Call(ctx, "m", n, nil)
			if n == 0 {
				first = last
			}
		}
		return errors.Join(first, last)
	})
	_, err := w.call(t, background, "outer", nil)
	wantCode(t, err, hmsffi.CodeAborted, "number 0", "number 49")
}

func TestANameThatIsWrongIsNotFoundWithTheNearest(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "greet", func() {})
	err := w.service(t, "greet").Call(background, "n", nil, nil)
	wantCode(t, err, hmsffi.CodeNotFound, "'greet'", "'n'", "m")
	_, err = w.service(t, "gret").Bind("m")
	wantCode(t, err, hmsffi.CodeNotFound, "greet")
}

func TestAClosedClientIsAFailedPrecondition(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "echo", func() {})
	bound, err := w.service(t, "echo").Bind("m")
	check(t, err)
	check(t, w.client.Close())
	wantCode(t, bound.Call(background, nil, nil), hmsffi.CodeFailedPrecondition)
	check(t, w.client.Close())
}

func TestCodesHaveTheNamesAndNumbersOfTheSpecification(t *testing.T) {
	if text := hmsffi.CodeUnauthenticated.Error(); text != "UNAUTHENTICATED (16)" {
		t.Fatal(text)
	}
	if hmsffi.CodeOf(nil) != hmsffi.CodeOK || hmsffi.CodeOf(io.EOF) != hmsffi.CodeUnknown {
		t.Fatal("CodeOf")
	}
}
