//! serde to CBOR: lists and maps, with known lengths and text keys that occur once.

use serde::ser::{self, Serialize};

use super::decode;
use super::encode::Encoder;
use super::fault::{Fault, Result};

#[derive(Clone, Copy)]
pub(super) enum Kind {
    List,
    Map,
}

/// An open list or map.
pub(super) struct Container<'e> {
    pub encoder: &'e mut Encoder,
    pub kind: Kind,
    /// Where its head is, or will be when the length is not known yet.
    pub start: usize,
    pub announced: Option<usize>,
    pub count: usize,
    /// Where the keys of a map are.
    pub keys: Vec<(usize, usize)>,
    /// It lies in the map of one entry that stands for a variant.
    pub variant: bool,
}

impl Container<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let index = self.count;
        self.count += 1;
        value.serialize(&mut *self.encoder).map_err(|fault| fault.at_index(index))
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.count += 1;
        self.encoder.put(|out| out.str(key))?;
        value.serialize(&mut *self.encoder).map_err(|fault| fault.under_key(key))
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        let start = self.encoder.written().len();
        self.count += 1;
        key.serialize(&mut *self.encoder)?;
        let written = &self.encoder.written()[start..];
        if decode::text(written).is_none() {
            return Err(Fault::new(format!("map key is {}; keys are text", decode::describe(written))));
        }
        self.keys.push((start, start + written.len()));
        Ok(())
    }

    fn key_at(&self, (start, end): (usize, usize)) -> &str {
        decode::text(&self.encoder.written()[start..end]).unwrap_or_default()
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.encoder).map_err(|fault| match self.keys.last() {
            Some(key) => fault.under_key(self.key_at(*key)),
            None => fault,
        })
    }

    fn close(mut self) -> Result<()> {
        self.refuse_duplicates()?;
        match self.announced {
            Some(len) if len != self.count => {
                let count = self.count;
                return Err(Fault::new(format!("{len} entries were announced and {count} came")));
            }
            Some(_) => {}
            None => {
                let body = self.encoder.out.writer_mut().split_off(self.start);
                self.encoder.head(self.kind, self.count)?;
                self.encoder.out.writer_mut().extend_from_slice(&body);
            }
        }
        self.encoder.depth -= 1 + usize::from(self.variant);
        Ok(())
    }

    fn refuse_duplicates(&mut self) -> Result<()> {
        if self.keys.len() < 2 {
            return Ok(());
        }
        let mut keys = std::mem::take(&mut self.keys);
        let written = self.encoder.written();
        keys.sort_unstable_by_key(|(start, end)| &written[*start..*end]);
        match keys.windows(2).find(|pair| written[pair[0].0..pair[0].1] == written[pair[1].0..pair[1].1]) {
            Some(pair) => Err(Fault::new(format!("key {:?} occurs twice", self.key_at(pair[0])))),
            None => Ok(()),
        }
    }
}

macro_rules! containers {
    ($($trait:ident { $method:ident => $inner:ident($($argument:ident: $type:ty),*) })*) => {$(
        impl ser::$trait for Container<'_> {
            type Ok = ();
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, $($argument: $type,)* value: &T) -> Result<()> {
                self.$inner($($argument,)* value)
            }

            fn end(self) -> Result<()> {
                self.close()
            }
        }
    )*};
}

containers! {
    SerializeSeq { serialize_element => element() }
    SerializeTuple { serialize_element => element() }
    SerializeTupleStruct { serialize_field => element() }
    SerializeTupleVariant { serialize_field => element() }
    SerializeStruct { serialize_field => field(key: &'static str) }
    SerializeStructVariant { serialize_field => field(key: &'static str) }
}

impl ser::SerializeMap for Container<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.value(value)
    }

    fn end(self) -> Result<()> {
        self.close()
    }
}
