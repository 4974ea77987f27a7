package hmsffi

import (
	"sync"
	"time"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// Runtime is a world of services: those of the process, which code of all languages in it shares, or a private one.
// It may be used by several goroutines.
type Runtime struct {
	handle func() (uint64, error)
}

// The process-wide runtime is opened by its first use and stays open: closing its last handle would stop the servers
// of all.
var processWide = &Runtime{handle: sync.OnceValues(func() (uint64, error) {
	handle, fault := capi.RuntimeDefault()
	return handle, failed(fault)
})}

// RuntimeOption is an option of a private runtime.
type RuntimeOption func(*runtimeOptions)

type runtimeOptions struct{ schemas string }

// WithSchemaFile names the file that keeps the schemas that are registered in the runtime; without one they are in memory.
// Several processes may name the same (docs/schema-registry.md). The process-wide runtime has that of HMSFFI_SCHEMAS.
func WithSchemaFile(path string) RuntimeOption {
	return func(options *runtimeOptions) { options.schemas = path }
}

// NewRuntime makes a private runtime, whose services only its own clients see: for tests, for instance.
// The name is for logs and errors. Close it.
func NewRuntime(name string, options ...RuntimeOption) (*Runtime, error) {
	var all runtimeOptions
	for _, option := range options {
		option(&all)
	}
	handle, fault := capi.RuntimeNew(name, all.schemas)
	if err := failed(fault); err != nil {
		return nil, err
	}
	return runtimeOf(handle), nil
}

func runtimeOf(handle uint64) *Runtime {
	return &Runtime{handle: func() (uint64, error) { return handle, nil }}
}

// in chooses the process-wide runtime where none is named, and opens it.
func (r *Runtime) open() (uint64, error) {
	if r == nil {
		r = processWide
	}
	return r.handle()
}

// Close stops the runtime's servers, lets calls that run end for at most timeout, and withdraws all services. It gives
// [CodeDeadlineExceeded] when calls still ran. The process-wide runtime is not closed.
func (r *Runtime) Close(timeout time.Duration) error {
	if r == nil || r == processWide {
		return nil
	}
	handle, err := r.handle()
	if err != nil {
		return err
	}
	return failed(capi.RuntimeClose(handle, nanos(timeout)))
}

// LoadComponent loads a component: a shared library of any language that registers services in this runtime. It is never
// unloaded; loading it again does nothing.
//
// A component that is written in Go cannot be loaded into a Go program, since a process has room for one Go runtime
// only: [CodeFailedPrecondition].
func (r *Runtime) LoadComponent(path string) error {
	useDefaultLog()
	handle, err := r.open()
	if err != nil {
		return err
	}
	return failed(capi.ComponentLoad(handle, path))
}

// LoadComponent loads a component into the process-wide runtime; see [Runtime.LoadComponent].
func LoadComponent(path string) error { return processWide.LoadComponent(path) }

// Version is the version of the library, such as 0.1.0.
func Version() string { return capi.Version() }

// InstanceID is the same for all code in this process that shares one copy of the library.
func InstanceID() (UUID, error) {
	id, fault := capi.InstanceID()
	return id, failed(fault)
}

// Introspection counts what lives in this process, in all languages. Leak tests compare two of them.
type Introspection struct {
	// Threads that the library started and that run.
	Threads int
	// Handles that are open, by kind, such as "client". Kinds without a handle are left out.
	Handles map[string]int
	// Buffers that were handed out and not given back, and their bytes.
	Buffers, BufferBytes int
	// QueuedBytes wait in queues and streams.
	QueuedBytes int
	// Calls that have no answer yet.
	Calls int
	// CallsTotal counts the calls since the library was loaded, BytesCopiedTotal the bytes copied for them.
	CallsTotal, BytesCopiedTotal uint64
	// Spun is the time that threads spent looking for what comes from other processes before they slept.
	Spun time.Duration
}

var handleKinds = [16]string{1: "runtime", "server", "service", "client", "method", "call", "stream", "queue", "error",
	"metadata", "buffer", "writer", "reader"}

// Introspect counts what lives in this process.
func Introspect() (Introspection, error) {
	counts, fault := capi.Introspect()
	if err := failed(fault); err != nil {
		return Introspection{}, err
	}
	result := Introspection{
		Threads:          int(counts.Threads),
		Handles:          map[string]int{},
		Buffers:          int(counts.Buffers),
		BufferBytes:      int(counts.BufferBytes),
		QueuedBytes:      int(counts.QueuedBytes),
		Calls:            int(counts.Calls),
		CallsTotal:       counts.CallsTotal,
		BytesCopiedTotal: counts.BytesCopiedTotal,
		Spun:             time.Duration(counts.SpunNsTotal),
	}
	for kind, count := range counts.Handles {
		if count > 0 {
			result.Handles[handleKinds[kind]] = int(count)
		}
	}
	return result, nil
}

// nanos is a time limit for the library; one that is over or negative is the least that there is.
func nanos(duration time.Duration) uint64 { return uint64(max(duration, 0)) }
