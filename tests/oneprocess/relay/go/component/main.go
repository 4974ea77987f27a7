// A component with the service relay.go.
package main

import "C"

import (
	"github.com/hmsffi/hmsffi/go"
	"github.com/hmsffi/hmsffi/tests/oneprocess/relay/go/relay"
)

//export hmsffi_component_abi
func hmsffi_component_abi() uint32 { return hmsffi.ComponentABI() }

//export hmsffi_component_init
func hmsffi_component_init(runtime uint64, failure *uint64) int32 {
	return hmsffi.ComponentInit(runtime, failure, relay.Register)
}

func main() {}
