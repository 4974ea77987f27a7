module example.com/demo

go 1.26

require (
	example.com/units v0.0.0
	github.com/hmsffi/hmsffi/go v0.1.0
)

require (
	github.com/fxamacker/cbor/v2 v2.9.6 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace (
	example.com/units => ../../component/go
	github.com/hmsffi/hmsffi/go => ../../../go
)
