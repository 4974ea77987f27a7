// A component with the service relay.go: see ../README.md.
package main

import "C"

import (
	"bytes"
	"context"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/hmsffi/hmsffi/go"
)

//export hmsffi_component_abi
func hmsffi_component_abi() uint32 { return hmsffi.ComponentABI() }

//export hmsffi_component_init
func hmsffi_component_init(runtime uint64, failure *uint64) int32 {
	return hmsffi.ComponentInit(runtime, failure, register)
}

func register(runtime *hmsffi.Runtime) error {
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: runtime})
	if err != nil {
		return err
	}
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: "relay.go", Runtime: runtime})
	if err != nil {
		return err
	}
	service := &hmsffi.Service{ID: "relay.go", Version: "1.0.0"}
	service.Method("relay", func(ctx context.Context, route []byte) ([]byte, error) {
		return relay(ctx, client, route)
	})
	service.Method("value", func(value any) any { return value })
	if err := server.RegisterService(service); err != nil {
		return err
	}
	return server.Start()
}

func relay(ctx context.Context, client hmsffi.Client, route []byte) ([]byte, error) {
	next, rest, found := bytes.Cut(route, []byte(">"))
	if found {
		return passOn(ctx, client, "relay."+string(next), rest)
	}
	switch string(route) {
	case "instance":
		id, err := hmsffi.InstanceID()
		return []byte(hex.EncodeToString(id[:])), err
	case "time-left":
		deadline, ok := ctx.Deadline()
		if !ok {
			return []byte("0"), nil
		}
		return strconv.AppendInt(nil, time.Until(deadline).Nanoseconds(), 10), nil
	case "fail":
		return nil, hmsffi.Errorf(hmsffi.CodePermissionDenied, "go refuses")
	case "crash":
		panic("go panics")
	}
	return route, nil
}

func passOn(ctx context.Context, client hmsffi.Client, serviceID string, rest []byte) ([]byte, error) {
	service, err := client.GetService(ctx, serviceID)
	if err != nil {
		return nil, err
	}
	defer service.Close()
	var answer []byte
	if err := service.Call(ctx, "relay", rest, &answer); err != nil {
		return nil, &hmsffi.Error{Code: hmsffi.CodeOf(err), Message: "go could not pass it on", Cause: err}
	}
	return answer, nil
}

func main() {}
