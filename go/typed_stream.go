package hmsffi

import "iter"

// IncomingStream is the caller's end of a stream on which messages of one type come; what `hms stubs` writes gives it.
type IncomingStream[Received any] struct{ stream Stream }

// Incoming gives a stream the type of its messages.
func Incoming[Received any](stream Stream) IncomingStream[Received] {
	return IncomingStream[Received]{stream}
}

// Receive waits for a message; see [Stream].
func (s IncomingStream[Received]) Receive() (Received, error) {
	var message Received
	err := s.stream.Receive(&message)
	return message, err
}

// Messages are those that come until the other side sends nothing more. An error is the last that it gives.
func (s IncomingStream[Received]) Messages() iter.Seq2[Received, error] {
	return Messages[Received](s.stream)
}

// Cancel tears the stream down; see [Stream].
func (s IncomingStream[Received]) Cancel() error { return s.stream.Cancel() }

// IsClosed says whether this end is over; see [Stream].
func (s IncomingStream[Received]) IsClosed() bool { return s.stream.IsClosed() }

// TypedStream is the caller's end of a stream on which messages of one type go and those of another come.
type TypedStream[Sent, Received any] struct{ IncomingStream[Received] }

// Typed gives a stream the types of its messages.
func Typed[Sent, Received any](stream Stream) TypedStream[Sent, Received] {
	return TypedStream[Sent, Received]{Incoming[Received](stream)}
}

// Send sends a message; see [Stream].
func (s TypedStream[Sent, Received]) Send(message Sent) error { return s.stream.Send(message) }

// Close says that nothing more comes from this end. Receiving goes on.
func (s TypedStream[Sent, Received]) Close() error { return s.stream.Close() }

// Result closes this end and gives the one answer of a client stream.
func (s TypedStream[Sent, Received]) Result() (Received, error) {
	if err := s.Close(); err != nil {
		var none Received
		return none, err
	}
	return s.Receive()
}
