package hmsffi

import (
	"math"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// CallOption is an option of one call.
type CallOption func(*callOptions)

type callOptions struct {
	metadata    []byte
	received    *map[string]string
	contentType string
	transport   uint32
	forbidden   uint64
	report      *CallReport
}

// CallReport is what a call took.
type CallReport struct {
	// Transport is the way that the call took; TransportTypeDefault = it did not get as far.
	Transport TransportType
	// BytesCopied is how many bytes of request and answer the library copied, at both ends. What the handler called in its
	// turn counts too if it ran on the caller's thread. What Go copies, such as an answer out of the library's memory, does
	// not: see [Buffer].
	BytesCopied uint64
}

// WithMetadata sends pairs along with the request; the handler reads them with [Call.Metadata]. Keys that start with
// hms- are the library's.
func WithMetadata(pairs map[string]string) CallOption {
	return func(options *callOptions) { options.metadata = capi.AppendPairs(options.metadata, pairs) }
}

// ReceiveMetadata puts the pairs that the handler sent along with its answer into what pairs points to, when the call
// went well; of an asynchronous call, when its result is read.
func ReceiveMetadata(pairs *map[string]string) CallOption {
	return func(options *callOptions) { options.received = pairs }
}

// WithContentType says what a request of bytes is, instead of application/octet-stream.
func WithContentType(contentType string) CallOption {
	return func(options *callOptions) { options.contentType = contentType }
}

// WithTransport lets the call take this way only: [CodeUnavailable] when it does not lead to the service.
func WithTransport(transport TransportType) CallOption {
	return func(options *callOptions) { options.transport = transport.number() }
}

// WithoutTransport forbids ways to the call: [CodeUnavailable] when no other leads to the service.
func WithoutTransport(transports ...TransportType) CallOption {
	return func(options *callOptions) {
		for _, transport := range transports {
			// What is no transport becomes a bit that the library refuses.
			options.forbidden |= 1 << min(transport.number(), 63)
		}
	}
}

// WithReport puts what the call took into what report points to, also when the call failed. Of an asynchronous call and
// of a stream it tells of the sending alone.
func WithReport(report *CallReport) CallOption {
	return func(options *callOptions) { options.report = report }
}

// number is the library's; one that is none where the type is none.
func (t TransportType) number() uint32 {
	if t < 0 || t > math.MaxInt32 {
		return math.MaxUint32
	}
	return uint32(t)
}

// reported hands on what the library told.
func (options *callOptions) reported(terms *capi.Terms) {
	if report := terms.Report; report != nil {
		*options.report = CallReport{Transport: TransportType(report.Transport()), BytesCopied: report.BytesCopied()}
	}
}

func optionsOf(options []CallOption) callOptions {
	if len(options) == 0 {
		return callOptions{}
	}
	return collect(options)
}

// collect is apart from optionsOf so that calls without options allocate nothing.
func collect(options []CallOption) callOptions {
	var all callOptions
	for _, option := range options {
		option(&all)
	}
	return all
}
