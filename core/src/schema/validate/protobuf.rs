//! Walks a Protobuf message. Its records come in any order, those of lists and maps between others, and what is zero may not come.

use std::collections::HashSet;

use super::super::node::{Absent, ArrayRules, Node, NodeId, ObjectRules, Rules};
use super::super::protobuf::{Kind, Member, Message, Raw, Record, Records, Shape, Unreadable, Value};
use super::entries::Entries;
use super::patch::{self, Patch};
use super::place::Place;
use super::sameness::Items;
use super::{Check, Stop, Walked};
use crate::schema::convert;

/// Checks the message that the bytes are.
pub(super) fn walk(check: &mut Check<'_>, root: NodeId, bytes: &[u8]) -> Walked {
    let nodes = check.nodes;
    match Object::of(&nodes[root]) {
        Some(object) => Walk { payload: bytes }.message(check, root, object, bytes, &Place::ROOT).map(drop),
        None => {
            let what = "the schema is no Protobuf message: that is an OBJECT whose fields have the label \
                        hms.protobuf.number. Add it, or send CBOR or JSON";
            check.report(&Place::ROOT, "encoding", what.to_owned())
        }
    }
}

/// An object that is a message.
#[derive(Clone, Copy)]
struct Object<'s> {
    rules: &'s ObjectRules,
    message: &'s Message,
}

impl<'s> Object<'s> {
    fn of(node: &'s Node) -> Option<Object<'s>> {
        let Rules::Object(rules) = &node.rules else { return None };
        rules.message.as_ref().map(|message| Object { rules, message })
    }
}

/// What has come by of a field that comes in several records.
enum Several<'s, 'b> {
    List { rules: Option<&'s ArrayRules>, count: usize, same: Option<Items> },
    Map(Entries<'s, 'b>),
}

/// By their fields, in order.
type Gathered<'s, 'b> = Vec<(usize, Several<'s, 'b>)>;

/// By how many bytes a value grew, with the defaults that were put in.
type Growth = isize;

struct Walk<'b> {
    payload: &'b [u8],
}

impl<'b> Walk<'b> {
    fn message<'s>(
        &self,
        check: &mut Check<'s>,
        id: NodeId,
        object: Object<'s>,
        bytes: &'b [u8],
        place: &Place<'_>,
    ) -> Result<Growth, Stop> {
        let mut entries = Entries::begin(check, id, place)?;
        let mut gathered: Gathered<'s, 'b> = Vec::new();
        let mut groups = HashSet::new();
        let mut growth = 0;
        let mut records = Records::of(bytes);
        while let Some(record) = records.next().map_err(|why| check.damaged(place, why))? {
            let Some(member) = object.message.member(record.number) else {
                if object.rules.closed {
                    let what = format!("the schema has no field {} and is closed", record.number);
                    check.report(place, "closed", what)?;
                }
                continue;
            };
            let field = &object.rules.fields[member.field];
            if let Shape::One(node) = member.shape {
                entries.field(check, member.field, place)?;
                if let Some(group) = field.oneof.as_deref().filter(|group| !groups.insert(*group)) {
                    let what = format!("another field of the oneof '{group}' is there, too");
                    check.report(&place.member(&field.name), "oneof", what)?;
                }
                growth += self.value(check, node, &record, &place.member(&field.name))?;
            } else {
                let several = match gathered.binary_search_by_key(&member.field, |(field, _)| *field) {
                    Ok(at) => &mut gathered[at].1,
                    Err(at) => {
                        entries.field(check, member.field, place)?;
                        let begun = Several::begin(check, member.shape, &place.member(&field.name))?;
                        gathered.insert(at, (member.field, begun));
                        &mut gathered[at].1
                    }
                };
                growth += self.part(check, member, several, &record, &place.member(&field.name))?;
            }
        }
        for (field, several) in gathered {
            several.end(check, &place.member(&object.rules.fields[field].name))?;
        }
        absent(check, object, &mut entries, place)?;
        let left_out = entries.end(check, place)?;
        if let (false, Some(patches)) = (left_out.is_empty(), &mut check.patches) {
            let end = self.offset(bytes) + bytes.len();
            let patch = Patch::of_protobuf(object.rules, &left_out, end);
            growth += patch.growth();
            patches.push(patch);
        }
        Ok(growth)
    }

