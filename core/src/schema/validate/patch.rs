//! A payload with the defaults that it left out.

use std::ops::Range;

use minicbor::encode::Encoder;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::super::node::{Default, Field, ObjectRules};
use super::super::protobuf::VALUE;

const IN_MEMORY: &str = "memory takes what is written";

/// A change of the payload's bytes.
pub(super) struct Patch {
    at: usize,
    removes: usize,
    inserts: Vec<u8>,
}

/// The fields that were left out, with their defaults.
fn defaults<'o>(object: &'o ObjectRules, left_out: &[usize]) -> impl Iterator<Item = (&'o str, &'o Default)> {
    let fields: Vec<&Field> = left_out.iter().map(|index| &object.fields[*index]).collect();
    fields.into_iter().filter_map(|field| Some((&*field.name, field.default.as_ref()?)))
}

impl Patch {
    /// Puts bytes in.
    pub fn insert(at: usize, inserts: Vec<u8>) -> Patch {
        Patch { at, removes: 0, inserts }
    }

    /// Puts fields at the end of a message.
    pub fn of_protobuf(object: &ObjectRules, left_out: &[usize], end: usize) -> Patch {
        let records = defaults(object, left_out).flat_map(|(_, default)| default.protobuf.iter().copied());
        Patch::insert(end, records.collect())
    }

    /// Replaces the length before a message.
    pub fn of_length(old: Range<usize>, length: usize) -> Patch {
        let mut inserts = Vec::new();
        encode_varint(length as u64, &mut inserts);
        Patch { at: old.start, removes: old.len(), inserts }
    }

    /// How many bytes longer the payload is with it.
    pub fn growth(&self) -> isize {
        self.inserts.len() as isize - self.removes as isize
    }

    /// Puts fields at the end of a map, whose head is at `head`. `count` = the head says that it has so many entries.
    pub fn of_cbor(
        object: &ObjectRules,
        left_out: &[usize],
        head: Range<usize>,
        end: usize,
        count: Option<usize>,
    ) -> Vec<Patch> {
        let mut entries = Encoder::new(Vec::new());
        for (name, default) in defaults(object, left_out) {
            entries.str(name).expect(IN_MEMORY).writer_mut().extend(&default.cbor);
        }
        let mut patches = vec![Patch { at: end, removes: 0, inserts: entries.into_writer() }];
        if let Some(count) = count {
            let mut longer = Encoder::new(Vec::new());
            longer.map((count + left_out.len()) as u64).expect(IN_MEMORY);
            patches.push(Patch { at: head.start, removes: head.len(), inserts: longer.into_writer() });
        }
        patches
    }

    /// Puts fields before the brace at `end` of an object with so many members.
    pub fn of_json(object: &ObjectRules, left_out: &[usize], end: usize, count: usize) -> Patch {
        let mut inserts = Vec::new();
        for (index, (name, default)) in defaults(object, left_out).enumerate() {
            if count + index > 0 {
                inserts.push(b',');
            }
            inserts.extend(serde_json::Value::from(name).to_string().bytes());
            inserts.push(b':');
            inserts.extend(&default.json);
        }
        Patch { at: end, removes: 0, inserts }
    }
}

/// The head of the value of a map entry of so many bytes.
pub(super) fn head(length: usize) -> Vec<u8> {
    let mut head = Vec::new();
    encode_key(VALUE, WireType::LengthDelimited, &mut head);
    encode_varint(length as u64, &mut head);
    head
}

/// The payload after its changes. At one place those that were made first come first: inner objects end before outer ones.
pub(super) fn apply(bytes: &[u8], mut patches: Vec<Patch>) -> Vec<u8> {
    patches.sort_by_key(|patch| patch.at);
    let added: usize = patches.iter().map(|patch| patch.inserts.len()).sum();
    let mut out = Vec::with_capacity(bytes.len() + added);
    let mut done = 0;
    for patch in patches {
        out.extend(&bytes[done..patch.at]);
        out.extend(patch.inserts);
        done = patch.at + patch.removes;
    }
    out.extend(&bytes[done..]);
    out
}
