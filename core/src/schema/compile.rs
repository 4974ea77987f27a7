//! From a schema as people give it to the compiled form, with all that is wrong with it.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::constraints;
use super::format::Format;
use super::identity;
use super::node::{
    Absent, ArrayRules, Discriminator, Field, Kinds, MapRules, Node, NodeId, ObjectRules, Rules, UnionRules,
    kind,
};
use super::number::NumberRules;
use super::protobuf;
use super::{MOST_VIOLATIONS, Resolve, Schema, SchemaErrors, Violation};
use crate::meta;
use crate::proto::SchemaType;

/// Schemas and fields inside each other, in one piece: a reader of Protobuf messages stops at 100. References go on from there.
pub(super) const MOST_NESTED: usize = 90;
/// Schemas that one is made of.
const MOST_NODES: usize = 20_000;

/// Compiles one schema, and those that it refers to.
pub(super) struct Compiler<'r> {
    schemas: &'r dyn Resolve,
    pub slots: Vec<Slot>,
    /// The schemas with an id of each document: of the schema that is compiled, then of those found elsewhere.
    documents: Vec<HashMap<String, Identified>>,
    /// The document that is being looked at.
    document: usize,
    /// Those found elsewhere, by the ids that were asked for.
    found: HashMap<String, (usize, Rc<Schema>)>,
    references: HashMap<*const Schema, NodeId>,
    pending: Vec<Pending>,
    pub given: Vec<Given>,
    pub errors: Vec<Violation>,
}

/// A schema with an id.
struct Identified {
    schema: Rc<Schema>,
    /// Where it was come by.
    path: Option<String>,
    /// What others with its id must mean, where there are any.
    meaning: OnceCell<Schema>,
}

/// A schema that is referred to, and has to be looked at.
struct Pending {
    slot: NodeId,
    path: String,
    document: usize,
    schema: Rc<Schema>,
}

/// The place of a node.
pub(super) struct Slot {
    /// Where in its schema it is.
    pub path: String,
    pub form: Form,
}

/// What is known of a node.
pub(super) enum Form {
    Empty,
    Node(Node),
    /// Whatever another node is.
    Alias(NodeId),
}

/// A value that a schema gives, which must fit it.
pub(super) struct Given {
    pub path: String,
    /// `default` or `example`.
    pub what: &'static str,
    pub node: NodeId,
    pub bytes: Vec<u8>,
    /// The label that says how it is encoded.
    pub encoding: Option<String>,
    /// The object and the index of the field that it is for.
    pub field: Option<(NodeId, usize)>,
}

impl<'r> Compiler<'r> {
    /// Looks at all schemas that there are to see.
    pub fn run(schema: &Schema, schemas: &'r dyn Resolve) -> Result<Compiler<'r>, SchemaErrors> {
        let mut compiler = Compiler {
            schemas,
            slots: Vec::new(),
            documents: Vec::new(),
            document: 0,
            found: HashMap::new(),
            references: HashMap::new(),
            pending: Vec::new(),
            given: Vec::new(),
            errors: Vec::new(),
        };
        compiler.open(&Rc::new(schema.clone()));
        compiler.add(schema, "$".to_owned(), 0);
        while let Some(next) = compiler.pending.pop() {
            compiler.document = next.document;
            compiler.fill(next.slot, &next.schema, &next.path, 0);
        }
        compiler.done()
    }

    /// Itself, if nothing is wrong so far.
    pub fn done(self) -> Result<Compiler<'r>, SchemaErrors> {
        if self.errors.is_empty() { Ok(self) } else { Err(SchemaErrors(self.errors)) }
    }

    pub fn refuse(&mut self, path: &str, code: &str, message: impl Into<String>) {
        if self.errors.len() < MOST_VIOLATIONS {
            self.errors.push(Violation {
                path: path.to_owned(),
                message: message.into(),
                code: code.to_owned(),
            });
        }
    }