    /// A value that is one record, or an item of a list.
    fn value<'s>(
        &self,
        check: &mut Check<'s>,
        id: NodeId,
        record: &Record<'b>,
        place: &Place<'_>,
    ) -> Result<Growth, Stop> {
        let nodes = check.nodes;
        match (Object::of(&nodes[id]), record.raw) {
            (Some(object), Raw::Bytes(bytes)) => {
                let growth = self.message(check, id, object, bytes, place)?;
                Ok(self.lengthen(check, record.whole, bytes, growth))
            }
            _ => self.scalar(check, id, record.raw, place).map(|()| 0),
        }
    }

    fn scalar(&self, check: &mut Check<'_>, id: NodeId, raw: Raw<'b>, place: &Place<'_>) -> Walked {
        match Value::of_node(&check.nodes[id], raw) {
            Ok(value) => check_value(check, id, &value, place),
            Err(why) => unreadable(check, id, why, place),
        }
    }

    /// One of the records of a list or map.
    fn part<'s>(
        &self,
        check: &mut Check<'s>,
        member: &Member,
        several: &mut Several<'s, 'b>,
        record: &Record<'b>,
        place: &Place<'_>,
    ) -> Result<Growth, Stop> {
        match (several, member.shape) {
            (Several::List { count, same, .. }, Shape::Many(_, id)) => {
                let kind = check.nodes[id].protobuf.filter(|kind| kind.is_packed());
                let (Some(kind), Raw::Bytes(mut packed)) = (kind, record.raw) else {
                    let growth = self.item(check, id, record, same, &place.index(*count))?;
                    *count += 1;
                    return Ok(growth);
                };
                while !packed.is_empty() {
                    let place = &place.index(*count);
                    let raw = Raw::read(kind.wire(), &mut packed).map_err(|why| check.damaged(place, why))?;
                    self.item(check, id, &Record { raw, ..*record }, same, place)?;
                    *count += 1;
                }
                Ok(0)
            }
            (Several::Map(entries), Shape::Map(map, key, value)) => {
                self.entry(check, [map, key, value], entries, record, place)
            }
            _ => Ok(0),
        }
    }

    fn item(
        &self,
        check: &mut Check<'_>,
        id: NodeId,
        record: &Record<'b>,
        same: &mut Option<Items>,
        place: &Place<'_>,
    ) -> Result<Growth, Stop> {
        let growth = self.value(check, id, record, place)?;
        if let Some(same) = same {
            let cbor = convert::item(check.nodes, id, record.raw);
            same.add(cbor.as_deref().unwrap_or(record.whole));
        }
        Ok(growth)
    }

    /// An entry of a map: a message whose field 1 is the key, and 2 the value.
    fn entry<'s>(
        &self,
        check: &mut Check<'s>,
        [map, key, value]: [NodeId; 3],
        entries: &mut Entries<'s, 'b>,
        record: &Record<'b>,
        place: &Place<'_>,
    ) -> Result<Growth, Stop> {
        let nodes = check.nodes;
        let Raw::Bytes(bytes) = record.raw else {
            return unreadable(check, map, Unreadable::of_wire(Kind::Message, record.raw), place).map(|()| 0);
        };
        let [key_record, value_record] =
            Records::of(bytes).entry().map_err(|why| check.damaged(place, why))?;
        let name = match convert::key(&nodes[key], key_record.map(|record| record.raw)) {
            Ok(name) => name,
            Err(why) => return unreadable(check, key, why, place).map(|()| 0),
        };
        entries.key(check, name, place)?;
        let place = &place.member(entries.name());
        let growth = match value_record {
            Some(record) => self.value(check, value, &record, place)?,
            None => self.empty(check, value, &bytes[bytes.len()..], place)?,
        };
        Ok(self.lengthen(check, record.whole, bytes, growth))
    }

    /// The value of an entry that has none: zero, or a message without fields.
    fn empty<'s>(
        &self,
        check: &mut Check<'s>,
        id: NodeId,
        end: &'b [u8],
        place: &Place<'_>,
    ) -> Result<Growth, Stop> {
        let nodes = check.nodes;
        let Some(object) = Object::of(&nodes[id]) else {
            return match nodes[id].protobuf.and_then(Value::zero) {
                Some(zero) => check_value(check, id, &zero, place).map(|()| 0),
                // A Timestamp or Duration of 0.
                None => self.scalar(check, id, Raw::Bytes(end), place).map(|()| 0),
            };
        };
        let first = check.patches.as_ref().map_or(0, Vec::len);
        let growth = self.message(check, id, object, end, place)?;
        let (true, Some(patches)) = (growth > 0, &mut check.patches) else { return Ok(growth) };
        let head = Patch::insert(self.offset(end), patch::head(growth as usize));
        let growth = growth + head.growth();
        patches.insert(first, head);
        Ok(growth)
    }

    /// Makes the length before a message right that grew.
    fn lengthen(&self, check: &mut Check<'_>, whole: &[u8], bytes: &[u8], growth: Growth) -> Growth {
        let (true, Some(patches)) = (growth != 0, &mut check.patches) else { return growth };
        let at = self.offset(whole);
        let length = bytes.len().wrapping_add_signed(growth);
        let patch = Patch::of_length(at..at + whole.len() - bytes.len(), length);
        let growth = growth + patch.growth();
        patches.push(patch);
        growth
    }

    /// Where bytes of this payload begin.
    fn offset(&self, part: &[u8]) -> usize {
        part.as_ptr() as usize - self.payload.as_ptr() as usize
    }
}

