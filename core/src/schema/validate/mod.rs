//! Runs a compiled schema over the bytes of a value, in one pass and without building it.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | what is found on the way, and trying the branches of a union |
//! | `scalar.rs` | values without parts |
//! | `entries.rs` | the entries of objects and maps |
//! | `cbor.rs`, `json.rs`, `protobuf.rs` | walking the bytes of an encoding |
//! | `sameness.rs` | finding equal items |
//! | `patch.rs` | a payload with the defaults that it left out |
//! | `place.rs` | where in the value that is |

mod cbor;
mod entries;
mod json;
mod patch;
mod place;
mod protobuf;
mod sameness;
mod scalar;

use std::collections::HashMap;

use self::patch::Patch;
pub(super) use self::place::Place;
pub(super) use self::scalar::Scalar;
use super::discriminate;
use super::node::{ArrayRules, Kinds, Node, NodeId, Rules, UnionRules};
use super::number::{Broken, Number};
use super::{MOST_VIOLATIONS, Violation};
use crate::codec::{Encoding, MAX_DEPTH};
use crate::proto::SchemaType;

/// Why a walk goes no further: what it found says so.
struct Stop;

type Walked = Result<(), Stop>;

/// A run of a compiled schema over a value.
struct Check<'s> {
    nodes: &'s [Node],
    /// What is known by its kind in CBOR is text in JSON.
    is_json: bool,
    found: Vec<Violation>,
    /// How many may be found before the walk stops.
    most: usize,
    /// The bytes cannot be read further, whatever the schema.
    is_damaged: bool,
    /// Unions that are open inside each other.
    unions: usize,
    /// What was found of unions inside of others, so that each is tried once: by their place in the bytes and node.
    choices: HashMap<(usize, NodeId), Choice>,
    /// Where defaults belong, if they are asked for.
    patches: Option<Vec<Patch>>,
}

/// Which branch of a union fits.
#[derive(Clone, Copy)]
struct Choice {
    branch: Option<NodeId>,
    /// Where the value ends.
    end: usize,
}

/// What a run has found.
pub(super) struct Findings {
    pub violations: Vec<Violation>,
    /// The payload with its defaults, if it left out any and they were asked for.
    pub completed: Option<Vec<u8>>,
}

/// Checks a payload against a node. The last of the nodes is the one that takes anything.
pub(super) fn run(
    nodes: &[Node],
    root: NodeId,
    bytes: &[u8],
    encoding: Encoding,
    completes: bool,
) -> Findings {
    let mut check = Check::new(nodes, encoding == Encoding::Json);
    check.patches = completes.then(Vec::new);
    // What stopped it has been found.
    let _stopped = match encoding {
        Encoding::Cbor => cbor::walk(&mut check, root, bytes),
        Encoding::Json => json::walk(&mut check, root, bytes),
        Encoding::Protobuf => protobuf::walk(&mut check, root, bytes),
        Encoding::Bytes => check.scalar(root, Scalar::Bytes(bytes), &Place::ROOT),
        Encoding::Other => {
            let what = "a payload of this content type cannot be checked against a schema. Send CBOR, JSON or Protobuf";
            check.report(&Place::ROOT, "encoding", what.to_owned())
        }
    };
    let patches = check.patches.take().filter(|patches| check.found.is_empty() && !patches.is_empty());
    Findings { violations: check.found, completed: patches.map(|patches| patch::apply(bytes, patches)) }
}

/// Whether a value in CBOR fits a node; `is_plain` = it was JSON, which has text in place of bytes.
pub(super) fn fits(nodes: &[Node], id: NodeId, cbor: &[u8], is_plain: bool) -> bool {
    let mut check = Check::new(nodes, is_plain);
    check.most = 1;
    cbor::walk(&mut check, id, cbor).is_ok() && check.found.is_empty()
}

