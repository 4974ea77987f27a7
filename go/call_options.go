package hmsffi

import "github.com/hmsffi/hmsffi/go/internal/capi"

// CallOption is an option of one call.
type CallOption func(*callOptions)

type callOptions struct {
	metadata    []byte
	received    *map[string]string
	contentType string
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
