//! CBOR that fits its schema, as messages: fields in the order of their numbers, lists of numbers packed, as stock writers do.

use std::collections::HashSet;

use prost::encoding::{decode_key, encode_key};

use super::{Violation, guide, lose, lose_digits, violation};
use crate::codec::cbor::{Step, Walk};
use crate::codec::item::Item;
use crate::codec::{uuid_of, uuid_text};
use crate::error::{Error, Result};
use crate::proto::SchemaType;
use crate::schema::MOST_VIOLATIONS;
use crate::schema::node::{Absent, Node, NodeId, ObjectRules, Rules};
use crate::schema::number::Number;
use crate::schema::protobuf::{KEY, Kind, Message, Shape, VALUE, Value, write_record};
use crate::schema::validate::Place;

const NULL: u8 = 0xf6;

/// A whole message. Entries that the schema does not know are lost.
pub fn message(
    nodes: &[Node],
    root: NodeId,
    cbor: &[u8],
    losses: &mut Vec<Violation>,
) -> std::result::Result<Vec<u8>, Vec<Violation>> {
    let mut convert = Convert::new(nodes, cbor);
    let mut out = Vec::new();
    let walked = convert.whole(|convert, item, _| convert.message(root, item, &mut out, &Place::ROOT));
    losses.append(&mut convert.losses);
    walked.map_err(super::told)?;
    if convert.found.is_empty() { Ok(out) } else { Err(convert.found) }
}

/// The records of a field with this value, and what the field is where they are left out.
pub fn default(
    nodes: &[Node],
    object: &ObjectRules,
    field: usize,
    cbor: &[u8],
) -> std::result::Result<(Vec<u8>, Absent), String> {
    // A union that is a oneof.
    let own = |message: &Message| message.members_of(field).count();
    let has_presence = object.message.as_ref().map_or(0, own) > 1;
    let mut records = [Vec::new(), Vec::new()];
    for (out, is_implicit) in records.iter_mut().zip([false, !has_presence]) {
        let mut convert = Convert::new(nodes, cbor);
        let walked = convert.whole(|convert, item, start| {
            convert.field(object, field, is_implicit, (item, start), out, &Place::ROOT)
        });
        let told = walked.err().map(|error| error.message().to_owned());
        let found = convert.found.first().map(|one| format!("{}: {}", one.path, one.message));
        if let Some(why) = told.or(found) {
            return Err(why);
        }
    }
    let [explicit, implicit] = records;
    let absent = match (implicit.is_empty(), cbor) {
        (true, [NULL]) => Absent::Null,
        (true, _) => Absent::Zero,
        (false, _) => Absent::LeftOut,
    };
    Ok((explicit, absent))
}

struct Convert<'n, 'b> {
    nodes: &'n [Node],
    walk: Walk<'b>,
    found: Vec<Violation>,
    losses: Vec<Violation>,
}

impl<'n, 'b> Convert<'n, 'b> {
    fn new(nodes: &'n [Node], cbor: &'b [u8]) -> Self {
        Convert { nodes, walk: Walk::new(cbor), found: Vec::new(), losses: Vec::new() }
    }

