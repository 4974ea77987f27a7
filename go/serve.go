package hmsffi

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// method is a handler as the library calls it.
type method struct {
	name    string
	service *atomic.Pointer[string]
	serve   handlerFunc
}

// handlerFunc serves one call. The request is a view of the library's memory. An answer without a content type is what the
// request was.
type handlerFunc func(call *Call, request payload) (payload, error)

// Serve runs the handler on the caller's thread, below the caller's frames.
func (m *method) Serve(inbound *capi.Inbound) {
	request := payload{body: inbound.Body(), contentType: inbound.ContentType()}
	if request.contentType == capi.ContentTypeOther {
		request.text = inbound.ContentTypeText()
	}
	call := &Call{
		id:              inbound.Call(),
		deadline:        inbound.DeadlineNanos(),
		method:          m,
		contentType:     request.contentType,
		contentTypeText: request.text,
		metadataCount:   inbound.MetadataCount(),
	}
	defer call.finish()
	answer, err := m.run(call, request)
	if err == nil {
		err = call.answer(inbound, request, answer)
	}
	if err != nil {
		fail(inbound, err)
	}
}

// place names the handler.
func (m *method) place() string { return "the handler of " + *m.service.Load() + "." + m.name }

func (m *method) run(call *Call, request payload) (answer payload, err error) {
	err = guarded(m.place, func() error {
		answer, err = m.serve(call, request)
		return err
	})
	return answer, err
}

// guarded turns a panic into an error with its stack.
func guarded(who func() string, run func() error) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		reason := recover()
		if reason == nil {
			// Go ends the process now, since frames of C cannot be left behind, and names neither handler nor way out.
			fmt.Fprintf(os.Stderr, "hmsffi: %s ended its goroutine, by runtime.Goexit or FailNow of a test, which Go cannot do "+
				"below frames of C. Return an error or panic instead\n", who())
			return
		}
		err = &Error{Code: CodeInternal, Message: fmt.Sprintf("panic: %v", reason), Stack: string(debug.Stack())}
	}()
	err = run()
	returned = true
	return err
}

// answer gives the error for a handler whose answer the library refuses.
func (c *Call) answer(inbound *capi.Inbound, request, answer payload) error {
	var reply payload
	var pairs []byte
	if c.rare.Load() != nil {
		r := c.locked()
		reply, pairs = r.reply, r.pairs
		if answer.buffer == nil {
			answer.buffer = r.loan(answer.body)
		}
		r.mu.Unlock()
	}
	if answer.contentType == capi.ContentTypeOther && answer.text == "" {
		answer.contentType, answer.text = request.contentType, ""
		if reply.contentType != capi.ContentTypeOther || reply.text != "" {
			answer.contentType, answer.text = reply.contentType, reply.text
		}
	}
	fault := answer.reply(inbound, pairs)
	if Code(fault.Status) == CodeCancelled {
		// The caller does not wait any more, which is no failure of the handler.
		_ = failed(fault)
		return nil
	}
	return failed(fault)
}

// fail answers with the handler's error.
func fail(inbound *capi.Inbound, err error) {
	failure, done := failureOf(err)
	defer done()
	fault := inbound.Fail(failure)
	if Code(fault.Status) == CodeInvalidArgument {
		// A text is not UTF-8: the code must arrive all the same.
		_ = failed(fault)
		failure = capi.Failure{Code: failure.Code, Message: fmt.Sprintf("%+q", failure.Message)}
		fault = inbound.Fail(failure)
	}
	_ = failed(fault)
}
