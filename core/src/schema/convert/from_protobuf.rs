//! Messages that fit their schema, as CBOR.

use std::borrow::Cow;

use super::{Violation, lose};
use crate::codec::{Writer, uuid_of};
use crate::error::Result;
use crate::proto::SchemaType;
use crate::schema::node::{Absent, Node, NodeId, Rules};
use crate::schema::protobuf::{Raw, Record, Records, Shape, Unreadable, Value};
use crate::schema::validate::Place;

/// A whole message. Fields come in the order of the schema; those that it does not know are lost.
pub fn message(nodes: &[Node], root: NodeId, bytes: &[u8], losses: &mut Vec<Violation>) -> Result<Vec<u8>> {
    let mut convert = Convert { nodes, writer: Writer::new(), losses };
    convert.message(root, bytes, &Place::ROOT)?;
    convert.writer.finish()
}

/// One item of a list; `None` = it cannot be read.
pub fn item(nodes: &[Node], id: NodeId, raw: Raw<'_>) -> Option<Vec<u8>> {
    let mut convert = Convert { nodes, writer: Writer::new(), losses: &mut Vec::new() };
    convert.value(id, raw, &Place::ROOT).ok()?;
    convert.writer.finish().ok()
}

/// The key of a map's entry, as text; `None` = it was left out, as it is zero.
pub fn key<'b>(node: &Node, raw: Option<Raw<'b>>) -> std::result::Result<Cow<'b, str>, Unreadable> {
    let value = match raw {
        Some(raw) => Some(Value::of_node(node, raw)?),
        None => node.protobuf.and_then(Value::zero),
    };
    Ok(match value {
        Some(Value::Text(text)) => text,
        Some(Value::Int(value)) => value.to_string().into(),
        Some(Value::Bool(value)) => value.to_string().into(),
        _ => "".into(),
    })
}

struct Convert<'n, 'l> {
    nodes: &'n [Node],
    writer: Writer,
    losses: &'l mut Vec<Violation>,
}

impl Convert<'_, '_> {
    fn message(&mut self, id: NodeId, bytes: &[u8], place: &Place<'_>) -> Result<()> {
        let nodes = self.nodes;
        let Rules::Object(object) = &nodes[id].rules else { return self.writer.refuse("no message") };
        let Some(message) = &object.message else { return self.writer.refuse("no message") };
        // Where the records of each field begin: a list may have as many as there are bytes.
        let mut found: Vec<(u32, usize)> = Vec::new();
        let mut records = Records::of(bytes);
        let mut begin = 0;
        while let Some(record) = self.read(records.next())?.flatten() {
            match message.member(record.number) {
                Some(member) => found.push((member.field as u32, begin)),
                None => lose(self.losses, place, format!("the schema has no field {}", record.number)),
            }
            begin = bytes.len() - records.left();
        }
        found.sort_by_key(|(field, _)| *field);
        let mut rest = &found[..];
        self.writer.begin_map(None)?;
        for (index, field) in object.fields.iter().enumerate() {
            let (mine, others) = rest.split_at(rest.partition_point(|(field, _)| *field as usize == index));
            rest = others;
            let mut records =
                mine.iter().filter_map(|(_, at)| Records::of(&bytes[*at..]).next().ok()?).peekable();
            let member = match (records.peek(), field.absent) {
                (Some(record), _) => message.member(record.number),
                (None, Absent::Zero) => message.members_of(index).next(),
                (None, Absent::LeftOut) => None,
                (None, Absent::Null) => {
                    self.writer.key(&field.name)?;
                    self.writer.null()?;
                    None
                }
            };
            if let Some(member) = member {
                self.writer.key(&field.name)?;
                self.field(member.shape, records, &place.member(&field.name))?;
            }
        }
        self.writer.end_map()
    }

    /// A field with its records; without any, it is zero.
    fn field<'b>(
        &mut self,
        shape: Shape,
        records: impl Iterator<Item = Record<'b>>,
        place: &Place<'_>,
    ) -> Result<()> {
        match shape {
            Shape::One(id) => self.value_or_zero(id, records.last(), place),
            Shape::Many(_, id) => {
                self.writer.begin_list(None)?;
                let packed = self.nodes[id].protobuf.filter(|kind| kind.is_packed());
                for (index, record) in records.enumerate() {
                    let (Some(kind), Raw::Bytes(mut bytes)) = (packed, record.raw) else {
                        self.value(id, record.raw, &place.index(index))?;
                        continue;
                    };
                    while !bytes.is_empty() {
                        if let Some(raw) = self.read(Raw::read(kind.wire(), &mut bytes))? {
                            self.value(id, raw, place)?;
                        }
                    }
                }
                self.writer.end_list()
            }
            Shape::Map(_, key_node, id) => {
                self.writer.begin_map(None)?;
                for record in records {
                    let Raw::Bytes(bytes) = record.raw else { continue };
                    let Some([key_record, value]) = self.read(Records::of(bytes).entry())? else { continue };
                    let key = key(&self.nodes[key_node], key_record.map(|record| record.raw));
                    let Some(key) = self.read(key.map_err(Unreadable::into_message))? else { continue };
                    self.writer.key(&key)?;
                    self.value_or_zero(id, value, &place.member(&key))?;
                }
                self.writer.end_map()
            }
        }
    }

    /// A value, or the one that is not written: zero, or a message without fields.
    fn value_or_zero(&mut self, id: NodeId, record: Option<Record<'_>>, place: &Place<'_>) -> Result<()> {
        match (record, self.nodes[id].protobuf.and_then(Value::zero)) {
            (Some(record), _) => self.value(id, record.raw, place),
            (None, Some(zero)) => self.scalar(id, &zero),
            (None, None) => self.value(id, Raw::Bytes(&[]), place),
        }
    }

    fn value(&mut self, id: NodeId, raw: Raw<'_>, place: &Place<'_>) -> Result<()> {
        if let (Rules::Object(_), Raw::Bytes(bytes)) = (&self.nodes[id].rules, raw) {
            return self.message(id, bytes, place);
        }
        let value = Value::of_node(&self.nodes[id], raw).map_err(Unreadable::into_message);
        match self.read(value)? {
            Some(value) => self.scalar(id, &value),
            None => Ok(()),
        }
    }

    fn scalar(&mut self, id: NodeId, value: &Value<'_>) -> Result<()> {
        let node = &self.nodes[id];
        let writer = &mut self.writer;
        match value {
            Value::Bool(value) => writer.bool(*value),
            Value::Int(value) => writer.bigint(&value.to_string()),
            Value::Float(value) => writer.float(*value),
            Value::Bytes(bytes) => writer.bytes(bytes),
            Value::Uuid(uuid) => writer.uuid(*uuid),
            Value::DateTime(text) => writer.datetime(text),
            Value::Duration(text) => writer.text(text),
            Value::Text(text) if node.kind == SchemaType::Datetime => writer.datetime(text),
            Value::Text(text) => match uuid_of(text).filter(|_| node.kind == SchemaType::Uuid) {
                Some(uuid) => writer.uuid(uuid),
                None => writer.text(text),
            },
            Value::Enum(number) => {
                let name = match &node.rules {
                    Rules::Enum(values) => values.numbered(*number),
                    _ => None,
                };
                match name {
                    Some(name) => writer.text(name),
                    None => writer.int((*number).into()),
                }
            }
        }
    }

    /// What was read; what cannot be is the writer's failure.
    fn read<T>(&mut self, read: std::result::Result<T, String>) -> Result<Option<T>> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(why) => self.writer.refuse(why).map(|()| None),
        }
    }
}
