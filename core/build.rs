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
    println!("cargo:rerun-if-changed={}", root.display());
    let files = FILES.map(|file| root.join(format!("hms/ffi/v1/{file}.proto")));
    let descriptors = protox::compile(files, [root])?;
    let mut config = prost_build::Config::new();
    config
        .type_attribute(".", "#[derive(serde::Serialize, serde::Deserialize)]")
        .message_attribute(".", "#[serde(default)]");
    for field in [
        "CallRequest.parameters",
        "CallResponse.result",
        "StreamRequest.data",
        "StreamResponse.data",
        "Schema.default_value",
        "Field.default_value",
        "ValidateSchemaRequest.data",
    ] {
        config.field_attribute(format!(".hms.ffi.v1.{field}"), "#[serde(with = \"serde_bytes\")]");
    }
    config.compile_fds(descriptors)?;
    Ok(())
}
