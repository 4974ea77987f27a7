package hmsffi

import (
	"context"
	"iter"
	"math"
	"sync"
	"time"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// Client calls services. It may be used by several goroutines. Close it.
type Client interface {
	// GetService returns a client of one service: serviceID is its id, or an id with the versions that will do, such as
	// billing@^1.2. Nothing is looked up yet, so that the service may come later: a name that is wrong is found out by the
	// first call or Bind. With [Expecting] it is looked up at once, and the client gets the highest version that is what it was
	// made for.
	GetService(ctx context.Context, serviceID string, options ...ServiceOption) (ServiceClient, error)

	// ListServices returns the services whose id matches a pattern with *, ? and [..]; "" and "*" are all but those of the
	// library itself, whose ids begin with hms.
	ListServices(ctx context.Context, pattern string) ([]ServiceInfo, error)

	// WatchServices gives the services that run and match a pattern, each as added, and then every change, until the loop
	// over them or the context ends. An error is the last that it gives.
	WatchServices(ctx context.Context, pattern string) iter.Seq2[ServiceEvent, error]

	// AsyncCall returns an asynchronous call that was started elsewhere, also in another language, by its id.
	AsyncCall(id string) AsyncCall

	// Close closes the client and the service clients that it gave; further calls give [CodeFailedPrecondition]. Calls
	// that run end as they will.
	Close() error
}

// ClientOptions are the options of a client. The zero value is fine.
type ClientOptions struct {
	// Timeout is the default time for a call; 0 = 30 s. A handler that runs on the caller's thread, as most do, is not
	// interrupted by it: it can see how much is left. The deadline of a context is kept to, whatever the handler does.
	Timeout time.Duration
	// MaxRetries is how often a call is tried again elsewhere when it cannot have reached a handler; 0 = 3, -1 = never.
	MaxRetries int
	// Transport is the only way that calls may take; TransportTypeDefault = any. See [WithTransport].
	Transport TransportType
	// Spin is how long a thread that calls another process looks for its answer before it sleeps, in whole microseconds; 0 = as
	// is found best, negative = not at all.
	Spin time.Duration
	// AuthToken is sent with each call. This version of the library refuses one with [CodeUnimplemented].
	AuthToken string
	// Logger, unless nil, gets the library's log lines: see [SetLogger].
	Logger Logger
	// Runtime is where services are looked for; nil = the process-wide one.
	Runtime *Runtime
}

// NewClient makes a client.
func NewClient(options ClientOptions) (Client, error) {
	if options.Timeout < 0 {
		return nil, invalid("ClientOptions.Timeout is %v; it must be positive, or 0 for the default", options.Timeout)
	}
	if err := setUpLog(options.Logger); err != nil {
		return nil, err
	}
	runtime, err := options.Runtime.open()
	if err != nil {
		return nil, err
	}
	handle, fault := capi.ClientNew(runtime, nanos(options.Timeout), int32(clamp(options.MaxRetries)),
		uint32(options.Transport), options.AuthToken, spin(options.Spin))
	if err := failed(fault); err != nil {
		return nil, err
	}
	return &client{handle: handle, timeout: options.Timeout}, nil
}

// spin is a time to spin as the library takes it.
func spin(time time.Duration) int32 {
	switch us := time.Microseconds(); {
	case time == 0:
		return 0
	case us <= 0:
		return -1
	default:
		return int32(min(us, math.MaxInt32))
	}
}

func setUpLog(logger Logger) error {
	if logger != nil {
		return SetLogger(logger)
	}
	useDefaultLog()
	return nil
}

// clamp keeps a number that is out of range out of range where there are fewer bits.
func clamp(number int) int { return min(max(number, math.MinInt32), math.MaxInt32) }

type client struct {
	handle   uint64
	timeout  time.Duration
	services owned
	closing  sync.Once
}

func (c *client) GetService(ctx context.Context, serviceID string, options ...ServiceOption) (ServiceClient, error) {
	if serviceID == "" {
		return nil, invalid("the service id is empty")
	}
	if err := contextError(ctx); err != nil {
		return nil, err
	}
	service := &serviceClient{client: c, id: serviceID}
	for _, option := range options {
		option(&service.expected)
	}
	if service.expected != (capi.Expected{}) {
		if err := failed(capi.ClientFit(c.handle, serviceID, service.expected)); err != nil {
			return nil, err
		}
	}
	c.services.add(service)
	return service, nil
}

func (c *client) AsyncCall(id string) AsyncCall { return &asyncCall{client: c, id: id} }

func (c *client) Close() (err error) {
	c.closing.Do(func() {
		err = c.services.Close()
		if closed := failed(capi.ClientClose(c.handle)); err == nil {
			err = closed
		}
	})
	return err
}
