package hmsffi

import (
	"context"
	"time"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// AsyncCall is a call that runs while its caller does something else. It may be used by several goroutines.
type AsyncCall interface {
	// ID names the call in this process, for [Client.AsyncCall] and for other languages.
	ID() string

	// Result waits until the call has ended and puts its answer into what result points to. It can be read any number
	// of times for 5 minutes after the call ended. When the context ends first, the call runs on.
	Result(ctx context.Context, result interface{}) error

	// Cancel ends the call with [CodeCancelled]; its handler can see that nobody waits. A call that has ended stays as
	// it is.
	Cancel() error

	// Status says how the call is; CallStatusUnknown when it is not known any more.
	Status() CallStatus
}

type asyncCall struct {
	client *client
	id     string
	// Where the metadata of the answer goes; nil = nowhere.
	received *map[string]string
}

// CallAsync starts a call and returns at once; see [ServiceClient].
func (m *BoundMethod) CallAsync(ctx context.Context, params interface{}, options ...CallOption) (AsyncCall, error) {
	request, err := encode(params)
	if err != nil {
		return nil, err
	}
	all := optionsOf(options)
	var terms capi.Terms
	_, err = m.terms(ctx, request, &all, &terms)
	if err != nil {
		return nil, err
	}
	id, fault := capi.SubmitMethod(m.handle, request.body, &terms)
	all.reported(&terms)
	if fault.Status != 0 {
		return nil, m.failed(ctx, fault)
	}
	return &asyncCall{client: m.service.client, id: id, received: all.received}, nil
}

func (a *asyncCall) ID() string { return a.id }

func (a *asyncCall) Result(ctx context.Context, result interface{}) error {
	room := rooms.Get().(*capi.Room)
	defer rooms.Put(room)
	if err := a.wait(ctx, room); err != nil {
		return err
	}
	if metadata := room.Metadata(); metadata != 0 {
		*a.received = capi.TakeMetadata(metadata)
	}
	if err := receive(room, result); err != nil {
		return Errorf(CodeOf(err), "answer of call %s: %s", a.id, messageOf(err))
	}
	return nil
}

func (a *asyncCall) wait(ctx context.Context, room *capi.Room) error {
	// A wait that nothing can end is one wait; any other looks at its context from time to time.
	slice := capi.Forever
	if ctx.Done() != nil {
		slice = uint64(10 * time.Millisecond)
	}
	for {
		capi.AsyncResult(a.client.handle, a.id, slice, a.received != nil, room)
		if fault := room.Fault(); fault.Status != 0 {
			return take(fault)
		}
		if room.Done() {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return &Error{Code: CodeOf(err), Message: "call " + a.id + " still runs", Cause: context.Cause(ctx)}
		}
	}
}

func (a *asyncCall) Cancel() error {
	_, fault := capi.AsyncCancel(a.client.handle, a.id)
	return failed(fault)
}

func (a *asyncCall) Status() CallStatus {
	status, fault := capi.AsyncStatus(a.client.handle, a.id)
	if failed(fault) != nil {
		return CallStatusUnknown
	}
	return CallStatus(status)
}
