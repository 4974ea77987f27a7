// A component: services written in Go for a process whose main program is in another language.
//
//	go build -buildmode=c-shared -o units.so .
//
// The host loads it with its own load_component. Copy this file, and write your services in the place of register.
package main

import "C"

import (
	"context"

	"github.com/hmsffi/hmsffi/go"
)

//export hmsffi_component_abi
func hmsffi_component_abi() uint32 { return hmsffi.ComponentABI() }

//export hmsffi_component_init
func hmsffi_component_init(runtime uint64, failure *uint64) int32 {
	return hmsffi.ComponentInit(runtime, failure, register)
}

// register makes the services known. They live as long as the host's runtime.
func register(runtime *hmsffi.Runtime) error {
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: runtime})
	if err != nil {
		return err
	}
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: "units", Runtime: runtime})
	if err != nil {
		return err
	}

	converter := &converter{client: client}
	units := &hmsffi.Service{ID: "demo.units", Version: "1.0.0", Description: "Converts units of patient records"}
	units.Method("convert", converter.convert, hmsffi.WithDescription("mg/dL to mmol/L, then on to the risk score"))

	echo := &hmsffi.Service{ID: "demo.echo.go", Version: "1.0.0", Description: "Gives bytes back"}
	echo.Method("echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil }, hmsffi.Leaf())

	for _, service := range []*hmsffi.Service{units, echo} {
		if err := server.RegisterService(service); err != nil {
			return err
		}
	}
	return server.Start()
}

func main() {}
