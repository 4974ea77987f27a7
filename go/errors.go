package hmsffi

import (
	"context"
	"errors"
	"fmt"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// Code says what kind of failure an [Error] is, with the numbers of all languages. A Code is an error itself, so that
//
//	errors.Is(err, hmsffi.CodeNotFound)
//
// asks for the kind, and a handler may return one that needs no message.
type Code int

// The codes.
const (
	CodeOK                 Code = iota // No error.
	CodeCancelled                      // The operation was cancelled.
	CodeUnknown                        // The application failed with an error that has no code of its own.
	CodeInvalidArgument                // An argument is wrong.
	CodeDeadlineExceeded               // The deadline passed first.
	CodeNotFound                       // No such service, method or call.
	CodeAlreadyExists                  // The thing to be created exists.
	CodePermissionDenied               // The caller may not do this.
	CodeResourceExhausted              // A limit was reached.
	CodeFailedPrecondition             // Not in the state that the operation needs.
	CodeAborted                        // Given up, for example because the call would wait for itself.
	CodeOutOfRange                     // Past the valid range.
	CodeUnimplemented                  // Not supported by this version.
	CodeInternal                       // A bug: a panic, or a call that was dropped without an answer.
	CodeUnavailable                    // The service cannot be reached now.
	CodeDataLoss                       // Data was lost or damaged.
	CodeUnauthenticated                // No valid credentials.
)

// String is the name in the specification, such as NOT_FOUND.
func (code Code) String() string { return capi.StatusName(int32(code)) }

// Error is the name and the number.
func (code Code) Error() string { return fmt.Sprintf("%s (%d)", code.String(), int(code)) }

// Error is a failure: of this library, of a handler in any language, or of a handler of yours when you make one.
//
// errors.Is(err, context.Canceled) and errors.Is(err, context.DeadlineExceeded) hold for errors with those codes.
type Error struct {
	// Code is the kind of failure.
	Code Code
	// Message is for people.
	Message string
	// Source is the component that failed, usually service and method; empty = not known.
	Source string
	// Details are further facts about this failure; may be nil.
	Details map[string]string
	// Stack is that of the handler that failed, as its language prints it; empty = none.
	Stack string
	// Cause is the error behind this one, nearer to where the failure began; may be nil.
	Cause error
	// Schema is the id of the schema of Data: one of those that the method can fail with. Empty = no data. See [TypedError].
	Schema string
	// Data are further facts for programs: what is sent, and what it arrives as. Data that cannot be read are left in Details, as
	// they came, and Schema is empty.
	Data any
}

// Errorf makes an error with a code. A %w in the format sets Cause, as in fmt.Errorf.
func Errorf(code Code, format string, args ...any) *Error {
	formatted := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: formatted.Error(), Cause: errors.Unwrap(formatted)}
}

// Error is the code, its number and the message.
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code.Error()
	}
	return e.Code.Error() + ": " + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is compares with a [Code], context.Canceled and context.DeadlineExceeded.
func (e *Error) Is(target error) bool {
	switch target {
	case context.Canceled:
		return e.Code == CodeCancelled
	case context.DeadlineExceeded:
		return e.Code == CodeDeadlineExceeded
	}
	code, ok := target.(Code)
	return ok && e.Code == code
}

// CodeOf is the code that an error travels with: [CodeOK] for nil, and [CodeUnknown] for an error without a code.
func CodeOf(err error) Code {
	if err == nil {
		return CodeOK
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	if code := CodeOK; errors.As(err, &code) && code != CodeOK {
		return code
	}
	switch {
	case errors.Is(err, context.Canceled):
		return CodeCancelled
	case errors.Is(err, context.DeadlineExceeded):
		return CodeDeadlineExceeded
	}
	return CodeUnknown
}

// messageOf leaves the code out, for messages that have their own.
func messageOf(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Message
	}
	return err.Error()
}

func invalid(format string, args ...any) *Error { return Errorf(CodeInvalidArgument, format, args...) }

// failed is the error of an operation; nil when it went well. It takes the library's error over.
func failed(fault capi.Fault) error {
	if fault.Status == 0 {
		return nil
	}
	return take(fault)
}

func take(fault capi.Fault) *Error {
	if fault.Error == 0 {
		return &Error{Code: Code(fault.Status), Message: "the library gave no reason"}
	}
	return read(fault.Error)
}

// read copies an error with those behind it, and closes it.
func read(handle uint64) *Error {
	defer capi.CloseError(handle)
	info := capi.ReadError(handle)
	e := &Error{
		Code:    Code(info.Code),
		Message: info.Message,
		Source:  info.Source,
		Details: info.Details,
		Stack:   info.Stack,
	}
	if info.Cause != 0 {
		e.Cause = read(info.Cause)
	}
	e.readData(info.Schema, info.Data)
	return e
}

// failureOf is the library's form of an error: code and facts are kept, and the errors behind it that have a code. The
// cause is closed with done.
func failureOf(err error) (failure capi.Failure, done func()) {
	failure = capi.Failure{Code: int32(CodeOf(err)), Message: err.Error()}
	behind := err
	if e, ok := err.(*Error); ok {
		failure.Message, failure.Source, failure.Stack = e.Message, e.Source, e.Stack
		failure.Details = capi.AppendPairs(nil, e.Details)
		behind = e.Cause
	}
	describeData(&failure, err)
	if failure.Code <= int32(CodeOK) || failure.Code > int32(CodeUnauthenticated) {
		failure.Message = fmt.Sprintf("%s (the handler gave the code %d, which is none)", failure.Message, failure.Code)
		failure.Code = int32(CodeInternal)
	}
	if cause := (*Error)(nil); errors.As(behind, &cause) {
		failure.Cause = made(cause)
	}
	return failure, func() { capi.CloseError(failure.Cause) }
}

// made is the handle of a new error of the library; 0 when it cannot be made, as of a text that is not UTF-8.
func made(err error) uint64 {
	failure, done := failureOf(err)
	defer done()
	handle, fault := capi.NewError(failure)
	_ = failed(fault)
	return handle
}
