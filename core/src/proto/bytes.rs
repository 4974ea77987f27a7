//! `bytes` in serde: base64 where people read it (JSON), byte strings elsewhere.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::{ByteBuf, Bytes};

/// Bytes to be written.
struct Lent<'a>(&'a [u8]);

/// Bytes that were read.
struct Owned(Vec<u8>);

impl Serialize for Lent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.collect_str(&base64::display::Base64Display::new(self.0, &BASE64_STANDARD)),
            false => Bytes::new(self.0).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Owned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Owned, D::Error> {
        if !deserializer.is_human_readable() {
            return ByteBuf::deserialize(deserializer).map(|bytes| Owned(bytes.into_vec()));
        }
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(Owned).map_err(|e| D::Error::custom(format!("not base64: {e}")))
    }
}

pub mod one {
    use super::{Deserialize, Deserializer, Lent, Owned, Serialize, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        Lent(bytes).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Owned::deserialize(deserializer).map(|owned| owned.0)
    }
}

pub mod optional {
    use super::{Deserialize, Deserializer, Lent, Owned, Serialize, Serializer};

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        bytes.as_deref().map(Lent).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        Ok(Option::<Owned>::deserialize(deserializer)?.map(|owned| owned.0))
    }
}

pub mod list {
    use super::{Deserialize, Deserializer, Lent, Owned, Serializer};

    pub fn serialize<S: Serializer>(items: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(items.iter().map(|item| Lent(item)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<u8>>, D::Error> {
        Ok(Vec::<Owned>::deserialize(deserializer)?.into_iter().map(|owned| owned.0).collect())
    }
}
