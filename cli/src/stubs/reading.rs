//! A definition becomes the model: REFs followed, types named.

use std::collections::HashMap;
use std::rc::Rc;

use super::model::{Api, EnumValue, Field, Flow, Integer, Method, Named, Shape, Type, TypedError};
use super::names::{Scope, last_part, pascal};
use crate::definition::{self, Definition, Schema, StreamType};
use crate::failure::{Failure, Result};

/// What a double holds without a gap.
const SAFE: f64 = 9_007_199_254_740_991.0;

/// The model of a definition.
pub fn read(definition: &Definition, looked_up: &dyn Fn(&str) -> Result<Schema>) -> Result<Api> {
    let mut reader = Reader {
        inside: HashMap::new(),
        document: HashMap::new(),
        looked_up,
        registered: HashMap::new(),
        known: HashMap::new(),
        followed: Vec::new(),
        scope: Scope::default(),
        types: Vec::new(),
        errors: Vec::new(),
    };
    for method in &definition.methods {
        let ends = method.input_schema.iter().chain(&method.output_schema);
        ends.chain(&method.error_schemas).for_each(|schema| note(schema, &mut reader.inside));
    }
    let mut described: Vec<&definition::Method> = definition.methods.iter().collect();
    described.sort_by_key(|method| &method.name);
    let methods = described.into_iter().map(|method| reader.method(method)).collect::<Result<_>>()?;
    let mut api = Api {
        service: definition.service.clone(),
        version: definition.version.clone(),
        description: definition.description.clone(),
        methods,
        types: reader.types,
        errors: reader.errors,
    };
    sort(&mut api);
    Ok(api)
}

struct Reader<'a> {
    /// The schemas of the definition that have an id.
    inside: HashMap<&'a str, &'a Schema>,
    /// Those that the schema which it reads has inside: they come first, another may use the same ids.
    document: HashMap<&'a str, &'a Schema>,
    looked_up: &'a dyn Fn(&str) -> Result<Schema>,
    /// What was looked up, by REF.
    registered: HashMap<String, (String, Rc<Schema>)>,
    /// What ids turned out to mean, for each schema that has one.
    known: HashMap<String, Vec<(Schema, Type)>>,
    /// The REFs that lead to where it reads.
    followed: Vec<String>,
    scope: Scope,
    types: Vec<Named>,
    errors: Vec<TypedError>,
}

