//! Generates Rust types for the specification's messages; protox compiles them, so no `protoc` is needed.

use std::path::PathBuf;

const FILES: [&str; 8] = [
    "service_definition",
    "service_registry",
    "service_client",
    "schema",
    "schema_registry",
    "transport",
    "security",
    "observability",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../proto");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed={}", root.display());
    let files = FILES.map(|file| root.join(format!("hms/ffi/v1/{file}.proto")));
    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true).open_files(files)?;
    // Comments become the documentation of the Rust types, but have no place in the library's binary.
    std::fs::write(out.join("hms.ffi.v1.bin"), compiler.encode_file_descriptor_set())?;
    let descriptors = compiler.include_source_info(true).file_descriptor_set();

    let mut config = prost_build::Config::new();
    config
        .type_attribute(".", "#[derive(serde::Serialize, serde::Deserialize)]")
        .message_attribute(".", "#[serde(default)]")
        .field_attribute(".hms.ffi.v1.Schema.type", "#[serde(with = \"crate::proto::kinds\")]");
    for file in &descriptors.file {
        for message in &file.message_type {
            for field in message.field.iter().filter(|field| field.r#type().as_str_name() == "TYPE_BYTES") {
                // Without this serde would write an array of numbers.
                let module = match (field.label().as_str_name(), field.proto3_optional()) {
                    ("LABEL_REPEATED", _) => "list",
                    (_, true) => "optional",
                    _ => "one",
                };
                let path = format!(".{}.{}.{}", file.package(), message.name(), field.name());
                config.field_attribute(path, format!("#[serde(with = \"crate::proto::bytes::{module}\")]"));
            }
        }
    }
    config.compile_fds(descriptors)?;
    Ok(())
}