impl<'s> Check<'s> {
    fn new(nodes: &'s [Node], is_json: bool) -> Check<'s> {
        Check {
            nodes,
            is_json,
            found: Vec::new(),
            most: MOST_VIOLATIONS,
            is_damaged: false,
            unions: 0,
            choices: HashMap::new(),
            patches: None,
        }
    }

    /// The node that takes anything.
    fn any(&self) -> NodeId {
        self.nodes.len() - 1
    }

    fn is_completing(&self) -> bool {
        self.patches.is_some()
    }

    #[cold]
    fn report(&mut self, place: &Place<'_>, code: &str, message: String) -> Walked {
        self.found.push(Violation { path: place.path(), message, code: code.to_owned() });
        if self.found.len() < self.most { Ok(()) } else { Err(Stop) }
    }

    /// Reports what a node's value breaks.
    #[cold]
    fn report_broken(&mut self, node: &Node, place: &Place<'_>, (code, message): Broken) -> Walked {
        let hidden = || format!("the value, which is not shown, breaks '{code}'");
        self.report(place, code, if node.sensitive { hidden() } else { message })
    }

    /// The bytes cannot be read.
    #[cold]
    fn damaged(&mut self, place: &Place<'_>, why: impl Into<String>) -> Stop {
        self.is_damaged = true;
        // The end of the walk, if the limit was not.
        let _full = self.report(place, "malformed", why.into());
        Stop
    }

    #[inline]
    fn scalar(&mut self, id: NodeId, value: Scalar<'_>, place: &Place<'_>) -> Walked {
        let nodes = self.nodes;
        let node = &nodes[id];
        if let Rules::Union(union) = &node.rules {
            return self.scalar_of_union(node, union, value, place);
        }
        let mut walked = Ok(());
        scalar::check(node, value, self.is_json, |broken| {
            if walked.is_ok() {
                walked = self.report_broken(node, place, broken);
            }
        });
        walked
    }

    fn scalar_of_union(
        &mut self,
        node: &Node,
        union: &UnionRules,
        value: Scalar<'_>,
        place: &Place<'_>,
    ) -> Walked {
        match self.admitting(union, value.kind()) {
            (None, _) => self.report_broken(node, place, self.outside(union, value)),
            (Some(only), false) => self.scalar(only, value, place),
            _ => {
                let mut reasons = Vec::new();
                for branch in self.branches(union, value.kind()) {
                    match self.attempt(|check| check.scalar(branch, value, place))? {
                        None => return Ok(()),
                        Some(why) => reasons.push((branch, why)),
                    }
                }
                self.none_fits(node, place, reasons)
            }
        }
    }

    /// The branches of a union that may take a value of this kind.
    fn branches(&self, union: &'s UnionRules, kind: Kinds) -> impl Iterator<Item = NodeId> + use<'s> {
        let nodes = self.nodes;
        union.branches.iter().copied().filter(move |branch| nodes[*branch].admits & kind != 0)
    }

    /// The first of them, and whether there are more.
    fn admitting(&self, union: &UnionRules, kind: Kinds) -> (Option<NodeId>, bool) {
        let mut admitting =
            union.branches.iter().copied().filter(|branch| self.nodes[*branch].admits & kind != 0);
        (admitting.next(), admitting.next().is_some())
    }

    /// What a value breaks whose kind no branch takes.
    fn outside(&self, union: &UnionRules, value: Scalar<'_>) -> Broken {
        let mut names: Vec<&str> = Vec::new();
        for branch in &union.branches {
            let name = self.nodes[*branch].kind.as_str_name();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        scalar::mismatch(&names.join(" or "), value)
    }

    /// Tries a branch: the first thing that is wrong with it.
    fn attempt(&mut self, walk: impl FnOnce(&mut Self) -> Walked) -> Result<Option<Violation>, Stop> {
        let before = self.found.len();
        let most = std::mem::replace(&mut self.most, before + 1);
        let patches = self.patches.take();
        // What stopped it has been found.
        let _stopped = walk(self);
        self.patches = patches;
        self.most = most;
        if self.is_damaged {
            return Err(Stop);
        }
        Ok(if self.found.len() > before { self.found.pop() } else { None })
    }

    /// Reports that no branch fits, and why each does not.
    fn none_fits(&mut self, node: &Node, place: &Place<'_>, reasons: Vec<(NodeId, Violation)>) -> Walked {
        const TOLD: usize = 5;
        if let Rules::Union(UnionRules { discriminator: Some(discriminator), .. }) = &node.rules
            && reasons.iter().any(|(branch, _)| discriminator.cases.iter().any(|case| case.branch == *branch))
        {
            let what = discriminate::unnamed(self.nodes, discriminator);
            return self.report_broken(node, &place.member(&discriminator.field), ("union", what));
        }
        let told = reasons.iter().take(TOLD).map(|(branch, why)| {
            format!("as {}: {}: {}", self.nodes[*branch].kind.as_str_name(), why.path, why.message)
        });
        let more = reasons.len().saturating_sub(TOLD);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        let what =
            format!("fits none of the union's schemas ({}{more})", told.collect::<Vec<_>>().join("; "));
        self.report_broken(node, place, ("union", what))
    }

    /// The branch that the discriminator of a union names.
    fn meant(
        &mut self,
        union: &UnionRules,
        mut walk: impl FnMut(&mut Self, NodeId) -> Walked,
    ) -> Result<Option<NodeId>, Stop> {
        for case in union.discriminator.iter().flat_map(|discriminator| &discriminator.cases) {
            if self.attempt(|check| walk(check, case.named))?.is_none() {
                return Ok(Some(case.branch));
            }
        }
        Ok(None)
    }

    /// What was found of a union here before.
    fn chosen(&self, at: usize, id: NodeId) -> Option<Choice> {
        if self.unions == 1 { None } else { self.choices.get(&(at, id)).copied() }
    }

    /// Remembers what was found of a union, while it may be asked for again.
    fn choose(&mut self, at: usize, id: NodeId, choice: Choice) {
        if self.unions > 1 {
            self.choices.insert((at, id), choice);
        }
    }

    /// A union ends.
    fn leave_union(&mut self) {
        self.unions -= 1;
        if self.unions == 0 {
            self.choices.clear();
        }
    }

    /// A list begins: the rules of its items.
    fn begin_list(&mut self, id: NodeId, place: &Place<'_>) -> Result<Option<&'s ArrayRules>, Stop> {
        self.refuse_depth(place)?;
        let node = &self.nodes[id];
        match &node.rules {
            Rules::Array(rules) => Ok(Some(rules)),
            _ if node.kind == SchemaType::Any => Ok(None),
            _ => {
                let broken = scalar::mismatch(node.kind.as_str_name(), Scalar::List);
                self.report_broken(node, place, broken).map(|()| None)
            }
        }
    }

    fn end_list(&mut self, rules: Option<&ArrayRules>, count: usize, place: &Place<'_>) -> Walked {
        let Some(rules) = rules else { return Ok(()) };
        match rules.count.broken_by(count) {
            None => Ok(()),
            Some((true, most)) => {
                self.report(place, "max_items", format!("{count} items; at most {most} are allowed"))
            }
            Some((false, least)) => {
                self.report(place, "min_items", format!("{count} items; at least {least} are needed"))
            }
        }
    }

    /// Two items are equal that must not be.
    fn report_same(&mut self, (one, other): (usize, usize), place: &Place<'_>) -> Walked {
        self.report(place, "unique_items", format!("items {one} and {other} are equal"))
    }

    fn refuse_depth(&mut self, place: &Place<'_>) -> Walked {
        if place.depth < MAX_DEPTH {
            return Ok(());
        }
        Err(self.damaged(place, format!("more than {MAX_DEPTH} lists and maps inside each other")))
    }
}

/// The number that a float is.
fn float(value: f64) -> Scalar<'static> {
    Scalar::Number(Number::Float(value))
}
