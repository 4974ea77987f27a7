//! A value model of the tests' own, with ways to it and from it through every codec under test.

use ciborium::Value as Outside;
use hmsffi_core::Result;
use hmsffi_core::codec::{DECIMAL_TAG, Kind, Reader, Writer};
use minicbor::data::{Int, Tag};
use minicbor::encode::{Encoder, Error as EncodeError};

/// A value; two NaNs are equal here, and 0.0 and -0.0 are not.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// Decimal text, so that it holds any integer.
    Integer(String),
    /// The bits, with one NaN.
    Float(u64),
    Text(String),
    Bytes(Vec<u8>),
    DateTime(String),
    Uuid([u8; 16]),
    Decimal(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

pub fn float(value: f64) -> Value {
    Value::Float(if value.is_nan() { f64::NAN } else { value }.to_bits())
}

impl Value {
    /// From a node of `tests/golden/values.json`.
    pub fn from_golden(node: &serde_json::Value) -> Value {
        let value = &node["value"];
        if let Some(depth) = node["nested"].as_u64() {
            return (0..depth).fold(Value::from_golden(value), |inner, _| match node["kind"].as_str() {
                Some("list") => Value::List(vec![inner]),
                _ => Value::Map(vec![("a".to_owned(), inner)]),
            });
        }
        let text = || value.as_str().expect("text in the golden file").to_owned();
        match node["kind"].as_str().expect("a kind in the golden file") {
            "null" => Value::Null,
            "bool" => Value::Bool(value.as_bool().unwrap()),
            "int" | "bigint" => {
                Value::Integer(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }
            "float" => float(value.as_f64().unwrap_or_else(|| text().parse().unwrap())),
            "text" => Value::Text(text()),
            "bytes" => Value::Bytes(unhex(&text())),
            "datetime" => Value::DateTime(text()),
            "uuid" => Value::Uuid(unhex(&text().replace('-', "")).try_into().unwrap()),
            "decimal" => Value::Decimal(text()),
            "list" => Value::List(value.as_array().unwrap().iter().map(Value::from_golden).collect()),
            "map" => Value::Map(
                value
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|entry| (entry[0].as_str().unwrap().to_owned(), Value::from_golden(&entry[1])))
                    .collect(),
            ),
            other => panic!("kind {other} in the golden file"),
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Integer(text) if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() => Kind::Int,
            Value::Integer(_) => Kind::BigInt,
            Value::Float(_) => Kind::Float,
            Value::Text(_) => Kind::Text,
            Value::Bytes(_) => Kind::Bytes,
            Value::DateTime(_) => Kind::DateTime,
            Value::Uuid(_) => Kind::Uuid,
            Value::Decimal(_) => Kind::Decimal,
            Value::List(_) => Kind::List,
            Value::Map(_) => Kind::Map,
        }
    }

    /// Steps of the writer; lengths are announced or not by turns.
    pub fn write(&self, writer: &mut Writer, announce: bool) -> Result<()> {
        let len = |n: usize| announce.then_some(n as u64);
        match self {
            Value::Null => writer.null(),
            Value::Bool(value) => writer.bool(*value),
            Value::Integer(text) => match (text.parse(), text.parse()) {
                (Ok(value), _) => writer.int(value),
                (_, Ok(value)) => writer.uint(value),
                _ => writer.bigint(text),
            },
            Value::Float(bits) => writer.float(f64::from_bits(*bits)),
            Value::Text(value) => writer.text(value),
            Value::Bytes(value) => writer.bytes(value),
            Value::DateTime(value) => writer.datetime(value),
            Value::Uuid(value) => writer.uuid(*value),
            Value::Decimal(value) => writer.decimal(value),
            Value::List(items) => {
                writer.begin_list(len(items.len()))?;
                items.iter().try_for_each(|item| item.write(writer, !announce))?;
                writer.end_list()
            }
            Value::Map(entries) => {
                writer.begin_map(len(entries.len()))?;
                for (key, value) in entries {
                    writer.key(key)?;
                    value.write(writer, !announce)?;
                }
                writer.end_map()
            }
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.write(&mut writer, true).and_then(|()| writer.finish()).expect("the value can be written")
    }

    pub fn read(reader: &mut Reader<'_>) -> Result<Value> {
        Ok(match reader.kind()? {
            Kind::End => panic!("a value is due at {}", reader.path()),
            Kind::Null => reader.read_null().map(|()| Value::Null)?,
            Kind::Bool => Value::Bool(reader.read_bool()?),
            Kind::Int => {
                let mut again = reader.clone();
                let exact = reader
                    .read_int()
                    .map(|n| n.to_string())
                    .or_else(|_| reader.read_uint().map(|n| n.to_string()))?;
                assert_eq!(again.read_bigint()?, exact);
                Value::Integer(exact)
            }
            Kind::BigInt => Value::Integer(reader.read_bigint()?),
            Kind::Float => float(reader.read_float()?),
            Kind::Text => Value::Text(reader.read_text()?.into_owned()),
            Kind::Bytes => Value::Bytes(reader.read_bytes()?.into_owned()),
            Kind::DateTime => Value::DateTime(reader.read_datetime()?.into_owned()),
            Kind::Uuid => Value::Uuid(reader.read_uuid()?),
            Kind::Decimal => Value::Decimal(reader.read_decimal()?.into_owned()),
            Kind::List => {
                let len = reader.enter_list()?;
                let mut items = Vec::new();
                while reader.kind()? != Kind::End {
                    items.push(Value::read(reader)?);
                }
                reader.leave()?;
                assert!(len.is_none_or(|len| len == items.len() as u64));
                Value::List(items)
            }
            Kind::Map => {
                let len = reader.enter_map()?;
                let mut entries = Vec::new();
                while let Some(key) = reader.next_key()? {
                    entries.push((key.into_owned(), Value::read(reader)?));
                }
                reader.leave()?;
                assert!(len.is_none_or(|len| len == entries.len() as u64));
                Value::Map(entries)
            }
        })
    }

    pub fn decode(bytes: &[u8]) -> Result<Value> {
        let mut reader = Reader::new(bytes)?;
        let value = Value::read(&mut reader)?;
        assert_eq!(reader.kind()?, Kind::End);
        Ok(value)
    }

    pub fn from_outside(value: Outside) -> Value {
        let big =
            |negative: bool, n: Outside| Value::Integer(decimal(negative, &n.into_bytes().expect("bytes")));
        match value {
            Outside::Null => Value::Null,
            Outside::Bool(value) => Value::Bool(value),
            Outside::Integer(value) => Value::Integer(i128::from(value).to_string()),
            Outside::Float(value) => float(value),
            Outside::Text(value) => Value::Text(value),
            Outside::Bytes(value) => Value::Bytes(value),
            Outside::Tag(0, content) => Value::DateTime(content.into_text().expect("text")),
            Outside::Tag(2, content) => big(false, *content),
            Outside::Tag(3, content) => big(true, *content),
            Outside::Tag(37, content) => Value::Uuid(content.into_bytes().unwrap().try_into().unwrap()),
            Outside::Tag(DECIMAL_TAG, content) => Value::Decimal(content.into_text().expect("text")),
            Outside::Array(items) => Value::List(items.into_iter().map(Value::from_outside).collect()),
            Outside::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.into_text().expect("text"), Value::from_outside(value)))
                    .collect(),
            ),
            other => panic!("{other:?} is outside of the profile"),
        }
    }

    pub fn to_outside(&self) -> Outside {
        let tagged = |tag: u64, content: Outside| Outside::Tag(tag, Box::new(content));
        match self {
            Value::Null => Outside::Null,
            Value::Bool(value) => Outside::Bool(*value),
            Value::Integer(text) => Outside::from(text.parse::<i128>().expect("the tests' integers fit")),
            Value::Float(bits) => Outside::Float(f64::from_bits(*bits)),
            Value::Text(value) => Outside::Text(value.clone()),
            Value::Bytes(value) => Outside::Bytes(value.clone()),
            Value::DateTime(value) => tagged(0, Outside::Text(value.clone())),
            Value::Uuid(value) => tagged(37, Outside::Bytes(value.to_vec())),
            Value::Decimal(value) => tagged(DECIMAL_TAG, Outside::Text(value.clone())),
            Value::List(items) => Outside::Array(items.iter().map(Value::to_outside).collect()),
            Value::Map(entries) => Outside::Map(
                entries.iter().map(|(key, value)| (Outside::Text(key.clone()), value.to_outside())).collect(),
            ),
        }
    }

    /// The same value in the forms that we read and never write: pieces and lengths left open.
    pub fn write_in_pieces(
        &self,
        out: &mut Encoder<Vec<u8>>,
        open: &mut impl FnMut() -> bool,
    ) -> std::result::Result<(), EncodeError<std::convert::Infallible>> {
        match self {
            Value::Text(text) if open() => {
                out.begin_str()?;
                for letter in text.chars() {
                    out.str(letter.encode_utf8(&mut [0; 4]))?;
                }
                out.end()?;
            }
            Value::Bytes(bytes) if open() => {
                out.begin_bytes()?;
                for piece in bytes.chunks(2) {
                    out.bytes(piece)?;
                }
                out.end()?;
            }
            Value::List(items) => {
                let open_end = open();
                if open_end {
                    out.begin_array()?
                } else {
                    out.array(items.len() as u64)?
                };
                for item in items {
                    item.write_in_pieces(out, open)?;
                }
                if open_end {
                    out.end()?;
                }
            }
            Value::Map(entries) => {
                let open_end = open();
                if open_end {
                    out.begin_map()?
                } else {
                    out.map(entries.len() as u64)?
                };
                for (key, value) in entries {
                    Value::Text(key.clone()).write_in_pieces(out, open)?;
                    value.write_in_pieces(out, open)?;
                }
                if open_end {
                    out.end()?;
                }
            }
            Value::Null => drop(out.null()?),
            Value::Bool(value) => drop(out.bool(*value)?),
            Value::Integer(text) => {
                let value: i128 = text.parse().expect("the tests' integers fit");
                match Int::try_from(value) {
                    Ok(value) => drop(out.int(value)?),
                    Err(_) => drop(out.i128(value)?),
                }
            }
            Value::Float(bits) => drop(out.f64(f64::from_bits(*bits))?),
            Value::Text(text) => drop(out.str(text)?),
            Value::Bytes(bytes) => drop(out.bytes(bytes)?),
            Value::DateTime(text) => drop(out.tag(Tag::new(0))?.str(text)?),
            Value::Uuid(bytes) => drop(out.tag(Tag::new(37))?.bytes(bytes)?),
            Value::Decimal(text) => drop(out.tag(Tag::new(DECIMAL_TAG))?.str(text)?),
        }
        Ok(())
    }
}

pub fn unhex(hex: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits");
    (0..hex.len()).step_by(2).map(pair).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decimal text of `n` or `-1 - n`, digit by digit: slow, and not the way the library does it.
fn decimal(negative: bool, n: &[u8]) -> String {
    let mut digits = vec![0u32];
    let mut shift = |factor: u32, summand: u32| {
        let mut carry = summand;
        for digit in &mut digits {
            carry += *digit * factor;
            *digit = carry % 10;
            carry /= 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    };
    n.iter().for_each(|byte| shift(256, u32::from(*byte)));
    if negative {
        shift(1, 1);
    }
    let text: String = digits.iter().rev().map(u32::to_string).collect();
    if negative { format!("-{text}") } else { text }
}
