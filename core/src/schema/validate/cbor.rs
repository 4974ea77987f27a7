//! Walks CBOR. A value is in the profile of `docs/values.md`, or its bytes are damaged.

use minicbor::decode::Decoder;

use super::super::node::{NodeId, Rules, UnionRules};
use super::super::number::Number;
use super::entries::Entries;
use super::patch::Patch;
use super::place::Place;
use super::sameness::Items;
use super::{Check, Choice, Scalar, Walked, float};
use crate::codec::item::{self, Item};

const BREAK: u8 = 0xff;

/// Checks the one value that the bytes are.
pub(super) fn walk(check: &mut Check<'_>, root: NodeId, bytes: &[u8]) -> Walked {
    let mut reader = Reader { decoder: Decoder::new(bytes) };
    reader.value(check, root, &Place::ROOT)?;
    match bytes.len() - reader.decoder.position() {
        0 => Ok(()),
        1 => Err(check.damaged(&Place::ROOT, "1 byte follows the value")),
        rest => Err(check.damaged(&Place::ROOT, format!("{rest} bytes follow the value"))),
    }
}

struct Reader<'b> {
    decoder: Decoder<'b>,
}

impl<'b> Reader<'b> {
    fn value(&mut self, check: &mut Check<'_>, id: NodeId, place: &Place<'_>) -> Walked {
        let start = self.decoder.position();
        let item = item::read(&mut self.decoder).map_err(|why| check.damaged(place, why))?;
        let value = match &item {
            Item::Null => Scalar::Null,
            Item::Bool(value) => Scalar::Bool(*value),
            Item::Int(value) => Scalar::Number(Number::Int((*value).into())),
            Item::Uint(value) => Scalar::Number(Number::Int((*value).into())),
            Item::BigInt { negative, n } => Scalar::Number(Number::of_bytes(*negative, n)),
            Item::Decimal(text) => Scalar::Number(Number::of_decimal(text)),
            Item::Float(value) => float(*value),
            Item::Text(text) => Scalar::Text(text),
            Item::Bytes(bytes) => Scalar::Bytes(bytes),
            Item::DateTime(text) => Scalar::DateTime(text),
            Item::Uuid(_) => Scalar::Uuid,
            Item::List(len) => return self.container(check, id, place, start, Scalar::List, *len),
            Item::Map(len) => return self.container(check, id, place, start, Scalar::Map, *len),
            Item::Break => {
                return Err(check.damaged(place, "not well-formed CBOR: a break where a value is due"));
            }
        };
        check.scalar(id, value, place)
    }

    fn container(
        &mut self,
        check: &mut Check<'_>,
        id: NodeId,
        place: &Place<'_>,
        start: usize,
        kind: Scalar<'_>,
        len: Option<u64>,
    ) -> Walked {
        let nodes = check.nodes;
        let node = &nodes[id];
        let id = match &node.rules {
            Rules::Union(union) => match check.admitting(union, kind.kind()) {
                (_, true) => return self.choose(check, id, union, place, start, kind),
                (Some(only), false) => only,
                (None, false) => {
                    check.report_broken(node, place, check.outside(union, kind))?;
                    check.any()
                }
            },
            _ => id,
        };
        match kind {
            Scalar::List => self.list(check, id, place, len),
            _ => self.map(check, id, place, start, len),
        }
    }

    /// Finds the branch of a union that the list or map at `start` fits.
    fn choose(
        &mut self,
        check: &mut Check<'_>,
        id: NodeId,
        union: &UnionRules,
        place: &Place<'_>,
        start: usize,
        kind: Scalar<'_>,
    ) -> Walked {
        let nodes = check.nodes;
        let mut reasons = Vec::new();
        check.unions += 1;
        let choice = match check.chosen(start, id) {
            Some(known) => known,
            None => {
                let mut branch = None;
                for (index, candidate) in union.branches.iter().copied().enumerate() {
                    if nodes[candidate].admits & kind.kind() == 0 {
                        continue;
                    }
                    self.decoder.set_position(start);
                    match check.attempt(|check| self.value(check, candidate, place))? {
                        None => {
                            branch = Some(index);
                            break;
                        }
                        Some(why) => reasons.push((candidate, why)),
                    }
                }
                let branch = branch.map(|index| union.branches[index]);
                let choice = Choice { branch, end: self.decoder.position() };
                check.choose(start, id, choice);
                choice
            }
        };
        self.decoder.set_position(choice.end);
        match choice.branch {
            Some(_) if !check.is_completing() => {}
            Some(branch) => {
                self.decoder.set_position(start);
                self.value(check, branch, place)?;
            }
            None => {
                let walk = |check: &mut Check<'_>, node| {
                    self.decoder.set_position(start);
                    self.value(check, node, place)
                };
                let meant = check.meant(union, walk)?;
                if meant.is_none() {
                    check.none_fits(&nodes[id], place, reasons)?;
                }
                self.decoder.set_position(start);
                self.value(check, meant.unwrap_or(check.any()), place)?;
            }
        }
        check.leave_union();
        Ok(())
    }

    fn list(&mut self, check: &mut Check<'_>, id: NodeId, place: &Place<'_>, len: Option<u64>) -> Walked {
        let rules = check.begin_list(id, place)?;
        let items = rules.map_or(check.any(), |rules| rules.items);
        let mut same = rules.filter(|rules| rules.unique).map(|_| Items::default());
        let mut count = 0;
        while self.has_next(len, count) {
            let start = self.decoder.position();
            self.value(check, items, &place.index(count))?;
            count += 1;
            if let Some(same) = &mut same {
                same.add(&self.decoder.input()[start..self.decoder.position()]);
            }
        }
        if let Some(pair) = same.and_then(Items::equal) {
            check.report_same(pair, place)?;
        }
        check.end_list(rules, count, place)
    }

    fn map(
        &mut self,
        check: &mut Check<'_>,
        id: NodeId,
        place: &Place<'_>,
        start: usize,
        len: Option<u64>,
    ) -> Walked {
        let body = self.decoder.position();
        let mut entries = Entries::begin(check, id, place)?;
        loop {
            let end = self.decoder.position();
            if !self.has_next(len, entries.count()) {
                let count = entries.count();
                let left_out = entries.end(check, place)?;
                if let (false, Rules::Object(object), Some(patches)) =
                    (left_out.is_empty(), &check.nodes[id].rules, &mut check.patches)
                {
                    patches.extend(Patch::of_cbor(object, &left_out, start..body, end, len.map(|_| count)));
                }
                return Ok(());
            }
            let key = item::read_key(&mut self.decoder).map_err(|why| check.damaged(place, why))?;
            let node = entries.key(check, key, place)?;
            self.value(check, node, &place.member(entries.name()))?;
        }
    }

    /// Whether an entry follows; passes the break that ends a container of unknown length.
    fn has_next(&mut self, len: Option<u64>, count: usize) -> bool {
        match len {
            Some(len) => (count as u64) < len,
            None if self.decoder.input().get(self.decoder.position()) == Some(&BREAK) => {
                self.decoder.set_position(self.decoder.position() + 1);
                false
            }
            None => true,
        }
    }
}
