//! What a definition must hold before it is registered.

use super::version;
use crate::error::{Error, Result};
use crate::proto::{MethodDefinition, ServiceDefinition, StreamType};

/// Prefix of the labels that only the library sets.
const OURS: &str = "hms.";

/// Fills in a generated id and the default version, and checks the rest. Changes nothing that was completed before.
pub fn complete(definition: &mut ServiceDefinition) -> Result<()> {
    if definition.service_id.is_empty() {
        definition.service_id = generated_id()?;
    }
    let id = &definition.service_id;
    if id.contains('@') {
        return Err(Error::invalid(format!("service id '{id}' contains '@', which begins a version")));
    }
    definition.version = version::parse(id, &definition.version)?.to_string();
    if let Some(key) = definition.metadata.keys().filter(|key| key.starts_with(OURS)).min() {
        return Err(Error::invalid(format!(
            "service '{id}' has metadata '{key}'. Keys that start with '{OURS}' are the library's: choose another"
        )));
    }
    check_names(id, &definition.methods)?;
    definition.methods.iter().try_for_each(|method| check_stream(id, method))
}

fn generated_id() -> Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|e| Error::internal(format!("no random bytes: {e}")))?;
    Ok(format!("service-{:032x}", u128::from_ne_bytes(random)))
}

fn check_names(id: &str, methods: &[MethodDefinition]) -> Result<()> {
    let mut names: Vec<&str> = methods.iter().map(|method| method.name.as_str()).collect();
    names.sort_unstable();
    if names.first().is_some_and(|name| name.is_empty()) {
        return Err(Error::invalid(format!("service '{id}' has a method without a name")));
    }
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twice) => Err(Error::invalid(format!("service '{id}' has two methods named '{}'", twice[0]))),
        None => Ok(()),
    }
}

fn check_stream(id: &str, method: &MethodDefinition) -> Result<()> {
    let Ok(stream_type) = StreamType::try_from(method.stream_type) else {
        return Err(Error::invalid(format!(
            "method '{id}.{}': there is no stream_type {}",
            method.name, method.stream_type
        )));
    };
    if method.is_streaming == (stream_type != StreamType::Unspecified) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "method '{id}.{}': is_streaming is {} but stream_type is {}",
        method.name,
        method.is_streaming,
        stream_type.as_str_name()
    )))
}
