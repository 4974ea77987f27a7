package hmsffi_test

import (
	"context"
	"fmt"

	"github.com/hmsffi/hmsffi/go"
)

func serveFlow() (hmsffi.Server, error) {
	flow := &hmsffi.Service{ID: "flow"}
	flow.StreamMethod("count", func(to int, out hmsffi.Stream) error {
		for n := range to {
			if err := out.Send(n); err != nil {
				return err
			}
		}
		return nil
	})
	flow.StreamMethod("sum", func(in hmsffi.Stream) (int, error) {
		sum := 0
		for n, err := range hmsffi.Messages[int](in) {
			if err != nil {
				return 0, err
			}
			sum += n
		}
		return sum, nil
	})
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{})
	if err != nil {
		return nil, err
	}
	if err := server.RegisterService(flow); err != nil {
		return nil, err
	}
	return server, server.Start()
}

func ExampleStream() {
	server, err := serveFlow()
	must(err)
	defer server.Close()
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	must(err)
	defer client.Close()
	ctx := context.Background()
	flow, err := client.GetService(ctx, "flow")
	must(err)

	stream, err := flow.StreamCall(ctx, "sum", nil)
	must(err)
	for n := range 4 {
		must(stream.Send(n))
	}
	must(stream.Close())
	var sum int
	must(stream.Receive(&sum))
	fmt.Println(sum)
	must(stream.Cancel())
	// Output: 6
}

func ExampleMessages() {
	server, err := serveFlow()
	must(err)
	defer server.Close()
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	must(err)
	defer client.Close()
	ctx := context.Background()
	flow, err := client.GetService(ctx, "flow")
	must(err)

	stream, err := flow.StreamCall(ctx, "count", 3)
	must(err)
	for n, err := range hmsffi.Messages[int](stream) {
		must(err)
		fmt.Println(n)
	}
	// Output:
	// 0
	// 1
	// 2
}

func ExampleClient_watch() {
	server, err := serveFlow()
	must(err)
	defer server.Close()
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	must(err)
	defer client.Close()
	ctx := context.Background()

	for event, err := range client.WatchServices(ctx, "flow") {
		must(err)
		fmt.Println(event.Type, event.Service.ID)
		break
	}
	// Output: SERVICE_ADDED flow
}
