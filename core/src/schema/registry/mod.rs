//! Schemas by id and version, kept in memory or in a file.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | registering, finding and listing |
//! | `described.rs` | schemas that are registered as descriptors of Protobuf |
//! | `version.rs` | ids with versions, and the labels of a registered schema |
//! | `follow.rs` | whether a schema may follow those before it |
//! | `bundle.rs` | a schema with all that it refers to inside of it |
//! | `file.rs` | versions in a file that outlive the process |
//!
//! Versions do not change once they are registered. A schema that is registered again is the version that it was.

mod bundle;
mod described;
mod file;
mod follow;
mod version;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use super::{Compiled, Resolve};
use crate::error::{Error, Result};
use crate::meta;
use crate::proto::{ListSchemasRequest, ListSchemasResponse, Schema, SchemaType};
use crate::registry;
pub use described::is_described;
use file::File;

/// Schemas by id and version.
#[derive(Default)]
pub struct Schemas {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The versions of each id; the first has the number 1.
    versions: BTreeMap<String, Vec<Schema>>,
    /// Where they outlive this process.
    file: Option<File>,
}

impl Schemas {
    /// Those of a file, which is made if it is not there. What is registered is in the file before it is acknowledged.
    ///
    /// `None` = another process has the file open. DATA_LOSS = the file is damaged.
    pub fn in_file(path: &Path) -> Result<Option<Schemas>> {
        let Some((file, versions)) = File::open(path)? else { return Ok(None) };
        Ok(Some(Schemas { state: Mutex::new(State { versions, file: Some(file) }) }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Registers a schema as the next version of its id, and gives the id. One with the label [`meta::PROTOBUF_DESCRIPTORS`] is
    /// the schema of the message with that name; without an id, of the only one that is no part of another.
    ///
    /// INVALID_ARGUMENT = it is no schema, with each place; FAILED_PRECONDITION = it breaks what was registered before, with
    /// each difference and who must move first.
    pub fn register(&self, schema: Schema) -> Result<String> {
        let mut schema = described::described(schema)?;
        version::complete(&mut schema)?;
        let id = schema.schema_id.clone();
        Compiled::new(&schema, self).map_err(|errors| errors.into_error(&format!("schema '{id}'")))?;
        loop {
            let earlier = self.versions(&id);
            if earlier.contains(&schema) {
                return Ok(id);
            }
            follow::check(&earlier, &schema, self)?;
            let mut state = self.state();
            let versions = state.versions.get(&id).map_or(0, Vec::len);
            // Another thread may have been quicker.
            if versions == earlier.len() {
                if let Some(file) = &state.file {
                    file.add(&id, versions + 1, &schema)?;
                }
                state.versions.entry(id.clone()).or_default().push(schema);
                return Ok(id);
            }
        }
    }

    /// All versions of an id.
    fn versions(&self, id: &str) -> Vec<Schema> {
        self.state().versions.get(id).cloned().unwrap_or_default()
    }

    /// The schema with this id, `id` or `id@version`, labelled with its version. With `resolved`, all that it refers to is inside
    /// of it.
    pub fn get(&self, name: &str, resolved: bool) -> Result<Schema> {
        let (id, number) = version::split(name)?;
        let state = self.state();
        let Some(versions) = state.versions.get(id) else {
            let near = registry::nearest(id, state.versions.keys().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!(". Did you mean '{near}'?"));
            return Err(Error::not_found(format!("no schema '{id}'{near}")));
        };
        let number = number.unwrap_or(versions.len());
        let Some(schema) = number.checked_sub(1).and_then(|index| versions.get(index)) else {
            return Err(Error::not_found(format!(
                "schema '{id}' has no version {number}. Its versions are 1 to {}",
                versions.len()
            )));
        };
        let labelled = version::labelled(schema, number);
        drop(state);
        if resolved { bundle::bundled(&labelled, self) } else { Ok(labelled) }
    }

    /// The highest versions whose ids match, in the order of their ids.
    pub fn list(&self, request: &ListSchemasRequest) -> Result<ListSchemasResponse> {
        let limit = registry::limit(request.limit)?;
        registry::check_pattern(&request.name_pattern)?;
        if SchemaType::try_from(request.r#type).is_err() {
            return Err(Error::invalid(format!("there is no schema type {}", request.r#type)));
        }
        let state = self.state();
        let fits = |id: &str, schema: &Schema| {
            (request.name_pattern.is_empty() || fast_glob::glob_match(&request.name_pattern, id))
                && (request.r#type == 0 || request.r#type == schema.r#type)
        };
        let after = state.versions.range::<str, _>((
            std::ops::Bound::Excluded(request.page_token.as_str()),
            std::ops::Bound::Unbounded,
        ));
        let latest = after.filter_map(|(id, versions)| Some((id, versions.last()?, versions.len())));
        let mut fitting = latest.filter(|(id, schema, _)| fits(id, schema));
        let page: Vec<_> = fitting.by_ref().take(limit).collect();
        let has_more = fitting.next().is_some();
        let next_page_token =
            page.last().filter(|_| has_more).map_or_else(String::new, |(id, ..)| (*id).clone());
        let schemas = page.iter().map(|(_, schema, number)| version::labelled(schema, *number)).collect();
        Ok(ListSchemasResponse { schemas, next_page_token })
    }
}

/// Without a version the latest.
impl Resolve for Schemas {
    fn schema(&self, id: &str) -> Option<Schema> {
        let mut schema = self.get(id, false).ok()?;
        schema.metadata.remove(meta::SCHEMA_VERSION);
        Some(schema)
    }
}
