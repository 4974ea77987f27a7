package main

import "C"

import (
	"context"

	"github.com/hmsffi/hmsffi/go"
)

type greeting struct {
	Name string `json:"name"`
}

//export hmsffi_component_abi
func hmsffi_component_abi() uint32 { return hmsffi.ComponentABI() }

//export hmsffi_component_init
func hmsffi_component_init(runtime uint64, failure *uint64) int32 {
	return hmsffi.ComponentInit(runtime, failure, register)
}

func register(runtime *hmsffi.Runtime) error {
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: "greeter", Runtime: runtime})
	if err != nil {
		return err
	}
	service := &hmsffi.Service{ID: "greet", Version: "1.0.0"}
	service.Method("hello", func(_ context.Context, who greeting) string { return "Hello " + who.Name + " from Go" })
	if err := server.RegisterService(service); err != nil {
		return err
	}
	return server.Start()
}

func main() {}
