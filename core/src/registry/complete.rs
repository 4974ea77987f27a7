//! What a definition must hold before it is registered.

use super::version;
use crate::error::{Error, Result};
use crate::meta::{INSTANCE_ID, LABEL_PREFIX, LANG, PID, VALIDATE};
use crate::proto::{AuthType, MethodDefinition, SecurityRequirements, ServiceDefinition, StreamType};

/// Fills in a generated id and the default version, and checks the rest. Changes nothing that was completed before.
pub fn complete(definition: &mut ServiceDefinition) -> Result<()> {
    if definition.service_id.is_empty() {
        definition.service_id = generated_id("service")?;
    }
    let id = &definition.service_id;
    if id.contains('@') {
        return Err(Error::invalid(format!("service id '{id}' contains '@', which begins a version")));
    }
    definition.version = version::parse(id, &definition.version)?.to_string();
    let given = [INSTANCE_ID, LANG, PID, VALIDATE];
    let reserved = |key: &&String| key.starts_with(LABEL_PREFIX) && !given.contains(&key.as_str());
    if let Some(key) = definition.metadata.keys().filter(reserved).min() {
        return Err(Error::invalid(format!(
            "service '{id}' has metadata '{key}'. Keys that start with '{LABEL_PREFIX}' are the library's: choose another"
        )));
    }
    check_names(id, &definition.methods)?;
    check_security(&format!("service '{id}'"), definition.security.as_ref())?;
    definition.methods.iter().try_for_each(|method| check_method(id, method))
}

fn check_method(id: &str, method: &MethodDefinition) -> Result<()> {
    check_stream(id, method)?;
    check_security(&format!("method '{id}.{}'", method.name), method.security.as_ref())?;
    if method.timeout_ms < 0 {
        return Err(Error::invalid(format!(
            "method '{id}.{}': timeout_ms is {}; it must be 0 (the default) or more",
            method.name, method.timeout_ms
        )));
    }
    Ok(())
}

/// What cannot be enforced is refused, so that nobody relies on it.
fn check_security(what: &str, security: Option<&SecurityRequirements>) -> Result<()> {
    let Some(security) = security else { return Ok(()) };
    let field = match AuthType::try_from(security.auth_type) {
        Ok(AuthType::None | AuthType::Default) if !security.required_roles.is_empty() => "required_roles",
        Ok(AuthType::None | AuthType::Default) if !security.security_rules.is_empty() => "security_rules",
        Ok(AuthType::None | AuthType::Default) => return Ok(()),
        Ok(_) => "auth_type",
        Err(_) => {
            return Err(Error::invalid(format!("{what}: there is no auth_type {}", security.auth_type)));
        }
    };
    Err(Error::unimplemented(format!(
        "{what}: security.{field} is set, but this version checks no identities, so the service would stand open"
    )))
}

/// An id that nothing else has.
pub fn generated_id(of: &str) -> Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|e| Error::internal(format!("no random bytes: {e}")))?;
    Ok(format!("{of}-{:032x}", u128::from_ne_bytes(random)))
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
