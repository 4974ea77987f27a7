//! Lists, maps and variants to serde.

use minicbor::data::Type;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::MAX_DEPTH;
use super::decode::{Decoder, text};
use super::fault::{Fault, Result};

/// The entries of a list or a map.
pub(super) struct Entries<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    /// `None` = until a break.
    left: Option<u64>,
    count: usize,
    /// Where the last key is.
    key: usize,
    /// The keys so far, of a map whose reader may take any.
    keys: Option<Vec<&'de str>>,
}

impl<'a, 'de> Entries<'a, 'de> {
    /// `left` = how many there are; `None` = until a break.
    pub fn new(decoder: &'a mut Decoder<'de>, left: Option<u64>) -> Result<Entries<'a, 'de>> {
        if decoder.depth == MAX_DEPTH {
            return Err(Fault::new(format!("more than {MAX_DEPTH} lists and maps inside each other")));
        }
        decoder.depth += 1;
        Ok(Entries { decoder, left, count: 0, key: 0, keys: None })
    }

    /// The same, where nobody but this notices a key that comes twice.
    pub fn with_any_keys(self) -> Self {
        Entries { keys: Some(Vec::with_capacity(self.most_left().unwrap_or_default().min(16))), ..self }
    }

    /// How many are left, at most: each takes a byte, whatever was claimed.
    fn most_left(&self) -> Option<usize> {
        let input = &self.decoder.input;
        self.left.map(|left| left.min((input.input().len() - input.position()) as u64) as usize)
    }

    /// Runs a visitor, which must take all.
    pub fn read<T>(mut self, visit: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let value = visit(&mut self)?;
        let taken = self.count;
        while self.next()? {
            self.decoder.input.skip()?;
        }
        self.decoder.depth -= 1;
        self.decoder.has_seen_all &= !self.has_duplicates();
        match self.count {
            count if count == taken => Ok(value),
            count => Err(Fault::new(format!("needs {taken} entries, found {count}"))),
        }
    }

    fn has_duplicates(&mut self) -> bool {
        let mut keys = self.keys.take().unwrap_or_default();
        keys.sort_unstable();
        keys.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Whether there is one more.
    fn next(&mut self) -> Result<bool> {
        match &mut self.left {
            Some(0) => return Ok(false),
            Some(left) => *left -= 1,
            None if self.decoder.input.datatype()? == Type::Break => {
                self.decoder.input.set_position(self.decoder.input.position() + 1);
                self.left = Some(0);
                return Ok(false);
            }
            None => {}
        }
        self.count += 1;
        Ok(true)
    }

    fn value<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        let key = self.key;
        seed.deserialize(&mut *self.decoder)
            .map_err(|fault| fault.under_key(text(&self.decoder.input.input()[key..]).unwrap_or_default()))
    }
}

impl<'de> SeqAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.next()? {
            return Ok(None);
        }
        let index = self.count - 1;
        seed.deserialize(&mut *self.decoder).map(Some).map_err(|fault| fault.at_index(index))
    }

    fn size_hint(&self) -> Option<usize> {
        self.most_left()
    }
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.next()? {
            return Ok(None);
        }
        self.key = self.decoder.input.position();
        let key = seed.deserialize(&mut *self.decoder)?;
        if let Some(keys) = &mut self.keys {
            match text(&self.decoder.input.input()[self.key..]) {
                Some(key) => keys.push(key),
                None => self.decoder.has_seen_all = false,
            }
        }
        Ok(Some(key))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        self.value(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.most_left()
    }
}

/// A map of one entry as a variant.
impl<'a, 'm, 'de> EnumAccess<'de> for &'a mut Entries<'m, 'de> {
    type Error = Fault;
    type Variant = &'a mut Entries<'m, 'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<(T::Value, Self::Variant)> {
        match MapAccess::next_key_seed(&mut self, seed)? {
            Some(variant) => Ok((variant, self)),
            None => Err(Fault::new("needs a variant: text, or a map of one entry, found an empty map")),
        }
    }
}

impl<'de> VariantAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<()> {
        self.value(std::marker::PhantomData)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.value(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.decoder.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.decoder.deserialize_map(visitor)
    }
}

/// A kind that serde has no name for, as a variant with the kind's name.
pub(super) struct Named<'a, 'de> {
    pub name: &'static str,
    pub decoder: &'a mut Decoder<'de>,
}

impl<'de> EnumAccess<'de> for Named<'_, 'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self)> {
        let name: StrDeserializer<'_, Fault> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Named<'_, 'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<()> {
        self.decoder.mismatch("a variant")
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.decoder)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value> {
        self.decoder.mismatch("a variant")
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value> {
        self.decoder.mismatch("a variant")
    }
}
