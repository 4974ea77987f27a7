// Command go measures calls between C, Go and C++ in a Go process: go BLOCKS CALLS. It prints one line of JSON for each
// measured block.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

// variant is one way to call; measure gives nanoseconds per call.
type variant struct {
	name    string
	measure func(calls int) float64
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 2 {
		return fmt.Errorf("usage: go BLOCKS CALLS")
	}
	blocks, err := strconv.Atoi(arguments[0])
	if err != nil {
		return err
	}
	calls, err := strconv.Atoi(arguments[1])
	if err != nil {
		return err
	}
	variants, err := all()
	if err != nil {
		return err
	}
	lines := json.NewEncoder(os.Stdout)
	// The first block warms up.
	for block := range blocks + 1 {
		for _, variant := range variants {
			ns := variant.measure(calls)
			if block == 0 {
				continue
			}
			if err := lines.Encode(map[string]any{"name": variant.name, "ns": ns}); err != nil {
				return err
			}
		}
	}
	return nil
}

func all() ([]variant, error) {
	if err := serveEchoInGo("bench.go"); err != nil {
		return nil, err
	}
	serveEchoInC("bench.c")
	if err := serveEchoInCPlusPlus(); err != nil {
		return nil, err
	}
	cToC, cToCByName := fromC("bench.c", "first")
	cToGo, cToGoByName := fromC("bench.go", "echo")
	goToCPlusPlus, goToCPlusPlusByName, err := fromGo("bench.cpp", "echo")
	if err != nil {
		return nil, err
	}
	return []variant{
		{"empty cgo call", emptyCgoCall},
		{"c to c", cToC},
		{"c to c, by name", cToCByName},
		{"go to c++", goToCPlusPlus},
		{"go to c++, by name", goToCPlusPlusByName},
		{"cgo callback", cgoCallback()},
		{"cgo export", cgoExport()},
		{"c to go", cToGo},
		{"c to go, by name", cToGoByName},
	}, nil
}

func serveEchoInGo(id string) error {
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: id})
	if err != nil {
		return err
	}
	service := &hmsffi.Service{ID: id}
	service.Method("echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	if err := server.RegisterService(service); err != nil {
		return err
	}
	return server.Start()
}

// fromGo calls a method from a loop in Go, bound and by name.
func fromGo(serviceID, method string) (bound, byName func(calls int) float64, err error) {
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	if err != nil {
		return nil, nil, err
	}
	ctx, request := context.Background(), make([]byte, 64)
	service, err := client.GetService(ctx, serviceID)
	if err != nil {
		return nil, nil, err
	}
	handle, err := service.Bind(method)
	if err != nil {
		return nil, nil, err
	}
	bound = func(calls int) float64 {
		start := time.Now()
		for range calls {
			if _, err := handle.CallBytes(ctx, request); err != nil {
				panic(err)
			}
		}
		return perCall(start, calls)
	}
	byName = func(calls int) float64 {
		var answer []byte
		start := time.Now()
		for range calls {
			if err := service.Call(ctx, method, request, &answer); err != nil {
				panic(err)
			}
		}
		return perCall(start, calls)
	}
	return bound, byName, nil
}
