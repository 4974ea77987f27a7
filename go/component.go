package hmsffi

import "github.com/hmsffi/hmsffi/go/internal/capi"

// ComponentABI is what a component's hmsffi_component_abi returns; see [ComponentInit].
func ComponentABI() uint32 { return capi.ABIVersion() }

// ComponentInit is what a component's hmsffi_component_init does. A component is package main, built with
// -buildmode=c-shared, with these two functions and an empty main:
//
//	//export hmsffi_component_abi
//	func hmsffi_component_abi() uint32 { return hmsffi.ComponentABI() }
//
//	//export hmsffi_component_init
//	func hmsffi_component_init(runtime uint64, failure *uint64) int32 {
//		return hmsffi.ComponentInit(runtime, failure, register)
//	}
//
// register makes a server in the runtime that it is given, registers services and starts it. The Runtime may be used until
// register returns; clients and servers that were made in it live on. An error or a panic of register is the host's error
// for loading the component.
func ComponentInit(runtime uint64, failure *uint64, register func(*Runtime) error) int32 {
	// Log lines are the host's.
	logOnce.Do(func() {})
	err := guarded(func() string { return "the component's register function" }, func() error { return register(runtimeOf(runtime)) })
	if err == nil {
		return 0
	}
	if failure != nil {
		*failure = made(err)
	}
	return int32(CodeOf(err))
}
