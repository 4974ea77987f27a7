package hmsffi

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

var rooms = sync.Pool{New: func() any { return new(capi.Room) }}

// Call calls the method with params and puts the answer into what result points to; see [ServiceClient].
func (m *BoundMethod) Call(ctx context.Context, params, result interface{}, options ...CallOption) error {
	request, err := encode(params)
	if err != nil {
		return err
	}
	room := rooms.Get().(*capi.Room)
	defer rooms.Put(room)
	answer, err := m.call(ctx, request, optionsOf(options), room)
	if err != nil {
		return err
	}
	defer answer.Release()
	if err := payloadOf(&answer).decode(result); err != nil {
		return Errorf(CodeOf(err), "answer of %s.%s: %s", m.service.id, m.name, messageOf(err))
	}
	return nil
}

// CallBytes calls the method with bytes and returns the bytes of its answer: the fast way where both are bytes.
func (m *BoundMethod) CallBytes(ctx context.Context, request []byte, options ...CallOption) ([]byte, error) {
	room := rooms.Get().(*capi.Room)
	defer rooms.Put(room)
	answer, err := m.call(ctx, payload{body: request, contentType: capi.ContentTypeBytes}, optionsOf(options), room)
	if err != nil {
		return nil, err
	}
	defer answer.Release()
	return append(make([]byte, 0, len(answer.Bytes)), answer.Bytes...), nil
}

// call gives an answer that is to be released.
func (m *BoundMethod) call(ctx context.Context, request payload, options callOptions, room *capi.Room) (capi.Answer, error) {
	var terms capi.Terms
	cancellable, err := m.terms(ctx, request, &options, &terms)
	if err != nil {
		return capi.Answer{}, err
	}
	var answer capi.Answer
	if cancellable {
		answer = m.callUntilCancelled(ctx, request.body, terms, room)
	} else {
		answer = capi.CallMethod(m.handle, request.body, &terms, room)
	}
	if answer.Status != 0 {
		return answer, m.failed(ctx, answer.Fault)
	}
	if answer.Metadata != 0 {
		*options.received = capi.TakeMetadata(answer.Metadata)
	}
	return answer, nil
}

// terms fills in what a call is made with.
func (m *BoundMethod) terms(ctx context.Context, request payload, options *callOptions, terms *capi.Terms) (cancellable bool, err error) {
	if options.contentType != "" {
		request = request.labelled(options.contentType)
	}
	terms.ContentType, terms.ContentTypeText = request.contentType, request.text
	terms.Metadata, terms.WantMetadata = options.metadata, options.received != nil
	return m.service.client.apply(ctx, terms)
}

// callUntilCancelled waits in the library, which looks every 100 ms whether to go on.
func (m *BoundMethod) callUntilCancelled(ctx context.Context, body []byte, terms capi.Terms, room *capi.Room) capi.Answer {
	cancelled := new(atomic.Uint32)
	defer context.AfterFunc(ctx, func() {
		// A deadline is the library's business: it has it, and says so.
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			cancelled.Store(1)
		}
	})()
	terms.Interrupt = cancelled
	answer := capi.CallMethod(m.handle, body, &terms, room)
	if answer.Done {
		return answer
	}
	// On the thread of a handler waits are its host's business: another goroutine has another thread.
	elsewhere := make(chan capi.Answer)
	go func() { elsewhere <- capi.CallMethod(m.handle, body, &terms, room) }()
	return <-elsewhere
}

// failed makes the error of a call.
func (m *BoundMethod) failed(ctx context.Context, fault capi.Fault) error {
	err := take(fault)
	if err.Code == CodeCancelled && ctx.Err() != nil {
		err.Cause = context.Cause(ctx)
	}
	return err
}

func payloadOf(answer *capi.Answer) payload {
	p := payload{body: answer.Bytes, contentType: answer.ContentType}
	if p.contentType == capi.ContentTypeOther {
		p.text = answer.ContentTypeText()
	}
	return p
}
