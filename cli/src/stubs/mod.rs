//! Typed clients of a service, as source code.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `model.rs` | methods and types as all languages see them |
//! | `reading.rs` | a definition becomes that model: REFs followed, types named |
//! | `names.rs` | names as a language writes them, without keywords and collisions |
//! | `text.rs` | lines, indented and wrapped |
//! | `python.rs`, ... | the model in one language |

mod cpp;
mod go;
mod model;
mod names;
mod python;
mod reading;
mod rust;
mod text;
mod typescript;

use clap::ValueEnum;

use crate::definition::{Definition, Schema};
use crate::failure::Result;
use model::Api;

/// What a client is written in.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Language {
    Python,
    Go,
    #[value(name = "typescript", alias = "ts")]
    TypeScript,
    Rust,
    #[value(alias = "c++")]
    Cpp,
}

/// The source code of a client. Schemas that are referred to and not in the definition are `looked_up` by their ids.
pub fn source(
    definition: &Definition,
    language: Language,
    looked_up: impl Fn(&str) -> Result<Schema>,
) -> Result<String> {
    let api = reading::read(definition, &looked_up)?;
    let write: fn(&Api) -> String = match language {
        Language::Python => python::write,
        Language::Go => go::write,
        Language::TypeScript => typescript::write,
        Language::Rust => rust::write,
        Language::Cpp => cpp::write,
    };
    Ok(write(&api))
}
