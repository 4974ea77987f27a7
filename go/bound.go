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
	if err := m.call(ctx, request, options, room); err != nil {
		return err
	}
	if err := receive(room, result); err != nil {
		return Errorf(CodeOf(err), "answer of %s.%s: %s", m.service.id, m.name, messageOf(err))
	}
	return nil
}

// CallBytes calls the method with bytes and returns the bytes of its answer: the fast way where both are bytes.
func (m *BoundMethod) CallBytes(ctx context.Context, request []byte, options ...CallOption) ([]byte, error) {
	room := rooms.Get().(*capi.Room)
	defer rooms.Put(room)
	if err := m.call(ctx, payload{body: request, contentType: capi.ContentTypeBytes}, options, room); err != nil {
		return nil, err
	}
	defer room.Release()
	answer := make([]byte, len(room.Bytes()))
	copy(answer, room.Bytes())
	return answer, nil
}

// call puts an answer that is to be released into the room.
func (m *BoundMethod) call(ctx context.Context, request payload, options []CallOption, room *capi.Room) error {
	if parent, plain := plainParent(ctx); plain && len(options) == 0 && request.text == "" {
		capi.CallPlain(m.handle, request.body, request.contentType, parent, room)
		if fault := room.Fault(); fault.Status != 0 {
			return m.failed(ctx, fault)
		}
		return nil
	}
	return m.callWithTerms(ctx, request, options, room)
}

func (m *BoundMethod) callWithTerms(ctx context.Context, request payload, options []CallOption, room *capi.Room) error {
	all := optionsOf(options)
	var terms capi.Terms
	cancellable, err := m.terms(ctx, request, &all, &terms)
	if err != nil {
		return err
	}
	if cancellable {
		m.callUntilCancelled(ctx, request.body, &terms, room)
	} else {
		capi.CallMethod(m.handle, request.body, &terms, room)
	}
	all.reported(&terms)
	if fault := room.Fault(); fault.Status != 0 {
		return m.failed(ctx, fault)
	}
	if metadata := room.Metadata(); metadata != 0 {
		*all.received = capi.TakeMetadata(metadata)
	}
	return nil
}

// terms fills in what a call is made with.
func (m *BoundMethod) terms(ctx context.Context, request payload, options *callOptions, terms *capi.Terms) (cancellable bool, err error) {
	if err := request.fill(terms, options); err != nil {
		return false, err
	}
	return m.service.client.apply(ctx, terms)
}

// callUntilCancelled waits in the library, which looks every 100 ms whether to go on.
func (m *BoundMethod) callUntilCancelled(ctx context.Context, body []byte, terms *capi.Terms, room *capi.Room) {
	cancelled := new(atomic.Uint32)
	defer context.AfterFunc(ctx, func() {
		// A deadline is the library's business: it has it, and says so.
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			cancelled.Store(1)
		}
	})()
	terms.Interrupt = cancelled
	capi.CallMethod(m.handle, body, terms, room)
	if room.Done() {
		return
	}
	// On the thread of a handler waits are its host's business: another goroutine has another thread.
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		capi.CallMethod(m.handle, body, terms, room)
	}()
	<-ended
}

// failed makes the error of a call.
func (m *BoundMethod) failed(ctx context.Context, fault capi.Fault) error {
	err := take(fault)
	if err.Code == CodeCancelled && ctx.Err() != nil {
		err.Cause = context.Cause(ctx)
	}
	return err
}

// fill sets what the request and the options say.
func (p payload) fill(terms *capi.Terms, options *callOptions) error {
	if options.contentType != "" {
		isValue := p.buffer == nil && (p.contentType == capi.ContentTypeCBOR || p.contentType == capi.ContentTypeProtobuf)
		if isValue && options.contentType != p.name() {
			return invalid("WithContentType(%q) says what bytes are, and this request is no bytes but %s; leave the option out, or send bytes",
				options.contentType, p.name())
		}
		p = p.labelled(options.contentType)
	}
	terms.ContentType, terms.ContentTypeText = p.contentType, p.text
	terms.Metadata, terms.WantMetadata = options.metadata, options.received != nil
	terms.Transport, terms.ForbiddenTransports = options.transport, options.forbidden
	if options.report != nil {
		terms.Report = new(capi.Report)
	}
	return nil
}

// receive puts what is in the room into what result points to, and empties the room.
func receive(room *capi.Room, result any) error {
	defer room.Release()
	arrived := payloadIn(room)
	if buffer, ok := result.(*Buffer); ok && buffer != nil {
		buffer.Release()
		if room.Take(&buffer.held) {
			buffer.content, buffer.content.buffer = arrived, buffer
			return nil
		}
	}
	return arrived.decode(result)
}

func payloadIn(room *capi.Room) payload {
	p := payload{body: room.Bytes(), contentType: room.ContentType()}
	if p.contentType == capi.ContentTypeOther {
		p.text = room.ContentTypeText()
	}
	return p
}
