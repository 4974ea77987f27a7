package hmsffi

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// SchemaOfMessage gives the schema of a Protobuf message in JSON, under its full name; of message only the type counts.
//
// [CodeUnimplemented] for messages with groups and files of an edition.
func SchemaOfMessage(message proto.Message) (string, error) {
	descriptor := message.ProtoReflect().Descriptor()
	set := new(descriptorpb.FileDescriptorSet)
	addFile(descriptor.ParentFile(), make(map[string]bool), set)
	descriptors, err := proto.Marshal(set)
	if err != nil {
		return "", Errorf(CodeInvalidArgument, "the descriptors of %s cannot be written: %v", descriptor.FullName(), err)
	}
	return SchemaOfDescriptors(descriptors, string(descriptor.FullName()))
}

// addFile adds a file after all that it imports.
func addFile(file protoreflect.FileDescriptor, seen map[string]bool, set *descriptorpb.FileDescriptorSet) {
	if seen[file.Path()] {
		return
	}
	seen[file.Path()] = true
	imports := file.Imports()
	for i := range imports.Len() {
		addFile(imports.Get(i).FileDescriptor, seen, set)
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
}

// SchemaOfDescriptors gives the schema, in JSON, of a message that a descriptor describes. The descriptors are a
// google.protobuf.FileDescriptorSet with all that the message's file imports, as protoc --include_imports
// --descriptor_set_out and buf build write it; message is the name with its package, or "" for the only message of the set that
// is no part of another.
//
// [CodeInvalidArgument] when the bytes are no set, or several messages could be meant; [CodeNotFound];
// [CodeUnimplemented] for groups and files of an edition. May be called from any goroutine.
func SchemaOfDescriptors(descriptors []byte, message string) (string, error) {
	schema, fault := capi.SchemaOfMessage(descriptors, message)
	return schema, failed(fault)
}
