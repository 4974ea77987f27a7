module github.com/hmsffi/hmsffi/benches/shm/hmsffi/go

go 1.26

require github.com/hmsffi/hmsffi/go v0.0.0

require (
	github.com/fxamacker/cbor/v2 v2.9.6 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace github.com/hmsffi/hmsffi/go => ../../../../go
