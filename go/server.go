package hmsffi

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// Server hosts services. It may be used by several goroutines. Close it.
type Server interface {
	// RegisterService hosts a service; it is served once the server runs. [CodeAlreadyExists] when its id and version
	// are taken by another definition, with the difference. A handler that is no [Service] has no methods yet: add them
	// with RegisterMethod.
	RegisterService(handler ServiceHandler) error

	// RegisterMethod adds a method to a service that this server hosts; clients see it at once.
	RegisterMethod(serviceID, method string, handler MethodHandler) error

	// RegisterStreamMethod adds a streaming method to a service that this server hosts. Both sides may send, unless
	// [WithStreamType] says otherwise.
	RegisterStreamMethod(serviceID, method string, handler StreamHandler, options ...MethodOption) error

	// UnregisterService stops offering a service. Calls inside end.
	UnregisterService(serviceID string) error

	// Start serves calls from now on.
	Start() error

	// Stop takes no more calls and waits for those inside, as long as one may take: [CodeDeadlineExceeded] when they
	// still run then. In a handler it does not wait. The server can be started again.
	Stop() error

	// IsRunning says whether the server serves calls.
	IsRunning() bool

	// Wait returns when the server is stopped, or with the context's error.
	Wait(ctx context.Context) error

	// Close withdraws the services for good. Calls inside end; nothing is waited for. Other processes do not find this one
	// once none of its servers runs: close or stop them before the program ends, as Go runs no exit hooks.
	Close() error
}

// AuthType says who may call a server.
type AuthType int

// The types of authentication.
const (
	AuthTypeNone AuthType = iota
	AuthTypeToken
	AuthTypeCert
	AuthTypeCustom
)

// AuthConfig is the authentication of a server. This version of the library refuses all but AuthTypeNone with
// [CodeUnimplemented].
type AuthConfig struct {
	// Type of authentication.
	Type AuthType
	// TokenValidator says of a token whether it is valid, and what it claims.
	TokenValidator func(token string) (bool, map[string]string, error)
	// CertValidation is for AuthTypeCert.
	CertValidation *CertValidation
}

// CertValidation says which certificates are valid.
type CertValidation struct {
	// TrustedCAs are certificates as PEM.
	TrustedCAs [][]byte
	// CheckRevocation refuses certificates that were revoked.
	CheckRevocation bool
	// AllowSelfSigned lets certificates vouch for themselves.
	AllowSelfSigned bool
}

// ServerOptions are the options of a server. The zero value is fine.
type ServerOptions struct {
	// Name is for logs and errors.
	Name string
	// Transports are the ways by which calls may come; none = all that there are. With TransportTypeInProcess alone other
	// processes do not find the services. What this version of the library lacks is refused with [CodeUnimplemented].
	Transports []TransportType
	// AuthConfig says who may call; nil = everybody in this process.
	AuthConfig *AuthConfig
	// MaxConcurrentCalls is how many calls are served at once; 0 = 100, -1 = no limit. Past it: [CodeResourceExhausted].
	MaxConcurrentCalls int
	// CallTimeout is the default time for a call; 0 = 30 s.
	CallTimeout time.Duration
	// MaxMessageSize is the most bytes of a request, an answer or a message of a stream; 0 = 1 GiB, the least is 4096. Past it:
	// [CodeResourceExhausted].
	MaxMessageSize int64
	// Logger, unless nil, gets the library's log lines: see [SetLogger].
	Logger Logger
	// Runtime is where the services are offered; nil = the process-wide one.
	Runtime *Runtime
}

func (config *AuthConfig) number() (uint32, error) {
	if config == nil {
		return capi.AuthTypeDefault, nil
	}
	numbers := map[AuthType]uint32{
		AuthTypeNone:   capi.AuthTypeNone,
		AuthTypeToken:  capi.AuthTypeToken,
		AuthTypeCert:   capi.AuthTypeCert,
		AuthTypeCustom: capi.AuthTypeCustom,
	}
	number, ok := numbers[config.Type]
	if !ok {
		return 0, invalid("AuthConfig.Type is %d, which is no AuthType", config.Type)
	}
	if number == capi.AuthTypeNone && (config.TokenValidator != nil || config.CertValidation != nil) {
		return 0, invalid("AuthConfig has a validator but is of AuthTypeNone, which would never ask it")
	}
	return number, nil
}