    fn whole(&mut self, value: impl FnOnce(&mut Self, Item<'b>, usize) -> Result<()>) -> Result<()> {
        match self.walk.next()? {
            Some(Step::Value(item)) => value(self, item, 0),
            _ => Ok(()),
        }
    }

    /// Refuses a value of a node.
    fn refuse_value(&mut self, id: NodeId, place: &Place<'_>, why: String) {
        let hidden = || "the value, which is not shown, has no form in Protobuf".to_owned();
        self.refuse(place, if self.nodes[id].sensitive { hidden() } else { why });
    }

    fn refuse(&mut self, place: &Place<'_>, why: String) {
        if self.found.len() < MOST_VIOLATIONS {
            self.found.push(violation(place.path(), why));
        }
    }

    /// Writes the fields of a message.
    fn message(&mut self, id: NodeId, item: Item<'b>, out: &mut Vec<u8>, place: &Place<'_>) -> Result<()> {
        let nodes: &'n [Node] = self.nodes;
        let object = match &nodes[id].rules {
            Rules::Object(object) if object.message.is_some() => object,
            _ => {
                let what = "the schema is no Protobuf message: that is an OBJECT whose fields have the label \
                            hms.protobuf.number";
                self.refuse(place, what.to_owned());
                return self.skip(item);
            }
        };
        let mut fields: Vec<(u32, Vec<u8>)> = Vec::new();
        let mut groups = HashSet::new();
        while let Some(Step::Key) = self.walk.next()? {
            let key = self.walk.key().to_owned();
            let start = self.walk.position();
            let Some(Step::Value(item)) = self.walk.next()? else { continue };
            let place = &place.member(&key);
            let Some(index) = guide::member(nodes, id, &key).1 else {
                lose(&mut self.losses, place, "the schema has no such field");
                self.skip(item)?;
                continue;
            };
            let field = &object.fields[index];
            let mut records = Vec::new();
            let is_implicit = field.absent == Absent::Zero;
            self.field(object, index, is_implicit, (item, start), &mut records, place)?;
            // Nothing is written of null, and of zero where it needs not be.
            let Ok((number, _)) = decode_key(&mut &records[..]) else { continue };
            fields.push((number, records));
            if let Some(group) = field.oneof.as_deref()
                && !groups.insert(group)
            {
                self.refuse(place, format!("another field of the oneof '{group}' is there, too"));
            }
        }
        fields.sort_by_key(|(number, _)| *number);
        out.extend(fields.into_iter().flat_map(|(_, records)| records));
        Ok(())
    }

    /// Writes a field: nothing if it is null, or zero and `is_implicit`.
    fn field(
        &mut self,
        object: &ObjectRules,
        index: usize,
        is_implicit: bool,
        (item, start): (Item<'b>, usize),
        out: &mut Vec<u8>,
        place: &Place<'_>,
    ) -> Result<()> {
        let nodes = self.nodes;
        let meant = guide::meant(nodes, object.fields[index].node, &item, &self.walk, start, false);
        if nodes[meant].kind == SchemaType::Null {
            return Ok(());
        }
        let members = object.message.iter().flat_map(|message| message.members_of(index));
        let own = |shape: Shape| match shape {
            Shape::One(id) | Shape::Many(id, _) | Shape::Map(id, ..) => id == meant,
        };
        let mut members = members.filter(|member| own(member.shape));
        let Some(member) = members.next() else {
            self.refuse(place, "this value has no number in Protobuf".to_owned());
            return self.skip(item);
        };
        match member.shape {
            Shape::One(id) => self.one(member.number, id, is_implicit, item, out, place),
            Shape::Many(_, id) => self.many(member.number, id, out, place),
            Shape::Map(_, key, id) => {
                while let Some(Step::Key) = self.walk.next()? {
                    let text = self.walk.key().to_owned();
                    let place = &place.member(&text);
                    let mut entry = Vec::new();
                    self.key(key, &text, &mut entry, place);
                    if let Some(Step::Value(item)) = self.walk.next()? {
                        self.one(VALUE, id, false, item, &mut entry, place)?;
                    }
                    write_record(member.number, &entry, out);
                }
                Ok(())
            }
        }
    }

    fn many(&mut self, number: u32, id: NodeId, out: &mut Vec<u8>, place: &Place<'_>) -> Result<()> {
        let packed = self.nodes[id].protobuf.filter(|kind| kind.is_packed());
        let mut together = Vec::new();
        let mut count = 0;
        while let Some(Step::Value(item)) = self.walk.next()? {
            let place = &place.index(count);
            match packed {
                Some(kind) => match self.scalar(kind, id, &item, place) {
                    Ok(value) => self.write(id, &value, kind, &mut together, place),
                    Err(why) => self.refuse_value(id, place, why),
                },
                None => self.one(number, id, false, item, out, place)?,
            }
            count += 1;
        }
        if !together.is_empty() {
            write_record(number, &together, out);
        }
        Ok(())
    }

    fn one(
        &mut self,
        number: u32,
        id: NodeId,
        is_implicit: bool,
        item: Item<'b>,
        out: &mut Vec<u8>,
        place: &Place<'_>,
    ) -> Result<()> {
        let Some(kind) = self.nodes[id].protobuf.filter(|kind| *kind != Kind::Message) else {
            let mut inner = Vec::new();
            self.message(id, item, &mut inner, place)?;
            write_record(number, &inner, out);
            return Ok(());
        };
        match self.scalar(kind, id, &item, place) {
            Ok(value) if is_implicit && value.is_zero(kind) => {}
            Ok(value) => {
                encode_key(number, kind.wire(), out);
                self.write(id, &value, kind, out, place);
            }
            Err(why) => {
                self.refuse_value(id, place, why);
                self.skip(item)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, id: NodeId, value: &Value<'_>, kind: Kind, out: &mut Vec<u8>, place: &Place<'_>) {
        if let Err(why) = value.write(kind, out) {
            self.refuse_value(id, place, why);
        }
    }

    /// Writes the key of a map's entry, which is text here.
    fn key(&mut self, id: NodeId, text: &str, out: &mut Vec<u8>, place: &Place<'_>) {
        let Some(kind) = self.nodes[id].protobuf else { return };
        let value = match kind {
            Kind::String => Some(Value::Text(text.into())),
            Kind::Bool => text.parse().ok().map(Value::Bool),
            // One number in two forms would be one key twice.
            _ => text.parse().ok().filter(|number: &i128| number.to_string() == text).map(Value::Int),
        };
        match value {
            Some(value) => {
                encode_key(KEY, kind.wire(), out);
                self.write(id, &value, kind, out, place);
            }
            None => self.refuse(place, format!("the key is no {}", kind.name())),
        }
    }

    /// The value that an item is in Protobuf.
    fn scalar<'i>(
        &mut self,
        kind: Kind,
        id: NodeId,
        item: &'i Item<'b>,
        place: &Place<'_>,
    ) -> std::result::Result<Value<'i>, String> {
        if let (Kind::Float | Kind::Double, Item::Decimal(text)) = (kind, item) {
            lose_digits(&mut self.losses, place, text);
        }
        let node = &self.nodes[id];
        let number = || match item {
            Item::Int(value) => Some(Number::Int((*value).into())),
            Item::Uint(value) => Some(Number::Int((*value).into())),
            Item::BigInt { negative, n } => Some(Number::of_bytes(*negative, n)),
            Item::Float(value) => Some(Number::Float(*value)),
            Item::Decimal(text) => Some(Number::of_decimal(text)),
            _ => None,
        };
        let value = match (kind, item) {
            (Kind::Bool, Item::Bool(value)) => Some(Value::Bool(*value)),
            (Kind::Float | Kind::Double, _) => match number() {
                Some(Number::Int(value)) if value as f64 as i128 != value => None,
                Some(Number::Int(value)) => Some(Value::Float(value as f64)),
                Some(Number::Float(value)) => Some(Value::Float(value)),
                None => None,
            },
            (Kind::Enum, _) => {
                let Rules::Enum(rules) = &node.rules else { return Err("no enum".to_owned()) };
                let number = match (item, number()) {
                    (Item::Text(text), _) => rules.number(text),
                    (_, Some(number)) => whole(number).and_then(|number| rules.number(&number.to_string())),
                    _ => None,
                };
                number.map(Value::Enum)
            }
            (Kind::Timestamp, Item::DateTime(text) | Item::Text(text)) => {
                Some(Value::DateTime(text.to_string()))
            }
            (Kind::Duration, Item::Text(text)) => Some(Value::Duration(text.to_string())),
            (Kind::Uuid, Item::Uuid(uuid)) => Some(Value::Uuid(*uuid)),
            (Kind::Uuid, Item::Text(text)) => uuid_of(text).map(Value::Uuid),
            (Kind::Bytes, Item::Bytes(bytes)) => Some(Value::Bytes(bytes.as_ref().into())),
            (Kind::String, Item::Text(text) | Item::DateTime(text)) => {
                Some(Value::Text(text.as_ref().into()))
            }
            (Kind::String, Item::Uuid(uuid)) => Some(Value::Text(uuid_text(uuid).into())),
            // An ENUM takes the number of which a value is the text.
            (Kind::String, _) => number().and_then(whole).map(|value| Value::Text(value.to_string().into())),
            _ => number().and_then(whole).map(Value::Int),
        };
        value.ok_or_else(|| format!("has no form as {} in Protobuf", kind.name()))
    }

    /// Passes what is inside of a list or map.
    fn skip(&mut self, item: Item<'b>) -> Result<()> {
        let mut open = usize::from(matches!(item, Item::List(_) | Item::Map(_)));
        while open > 0 {
            match self.walk.next()? {
                Some(Step::Value(Item::List(_) | Item::Map(_))) => open += 1,
                Some(Step::End(_)) => open -= 1,
                Some(_) => {}
                None => return Err(Error::internal("the walk ended inside of a value")),
            }
        }
        Ok(())
    }
}

fn whole(number: Number) -> Option<i128> {
    match number {
        Number::Int(value) => Some(value),
        Number::Float(value) if value.fract() == 0.0 && value.abs() < 1e30 => Some(value as i128),
        Number::Float(_) => None,
    }
}
