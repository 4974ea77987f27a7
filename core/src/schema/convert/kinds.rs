//! CBOR as JSON has it, with text for what JSON has no kind for, to CBOR with the kinds that a schema says, and back.

use base64::prelude::{BASE64_STANDARD, Engine};

use super::{Violation, guide, lose_digits};
use crate::codec::cbor::{Step, Walk};
use crate::codec::item::Item;
use crate::codec::{Writer, uuid_of, uuid_text};
use crate::error::Result;
use crate::proto::SchemaType;
use crate::schema::node::{Node, NodeId};
use crate::schema::number::Number;
use crate::schema::validate::Place;

/// Which kinds the values get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    /// Those of JSON.
    OfJson,
    /// Those that the schema says.
    OfSchema,
}

/// Changes the kinds of a value that fits the node.
pub fn change(
    nodes: &[Node],
    root: NodeId,
    cbor: &[u8],
    kinds: Kinds,
    losses: &mut Vec<Violation>,
) -> Result<Vec<u8>> {
    let mut change = Change { nodes, kinds, walk: Walk::new(cbor), writer: Writer::new(), losses };
    if let Some(Step::Value(item)) = change.walk.next()? {
        change.value(root, item, 0, &Place::ROOT)?;
    }
    change.writer.finish()
}

struct Change<'n, 'b, 'l> {
    nodes: &'n [Node],
    kinds: Kinds,
    walk: Walk<'b>,
    writer: Writer,
    losses: &'l mut Vec<Violation>,
}

impl<'b> Change<'_, 'b, '_> {
    fn value(&mut self, id: NodeId, item: Item<'b>, start: usize, place: &Place<'_>) -> Result<()> {
        let id = guide::meant(self.nodes, id, &item, &self.walk, start, self.kinds == Kinds::OfSchema);
        match item {
            Item::List(_) => {
                self.writer.begin_list(None)?;
                let items = guide::items(self.nodes, id);
                for index in 0.. {
                    let start = self.walk.position();
                    match self.walk.next()? {
                        Some(Step::Value(item)) => self.value(items, item, start, &place.index(index))?,
                        _ => break,
                    }
                }
                self.writer.end_list()
            }
            Item::Map(_) => {
                self.writer.begin_map(None)?;
                while let Some(Step::Key) = self.walk.next()? {
                    let key = self.walk.key().to_owned();
                    let (node, _) = guide::member(self.nodes, id, &key);
                    self.writer.key(&key)?;
                    let start = self.walk.position();
                    if let Some(Step::Value(item)) = self.walk.next()? {
                        self.value(node, item, start, &place.member(&key))?;
                    }
                }
                self.writer.end_map()
            }
            scalar => self.scalar(self.nodes[id].kind, &scalar, place),
        }
    }

    fn scalar(&mut self, kind: SchemaType, item: &Item<'_>, place: &Place<'_>) -> Result<()> {
        let writer = &mut self.writer;
        match (self.kinds, kind, item) {
            (Kinds::OfSchema, SchemaType::Binary, Item::Text(text)) => {
                match BASE64_STANDARD.decode(&**text) {
                    Ok(bytes) => writer.bytes(&bytes),
                    Err(why) => writer.refuse(format!("not standard base64: {why}")),
                }
            }
            (Kinds::OfSchema, SchemaType::Datetime, Item::Text(text)) => writer.datetime(text),
            (Kinds::OfSchema, SchemaType::Uuid, Item::Text(text)) => match uuid_of(text) {
                Some(uuid) => writer.uuid(uuid),
                None => writer.item(item),
            },
            (Kinds::OfJson, SchemaType::Binary, Item::Bytes(bytes)) => {
                writer.text(&BASE64_STANDARD.encode(bytes))
            }
            (Kinds::OfJson, SchemaType::Datetime, Item::DateTime(text)) => writer.text(text),
            (Kinds::OfJson, SchemaType::Uuid, Item::Uuid(uuid)) => writer.text(&uuid_text(uuid)),
            (Kinds::OfJson, SchemaType::Integer | SchemaType::Number, Item::Decimal(text)) => {
                lose_digits(self.losses, place, text);
                match Number::of_decimal(text) {
                    Number::Int(value) => writer.bigint(&value.to_string()),
                    Number::Float(value) => writer.float(value),
                }
            }
            _ => writer.item(item),
        }
    }
}
