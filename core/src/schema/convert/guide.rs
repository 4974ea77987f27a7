//! Which schema of a union a value is of: the first that it fits.

use minicbor::decode::Decoder;

use crate::codec::cbor::Walk;
use crate::codec::item::Item;
use crate::schema::node::{self, Node, NodeId, Rules, kind};
use crate::schema::validate;

/// The node that is meant by a value which a walk has just come by, and which began at `start`: itself, unless it is a union.
pub fn meant(
    nodes: &[Node],
    id: NodeId,
    item: &Item<'_>,
    walk: &Walk<'_>,
    start: usize,
    is_plain: bool,
) -> NodeId {
    let Rules::Union(union) = &nodes[id].rules else { return id };
    let admits = |branch: &NodeId| nodes[*branch].admits & kind_of(item) != 0;
    let mut admitting = union.branches.iter().copied().filter(admits);
    let any = nodes.len() - 1;
    let Some(first) = admitting.next() else { return any };
    if admitting.next().is_none() {
        return first;
    }
    let bytes = &walk.input()[start..];
    let mut decoder = Decoder::new(bytes);
    let end = decoder.skip().map_or(bytes.len(), |()| decoder.position());
    let fits = |branch: &NodeId| admits(branch) && validate::fits(nodes, *branch, &bytes[..end], is_plain);
    union.branches.iter().copied().find(fits).unwrap_or(any)
}

fn kind_of(item: &Item<'_>) -> node::Kinds {
    match item {
        Item::Null => kind::NULL,
        Item::Bool(_) => kind::BOOL,
        Item::Int(_) | Item::Uint(_) | Item::BigInt { .. } | Item::Float(_) | Item::Decimal(_) => {
            kind::NUMBER
        }
        Item::Text(_) => kind::TEXT,
        Item::Bytes(_) => kind::BYTES,
        Item::DateTime(_) => kind::DATE_TIME,
        Item::Uuid(_) => kind::UUID,
        Item::List(_) => kind::LIST,
        Item::Map(_) | Item::Break => kind::MAP,
    }
}

/// The node of what is under a key of a map, and the field that it is; the last node takes anything.
pub fn member(nodes: &[Node], id: NodeId, key: &str) -> (NodeId, Option<usize>) {
    let any = nodes.len() - 1;
    match &nodes[id].rules {
        Rules::Object(object) => match object.find(key, 0) {
            Some(field) => (object.fields[field].node, Some(field)),
            None => (any, None),
        },
        Rules::Map(map) => (map.value, None),
        _ => (any, None),
    }
}

/// The node of the items of a list.
pub fn items(nodes: &[Node], id: NodeId) -> NodeId {
    match &nodes[id].rules {
        Rules::Array(array) => array.items,
        _ => nodes.len() - 1,
    }
}
