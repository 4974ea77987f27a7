//! A schema with all that its REFs mean: first the ids inside of it, then those that are found elsewhere.

use std::collections::{HashMap, HashSet};

use crate::proto::{Schema, SchemaType};
use crate::schema::Resolve;
use crate::schema::parts::parts;

/// A schema, and the schemas that it refers to.
pub struct Document {
    schema: Schema,
    /// Found elsewhere, by the ids that were asked for.
    others: Vec<(String, Schema)>,
}

impl Document {
    /// Takes all with it that the schema refers to, and what that refers to.
    pub fn new(schema: &Schema, schemas: &dyn Resolve) -> Document {
        let mut document = Document { schema: schema.clone(), others: Vec::new() };
        let mut asked = HashSet::new();
        while let Some(id) = document.first_unknown(&asked) {
            let found = schemas.schema(&id);
            document.others.extend(found.map(|schema| (id.clone(), schema)));
            asked.insert(id);
        }
        document
    }

    fn first_unknown(&self, asked: &HashSet<String>) -> Option<String> {
        let index = self.index();
        let mut unknown = None;
        for schema in self.schemas() {
            visit(schema, &mut |part| {
                let id = &part.r#ref;
                if part.r#type() == SchemaType::Ref
                    && unknown.is_none()
                    && !index.by_id.contains_key(id.as_str())
                    && !asked.contains(id)
                {
                    unknown = Some(id.clone());
                }
            });
        }
        unknown
    }

    fn schemas(&self) -> impl Iterator<Item = &Schema> {
        std::iter::once(&self.schema).chain(self.others.iter().map(|(_, schema)| schema))
    }

    pub(super) fn index(&self) -> Index<'_> {
        let mut by_id = HashMap::new();
        let mut learn = |schema| {
            visit(schema, &mut |part| {
                if !part.schema_id.is_empty() {
                    by_id.entry(part.schema_id.as_str()).or_insert(part);
                }
            });
        };
        learn(&self.schema);
        for (_, schema) in &self.others {
            learn(schema);
        }
        for (id, schema) in &self.others {
            by_id.entry(id.as_str()).or_insert(schema);
        }
        Index { root: &self.schema, by_id }
    }
}

fn visit<'a>(schema: &'a Schema, each: &mut dyn FnMut(&'a Schema)) {
    each(schema);
    parts(schema).for_each(|part| visit(part, each));
}

/// A document whose ids can be looked up.
pub(super) struct Index<'a> {
    /// The schema that it is about.
    pub root: &'a Schema,
    by_id: HashMap<&'a str, &'a Schema>,
}

impl<'a> Index<'a> {
    /// What a schema means after its REFs, however many follow each other; `None` = they lead nowhere.
    pub fn meant(&self, mut schema: &'a Schema) -> Option<&'a Schema> {
        // A chain that is longer than there are ids goes round.
        for _ in 0..=self.by_id.len() {
            if schema.r#type() != SchemaType::Ref {
                return Some(schema);
            }
            schema = self.by_id.get(schema.r#ref.as_str())?;
        }
        None
    }
}
