//! Follows references to their ends, and finds those without.

use std::collections::HashSet;

use super::compile::{Compiler, Form, Given, Slot};
use super::discriminate::discriminate;
use super::node::{Kinds, Node, NodeId, Rules, kind};
use super::{SchemaErrors, path_to, protobuf};
use crate::proto::SchemaType;

/// Unions inside each other.
const MOST_UNIONS: usize = 64;
/// Branches of all unions together, those of unions inside them counted again.
const MOST_BRANCHES: usize = 100_000;

/// The compiled nodes, of which the last takes anything, and the values that they give.
pub(super) struct Linked {
    pub nodes: Vec<Node>,
    pub root: NodeId,
    pub given: Vec<Given>,
}

/// Makes the nodes of a compiler refer to nothing but nodes.
pub(super) fn link(mut compiler: Compiler<'_>) -> Result<Linked, SchemaErrors> {
    let slots = std::mem::take(&mut compiler.slots);
    let mut targets = Vec::with_capacity(slots.len());
    for (id, slot) in slots.iter().enumerate() {
        let target = target(&slots, id);
        if target.is_none() {
            compiler.refuse(&slot.path, "ref", "the reference leads back to itself and never to a schema");
        }
        targets.push(target.unwrap_or(0));
    }
    let mut compiler = compiler.done()?;
    let paths: Vec<String> = slots.iter().map(|slot| slot.path.clone()).collect();
    let mut nodes: Vec<Node> = slots.into_iter().map(node).collect();
    nodes.iter_mut().for_each(|node| redirect(&mut node.rules, &targets));

    let mut total = 0;
    for id in 0..nodes.len() {
        if !matches!(nodes[id].rules, Rules::Union(_)) {
            continue;
        }
        let mut flat = Flat { nodes: &nodes, open: Vec::new(), seen: HashSet::new(), branches: Vec::new() };
        let flattened = flat.follow(id);
        let branches = flat.branches;
        total += branches.len();
        match flattened {
            Err(why) => compiler.refuse(&paths[id], "ref", why),
            Ok(()) if total > MOST_BRANCHES => {
                compiler.refuse(
                    &paths[id],
                    "size",
                    format!("unions have more than {MOST_BRANCHES} branches"),
                );
                break;
            }
            Ok(()) => settle(&mut nodes, id, branches),
        }
    }
    let mut compiler = compiler.done()?;
    discriminate(&mut nodes, &mut |id, what| compiler.refuse(&paths[id], "metadata", what));
    let mut compiler = compiler.done()?;

    if let Some(id) = endless(&nodes).first() {
        let what = "no value ends here: the schema requires itself. Make a field on the way optional, or a list that may be empty";
        compiler.refuse(&paths[*id], "ref", what);
    }
    for node in &nodes {
        if let Rules::Map(map) = &node.rules
            && !is_key(&nodes, map.key)
        {
            let kind = nodes[map.key].kind.as_str_name();
            compiler.refuse(&paths[map.key], "key_schema", format!("keys are text, which {kind} never is"));
        }
    }
    protobuf::plan(&mut nodes, |id, field, why| {
        compiler.refuse(&path_to(&paths[id], field), "metadata", why);
    });
    let mut given = std::mem::take(&mut compiler.given);
    compiler.done()?;
    for given in &mut given {
        given.node = targets[given.node];
    }
    nodes.push(Node::any());
    Ok(Linked { root: targets[0], nodes, given })
}

/// Where a chain of references ends; `None` = nowhere.
fn target(slots: &[Slot], id: NodeId) -> Option<NodeId> {
    let mut at = id;
    for _ in 0..=slots.len() {
        match slots[at].form {
            Form::Alias(next) => at = next,
            _ => return Some(at),
        }
    }
    None
}

/// What is in a slot; a slot without anything is never used, as its compiler has refused it.
fn node(slot: Slot) -> Node {
    match slot.form {
        Form::Node(node) => node,
        _ => Node { kind: SchemaType::Ref, ..Node::any() },
    }
}

fn redirect(rules: &mut Rules, targets: &[NodeId]) {
    let redirect = |id: &mut NodeId| *id = targets[*id];
    match rules {
        Rules::Array(array) => redirect(&mut array.items),
        Rules::Map(map) => [&mut map.key, &mut map.value].into_iter().for_each(redirect),
        Rules::Object(object) => object.fields.iter_mut().for_each(|field| redirect(&mut field.node)),
        Rules::Union(union) => {
            union.tagged.iter_mut().for_each(|(_, branch)| redirect(branch));
            union.branches.iter_mut().for_each(redirect);
        }
        _ => {}
    }
}

/// The branches of a union and of the unions among them, in the order in which they are tried.
struct Flat<'n> {
    nodes: &'n [Node],
    open: Vec<NodeId>,
    seen: HashSet<NodeId>,
    branches: Vec<NodeId>,
}

impl Flat<'_> {
    fn follow(&mut self, id: NodeId) -> Result<(), String> {
        if self.open.contains(&id) {
            return Err("the union is one of its own branches".to_owned());
        }
        if self.open.len() == MOST_UNIONS {
            return Err(format!("more than {MOST_UNIONS} unions inside each other"));
        }
        // What was tried before would be tried in vain.
        if !self.seen.insert(id) {
            return Ok(());
        }
        let Rules::Union(union) = &self.nodes[id].rules else {
            self.branches.push(id);
            return Ok(());
        };
        self.open.push(id);
        let followed = union.branches.iter().try_for_each(|branch| self.follow(*branch));
        self.open.pop();
        followed
    }
}

fn settle(nodes: &mut [Node], id: NodeId, flat: Vec<NodeId>) {
    let mut admits: Kinds = 0;
    let mut several: Kinds = 0;
    for branch in &flat {
        several |= admits & nodes[*branch].admits;
        admits |= nodes[*branch].admits;
    }
    nodes[id].admits = admits;
    if let Rules::Union(union) = &mut nodes[id].rules {
        union.branches = flat;
        union.ambiguous = several & (kind::LIST | kind::MAP);
    }
}

/// Nodes that no finite value fits.
fn endless(nodes: &[Node]) -> Vec<NodeId> {
    let mut ends = vec![false; nodes.len()];
    loop {
        let mut changed = false;
        // From the end, as parts come after what they are part of.
        for id in (0..nodes.len()).rev().filter(|id| !ends[*id]).collect::<Vec<_>>() {
            let at_least_one = |least: Option<usize>| least.is_some_and(|least| least > 0);
            let end = match &nodes[id].rules {
                Rules::Array(array) => !at_least_one(array.count.least) || ends[array.items],
                Rules::Map(map) => !at_least_one(map.count.least) || ends[map.value],
                Rules::Object(object) => {
                    object.fields.iter().all(|field| !field.required || ends[field.node])
                }
                Rules::Union(union) => union.branches.iter().any(|branch| ends[*branch]),
                _ => true,
            };
            ends[id] = end;
            changed |= end;
        }
        if !changed {
            return (0..nodes.len()).filter(|id| !ends[*id]).collect();
        }
    }
}

/// Whether text can be a value of a node.
fn is_key(nodes: &[Node], id: NodeId) -> bool {
    match (&nodes[id].rules, nodes[id].kind) {
        (Rules::Union(union), _) => union.branches.iter().any(|branch| is_key(nodes, *branch)),
        (_, SchemaType::Integer | SchemaType::Boolean) => true,
        (_, SchemaType::Binary) => false,
        _ => nodes[id].admits & kind::TEXT != 0,
    }
}
