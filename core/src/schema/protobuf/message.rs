//! The fields of a message by their numbers, and which schemas can be none.

use super::Kind;
use crate::meta;
use crate::proto::SchemaType;
use crate::schema::node::{Absent, Field, Node, NodeId, Rules};

/// An OBJECT as a message.
#[derive(Debug)]
pub(in crate::schema) struct Message {
    /// In order of their numbers.
    members: Vec<Member>,
    /// The same in order of the object's fields.
    by_field: Vec<usize>,
}

/// A field of a message.
#[derive(Debug)]
pub(in crate::schema) struct Member {
    pub number: u32,
    /// The field of the object that it is.
    pub field: usize,
    pub shape: Shape,
}

/// How a field is written.
#[derive(Debug, Clone, Copy)]
pub(in crate::schema) enum Shape {
    One(NodeId),
    /// A list, and its items.
    Many(NodeId, NodeId),
    /// A map, its keys and values.
    Map(NodeId, NodeId, NodeId),
}

impl Message {
    /// The field with this number.
    #[inline]
    pub fn member(&self, number: u32) -> Option<&Member> {
        let at = self.members.binary_search_by_key(&number, |member| member.number);
        at.ok().map(|at| &self.members[at])
    }

    /// The fields of the message that a field of the object is: several, where it is a oneof.
    pub fn members_of(&self, field: usize) -> impl Iterator<Item = &Member> {
        let place = |at: &usize| self.members[*at].field;
        let first = self.by_field.partition_point(|at| place(at) < field);
        let mine = self.by_field[first..].iter().take_while(move |at| place(at) == field);
        mine.map(|at| &self.members[*at])
    }
}

/// Finds the messages among the nodes. `refuse` is told the node and the field of each problem: an object of which one field has
/// a number is a message, and must be one as a whole.
pub(in crate::schema) fn plan(nodes: &mut [Node], mut refuse: impl FnMut(NodeId, &str, String)) {
    let is_message: Vec<bool> = nodes.iter().map(|node| is_message(nodes, node)).collect();
    for id in (0..nodes.len()).filter(|id| is_message[*id]) {
        let Rules::Object(object) = &nodes[id].rules else { continue };
        let mut members: Vec<Member> = Vec::new();
        for (index, field) in object.fields.iter().enumerate() {
            match numbered(nodes, field) {
                Err(why) => refuse(id, &field.name, why),
                Ok(several) => {
                    for (number, node) in several {
                        let is_of_oneof = field.oneof.is_some() || field.number.is_none();
                        match shape(nodes, &is_message, node) {
                            Ok(Shape::Many(list, _) | Shape::Map(list, ..)) if is_of_oneof => {
                                let kind = nodes[list].kind.as_str_name();
                                refuse(id, &field.name, format!("{kind} cannot be in a oneof in Protobuf"));
                            }
                            Ok(shape) => members.push(Member { number, field: index, shape }),
                            Err(why) => refuse(id, &field.name, format!("{why} in Protobuf")),
                        }
                    }
                }
            }
        }
        members.sort_by_key(|member| member.number);
        for pair in members.windows(2).filter(|pair| pair[0].number == pair[1].number) {
            let name = &object.fields[pair[1].field].name;
            refuse(id, name, format!("{} {} is there twice", meta::PROTOBUF_NUMBER, pair[1].number));
        }
        let mut by_field: Vec<usize> = (0..members.len()).collect();
        by_field.sort_by_key(|at| members[*at].field);
        let message = Message { members, by_field };
        let fields = object.fields.iter().enumerate();
        let absent: Vec<Absent> =
            fields.map(|(index, field)| absent_as(nodes, field, message.members_of(index))).collect();
        if let Rules::Object(object) = &mut nodes[id].rules {
            object.fields.iter_mut().zip(absent).for_each(|(field, absent)| field.absent = absent);
            object.message = Some(message);
        }
    }
}

