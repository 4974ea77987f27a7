package hmsffi

import (
	"bytes"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// Buffer is memory of the library, so that large messages need not be copied between it and Go.
//
// [BoundMethod.Loan] and [Call.Loan] lend one to be filled and sent. A *Buffer as the result of a call, or of
// [Stream.Receive], takes the bytes that arrived, whatever they are, without a copy: they may be read and not be written.
// Where a value is sent, a *Buffer is sent as its bytes: as params it stays yours, as the result of a handler and as the
// message of a stream it is given away, and empty then.
//
// The garbage collector does not free it: call Release, unless it was given away. The zero value is empty. It must not be
// copied, nor be used by several goroutines at once.
type Buffer struct {
	content payload
	held    capi.Buffer
	// The call that it was lent to; nil = none.
	call *Call
}

// Bytes are valid until the buffer is released or given away.
func (b *Buffer) Bytes() []byte { return b.content.body }

// Truncate keeps the first n bytes only; it panics when there are fewer.
func (b *Buffer) Truncate(n int) { b.content.body = b.content.body[:n:n] }

// ContentType says what the bytes are, such as application/octet-stream; empty for an empty buffer.
func (b *Buffer) ContentType() string { return b.content.name() }

// Release gives the memory back. It may be repeated.
func (b *Buffer) Release() {
	if b.call != nil {
		b.call.forget(b)
	}
	b.content = payload{}
	b.held.Release()
}

// Loan lends memory for a request of n bytes to this method, or to be given to [Stream.Send] of its streams. Fill it, call
// with it or with a part of its bytes, and release it: where the method is hosted in another process of this machine, more
// than 4 KiB are sent without a copy. What is sent must not be written any more, so that each request needs a loan of its
// own. [CodeResourceExhausted] when n is larger than the service's MaxMessageSize.
func (m *BoundMethod) Loan(n int) (*Buffer, error) {
	if n < 0 {
		return nil, invalid("a loan of %d bytes", n)
	}
	buffer := new(Buffer)
	return buffer.lent(capi.MethodLoan(m.handle, n, &buffer.held))
}

// Loan lends memory for an answer of n bytes, or for a message of the call's stream. Fill it, and return it, its bytes or
// the first of them from the handler, or give it to [Stream.Send]: where the caller is in another process of this machine,
// more than 4 KiB are sent without a copy. A loan that was not given away is released when the handler returns.
// [CodeResourceExhausted] when n is larger than the server's MaxMessageSize.
func (c *Call) Loan(n int) (*Buffer, error) {
	if n < 0 {
		return nil, invalid("a loan of %d bytes", n)
	}
	buffer := new(Buffer)
	if _, err := buffer.lent(capi.CallLoan(c.id, n, &buffer.held)); err != nil {
		return nil, err
	}
	if !c.keep(buffer) {
		buffer.Release()
		return nil, Errorf(CodeFailedPrecondition, "the handler of %s.%s has returned", c.Service(), c.Method())
	}
	return buffer, nil
}

// keep remembers a loan until the handler has returned; false when it has.
func (c *Call) keep(loan *Buffer) bool {
	r := c.locked()
	defer r.mu.Unlock()
	if c.ended.Load() {
		return false
	}
	if r.loans == nil {
		r.loans = make(map[*Buffer]struct{})
	}
	r.loans[loan] = struct{}{}
	loan.call = c
	return true
}

func (c *Call) forget(loan *Buffer) {
	r := c.locked()
	defer r.mu.Unlock()
	delete(r.loans, loan)
}

func (b *Buffer) lent(fault capi.Fault) (*Buffer, error) {
	if err := failed(fault); err != nil {
		return nil, err
	}
	b.content = payload{body: b.held.Bytes(), contentType: capi.ContentTypeBytes, buffer: b}
	return b, nil
}

// copied takes a copy of a payload.
func (b *Buffer) copied(p payload) {
	b.Release()
	b.content = payload{body: bytes.Clone(p.body), contentType: p.contentType, text: p.text, buffer: b}
}

// loan is the one whose first bytes these are; nil when there is none.
func (r *rare) loan(body []byte) *Buffer {
	for loan := range r.loans {
		if len(body) > 0 && len(loan.Bytes()) > 0 && &loan.Bytes()[0] == &body[0] {
			return loan
		}
	}
	return nil
}