impl<'a> Reader<'a> {
    fn method(&mut self, method: &'a definition::Method) -> Result<Method> {
        let flow = match method.stream_type {
            StreamType::Unspecified => Flow::Call,
            StreamType::Server => Flow::ServerStream,
            StreamType::Client => Flow::ClientStream,
            StreamType::Bidirectional => Flow::Bidirectional,
        };
        let mut of = |schema: &'a Option<Schema>, what| match schema {
            Some(schema) => self.read_document(schema, &format!("{}{what}", pascal(&method.name))),
            None => Ok(Type::Any),
        };
        Ok(Method {
            name: method.name.clone(),
            description: method.description.clone(),
            flow,
            params: of(&method.input_schema, "Params")?,
            result: of(&method.output_schema, "Result")?,
            errors: method
                .error_schemas
                .iter()
                .filter_map(|schema| self.error(schema).transpose())
                .collect::<Result<_>>()?,
        })
    }

    /// The place of an error; none = without an id nothing can name it.
    fn error(&mut self, schema: &'a Schema) -> Result<Option<usize>> {
        let id = &schema.schema_id;
        if id.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.errors.iter().position(|error| error.schema == *id) {
            return Ok(Some(known));
        }
        let data = self.read_document(schema, "")?;
        let described = match data {
            Type::Named(index) if schema.description.is_empty() => &self.types[index].description,
            _ => &schema.description,
        };
        self.errors.push(TypedError { schema: id.clone(), description: described.clone(), data });
        Ok(Some(self.errors.len() - 1))
    }

    fn read_document(&mut self, schema: &'a Schema, suggested: &str) -> Result<Type> {
        self.document.clear();
        note(schema, &mut self.document);
        self.read(schema, suggested)
    }

    /// What a schema with this id turned out to mean.
    fn known(&self, id: &str, schema: &Schema) -> Option<&Type> {
        let same = |(known, _): &&(Schema, Type)| *known == without_words(schema);
        self.known.get(id)?.iter().find(same).map(|(_, meant)| meant)
    }

    fn know(&mut self, id: &str, schema: &Schema, meant: Type) {
        self.known.entry(id.to_owned()).or_default().push((without_words(schema), meant));
    }

    /// The type of a schema. `suggested` is its name unless it has an id.
    fn read(&mut self, schema: &Schema, suggested: &str) -> Result<Type> {
        self.read_as(&schema.schema_id, schema, suggested)
    }

    fn read_as(&mut self, id: &str, schema: &Schema, suggested: &str) -> Result<Type> {
        if let Some(known) = self.known(id, schema) {
            return Ok(known.clone());
        }
        let name = if id.is_empty() { suggested.to_owned() } else { pascal(last_part(id)) };
        Ok(match schema.kind.as_str() {
            "NULL" => Type::Null,
            "BOOLEAN" => Type::Boolean,
            "INTEGER" => Type::Integer(integer(schema)),
            "NUMBER" => Type::Number,
            "STRING" | "DATE" | "TIME" | "DURATION" | "URI" | "EMAIL" => Type::Text,
            "BINARY" => Type::Bytes,
            "DATETIME" => Type::DateTime,
            "UUID" => Type::Uuid,
            "REF" => self.follow(&schema.reference, suggested)?,
            "OBJECT" => {
                let index = self.reserve_for(id, &name, schema);
                let name = self.types[index].name.clone();
                let fields =
                    schema.fields.iter().map(|field| self.field(field, &name)).collect::<Result<_>>()?;
                self.types[index].shape = Shape::Object(fields);
                Type::Named(index)
            }
            "ENUM" => {
                let index = self.reserve_for(id, &name, schema);
                let values = schema.enum_values.iter();
                let value = |one: &definition::EnumValue| EnumValue {
                    value: one.value.clone(),
                    description: one.description.clone(),
                };
                self.types[index].shape = Shape::Enum(values.map(value).collect());
                Type::Named(index)
            }
            // Only these can lead back to themselves without an object in between.
            "ARRAY" | "MAP" | "UNION" if !id.is_empty() => {
                let index = self.reserve_for(id, &name, schema);
                let name = self.types[index].name.clone();
                self.types[index].shape = match self.alternatives(schema, &name)? {
                    Some((types, false)) if types.len() > 1 => Shape::Union(types),
                    _ => Shape::Alias(self.nameless(schema, &name)?),
                };
                Type::Named(index)
            }
            "ARRAY" | "MAP" | "UNION" => self.nameless(schema, &name)?,
            _ => Type::Any,
        })
    }

    /// The type of a list, map or union as it stands, whatever its id.
    fn nameless(&mut self, schema: &Schema, name: &str) -> Result<Type> {
        let Some((mut types, has_null)) = self.alternatives(schema, name)? else {
            let (inner, what) = match schema.kind.as_str() {
                "ARRAY" => (&schema.items, "Item"),
                _ => (&schema.value_schema, "Value"),
            };
            let inner = match inner {
                Some(inner) => self.read(inner, &format!("{name}{what}"))?,
                None => Type::Any,
            };
            let inner = Box::new(inner);
            return Ok(if schema.kind == "ARRAY" { Type::List(inner) } else { Type::Map(inner) });
        };
        let meant = match types.len() {
            0 => return Ok(Type::Null),
            1 => types.remove(0),
            _ => {
                let index = self.reserve(name, &schema.description);
                self.types[index].shape = Shape::Union(types);
                Type::Named(index)
            }
        };
        Ok(if has_null && meant != Type::Any { Type::Nullable(Box::new(meant)) } else { meant })
    }

    /// What a union takes beside null, and whether it takes null; none = it is no union.
    fn alternatives(&mut self, schema: &Schema, name: &str) -> Result<Option<(Vec<Type>, bool)>> {
        if schema.kind != "UNION" {
            return Ok(None);
        }
        let (mut types, mut has_null) = (Vec::new(), false);
        for (index, one) in schema.one_of.iter().enumerate() {
            let mut meant = self.read(one, &format!("{name}{}", index + 1))?;
            if let Type::Nullable(inner) = meant {
                (has_null, meant) = (true, *inner);
            }
            match meant {
                Type::Null => has_null = true,
                Type::Any => return Ok(Some((vec![Type::Any], false))),
                meant if types.contains(&meant) => {}
                meant => types.push(meant),
            }
        }
        Ok(Some((types, has_null)))
    }

    fn field(&mut self, field: &definition::Field, parent: &str) -> Result<Field> {
        let described = [&field.description, &field.schema.description];
        Ok(Field {
            name: field.name.clone(),
            description: described.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default(),
            holds: self.read(&field.schema, &format!("{parent}{}", pascal(&field.name)))?,
            is_required: field.required,
        })
    }

    fn follow(&mut self, reference: &str, suggested: &str) -> Result<Type> {
        let inside = self.document.get(reference).or_else(|| self.inside.get(reference));
        let (name, schema) = match inside {
            Some(schema) => (reference.to_owned(), Rc::new((*schema).clone())),
            None => self.registered(reference)?,
        };
        if let Some(known) = self.known(&name, &schema) {
            return Ok(known.clone());
        }
        if self.followed.contains(&name) {
            return Err(Failure::Refused(format!("the schema '{name}' is nothing but a way back to itself")));
        }
        self.followed.push(name.clone());
        let meant = self.read_as(&name, &schema, suggested)?;
        self.followed.pop();
        self.know(&name, &schema, meant.clone());
        Ok(meant)
    }

    /// A schema that is not in the definition, by its name with the version: REFs may leave that out.
    fn registered(&mut self, reference: &str) -> Result<(String, Rc<Schema>)> {
        if let Some(found) = self.registered.get(reference) {
            return Ok(found.clone());
        }
        let schema = (self.looked_up)(reference)?;
        let name = schema.registered_as().unwrap_or_else(|| reference.to_owned());
        let found = (name, Rc::new(schema));
        self.registered.insert(reference.to_owned(), found.clone());
        Ok(found)
    }

    /// A place for a type that is yet to be read.
    fn reserve(&mut self, name: &str, description: &str) -> usize {
        let index = self.types.len();
        let name = self.scope.take(name);
        self.types.push(Named { name, description: description.to_owned(), shape: Shape::Alias(Type::Any) });
        index
    }

    /// The same for a schema that may refer to itself.
    fn reserve_for(&mut self, id: &str, name: &str, schema: &Schema) -> usize {
        let index = self.reserve(name, &schema.description);
        if !id.is_empty() {
            self.know(id, schema, Type::Named(index));
        }
        index
    }
}