impl<'s> Several<'s, '_> {
    fn begin(check: &mut Check<'s>, shape: Shape, place: &Place<'_>) -> Result<Self, Stop> {
        match shape {
            Shape::Map(map, ..) => Entries::begin(check, map, place).map(Several::Map),
            Shape::One(list) | Shape::Many(list, _) => {
                let rules = check.begin_list(list, place)?;
                let same = rules.filter(|rules| rules.unique).map(|_| Items::default());
                Ok(Several::List { rules, count: 0, same })
            }
        }
    }

    fn end(self, check: &mut Check<'s>, place: &Place<'_>) -> Walked {
        match self {
            Several::Map(entries) => entries.end(check, place).map(drop),
            Several::List { rules, count, same } => {
                if let Some(pair) = same.and_then(Items::equal) {
                    check.report_same(pair, place)?;
                }
                check.end_list(rules, count, place)
            }
        }
    }
}

/// Fields that are there, though the bytes do not have them.
fn absent<'s>(
    check: &mut Check<'s>,
    object: Object<'s>,
    entries: &mut Entries<'s, '_>,
    place: &Place<'_>,
) -> Walked {
    for (index, field) in object.rules.fields.iter().enumerate() {
        if field.absent == Absent::LeftOut || entries.has(index) {
            continue;
        }
        entries.field(check, index, place)?;
        let Some(member) = object.message.members_of(index).next().filter(|_| field.absent == Absent::Zero)
        else {
            continue;
        };
        let place = &place.member(&field.name);
        match member.shape {
            Shape::One(id) => {
                let zero = check.nodes[id].protobuf.and_then(Value::zero);
                zero.map_or(Ok(()), |zero| check_value(check, id, &zero, place))?;
            }
            several => Several::begin(check, several, place)?.end(check, place)?,
        }
    }
    Ok(())
}

fn check_value(check: &mut Check<'_>, id: NodeId, value: &Value<'_>, place: &Place<'_>) -> Walked {
    let nodes = check.nodes;
    let name = |number| match &nodes[id].rules {
        Rules::Enum(rules) => rules.numbered(number),
        _ => None,
    };
    check.scalar(id, value.scalar(name), place)
}

fn unreadable(check: &mut Check<'_>, id: NodeId, why: Unreadable, place: &Place<'_>) -> Walked {
    match why {
        Unreadable::Malformed(why) => Err(check.damaged(place, why)),
        Unreadable::Other(code, why) => check.report_broken(&check.nodes[id], place, (code, why)),
    }
}
