package hmsffi_test

import (
	"context"
	"fmt"

	"github.com/hmsffi/hmsffi/go"
)

// flowService is the README's service with streams.
func flowService() *hmsffi.Service {
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
	return flow
}

func ExampleStream() {
	flow, stop := serve(flowService())
	defer stop()
	ctx := context.Background()

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
	flow, stop := serve(flowService())
	defer stop()
	ctx := context.Background()

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
	_, stop := serve(flowService())
	defer stop()
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
