package hmsffi

// CallStatus says how an asynchronous call is.
type CallStatus int

// The states of a call.
const (
	CallStatusUnknown CallStatus = iota
	CallStatusOK
	CallStatusInProgress
	CallStatusFailed
	CallStatusCancelled
	CallStatusTimeout
)

// String is the name in the specification, such as IN_PROGRESS.
func (status CallStatus) String() string {
	return name(int(status), "UNKNOWN", "OK", "IN_PROGRESS", "FAILED", "CANCELLED", "TIMEOUT")
}

// StreamType says how the messages of a method flow.
type StreamType int

// The types of streaming methods. StreamTypeUnknown is that of a method that does not stream.
const (
	StreamTypeUnknown StreamType = iota
	StreamTypeServerStreaming
	StreamTypeClientStreaming
	StreamTypeBidirectional
)

// String is the name in the specification, such as SERVER_STREAMING.
func (t StreamType) String() string {
	return name(int(t), "UNKNOWN", "SERVER_STREAMING", "CLIENT_STREAMING", "BIDIRECTIONAL_STREAMING")
}

// TransportType says how calls get to their service. What this version of the library lacks it refuses with
// [CodeUnimplemented].
type TransportType int

// The transports. TransportTypeDefault leaves the choice to the library.
const (
	TransportTypeDefault TransportType = iota
	TransportTypeInProcess
	TransportTypeSharedMemory
	TransportTypeLocalSocket
	TransportTypeTCP
	TransportTypeHTTP
	TransportTypeGRPC
	TransportTypeWebSocket
	TransportTypeMessageQueue
)

// String is the name in the specification, such as SHARED_MEMORY.
func (t TransportType) String() string {
	return name(int(t), "DEFAULT", "IN_PROCESS", "SHARED_MEMORY", "LOCAL_SOCKET", "TCP", "HTTP", "GRPC", "WEBSOCKET",
		"MESSAGE_QUEUE")
}

func name(number int, names ...string) string {
	if number < 0 || number >= len(names) {
		return "INVALID"
	}
	return names[number]
}

// ServiceInfo describes a service.
type ServiceInfo struct {
	// ID is what clients ask for. A service that registers without one gets one.
	ID string
	// Name and Description are for people.
	Name        string
	Description string
	// Version is semantic, such as 1.2.0; empty = 1.0.0.
	Version string
	// Methods are filled in by ListServices. At registration they are not looked at: methods come with their
	// handlers.
	Methods []MethodInfo
	// Metadata are labels; keys that start with hms. are the library's.
	Metadata map[string]string
}

// MethodInfo describes a method.
type MethodInfo struct {
	Name        string
	Description string
	IsStreaming bool
	StreamType  StreamType
	Metadata    map[string]string
}