/// Takes note of the schemas that have an id.
fn note<'a>(schema: &'a Schema, by_id: &mut HashMap<&'a str, &'a Schema>) {
    if !schema.schema_id.is_empty() {
        by_id.entry(&schema.schema_id).or_insert(schema);
    }
    parts(schema).for_each(|part| note(part, by_id));
}

fn parts(schema: &Schema) -> impl Iterator<Item = &Schema> {
    let fields = schema.fields.iter().map(|field| &field.schema);
    let single = [&schema.items, &schema.value_schema].into_iter().flatten().map(|inner| &**inner);
    fields.chain(single).chain(&schema.one_of)
}

/// A schema as far as it decides on a type.
fn without_words(schema: &Schema) -> Schema {
    let boxed = |inner: &Option<Box<Schema>>| inner.as_ref().map(|inner| Box::new(without_words(inner)));
    let field = |field: &definition::Field| definition::Field {
        schema: without_words(&field.schema),
        description: String::new(),
        ..field.clone()
    };
    let value =
        |one: &definition::EnumValue| definition::EnumValue { description: String::new(), ..one.clone() };
    Schema {
        description: String::new(),
        metadata: Default::default(),
        fields: schema.fields.iter().map(field).collect(),
        items: boxed(&schema.items),
        value_schema: boxed(&schema.value_schema),
        enum_values: schema.enum_values.iter().map(value).collect(),
        one_of: schema.one_of.iter().map(without_words).collect(),
        ..schema.clone()
    }
}

fn integer(schema: &Schema) -> Integer {
    let limits = &schema.constraints;
    let bits = |is_signed: bool, bits: &str| bits.parse().ok().map(|bits| Integer::Bits { bits, is_signed });
    let format = schema.format.as_str();
    let stated = format
        .strip_prefix("uint")
        .and_then(|text| bits(false, text))
        .or_else(|| format.strip_prefix("int").and_then(|text| bits(true, text)));
    let is_past = |limit: Option<f64>| limit.is_some_and(|limit| limit.abs() > SAFE);
    let is_large = is_past(limits.minimum) || is_past(limits.maximum);
    stated.unwrap_or(if is_large { Integer::Large } else { Integer::Unstated })
}

/// Puts types and errors into the order of their names.
fn sort(api: &mut Api) {
    let places = sorted(&mut api.types, |named| named.name.clone());
    for named in &mut api.types {
        match &mut named.shape {
            Shape::Object(fields) => fields.iter_mut().for_each(|field| moved(&mut field.holds, &places)),
            Shape::Enum(_) => {}
            Shape::Union(types) => types.iter_mut().for_each(|one| moved(one, &places)),
            Shape::Alias(meant) => moved(meant, &places),
        }
    }
    for method in &mut api.methods {
        moved(&mut method.params, &places);
        moved(&mut method.result, &places);
    }
    api.errors.iter_mut().for_each(|error| moved(&mut error.data, &places));
    let places = sorted(&mut api.errors, |error| error.schema.clone());
    api.methods.iter_mut().flat_map(|method| &mut method.errors).for_each(|index| *index = places[*index]);
}

/// Sorts; says where each is now.
fn sorted<T>(all: &mut Vec<T>, name: impl Fn(&T) -> String) -> Vec<usize> {
    let mut order: Vec<(usize, T)> = all.drain(..).enumerate().collect();
    order.sort_by_key(|(_, one)| name(one));
    let mut places = vec![0; order.len()];
    for (place, (index, _)) in order.iter().enumerate() {
        places[*index] = place;
    }
    all.extend(order.into_iter().map(|(_, one)| one));
    places
}

fn moved(one: &mut Type, places: &[usize]) {
    match one {
        Type::Named(index) => *index = places[*index],
        Type::List(inner) | Type::Map(inner) | Type::Nullable(inner) => moved(inner, places),
        _ => {}
    }
}