fn is_message(nodes: &[Node], node: &Node) -> bool {
    let Rules::Object(object) = &node.rules else { return false };
    let has_number = |field: &Field| field.number.is_some() || !tagged(nodes, field).is_empty();
    object.fields.is_empty() || object.fields.iter().any(has_number)
}

/// The alternatives of a field that have numbers of their own.
fn tagged<'n>(nodes: &'n [Node], field: &Field) -> &'n [(Option<u32>, NodeId)] {
    match &nodes[field.node].rules {
        Rules::Union(union) if union.tagged.iter().any(|(number, _)| number.is_some()) => &union.tagged,
        _ => &[],
    }
}

fn is_null(nodes: &[Node], id: NodeId) -> bool {
    nodes[id].kind == SchemaType::Null
}

/// The numbers of a field, with the nodes that they stand for.
fn numbered(nodes: &[Node], field: &Field) -> Result<Vec<(u32, NodeId)>, String> {
    let missing = || format!("other fields have a {}, this one has none", meta::PROTOBUF_NUMBER);
    match (field.number, &nodes[field.node].rules) {
        (Some(number), Rules::Union(union)) => {
            let mut branches = union.branches.iter().copied().filter(|id| !is_null(nodes, *id));
            match (branches.next(), branches.next()) {
                (Some(only), None) => Ok(vec![(number, only)]),
                _ => Err(format!(
                    "a union is a oneof in Protobuf: give each of its schemas a {} instead",
                    meta::PROTOBUF_NUMBER
                )),
            }
        }
        (Some(number), _) => Ok(vec![(number, field.node)]),
        (None, _) => {
            let tagged = tagged(nodes, field);
            if tagged.is_empty() {
                return Err(missing());
            }
            let needed = tagged.iter().filter(|(_, id)| !is_null(nodes, *id));
            needed.map(|(number, id)| number.map(|number| (number, *id)).ok_or_else(missing)).collect()
        }
    }
}

fn shape(nodes: &[Node], is_message: &[bool], id: NodeId) -> Result<Shape, String> {
    let value = |inner: NodeId| match nodes[inner].protobuf {
        Some(Kind::Message) if !is_message[inner] => {
            Err(format!("its fields have no {}", meta::PROTOBUF_NUMBER))
        }
        Some(kind) => Ok(kind),
        None => Err(format!("{} cannot be {}", nodes[inner].kind.as_str_name(), place(id == inner))),
    };
    match &nodes[id].rules {
        Rules::Array(array) => value(array.items).map(|_| Shape::Many(id, array.items)),
        Rules::Map(map) => {
            value(map.value)?;
            match nodes[map.key].protobuf {
                Some(kind) if kind.is_key() => Ok(Shape::Map(id, map.key, map.value)),
                _ => Err(format!("{} cannot be the key of a map", nodes[map.key].kind.as_str_name())),
            }
        }
        _ => value(id).map(|_| Shape::One(id)),
    }
}

fn place(is_field: bool) -> &'static str {
    if is_field { "a field" } else { "an item of a list or the value of a map" }
}

/// What a field is where the bytes do not have it.
fn absent_as<'m>(nodes: &[Node], field: &Field, mut members: impl Iterator<Item = &'m Member>) -> Absent {
    if !field.required {
        return Absent::LeftOut;
    }
    let is_nullable = match &nodes[field.node].rules {
        Rules::Union(union) => union.branches.iter().any(|id| is_null(nodes, *id)),
        _ => false,
    };
    let has_presence = |shape: Shape| match shape {
        Shape::One(id) => nodes[id].protobuf.is_some_and(Kind::has_presence),
        Shape::Many(..) | Shape::Map(..) => false,
    };
    match (members.next(), members.next()) {
        _ if is_nullable => Absent::Null,
        (Some(only), None) if field.oneof.is_none() && !has_presence(only.shape) => Absent::Zero,
        _ => Absent::LeftOut,
    }
}
