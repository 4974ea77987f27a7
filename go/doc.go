// Package hmsffi offers services to code of other languages in the same process and calls theirs, at the price of a
// function call.
//
// A [Client] calls services, a [Server] hosts them, a [Service] is made of plain functions. Which language a service is
// written in makes no difference. [LoadComponent] brings code of other languages into a Go program; [ComponentInit] makes
// a shared library of Go code for programs in other languages.
//
// Everything may be used by several goroutines at once, unless it says otherwise.
package hmsffi
