package hmsffi_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

type Greeting struct {
	Name  string `json:"name"`
	Times int    `json:"times"`
}

// serve hosts a service until stop is called, and gives a client for it: what each example but the first begins with.
func serve(service *hmsffi.Service) (client hmsffi.ServiceClient, stop func()) {
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{})
	must(err)
	must(server.RegisterService(service))
	must(server.Start())
	own, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	must(err)
	client, err = own.GetService(context.Background(), service.ID)
	must(err)
	return client, func() {
		must(own.Close())
		must(server.Close())
	}
}

// greeter is the README's first service.
func greeter() *hmsffi.Service {
	greet := &hmsffi.Service{ID: "greet", Version: "1.0.0"}
	greet.Method("hello", func(ctx context.Context, g Greeting) (string, error) {
		if g.Times < 1 {
			return "", hmsffi.Errorf(hmsffi.CodeInvalidArgument, "times is %d; it must be at least 1", g.Times)
		}
		return strings.Repeat("Hello "+g.Name+"! ", g.Times), nil
	})
	return greet
}

// must ends the program where an example cannot go on.
func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func Example() {
	greet := greeter()
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: "greet"})
	must(err)
	must(server.RegisterService(greet))
	must(server.Start())
	defer server.Close()

	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	must(err)
	defer client.Close()

	service, err := client.GetService(context.Background(), "greet")
	must(err)
	var answer string
	err = service.Call(context.Background(), "hello", Greeting{Name: "Ada", Times: 2}, &answer)
	must(err)
	fmt.Println(answer)
	// Output: Hello Ada! Hello Ada!
}

func ExampleError() {
	service, stop := serve(greeter())
	defer stop()

	err := service.Call(context.Background(), "hello", Greeting{Name: "Ada"}, nil)
	if errors.Is(err, hmsffi.CodeInvalidArgument) {
		fmt.Println(err)
	}
	var failure *hmsffi.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Source)
	}

	err = service.Call(context.Background(), "helo", nil, nil)
	fmt.Println(errors.Is(err, hmsffi.CodeNotFound))
	// Output:
	// INVALID_ARGUMENT (3): times is 0; it must be at least 1
	// greet.hello
	// true
}

func ExampleBoundMethod_CallBytes() {
	text := &hmsffi.Service{ID: "text"}
	text.Method("upper", func(_ context.Context, text []byte) ([]byte, error) {
		return []byte(strings.ToUpper(string(text))), nil
	})
	service, stop := serve(text)
	defer stop()
	upper, err := service.Bind("upper")
	must(err)
	shout, err := upper.CallBytes(context.Background(), []byte("hello"))
	must(err)
	fmt.Printf("%s\n", shout)
	// Output: HELLO
}

func ExampleServiceClient_context() {
	slow := &hmsffi.Service{ID: "slow"}
	slow.Method("wait", func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	service, stop := serve(slow)
	defer stop()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err := service.Call(ctx, "wait", nil, nil)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

func ExampleCall() {
	who := &hmsffi.Service{ID: "who"}
	who.Method("am-i", func(ctx context.Context) string {
		call, _ := hmsffi.CallFromContext(ctx)
		call.SetMetadata("served-by", "Go")
		return "you are " + call.Metadata()["user"]
	})
	service, stop := serve(who)
	defer stop()

	var answer string
	var metadata map[string]string
	err := service.Call(context.Background(), "am-i", nil, &answer,
		hmsffi.WithMetadata(map[string]string{"user": "ada"}), hmsffi.ReceiveMetadata(&metadata))
	must(err)
	fmt.Println(answer, metadata["served-by"])
	// Output: you are ada Go
}

func ExampleAsyncCall() {
	service, stop := serve(greeter())
	defer stop()

	call, err := service.CallAsync(context.Background(), "hello", Greeting{Name: "Ada", Times: 1})
	must(err)
	var answer string
	must(call.Result(context.Background(), &answer))
	fmt.Println(answer, call.Status())
	// Output: Hello Ada!  OK
}
