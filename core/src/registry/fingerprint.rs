//! What makes two definitions the same service: everything but the words and labels for people.

use prost::Message;
use sha2::{Digest, Sha256};

use crate::proto::{MethodDefinition, ServiceDefinition};

/// SHA-256 of a definition without names, descriptions and metadata, its methods in order of their names.
pub fn of(definition: &ServiceDefinition) -> [u8; 32] {
    let mut methods: Vec<MethodDefinition> = definition.methods.iter().map(contract).collect();
    methods.sort_by(|a, b| a.name.cmp(&b.name));
    let contract = ServiceDefinition {
        service_id: definition.service_id.clone(),
        version: definition.version.clone(),
        methods,
        security: definition.security.clone(),
        ..ServiceDefinition::default()
    };
    Sha256::digest(contract.encode_to_vec()).into()
}

fn contract(method: &MethodDefinition) -> MethodDefinition {
    MethodDefinition { description: String::new(), metadata: Default::default(), ..method.clone() }
}

/// How two definitions differ, for people.
pub fn difference(old: &ServiceDefinition, new: &ServiceDefinition) -> String {
    let find = |definition: &ServiceDefinition, name: &str| {
        definition.methods.iter().find(|method| method.name == name).map(contract)
    };
    let mut parts = Vec::new();
    for method in &old.methods {
        match find(new, &method.name) {
            None => parts.push(format!("-method '{}'", method.name)),
            Some(other) if other != contract(method) => parts.push(format!("method '{}' changed", method.name)),
            Some(_) => {}
        }
    }
    parts.extend(
        new.methods.iter().filter(|m| find(old, &m.name).is_none()).map(|m| format!("+method '{}'", m.name)),
    );
    if old.security != new.security {
        parts.push("security requirements changed".to_owned());
    }
    parts.join(", ")
}
