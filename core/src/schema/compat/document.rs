//! A schema with all that its REFs mean: first the ids inside of its document, then those that are found elsewhere.

use std::collections::HashMap;

use crate::proto::{Schema, SchemaType};
use crate::schema::Resolve;
use crate::schema::identity::{by_id, references};

/// A schema, and the schemas that it refers to.
pub struct Document {
    /// The schema itself, then those found elsewhere.
    all: Vec<Schema>,
    /// Where those are, by the ids that were asked for.
    found: HashMap<String, Option<usize>>,
}

impl Document {
    /// Takes all with it that the schema refers to, and what that refers to.
    pub fn new(schema: &Schema, schemas: &dyn Resolve) -> Document {
        let mut document = Document { all: vec![schema.clone()], found: HashMap::new() };
        let mut next = 0;
        while next < document.all.len() {
            for id in outside(&document.all[next]) {
                if document.found.contains_key(&id) {
                    continue;
                }
                let found = schemas.schema(&id);
                document.found.insert(id, found.is_some().then_some(document.all.len()));
                document.all.extend(found);
            }
            next += 1;
        }
        document
    }

    pub(super) fn index(&self) -> Index<'_> {
        let mut targets = HashMap::new();
        for document in &self.all {
            let own = by_id(document);
            for reference in references(document) {
                let id = reference.r#ref.as_str();
                let elsewhere = || Some(&self.all[(*self.found.get(id)?)?]);
                if let Some(target) = own.get(id).copied().or_else(elsewhere) {
                    targets.insert(std::ptr::from_ref(reference), target);
                }
            }
        }
        Index { root: &self.all[0], targets }
    }
}

/// The ids that a document refers to and does not have.
fn outside(document: &Schema) -> Vec<String> {
    let own = by_id(document);
    let ids = references(document).into_iter().map(|reference| &reference.r#ref);
    ids.filter(|id| !own.contains_key(id.as_str())).cloned().collect()
}

/// A document whose REFs can be followed.
pub(super) struct Index<'a> {
    /// The schema that it is about.
    pub root: &'a Schema,
    /// What each REF means.
    targets: HashMap<*const Schema, &'a Schema>,
}

impl<'a> Index<'a> {
    /// What a schema means after its REFs, however many follow each other; `None` = they lead nowhere.
    pub fn meant(&self, mut schema: &'a Schema) -> Option<&'a Schema> {
        // A chain that is longer than there are REFs goes round.
        for _ in 0..=self.targets.len() {
            if schema.r#type() != SchemaType::Ref {
                return Some(schema);
            }
            schema = self.targets.get(&std::ptr::from_ref(schema))?;
        }
        None
    }
}