// NewServer makes a server that is not started.
func NewServer(options ServerOptions) (Server, error) {
	auth, err := options.AuthConfig.number()
	if err != nil {
		return nil, err
	}
	if options.CallTimeout < 0 {
		return nil, invalid("ServerOptions.CallTimeout is %v; it must be positive, or 0 for the default", options.CallTimeout)
	}
	if err := setUpLog(options.Logger); err != nil {
		return nil, err
	}
	runtime, err := options.Runtime.open()
	if err != nil {
		return nil, err
	}
	transports := make([]uint32, len(options.Transports))
	for i, transport := range options.Transports {
		transports[i] = uint32(transport)
	}
	handle, fault := capi.ServerNew(runtime, options.Name, transports, auth, int32(clamp(options.MaxConcurrentCalls)),
		nanos(options.CallTimeout), uint64(max(options.MaxMessageSize, 0)))
	if err := failed(fault); err != nil {
		return nil, err
	}
	drain := options.CallTimeout
	if drain == 0 {
		drain = defaultTimeout
	}
	return &server{handle: handle, drain: drain}, nil
}

type server struct {
	handle  uint64
	drain   time.Duration
	closing sync.Once
}

func (s *server) RegisterService(handler ServiceHandler) error {
	if handler == nil {
		return invalid("the service is nil")
	}
	info := handler.ServiceInfo()
	service, fault := capi.ServiceNew(info.ID, info.Version, info.Name, info.Description,
		capi.AppendPairs(nil, info.Metadata))
	if err := failed(fault); err != nil {
		return err
	}
	defer capi.ServiceClose(service)
	var id atomic.Pointer[string]
	id.Store(&info.ID)
	own, _ := handler.(embedder)
	if own != nil {
		for _, method := range own.registrations() {
			spec, err := method.of(&id)
			if err != nil {
				return invalid("service %q, %s", info.ID, messageOf(err))
			}
			if err := failed(capi.ServiceAddMethod(service, spec)); err != nil {
				return err
			}
		}
	}
	if err := failed(capi.ServiceRegister(s.handle, service)); err != nil {
		return err
	}
	if own != nil && info.ID == "" {
		generated, fault := capi.ServiceID(service)
		id.Store(&generated)
		own.named(generated)
		return failed(fault)
	}
	return nil
}

func (s *server) RegisterMethod(serviceID, method string, handler MethodHandler) error {
	return s.add(serviceID, register(method, handler, nil))
}

func (s *server) RegisterStreamMethod(serviceID, method string, handler StreamHandler, options ...MethodOption) error {
	return s.add(serviceID, registerStream(method, handler, options))
}

func (s *server) add(serviceID string, method registration) error {
	var id atomic.Pointer[string]
	id.Store(&serviceID)
	spec, err := method.of(&id)
	if err != nil {
		return err
	}
	return failed(capi.ServerAddMethod(s.handle, serviceID, spec))
}

func (s *server) UnregisterService(serviceID string) error {
	return failed(capi.ServiceUnregister(s.handle, serviceID))
}

func (s *server) Start() error { return failed(capi.ServerStart(s.handle)) }

func (s *server) Stop() error { return failed(capi.ServerStop(s.handle, nanos(s.drain))) }

func (s *server) IsRunning() bool {
	running, fault := capi.ServerIsRunning(s.handle)
	return failed(fault) == nil && running != 0
}

func (s *server) Wait(ctx context.Context) error {
	slice := capi.Forever
	if ctx.Done() != nil {
		slice = uint64(20 * time.Millisecond)
	}
	for {
		stopped, fault := capi.ServerWait(s.handle, slice)
		if err := failed(fault); err != nil || stopped != 0 {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func (s *server) Close() (err error) {
	s.closing.Do(func() { err = failed(capi.ServerClose(s.handle)) })
	return err
}
