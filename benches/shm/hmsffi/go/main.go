// Command go is our own echo from Go: "go client ADDRESS CALLS" measures calls of the service echo; "go empty CALLS" a function in C
// that does nothing.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/hmsffi/hmsffi/go"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) < 2 {
		return fmt.Errorf("usage: go client ADDRESS CALLS | go empty CALLS")
	}
	calls, err := strconv.Atoi(arguments[len(arguments)-1])
	if err != nil {
		return err
	}
	if arguments[0] == "empty" {
		return measure("empty cgo call", callNothing, nothings, calls)
	}
	echo, err := bindEcho(arguments[1])
	if err != nil {
		return err
	}
	ctx := context.Background()
	call := func(request []byte) ([]byte, error) { return echo.CallBytes(ctx, request) }
	return measure("go to rust", call, 1, calls)
}

// bindEcho finds the service in the folder of the test, where its processes meet.
func bindEcho(address string) (*hmsffi.BoundMethod, error) {
	// Of the C library, which reads them: os.Setenv in a program with cgo sets both.
	if err := os.Setenv("XDG_RUNTIME_DIR", filepath.Dir(address)); err != nil {
		return nil, err
	}
	if err := os.Setenv("HMSFFI_DOMAIN", "bench"); err != nil {
		return nil, err
	}
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	if err != nil {
		return nil, err
	}
	service, err := client.GetService(context.Background(), "echo")
	if err != nil {
		return nil, err
	}
	return service.Bind("echo")
}

// voluntarySwitches is how often this process gave up its CPU of its own accord.
func voluntarySwitches() int64 {
	var usage syscall.Rusage
	// Fails only for an argument that is not known.
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Nvcsw
}
