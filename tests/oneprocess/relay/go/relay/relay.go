// Package relay is the service relay.go: see ../../README.md.
package relay

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hmsffi/hmsffi/go"
	"github.com/hmsffi/hmsffi/tests/oneprocess/relay/go/patient"
)

var givenUp atomic.Int32

// Register makes the service known in a runtime; nil = the process-wide one.
func Register(runtime *hmsffi.Runtime) error {
	_, err := Serve(runtime)
	return err
}

// Serve is Register for a program of its own: it closes the server at its end, as Go runs no exit hooks.
func Serve(runtime *hmsffi.Runtime) (hmsffi.Server, error) {
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: runtime})
	if err != nil {
		return nil, err
	}
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: "relay.go", Runtime: runtime})
	if err != nil {
		return nil, err
	}
	service := &hmsffi.Service{ID: "relay.go", Version: "1.0.0"}
	service.Method("relay", func(ctx context.Context, route []byte) ([]byte, error) {
		return relay(ctx, client, route)
	})
	service.Method("echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	service.Method("invert", invert)
	service.Method("mirror", mirror)
	service.Method("convert", func(_ context.Context, body []byte) ([]byte, error) { return convert(body) })
	service.Method("value", func(value any) any { return value })
	service.Method("birthday", func(record *patient.PatientRecord) *patient.PatientRecord {
		record.Age++
		return record
	})
	if err := server.RegisterService(service); err != nil {
		return nil, err
	}
	return server, server.Start()
}

func relay(ctx context.Context, client hmsffi.Client, route []byte) ([]byte, error) {
	next, rest, found := bytes.Cut(route, []byte(">"))
	switch {
	case string(next) == "nap":
		time.Sleep(20 * time.Millisecond)
		return relay(ctx, client, rest)
	case found:
		return passOn(ctx, client, "relay."+string(next), rest)
	}
	if id, found := bytes.CutPrefix(route, []byte("result:")); found {
		var answer []byte
		err := client.AsyncCall(string(id)).Result(ctx, &answer)
		return answer, err
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
		refusal := hmsffi.Errorf(hmsffi.CodePermissionDenied, "go refuses")
		refusal.Details = map[string]string{"language": "go"}
		return nil, refusal
	case "wait":
		<-ctx.Done()
		givenUp.Add(1)
		return nil, nil
	case "given-up":
		return strconv.AppendInt(nil, int64(givenUp.Load()), 10), nil
	case "crash":
		panic("go panics")
	}
	return route, nil
}

func invert(ctx context.Context, body []byte) (*hmsffi.Buffer, error) {
	call, _ := hmsffi.CallFromContext(ctx)
	answer, err := call.Loan(len(body))
	if err != nil {
		return nil, err
	}
	for i, b := range body {
		answer.Bytes()[i] = ^b
	}
	return answer, nil
}

func convert(payload []byte) ([]byte, error) {
	schema, err := os.ReadFile(os.Getenv("RELAY_SCHEMA"))
	from := hmsffi.EncodingCBOR
	for _, to := range []hmsffi.Encoding{hmsffi.EncodingJSON, hmsffi.EncodingProtobuf, hmsffi.EncodingCBOR} {
		if err != nil {
			return nil, err
		}
		payload, _, err = hmsffi.ConvertPayload(string(schema), payload, from, to, hmsffi.LayoutDeterministic)
		from = to
	}
	return payload, err
}

func mirror(ctx context.Context, body []byte) ([]byte, error) {
	call, _ := hmsffi.CallFromContext(ctx)
	call.SetMetadata("by", "go")
	for key, value := range call.Metadata() {
		call.SetMetadata(value, key)
	}
	return body, nil
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
