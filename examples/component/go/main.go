// A component: services written in Go for a process whose main program is in another language.
//
//	go build -buildmode=c-shared -o units.so .
//
// The host loads it with its own load_component. Copy this file, and register your services in the place of
// convert.Register. A program in Go has a Go runtime already, so that it imports the package convert instead.
package main

import "C"

import (
	"example.com/units/convert"

	"github.com/hmsffi/hmsffi/go"
)

//export hmsffi_component_abi
func hmsffi_component_abi() uint32 { return hmsffi.ComponentABI() }

//export hmsffi_component_init
func hmsffi_component_init(runtime uint64, failure *uint64) int32 {
	return hmsffi.ComponentInit(runtime, failure, convert.Register)
}

func main() {}
