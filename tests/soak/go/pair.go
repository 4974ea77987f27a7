package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/hmsffi/hmsffi/go"
)

const (
	mostGrowthKiB = 1024
	// Calls after which all is as large as it will ever be.
	warm = 30_000
	// What has grown once may have to be collected; what leaks grows each time.
	rounds = 3
)

// size is what a process has for itself, or shares.
type size struct{ kib, descriptors int }

func ownSize() (size, error) {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return size{}, err
	}
	var now size
	for line := range strings.Lines(string(status)) {
		var name string
		var kib int
		if n, _ := fmt.Sscan(line, &name, &kib); n == 2 && (name == "RssAnon:" || name == "RssShmem:") {
			now.kib += kib
		}
	}
	files, err := os.ReadDir("/proc/self/fd")
	now.descriptors = len(files)
	return now, err
}

// servePair serves soak.go until standard input ends.
func servePair() error {
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: "soak.go"})
	if err != nil {
		return err
	}
	soak := &hmsffi.Service{ID: "soak.go"}
	soak.Method("echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	soak.Method("refuse", func() error { return hmsffi.CodePermissionDenied })
	soak.Method("size", func(context.Context, []byte) ([]byte, error) {
		now, err := ownSize()
		return fmt.Appendf(nil, "%d %d", now.kib, now.descriptors), err
	})
	soak.StreamMethod("count", func(_ []byte, stream hmsffi.Stream) error {
		for i := range 3 {
			if err := stream.Send(i); err != nil {
				return err
			}
		}
		return nil
	}, hmsffi.WithStreamType(hmsffi.StreamTypeServerStreaming))
	if err := server.RegisterService(soak); err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, server.Stop())
}

// callPair makes calls of a service in another process; both ends must be as large as before afterwards.
func callPair(client hmsffi.Client, language string, calls int) error {
	service, err := client.GetService(context.Background(), "soak."+language)
	if err != nil {
		return err
	}
	if err := everyPairShape(service, warm); err != nil {
		return err
	}
	var stays [2]bool
	for range rounds {
		now, err := staysAsLarge(service, language, calls)
		if err != nil {
			return err
		}
		for end := range stays {
			stays[end] = stays[end] || now[end]
		}
		if stays[0] && stays[1] {
			return nil
		}
	}
	return errors.New("too much, or descriptors")
}

// staysAsLarge tells that of both ends.
func staysAsLarge(service hmsffi.ServiceClient, language string, calls int) (stays [2]bool, err error) {
	before, err := sizes(service)
	if err != nil {
		return stays, err
	}
	if err := everyPairShape(service, calls); err != nil {
		return stays, err
	}
	after, err := sizes(service)
	if err != nil {
		return stays, err
	}
	fmt.Printf("go calls %s: %d calls", language, calls)
	for end, where := range []string{"here", "there"} {
		grown := after[end].kib - before[end].kib
		fmt.Printf(", %d KiB more %s", grown, where)
		stays[end] = grown <= mostGrowthKiB && after[end].descriptors <= before[end].descriptors
	}
	fmt.Println()
	return stays, nil
}

func sizes(service hmsffi.ServiceClient) ([]size, error) {
	var told []byte
	if err := service.Call(context.Background(), "size", []byte{}, &told); err != nil {
		return nil, err
	}
	var there size
	if _, err := fmt.Sscan(string(told), &there.kib, &there.descriptors); err != nil {
		return nil, err
	}
	here, err := ownSize()
	return []size{here, there}, err
}

func everyPairShape(service hmsffi.ServiceClient, calls int) error {
	small, large := slices.Repeat([]byte("x"), 64), slices.Repeat([]byte("y"), 20_000)
	var answer []byte
	for i := range calls {
		body := small
		if i%100 == 50 {
			body = large
		}
		if err := service.Call(context.Background(), "echo", body, &answer); err != nil {
			return err
		}
		if !slices.Equal(answer, body) {
			return errors.New("another answer")
		}
		// These cross threads, or make an error with its stack.
		if i%100 != 0 {
			continue
		}
		if err := service.Call(context.Background(), "refuse", nil, nil); hmsffi.CodeOf(err) != hmsffi.CodePermissionDenied {
			return fmt.Errorf("refuse: %w", err)
		}
		stream, err := service.StreamCall(context.Background(), "count", []byte{})
		if err != nil {
			return err
		}
		for _, err := range hmsffi.Messages[int](stream) {
			if err != nil {
				return err
			}
		}
	}
	return nil
}
