// A component with the service bench.go, whose method echo answers with its request, and beside it a function that is
// exported by hand.
package main

// #include <stddef.h>
// #include <stdint.h>
import "C"

import (
	"context"
	"unsafe"

	"github.com/hmsffi/hmsffi/go"
)

//export bench_export
func bench_export(request *C.uint8_t, length C.size_t, answer *C.uint8_t) {
	copy(unsafe.Slice((*byte)(answer), length), unsafe.Slice((*byte)(request), length))
}

//export hmsffi_component_abi
func hmsffi_component_abi() uint32 { return hmsffi.ComponentABI() }

//export hmsffi_component_init
func hmsffi_component_init(runtime uint64, failure *uint64) int32 {
	return hmsffi.ComponentInit(runtime, failure, register)
}

func register(runtime *hmsffi.Runtime) error {
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: "bench.go", Runtime: runtime})
	if err != nil {
		return err
	}
	service := &hmsffi.Service{ID: "bench.go"}
	service.Method("echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	if err := server.RegisterService(service); err != nil {
		return err
	}
	return server.Start()
}

func main() {}
