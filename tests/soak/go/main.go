// Command go is the Go half of the long tests: "go exit" ends while goroutines are inside calls, "go leak CALLS" makes calls
// and fails unless afterwards as much is alive as before. "go serve" and "go call CALLS LANGUAGE..." are the two ends of
// calls between processes.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 1 && arguments[0] == "serve":
		return servePair()
	case len(arguments) > 2 && arguments[0] == "call":
		return callPairs(arguments[1], arguments[2:])
	}
	service, err := serve()
	if err != nil {
		return err
	}
	switch {
	case len(arguments) == 1 && arguments[0] == "exit":
		exit(service)
		return nil
	case len(arguments) == 2 && arguments[0] == "leak":
		calls, err := strconv.Atoi(arguments[1])
		if err != nil {
			return err
		}
		return leak(service, calls)
	}
	return fmt.Errorf("usage: go exit | go leak CALLS | go serve | go call CALLS LANGUAGE...")
}

func callPairs(calls string, languages []string) error {
	each, err := strconv.Atoi(calls)
	if err != nil {
		return err
	}
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	if err != nil {
		return err
	}
	for _, language := range languages {
		if err := callPair(client, language, each); err != nil {
			return fmt.Errorf("%s: %w", language, err)
		}
	}
	return nil
}

func serve() (hmsffi.ServiceClient, error) {
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: "soak"})
	if err != nil {
		return nil, err
	}
	soak := &hmsffi.Service{ID: "soak"}
	soak.Method("echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	soak.Method("nap", func(_ context.Context, body []byte) ([]byte, error) {
		time.Sleep(500 * time.Microsecond)
		return body, nil
	})
	soak.StreamMethod("repeat", func(body []byte, stream hmsffi.Stream) error {
		for range 3 {
			if err := stream.Send(body); err != nil {
				return err
			}
		}
		return nil
	}, hmsffi.WithStreamType(hmsffi.StreamTypeServerStreaming))
	soak.Method("refuse", func() error { return hmsffi.CodePermissionDenied })
	if err := server.RegisterService(soak); err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	if err != nil {
		return nil, err
	}
	return client.GetService(context.Background(), "soak")
}

func exit(service hmsffi.ServiceClient) {
	for worker := range 4 {
		go func() {
			for {
				ctx, cancel := context.Background(), func() {}
				if worker%2 == 1 {
					ctx, cancel = context.WithTimeout(ctx, time.Second)
				}
				var answer []byte
				// How the calls end while the process does is not the test's concern.
				_ = service.Call(ctx, "nap", []byte("x"), &answer)
				cancel()
			}
		}()
	}
	time.Sleep(time.Duration(3000+os.Getpid()%4000) * time.Microsecond)
}

func leak(service hmsffi.ServiceClient, calls int) error {
	if err := everyShape(service, calls/10); err != nil {
		return err
	}
	before, err := alive()
	if err != nil {
		return err
	}
	if err := everyShape(service, calls); err != nil {
		return err
	}
	after, err := alive()
	if err != nil {
		return err
	}
	fmt.Printf("%d calls, %d descriptors\n", calls, after.descriptors)
	if !reflect.DeepEqual(before, after) {
		return fmt.Errorf("before: %+v\nafter:  %+v", before, after)
	}
	return nil
}

func everyShape(service hmsffi.ServiceClient, calls int) error {
	body := make([]byte, 64)
	var answer []byte
	for i := range calls {
		if err := service.Call(context.Background(), "echo", body, &answer); err != nil {
			return err
		}
		if err := service.Call(context.Background(), "refuse", nil, nil); hmsffi.CodeOf(err) != hmsffi.CodePermissionDenied {
			return fmt.Errorf("refuse: %w", err)
		}
		// These cross threads and take a hundred times as long.
		if i%100 != 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		err := service.Call(ctx, "echo", body, &answer)
		cancel()
		if err != nil {
			return err
		}
		stream, err := service.StreamCall(context.Background(), "repeat", body)
		if err != nil {
			return err
		}
		for _, err := range hmsffi.Messages[[]byte](stream) {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// counts is what must be the same before and after.
type counts struct {
	handles     map[string]int
	buffers     int
	goroutines  int
	descriptors int
}

func alive() (counts, error) {
	runtime.GC()
	// The library's timer thread ends when it has had nothing to do for a while.
	time.Sleep(500 * time.Millisecond)
	live, err := hmsffi.Introspect()
	if err != nil {
		return counts{}, err
	}
	files, err := os.ReadDir("/proc/self/fd")
	// Each handler thread of the library has a goroutine; how many there are depends on how calls happened to overlap.
	return counts{live.Handles, live.Buffers, runtime.NumGoroutine() - live.Threads, len(files)}, err
}
