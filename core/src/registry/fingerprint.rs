//! What makes two definitions the same service: everything but the words and labels.

use prost::Message;
use sha2::{Digest, Sha256};

use crate::proto::{MethodDefinition, ServiceDefinition};
use crate::schema::essence;

/// SHA-256 of a definition without names for people, descriptions and metadata, but for the labels of schemas that say what they
/// take; its methods in order of their names.
pub fn of(definition: &ServiceDefinition) -> [u8; 32] {
    Sha256::digest(contract(definition).encode_to_vec()).into()
}

/// Has no maps left, whose order of encoding would differ from one process to the next.
fn contract(definition: &ServiceDefinition) -> ServiceDefinition {
    let mut contract = definition.clone();
    contract.display_name.clear();
    contract.description.clear();
    contract.metadata.clear();
    for method in &mut contract.methods {
        method.description.clear();
        method.metadata.clear();
        let schemas =
            method.input_schema.iter_mut().chain(&mut method.output_schema).chain(&mut method.error_schemas);
        schemas.for_each(essence::keep);
    }
    contract.methods.sort_by(|a, b| a.name.cmp(&b.name));
    contract
}

/// How two definitions differ, for people.
pub fn difference(old: &ServiceDefinition, new: &ServiceDefinition) -> String {
    let (old, new) = (contract(old), contract(new));
    let find =
        |service: &ServiceDefinition, name: &str| service.methods.iter().find(|m| m.name == name).cloned();
    let mut parts = Vec::new();
    for method in &old.methods {
        match find(&new, &method.name) {
            None => parts.push(format!("-method '{}'", method.name)),
            Some(other) if other != *method => {
                parts.push(format!(
                    "method '{}' changed ({})",
                    method.name,
                    changed(method, &other).join(", ")
                ));
            }
            Some(_) => {}
        }
    }
    let added = new.methods.iter().filter(|method| find(&old, &method.name).is_none());
    parts.extend(added.map(|method| format!("+method '{}'", method.name)));
    if old.security != new.security {
        parts.push("security changed".to_owned());
    }
    parts.join(", ")
}

fn changed(old: &MethodDefinition, new: &MethodDefinition) -> Vec<&'static str> {
    let parts = [
        ("input_schema", old.input_schema == new.input_schema),
        ("output_schema", old.output_schema == new.output_schema),
        ("error_schemas", old.error_schemas == new.error_schemas),
        ("stream_type", old.stream_type == new.stream_type),
        ("security", old.security == new.security),
        ("timeout_ms", old.timeout_ms == new.timeout_ms),
    ];
    parts.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
}
