// Reads messages as JSON and writes them as the stock runtime of Go does, and the other way round. Each line of input is a JSON
// object: the name of a message, and its JSON or its bytes. The argument is a file of descriptors.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type line struct {
	Message string          `json:"message,omitempty"`
	JSON    json.RawMessage `json:"json,omitempty"`
	Bytes   []byte          `json:"bytes,omitempty"`
}

func main() {
	files := descriptors(os.Args[1])
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var asked line
		err := in.Decode(&asked)
		if err == io.EOF {
			return
		}
		check(err)
		check(out.Encode(answer(files, asked)))
	}
}

func descriptors(path string) *protoregistry.Files {
	bytes, err := os.ReadFile(path)
	check(err)
	set := &descriptorpb.FileDescriptorSet{}
	check(proto.Unmarshal(bytes, set))
	files, err := protodesc.NewFiles(set)
	check(err)
	return files
}

func answer(files *protoregistry.Files, asked line) line {
	described, err := files.FindDescriptorByName(protoreflect.FullName(asked.Message))
	check(err)
	message := dynamicpb.NewMessage(described.(protoreflect.MessageDescriptor))
	if asked.JSON != nil {
		check(protojson.Unmarshal(asked.JSON, message))
		bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
		check(err)
		return line{Bytes: bytes}
	}
	check(proto.Unmarshal(asked.Bytes, message))
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	check(err)
	return line{JSON: text}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
