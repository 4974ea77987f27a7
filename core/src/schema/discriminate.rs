//! The field that tells which schema of a union is meant, so that the problems of that one alone are told.

use super::node::{
    Absent, Case, Discriminator, Field, Limits, Node, NodeId, ObjectRules, Rules, UnionRules, kind,
};
use crate::proto::SchemaType;

/// Completes the discriminators of unions. What has none of the values, or one of another branch, is refused.
pub(super) fn discriminate(nodes: &mut Vec<Node>, refuse: &mut dyn FnMut(NodeId, String)) {
    for id in 0..nodes.len() {
        let Rules::Union(UnionRules { branches, discriminator: Some(discriminator), .. }) = &nodes[id].rules
        else {
            continue;
        };
        let name = discriminator.field.clone();
        let mut values: Vec<&str> = Vec::new();
        let mut named = Vec::new();
        for branch in branches.iter().copied().filter(|branch| nodes[*branch].admits & kind::MAP != 0) {
            let Some((field, texts)) = naming(nodes, branch, &name) else {
                let what = format!(
                    "hms.discriminator is '{name}', but one of the schemas is no OBJECT with a required field '{name}' of type ENUM"
                );
                refuse(id, what);
                break;
            };
            if let Some(twice) = texts.iter().find(|text| values.contains(&&***text)) {
                refuse(id, format!("hms.discriminator is '{name}', but '{twice}' names two of the schemas"));
                break;
            }
            values.extend(texts.iter().map(|text| &**text));
            named.push((branch, field));
        }
        let first = nodes.len();
        let cases =
            (first..).zip(&named).map(|(named, (branch, _))| Case { named, branch: *branch }).collect();
        nodes.extend(named.into_iter().map(|(_, field)| with_field(&name, field)));
        if let Rules::Union(union) = &mut nodes[id].rules {
            union.discriminator = Some(Discriminator { field: name, cases });
        }
    }
}

/// The field of a branch that tells it from the others, and its values.
fn naming<'n>(nodes: &'n [Node], branch: NodeId, name: &str) -> Option<(NodeId, &'n [Box<str>])> {
    let Rules::Object(object) = &nodes[branch].rules else { return None };
    let field = object.find(name, 0).map(|index| &object.fields[index]).filter(|field| field.required)?;
    match &nodes[field.node].rules {
        Rules::Enum(values) => Some((field.node, values.values())),
        _ => None,
    }
}

/// Takes each object with this field.
fn with_field(name: &str, node: NodeId) -> Node {
    let field = Field {
        name: name.into(),
        node,
        required: true,
        default: None,
        number: None,
        oneof: None,
        absent: Absent::LeftOut,
    };
    let rules = ObjectRules {
        fields: vec![field],
        sorted: vec![0],
        closed: false,
        count: Limits::default(),
        has_defaults: false,
        message: None,
    };
    Node {
        kind: SchemaType::Object,
        admits: kind::MAP,
        sensitive: false,
        protobuf: None,
        rules: Rules::Object(rules),
    }
}

/// That the field of an object names no schema, for people.
pub(super) fn unnamed(nodes: &[Node], discriminator: &Discriminator) -> String {
    let values =
        discriminator.cases.iter().filter_map(|case| naming(nodes, case.branch, &discriminator.field));
    let values: Vec<&str> = values.flat_map(|(_, values)| values.iter().map(|value| &**value)).collect();
    format!("tells which of the union's schemas is meant: it must be one of {}", values.join(", "))
}
