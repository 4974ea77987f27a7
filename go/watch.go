package hmsffi

import (
	"context"
	"io"
	"iter"
	"time"
)

// EventType says what happened to a service.
type EventType int

// The types of events.
const (
	EventTypeUnknown EventType = iota
	EventTypeServiceAdded
	EventTypeServiceModified
	EventTypeServiceRemoved
)

// String is the name in the specification, such as SERVICE_ADDED.
func (t EventType) String() string {
	return name(int(t), "UNKNOWN", "SERVICE_ADDED", "SERVICE_MODIFIED", "SERVICE_REMOVED")
}

// ServiceEvent is a change of the services that run.
type ServiceEvent struct {
	Type    EventType
	Service ServiceInfo
	// Time is when it happened.
	Time time.Time
}

type watchServicesRequest struct {
	NamePattern    string            `json:"name_pattern"`
	MetadataFilter map[string]string `json:"metadata_filter"`
}

type serviceEvent struct {
	Type      int               `json:"type"`
	Service   serviceDefinition `json:"service"`
	Timestamp int64             `json:"timestamp"`
}

func (c *client) WatchServices(ctx context.Context, pattern string) iter.Seq2[ServiceEvent, error] {
	return func(yield func(ServiceEvent, error) bool) {
		registry := &serviceClient{client: c, id: registryService}
		defer registry.Close()
		stream, err := registry.StreamCall(ctx, "WatchServices", watchServicesRequest{NamePattern: pattern})
		if err != nil {
			yield(ServiceEvent{}, err)
			return
		}
		defer stream.Cancel()
		for {
			var event serviceEvent
			err := stream.Receive(&event)
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(ServiceEvent{}, err)
				return
			}
			happened := ServiceEvent{
				Type:    EventType(event.Type),
				Service: event.Service.info(),
				Time:    time.UnixMilli(event.Timestamp),
			}
			if !yield(happened, nil) {
				return
			}
		}
	}
}
