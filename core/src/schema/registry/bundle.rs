//! A schema with all that it refers to inside of it.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result};
use crate::proto::{Schema, SchemaType};
use crate::schema::Resolve;
use crate::schema::compile::MOST_NESTED;
use crate::schema::identity::{by_id, meaning, references};
use crate::schema::parts::parts_mut;
use crate::schema::protobuf;

/// The same schema; what a REF to another one means comes to the place where it is met first, under its id.
///
/// An id that means something else in another document gets the name of that document before it. FAILED_PRECONDITION = it would be
/// deeper than schemas in one piece are.
pub fn bundled(schema: &Schema, schemas: &dyn Resolve) -> Result<Schema> {
    let mut bundle = Bundle { schemas, parts: HashMap::new(), documents: HashMap::new() };
    let mut bundled = schema.clone();
    let names = bundle.open(schema, &schema.schema_id);
    bundle.fill(&mut bundled, &names, 0)?;
    Ok(bundled)
}

/// The ids that the schemas of one document have in the bundle, by those that they have in their own.
type Names = HashMap<String, String>;

struct Bundle<'r> {
    schemas: &'r dyn Resolve,
    /// What is in the bundle, by its id there.
    parts: HashMap<String, Schema>,
    /// The documents in it: their ids there, by those that were asked for.
    documents: HashMap<String, String>,
}

impl Bundle<'_> {
    /// Finds ids for the schemas of a document, which itself gets the `id`.
    fn open(&mut self, document: &Schema, id: &str) -> Names {
        let parts = by_id(document);
        let shared = self.shared(&parts);
        let mut own: Vec<&str> = parts.keys().copied().collect();
        own.sort_unstable_by_key(|own| (*own != document.schema_id, *own));
        let mut names = Names::new();
        for own in own {
            let name = match own {
                _ if own == document.schema_id => id.to_owned(),
                _ if shared.contains(own) => own.to_owned(),
                _ => self.free(own, id),
            };
            // Taken, until it is known what it means with all names.
            self.parts.entry(name.clone()).or_default();
            names.insert(own.to_owned(), name);
        }
        for (own, part) in parts {
            let mut part = meaning(part);
            rename(&mut part, &names);
            self.parts.insert(names[own].clone(), part);
        }
        names
    }

    /// The ids of a document that are in the bundle, if all of them mean the same there, and so does all that they refer to.
    fn shared(&self, parts: &HashMap<&str, &Schema>) -> HashSet<String> {
        let taken: HashSet<String> =
            parts.keys().filter(|id| self.parts.contains_key(**id)).map(|id| (*id).to_owned()).collect();
        let is_same = |id: &String| {
            let part = meaning(parts[id.as_str()]);
            self.parts[id] == part && references(&part).iter().all(|one| taken.contains(&one.r#ref))
        };
        if taken.iter().all(is_same) { taken } else { HashSet::new() }
    }

    /// An id that is not in the bundle: this one, or this one of the document.
    fn free(&self, id: &str, document: &str) -> String {
        let numbered = (2..).map(|number| format!("{document}.{id}.{number}"));
        let mut candidates = [id.to_owned(), format!("{document}.{id}")].into_iter().chain(numbered);
        candidates.find(|candidate| !self.parts.contains_key(candidate)).unwrap_or_default()
    }

    /// Gives a schema and its parts their ids, and puts in what they refer to.
    fn fill(&mut self, schema: &mut Schema, names: &Names, depth: usize) -> Result<()> {
        if let Some(name) = names.get(&schema.schema_id) {
            schema.schema_id.clone_from(name);
        }
        if schema.r#type() == SchemaType::Ref {
            let Some(name) = names.get(&schema.r#ref) else { return self.put(schema, depth) };
            schema.r#ref.clone_from(name);
            return Ok(());
        }
        self.fill_parts(schema, names, depth)
    }

    fn fill_parts(&mut self, schema: &mut Schema, names: &Names, depth: usize) -> Result<()> {
        // Fields count as well.
        let step = if schema.fields.is_empty() { 1 } else { 2 };
        parts_mut(schema).try_for_each(|part| self.fill(part, names, depth + step))
    }

    /// Puts in what a REF out of its document means, unless it is there.
    fn put(&mut self, reference: &mut Schema, depth: usize) -> Result<()> {
        let id = reference.r#ref.clone();
        if let Some(name) = self.documents.get(&id) {
            reference.r#ref.clone_from(name);
            return Ok(());
        }
        if depth > MOST_NESTED {
            return Err(Error::precondition(format!(
                "with all that it refers to the schema would be more than {MOST_NESTED} schemas and fields inside each other, at \
                 '{id}'. Get it without resolve_refs, and what it refers to by their ids"
            )));
        }
        let Some(mut found) = self.schemas.schema(&id) else { return Ok(()) };
        if found.r#type() == SchemaType::Ref {
            // Later versions may lead back here.
            self.documents.insert(id.clone(), id.clone());
            reference.r#ref = found.r#ref;
            self.put(reference, depth + 1)?;
            let is_put = reference.r#type() != SchemaType::Ref;
            let name = if is_put { &reference.schema_id } else { &reference.r#ref };
            self.documents.insert(id, name.clone());
            return Ok(());
        }
        if found.schema_id.is_empty() {
            found.schema_id.clone_from(&id);
        }
        let name = self.free(&id, &id);
        self.documents.insert(id, name.clone());
        let names = self.open(&found, &name);
        self.fill_parts(&mut found, &names, depth)?;
        let place = std::mem::take(&mut reference.metadata);
        *reference = Schema { schema_id: name, ..found };
        protobuf::put_in_place(&mut reference.metadata, place);
        Ok(())
    }
}

fn rename(schema: &mut Schema, names: &Names) {
    for id in [&mut schema.schema_id, &mut schema.r#ref] {
        if let Some(name) = names.get(id.as_str()) {
            id.clone_from(name);
        }
    }
    parts_mut(schema).for_each(|part| rename(part, names));
}