    /// Remembers the schemas with an id in a document, and gives its number.
    fn open(&mut self, document: &Rc<Schema>) -> usize {
        let identified = |(id, schema): (&str, &Schema)| {
            let is_whole = std::ptr::eq(schema, &**document);
            let schema = if is_whole { document.clone() } else { Rc::new(schema.clone()) };
            (id.to_owned(), Identified { schema, path: None, meaning: OnceCell::new() })
        };
        self.documents.push(identity::by_id(document).into_iter().map(identified).collect());
        self.documents.len() - 1
    }

    /// Refuses another schema with the id of one that is in the same document.
    fn identify(&mut self, schema: &Schema, path: &str) {
        let Some(known) = self.documents[self.document].get_mut(&schema.schema_id) else { return };
        let Some(first) = &known.path else {
            known.path = Some(path.to_owned());
            return;
        };
        let meaning = || known.meaning.get_or_init(|| identity::meaning(&known.schema));
        if *schema != *known.schema && identity::meaning(schema) != *meaning() {
            let what =
                format!("'{}' is another schema at {first}: give one of them another id", schema.schema_id);
            self.refuse(path, "schema_id", what);
        }
    }

    fn add(&mut self, schema: &Schema, path: String, depth: usize) -> NodeId {
        let slot = self.slots.len();
        self.slots.push(Slot { path: path.clone(), form: Form::Empty });
        self.fill(slot, schema, &path, depth);
        slot
    }

    /// A part that may be left out: anything, then.
    fn add_or_any(&mut self, schema: Option<&Schema>, path: String, depth: usize) -> NodeId {
        match schema {
            Some(schema) => self.add(schema, path, depth),
            None => self.push(path, Node::any()),
        }
    }

    fn push(&mut self, path: String, node: Node) -> NodeId {
        self.slots.push(Slot { path, form: Form::Node(node) });
        self.slots.len() - 1
    }

