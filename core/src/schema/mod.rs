//! The type system of the specification (sections 1.2 and 5.4): what a value must look like, and whether bytes do.
//!
//! A [`Schema`] is what people and registries exchange. [`Compiled`] is made of it once, and checks payloads as bytes: no value
//! is built from them. `docs/schemas.md` says what each type takes.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | what others see |
//! | `compile.rs` | from a schema to its nodes, and all that is wrong with it |
//! | `constraints.rs` | which constraints a type has, and whether they can hold together |
//! | `link.rs` | following references to their ends |
//! | `discriminate.rs` | the field that tells which schema of a union is meant |
//! | `defaults.rs` | the values that a schema gives |
//! | `node.rs` | the compiled form |
//! | `number.rs`, `format.rs`, `pattern.rs` | what numbers and text must be |
//! | `parts.rs` | the schemas that a schema is made of |
//! | `identity.rs` | which schema an id means |
//! | `essence.rs` | a schema without words |
//! | `protobuf/` | OBJECTs as messages of Protobuf |
//! | `convert/` | payloads in another encoding |
//! | `compat/` | whether a schema may follow another |
//! | `exchange.rs` | schemas and what differs between them as bytes |
//! | `cache.rs` | compiled schemas by their bytes |
//! | `jsonschema/` | JSON Schema, in and out |
//! | `registry/` | schemas by id and version |
//! | `read.rs` | schemas as people and bindings hand them over |
//! | `validate/` | running the compiled form over bytes |

mod cache;
mod compile;
mod constraints;
mod convert;
mod defaults;
mod discriminate;
mod format;
mod identity;
mod link;
mod node;
mod number;
mod parts;
mod pattern;
mod protobuf;
mod read;
mod validate;

pub mod compat;
pub(crate) mod essence;
pub mod exchange;
pub mod jsonschema;
pub mod registry;

use std::collections::HashMap;
use std::fmt;

use self::compile::Compiler;
pub use self::convert::{Converted, Layout};
pub(crate) use self::defaults::encoding;
use self::link::Linked;
use self::node::{Node, NodeId};
pub use self::protobuf::schema_of;
pub use self::read::read;
use crate::codec::Encoding;
use crate::codec::path::{self, Step};
use crate::error::{Code, Error};
use crate::meta;
pub use crate::proto::Schema;
use crate::proto::SchemaType;
/// What is wrong at one place of a value: its path such as `$.items[3].age`, a code such as `minimum`, a message for people.
pub use crate::proto::ValidationError as Violation;

/// Problems that are told at most, of a value or of a schema.
pub const MOST_VIOLATIONS: usize = 100;

/// Where schemas are found that others refer to by their id.
pub trait Resolve {
    /// The schema with this id; `None` = there is none.
    fn schema(&self, id: &str) -> Option<Schema>;
}

impl Resolve for HashMap<String, Schema> {
    fn schema(&self, id: &str) -> Option<Schema> {
        self.get(id).cloned()
    }
}

/// No schemas.
impl Resolve for () {
    fn schema(&self, _: &str) -> Option<Schema> {
        None
    }
}

/// Why a schema is none: all its problems, each with its place in the schema, such as `$.address.zip` or `$.tags[*]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaErrors(pub Vec<Violation>);

impl fmt::Display for SchemaErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", violation.path, violation.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for SchemaErrors {}

impl SchemaErrors {
    /// INVALID_ARGUMENT, as [`error`] tells it of the schema named `what`.
    pub fn into_error(self, what: &str) -> Error {
        error(Code::InvalidArgument, &format!("{what}: "), &self.0)
    }
}

/// An error that tells the first violations after `what`; all are in its details, as JSON under [`meta::VIOLATIONS`].
pub fn error(code: Code, what: &str, violations: &[Violation]) -> Error {
    const TOLD: usize = 5;
    let told: Vec<String> =
        violations.iter().take(TOLD).map(|one| format!("{}: {}", one.path, one.message)).collect();
    let more = match violations.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let all = serde_json::to_string(violations).unwrap_or_default();
    Error::new(code, format!("{what}{}{more}", told.join("; "))).with_detail(meta::VIOLATIONS, all)
}

/// A schema, checked and made ready to validate.
#[derive(Debug)]
pub struct Compiled {
    /// The last one takes anything.
    nodes: Vec<Node>,
    root: NodeId,
    /// Some field has a default.
    has_defaults: bool,
}

impl Compiled {
    /// Compiles a schema with all that it refers to: first the `schema_id`s inside of it, then `schemas`.
    ///
    /// Refused with the place of each problem: unknown types, members and constraints that the type does not have or that
    /// contradict each other, references to nothing or without an end, patterns that do not compile, defaults and examples
    /// that violate their own schema.
    pub fn new(schema: &Schema, schemas: &dyn Resolve) -> Result<Compiled, SchemaErrors> {
        let Linked { mut nodes, root, given } = link::link(Compiler::run(schema, schemas)?)?;
        defaults::keep(&mut nodes, given)?;
        let has_defaults = nodes.iter().any(Node::has_defaults);
        Ok(Compiled { nodes, root, has_defaults })
    }

    /// All that is wrong with a payload, at most [`MOST_VIOLATIONS`]; empty = it is valid.
    ///
    /// Looks at CBOR, JSON, Protobuf and raw bytes. A payload that cannot be read (damaged, too deep, keys twice) has one violation with the
    /// code `malformed` where reading stopped.
    pub fn validate(&self, bytes: &[u8], encoding: Encoding) -> Vec<Violation> {
        validate::run(&self.nodes, self.root, bytes, self.read_as(encoding), false).violations
    }

    /// The same, and what the payload is with the defaults that it left out; `None` = it left out none.
    pub fn complete(&self, bytes: &[u8], encoding: Encoding) -> Result<Option<Vec<u8>>, Vec<Violation>> {
        let encoding = self.read_as(encoding);
        let findings = validate::run(&self.nodes, self.root, bytes, encoding, self.has_defaults);
        if findings.violations.is_empty() { Ok(findings.completed) } else { Err(findings.violations) }
    }

    /// Who takes bytes takes those of any content type.
    fn read_as(&self, encoding: Encoding) -> Encoding {
        let takes_bytes = matches!(self.nodes[self.root].kind, SchemaType::Binary | SchemaType::Any);
        match encoding {
            Encoding::Protobuf | Encoding::Other if takes_bytes => Encoding::Bytes,
            other => other,
        }
    }
}

/// The place of a member of what is at `path`.
fn path_to(path: &str, member: &str) -> String {
    // Without its own root.
    path.to_owned() + &path::render([Step::Key(member)].into_iter())[1..]
}
