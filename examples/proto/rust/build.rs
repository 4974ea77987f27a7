//! Rust types for the messages; protox needs no protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=../hms");
    let messages = protox::compile(["hms/healthcare/v1/patient_record.proto"], [".."])?;
    prost_build::Config::new().compile_fds(messages)?;
    Ok(())
}