    fn fill(&mut self, slot: NodeId, schema: &Schema, path: &str, depth: usize) {
        if depth > MOST_NESTED {
            let what = format!(
                "more than {MOST_NESTED} schemas and fields inside each other; refer to some by their id"
            );
            return self.refuse(path, "depth", what);
        }
        if self.slots.len() > MOST_NODES {
            if self.errors.iter().all(|error| error.code != "size") {
                self.refuse(path, "size", format!("the schema is made of more than {MOST_NODES} schemas"));
            }
            return;
        }
        let kind = match SchemaType::try_from(schema.r#type) {
            Ok(SchemaType::Unspecified) => return self.refuse(path, "type", "the schema has no type"),
            Ok(kind) => kind,
            Err(_) => return self.refuse(path, "type", format!("there is no type {}", schema.r#type)),
        };
        constraints::check_members(kind, schema, &mut |code, what| self.refuse(path, code, what));
        self.identify(schema, path);
        self.keep_given(slot, schema, path);
        if kind == SchemaType::Ref {
            if let Some(target) = self.reference(&schema.r#ref, path) {
                self.slots[slot].form = Form::Alias(target);
            }
            return;
        }
        let rules = self.rules(slot, kind, schema, path, depth);
        let sensitive = self.flag(schema, meta::SENSITIVE, path);
        let protobuf = protobuf::kind(kind, schema, &mut |code, what| self.refuse(path, code, what));
        let node = Node { kind, admits: admitted(kind), sensitive, protobuf, rules };
        self.slots[slot].form = Form::Node(node);
    }

    fn rules(&mut self, slot: NodeId, kind: SchemaType, schema: &Schema, path: &str, depth: usize) -> Rules {
        let none = crate::proto::Constraints::default();
        let limits = schema.constraints.as_ref().unwrap_or(&none);
        let mut refuse = |code: &'static str, what: String| self.refuse(path, code, what);
        match kind {
            SchemaType::Integer | SchemaType::Number => {
                Rules::Number(NumberRules::new(kind, &schema.format, limits, refuse))
            }
            SchemaType::String => {
                let format = (!schema.format.is_empty()).then(|| Format::named(&schema.format));
                let format = format.and_then(|format| format.map_err(|why| refuse("format", why)).ok());
                Rules::Text(constraints::text(limits, format, &mut refuse))
            }
            SchemaType::Time if schema.format == "local" => {
                Rules::Text(constraints::text(limits, Some(Format::LocalTime), &mut refuse))
            }
            SchemaType::Binary => Rules::Binary(constraints::length(limits, &mut refuse)),
            SchemaType::Enum => {
                let numbers = protobuf::enum_numbers(schema, &mut refuse);
                Rules::Enum(constraints::values(&schema.enum_values, &numbers, &mut refuse))
            }
            SchemaType::Array => {
                let count = constraints::items(limits, &mut refuse);
                let items = self.add_or_any(schema.items.as_deref(), format!("{path}[*]"), depth + 1);
                Rules::Array(ArrayRules { items, count, unique: limits.unique_items })
            }
            SchemaType::Map => {
                let count = constraints::properties(limits, &mut refuse);
                let keys = format!("{path}.*(key)");
                let key = match schema.key_schema.as_deref() {
                    Some(key) => self.add(key, keys, depth + 1),
                    // They are text.
                    None => self.push(keys, Node { protobuf: Some(protobuf::Kind::String), ..Node::any() }),
                };
                let value = schema.value_schema.as_deref();
                let value = self.add_or_any(value, format!("{path}.*"), depth + 1);
                Rules::Map(MapRules { key, value, count })
            }
            SchemaType::Object => self.object(slot, schema, limits, path, depth),
            SchemaType::Union => {
                let branch = |index| format!("{path}(one_of[{index}])");
                let schemas = schema.one_of.iter().enumerate();
                let tagged: Vec<_> = schemas
                    .map(|(index, one)| {
                        (self.number(Some(one), &branch(index)), self.add(one, branch(index), depth + 1))
                    })
                    .collect();
                let branches = tagged.iter().map(|(_, branch)| *branch).collect();
                let field = schema.metadata.get(meta::DISCRIMINATOR);
                let discriminator =
                    field.map(|field| Discriminator { field: field.as_str().into(), cases: Vec::new() });
                Rules::Union(UnionRules { branches, tagged, ambiguous: 0, discriminator })
            }
            other => Format::of(other).map_or(Rules::None, |format| {
                Rules::Text(constraints::text(limits, Some(format), &mut refuse))
            }),
        }
    }

    fn object(
        &mut self,
        slot: NodeId,
        schema: &Schema,
        limits: &crate::proto::Constraints,
        path: &str,
        depth: usize,
    ) -> Rules {
        let closed = self.flag(schema, meta::CLOSED, path);
        let count = constraints::properties(limits, &mut |code, what| self.refuse(path, code, what));
        let mut fields = Vec::with_capacity(schema.fields.len());
        for (index, field) in schema.fields.iter().enumerate() {
            let inner = super::path_to(path, &field.name);
            let node = self.add_or_any(field.schema.as_ref(), inner.clone(), depth + 2);
            let labels = field.schema.as_ref().map(|schema| &schema.metadata);
            let encoding = labels.and_then(|labels| labels.get(meta::ENCODING)).cloned();
            let own = field.schema.as_ref().and_then(|schema| schema.default_value.as_ref());
            if let Some(default) = field.default_value.as_ref().or(own) {
                let (bytes, field) = (default.clone(), Some((slot, index)));
                self.given.push(Given { path: inner.clone(), what: "default", node, bytes, encoding, field });
            }
            let (name, required) = (field.name.as_str().into(), field.required);
            let number = self.number(field.schema.as_ref(), &inner);
            let oneof = labels.and_then(protobuf::oneof);
            let absent = Absent::LeftOut;
            fields.push(Field { name, node, required, default: None, number, oneof, absent });
        }
        let mut sorted: Vec<u32> = (0..fields.len() as u32).collect();
        sorted.sort_by(|a, b| fields[*a as usize].name.cmp(&fields[*b as usize].name));
        let same = |pair: &&[u32]| fields[pair[0] as usize].name == fields[pair[1] as usize].name;
        if let Some(pair) = sorted.windows(2).find(same) {
            let name = &fields[pair[0] as usize].name;
            self.refuse(path, "fields", format!("two fields are named '{name}'"));
        }
        let required = fields.iter().filter(|field| field.required).count();
        if let Some(most) = count.most.filter(|most| *most < required) {
            self.refuse(
                path,
                "constraints",
                format!("{required} fields are required, but max_properties is {most}"),
            );
        }
        if let Some(least) = count.least.filter(|least| closed && *least > fields.len()) {
            let what = format!(
                "min_properties is {least}, but the object is closed and has {} fields",
                fields.len()
            );
            self.refuse(path, "constraints", what);
        }
        Rules::Object(ObjectRules { fields, sorted, closed, count, has_defaults: false, message: None })
    }

    /// The values that the schema gives for itself.
    fn keep_given(&mut self, node: NodeId, schema: &Schema, path: &str) {
        let defaults = schema.default_value.iter().map(|bytes| ("default", bytes));
        for (what, bytes) in defaults.chain(schema.examples.iter().map(|bytes| ("example", bytes))) {
            let encoding = schema.metadata.get(meta::ENCODING).cloned();
            let (path, bytes) = (path.to_owned(), bytes.clone());
            self.given.push(Given { path, what, node, bytes, encoding, field: None });
        }
    }

    /// The number in Protobuf of the field whose schema this is.
    fn number(&mut self, schema: Option<&Schema>, path: &str) -> Option<u32> {
        protobuf::number(&schema?.metadata, &mut |code, what| self.refuse(path, code, what))
    }

    /// Whether a label is set.
    fn flag(&mut self, schema: &Schema, label: &str, path: &str) -> bool {
        match schema.metadata.get(label).map(String::as_str) {
            Some("true") => true,
            None | Some("false") => false,
            Some(other) => {
                self.refuse(path, "metadata", format!("{label} is '{other}'; it must be true or false"));
                false
            }
        }
    }

    /// The node of the schema that a REF means.
    fn reference(&mut self, id: &str, path: &str) -> Option<NodeId> {
        if id.is_empty() {
            return None;
        }
        let Some((document, schema)) = self.meant(id) else {
            self.refuse(
                path,
                "ref",
                format!("there is no schema '{id}'. Register it first, or correct the ref"),
            );
            return None;
        };
        let slot = self.slots.len();
        let known = *self.references.entry(Rc::as_ptr(&schema)).or_insert(slot);
        if known != slot {
            return Some(known);
        }
        let path = format!("{id}$");
        self.slots.push(Slot { path: path.clone(), form: Form::Empty });
        self.pending.push(Pending { slot, path, document, schema });
        Some(slot)
    }

    /// The schema with an id, and its document.
    fn meant(&mut self, id: &str) -> Option<(usize, Rc<Schema>)> {
        if let Some(own) = self.documents[self.document].get(id) {
            return Some((self.document, own.schema.clone()));
        }
        if let Some(found) = self.found.get(id) {
            return Some(found.clone());
        }
        let schema = Rc::new(self.schemas.schema(id)?);
        let found = (self.open(&schema), schema);
        self.found.insert(id.to_owned(), found.clone());
        Some(found)
    }
}

/// The kinds of value that a type may be; in JSON some of them are text.
fn admitted(kind: SchemaType) -> Kinds {
    match kind {
        SchemaType::Null => kind::NULL,
        SchemaType::Boolean => kind::BOOL,
        SchemaType::Integer | SchemaType::Number => kind::NUMBER,
        SchemaType::Enum => kind::TEXT | kind::NUMBER,
        SchemaType::Binary => kind::BYTES | kind::TEXT,
        SchemaType::Datetime => kind::DATE_TIME | kind::TEXT,
        SchemaType::Uuid => kind::UUID | kind::TEXT,
        SchemaType::Array => kind::LIST,
        SchemaType::Object | SchemaType::Map => kind::MAP,
        // A union admits what its branches do, which are not known yet.
        SchemaType::Any | SchemaType::Union => kind::ANY,
        _ => kind::TEXT,
    }
}
