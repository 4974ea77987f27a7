package hmsffi_test

import (
	"io"
	"testing"

	"github.com/hmsffi/hmsffi/go"
)

func TestAStreamWithTypesSendsAndReceivesThem(t *testing.T) {
	w := newWorld(t)
	total := func(stream hmsffi.Stream) (int, error) {
		sum := 0
		for number, err := range hmsffi.Messages[int](stream) {
			if err != nil {
				return 0, err
			}
			sum += number
		}
		return sum, nil
	}
	service := &hmsffi.Service{ID: "total"}
	service.StreamMethod("m", total, hmsffi.WithStreamType(hmsffi.StreamTypeClientStreaming))
	check(t, w.server.RegisterService(service))
	client, err := w.client.GetService(background, "total")
	check(t, err)

	untyped, err := client.StreamCall(background, "m", nil)
	check(t, err)
	stream := hmsffi.Typed[int, int64](untyped)
	for number := range 4 {
		check(t, stream.Send(number))
	}
	sum, err := stream.Result()
	check(t, err)
	if sum != 6 {
		t.Fatalf("the sum is %d", sum)
	}
	if _, err := stream.Receive(); err != io.EOF {
		t.Fatalf("after the result came %v", err)
	}
	if !stream.IsClosed() {
		t.Fatal("the stream goes on after its end")
	}

	untyped, err = client.StreamCall(background, "m", nil)
	check(t, err)
	incoming := hmsffi.Incoming[int64](untyped)
	check(t, incoming.Cancel())
	for _, err := range incoming.Messages() {
		if hmsffi.CodeOf(err) != hmsffi.CodeCancelled {
			t.Fatalf("after it was cancelled came %v", err)
		}
	}
}
