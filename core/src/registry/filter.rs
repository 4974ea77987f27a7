//! Which services a list or a watch is about.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::proto::ServiceDefinition;

/// Services of the library's own have ids that begin so. Like files that begin with a dot, only a pattern that begins so shows
/// them.
const HIDDEN: &str = "hms.";

/// Refuses patterns that are not globs.
pub fn check_pattern(pattern: &str) -> Result<()> {
    fast_glob::validate(pattern).map_err(|e| {
        Error::invalid(format!(
            "name_pattern '{pattern}' is not a glob ({e}). Write it like bill*, b?ll or [a-c]*"
        ))
    })
}

/// A glob for the service id, and pairs that the metadata must hold; empty = all.
pub struct Filter {
    pattern: String,
    metadata: HashMap<String, String>,
}

impl Filter {
    /// Refuses patterns that are not globs.
    pub fn new(pattern: &str, metadata: &HashMap<String, String>) -> Result<Filter> {
        check_pattern(pattern)?;
        Ok(Filter { pattern: pattern.to_owned(), metadata: metadata.clone() })
    }

    /// Whether a service is one of those.
    pub fn fits(&self, definition: &ServiceDefinition) -> bool {
        let hidden = definition.service_id.starts_with(HIDDEN) && !self.pattern.starts_with(HIDDEN);
        !hidden
            && (self.pattern.is_empty() || fast_glob::glob_match(&self.pattern, &definition.service_id))
            && self.metadata.iter().all(|(key, value)| definition.metadata.get(key) == Some(value))
    }
}
