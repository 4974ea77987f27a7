//! A service beside what its caller expects, part by part.

use super::Versioned;
use super::report::{Difference, Mover};
use crate::proto::{MethodDefinition, Schema, SchemaType, ServiceDefinition};
use crate::schema::Resolve;
use crate::schema::compat::{self, Document};
use crate::service::Scope;

const ABSENT: &str = "absent";
const THERE: &str = "there";

/// Who reads what a schema describes: a loose binding asks that it can, a strict one that each side could.
#[derive(Clone, Copy)]
enum Reader {
    Provider,
    Caller,
}

/// All that differs: the version, then method by method in the order in which the caller expects them.
pub fn differences(expected: &Versioned, provided: &Versioned, registered: &dyn Resolve) -> Vec<Difference> {
    let (callers, providers) = (&*expected.definition, &*provided.definition);
    let mut found = Found {
        callers: Scope { definition: callers, registered },
        providers: Scope { definition: providers, registered },
        mover: if provided.version < expected.version { Mover::Provider } else { Mover::Caller },
        method: "",
        all: Vec::new(),
    };
    found.versions(expected, provided);
    for method in &callers.methods {
        found.method = &method.name;
        match named(providers, &method.name) {
            Some(provided) => found.methods(method, provided),
            None => found.tell("method", THERE, ABSENT, true, true),
        }
    }
    for method in &providers.methods {
        if named(callers, &method.name).is_none() {
            found.method = &method.name;
            found.tell("method", ABSENT, THERE, false, false);
        }
    }
    found.all
}

fn named<'a>(service: &'a ServiceDefinition, method: &str) -> Option<&'a MethodDefinition> {
    service.methods.iter().find(|one| one.name == method)
}

struct Found<'a> {
    callers: Scope<'a>,
    providers: Scope<'a>,
    mover: Mover,
    /// The method that is looked at; empty = the service.
    method: &'a str,
    all: Vec<Difference>,
}

impl<'a> Found<'a> {
    /// Tells what is no schema.
    fn tell(&mut self, aspect: &'static str, expected: &str, provided: &str, loose: bool, strict: bool) {
        self.all.push(Difference {
            method: self.method.to_owned(),
            part: String::new(),
            path: String::new(),
            aspect,
            expected: expected.to_owned(),
            provided: provided.to_owned(),
            breaks_loose: loose,
            breaks_strict: strict,
            mover: self.mover,
        });
    }

    fn versions(&mut self, expected: &Versioned, provided: &Versioned) {
        let (ours, theirs) = (&expected.version, &provided.version);
        if ours != theirs {
            let major = ours.major != theirs.major;
            let strict = major || ours.minor != theirs.minor;
            self.tell("version", &ours.to_string(), &theirs.to_string(), major, strict);
        }
    }

    fn methods(&mut self, expected: &'a MethodDefinition, provided: &'a MethodDefinition) {
        let (ours, theirs) = (expected.stream_type(), provided.stream_type());
        if ours != theirs {
            self.tell("stream_type", ours.as_str_name(), theirs.as_str_name(), true, true);
        }
        let inputs = (expected.input_schema.as_ref(), provided.input_schema.as_ref());
        self.schemas("input_schema", inputs, Reader::Provider);
        let outputs = (expected.output_schema.as_ref(), provided.output_schema.as_ref());
        self.schemas("output_schema", outputs, Reader::Caller);
        let find = |all: &'a [Schema], id: &str| all.iter().find(|schema| schema.schema_id == id);
        for error in &provided.error_schemas {
            let part = format!("error_schemas[{}]", error.schema_id);
            match find(&expected.error_schemas, &error.schema_id) {
                Some(known) => self.schemas(&part, (Some(known), Some(error)), Reader::Caller),
                // A caller that does not know it still gets the error, without its data.
                None => self.tell("error_schemas", ABSENT, &error.schema_id, false, true),
            }
        }
        for error in &expected.error_schemas {
            if find(&provided.error_schemas, &error.schema_id).is_none() {
                self.tell("error_schemas", &error.schema_id, ABSENT, false, false);
            }
        }
    }

    /// Compares what both sides say of one part. Who says nothing takes and gives anything.
    fn schemas(
        &mut self,
        part: &str,
        (expected, provided): (Option<&Schema>, Option<&Schema>),
        reader: Reader,
    ) {
        if expected.is_none() && provided.is_none() {
            return;
        }
        let anything = Schema { r#type: SchemaType::Any as i32, ..Schema::default() };
        let old = Document::new(expected.unwrap_or(&anything), &self.callers);
        let new = Document::new(provided.unwrap_or(&anything), &self.providers);
        for one in compat::compare(&old, &new) {
            let breaks_loose = match reader {
                Reader::Provider => one.breaks_backward,
                Reader::Caller => one.breaks_forward,
            };
            self.all.push(Difference {
                method: self.method.to_owned(),
                part: part.to_owned(),
                path: one.path,
                aspect: one.aspect,
                expected: one.old,
                provided: one.new,
                breaks_loose,
                breaks_strict: one.breaks_backward || one.breaks_forward,
                mover: self.mover,
            });
        }
    }
}
