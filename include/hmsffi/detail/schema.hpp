// Schemas in other forms, what differs between them, and between services; payloads in other encodings. Nothing here needs a runtime.
#ifndef HMSFFI_DETAIL_SCHEMA_HPP
#define HMSFFI_DETAIL_SCHEMA_HPP

#include <hmsffi/detail/buffer.hpp>

namespace hms { inline namespace HMSFFI_VARIANT {

// How a schema is written. Where protobuf or json is meant, the other is read too.
enum class SchemaForm : uint32_t {
    // The message hms.ffi.v1.Schema.
    protobuf = HMS_SCHEMA_FORM_PROTOBUF,
    // The same in JSON: members by their names, types by theirs ({"type": "STRING"}).
    json = HMS_SCHEMA_FORM_JSON,
    // JSON Schema, 2020-12.
    json_schema = HMS_SCHEMA_FORM_JSON_SCHEMA,
};

struct ConvertedSchema {
    Buffer schema;
    // What one of the forms cannot say: a JSON list of objects with path, keyword and reason.
    Buffer losses;
};

// The same schema in another form: INVALID_ARGUMENT when it is none.
inline expected<ConvertedSchema> convert_schema(std::string_view schema, SchemaForm from, SchemaForm to) {
    hms_buffer_t out{}, losses{};
    hms_error_t error{0};
    const auto status = hms_schema_convert(detail::bytes(schema), static_cast<uint32_t>(from),
                                           static_cast<uint32_t>(to), &out, &losses, &error);
    if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    return ConvertedSchema{Buffer(out), Buffer(losses)};
}

// The schema, as SchemaForm::json, of a message that a descriptor describes. `descriptors` is a google.protobuf.FileDescriptorSet
// with all that the message's file imports, as `protoc --include_imports --descriptor_set_out` and `buf build` write it; `message`
// the name with its package, or empty for the only message of the set that is no part of another. INVALID_ARGUMENT when the bytes
// are no set, or several messages could be meant; NOT_FOUND; UNIMPLEMENTED for groups and files of an edition.
inline expected<Buffer> schema_of_message(Bytes descriptors, std::string_view message = {}) {
    hms_buffer_t out{};
    hms_error_t error{0};
    const auto status = hms_schema_of_message(descriptors.raw(), detail::str(message), &out, &error);
    if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    return Buffer(out);
}

// What differs between two schemas, in JSON or Protobuf, that refer to nothing outside of themselves: a JSON list, empty when
// nothing does; its members are those of hms_schema_compare.
inline expected<Buffer> compare_schemas(std::string_view before, std::string_view after) {
    hms_buffer_t out{};
    hms_error_t error{0};
    const auto status = hms_schema_compare(detail::bytes(before), detail::bytes(after), &out, &error);
    if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    return Buffer(out);
}

// Which of the ways to write one payload is taken.
enum class Layout : uint32_t {
    // The one that comes easiest.
    any = HMS_LAYOUT_ANY,
    // In CBOR the one form that equal values have: RFC 8949, 4.2.1.
    deterministic = HMS_LAYOUT_DETERMINISTIC,
};

struct ConvertedPayload {
    Buffer payload;
    // What the schema does not know and the encoding cannot say: a JSON list of objects with path, message and code.
    Buffer losses;
};

// The same payload in another encoding (cbor, protobuf or json), with the defaults that it left out, as a schema tells what is
// meant. The schema is in JSON or Protobuf and refers to nothing outside of itself; for Protobuf it is an OBJECT whose fields have
// the label hms.protobuf.number. The last 64 schemas of up to 64 KiB are kept compiled, and found by their bytes. May be called on
// any thread. INVALID_ARGUMENT when the schema is none, or the payload does not fit it, or cannot be said in the other encoding: the detail hms.violations has all that is wrong.
inline expected<ConvertedPayload> convert_payload(std::string_view schema, Bytes payload, ContentType from, ContentType to,
                                                  Layout layout = Layout::any) {
    hms_buffer_t out{}, losses{};
    hms_error_t error{0};
    const auto status = hms_payload_convert(detail::bytes(schema), payload.raw(), static_cast<uint32_t>(from),
                                            static_cast<uint32_t>(to), static_cast<uint32_t>(layout), &out, &losses, &error);
    if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    return ConvertedPayload{Buffer(out), Buffer(losses)};
}

// How close a service must be to what its caller was made for: docs/binding.md.
enum class Binding : uint32_t {
    // The same major version; the service reads what the caller sends, and the caller what the service answers.
    loose = HMS_BINDING_LOOSE,
    // The same major and minor version; schemas that each side could take over from the other.
    strict = HMS_BINDING_STRICT,
};

// What differs between a service that callers were made for and one that is provided, both the message ServiceDefinition in
// JSON or Protobuf: a JSON object whose members are those of the report of hms_client_fit.
inline expected<Buffer> compare_services(std::string_view wanted, std::string_view provided,
                                         Binding binding = Binding::loose) {
    hms_buffer_t out{};
    hms_error_t error{0};
    const auto status = hms_service_compare(detail::bytes(wanted), detail::bytes(provided),
                                            static_cast<uint32_t>(binding), &out, &error);
    if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    return Buffer(out);
}

}} // namespace hms

#endif
