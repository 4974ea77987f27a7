//! CBOR to Python objects.

use std::borrow::Cow;
use std::cell::RefCell;

use hmsffi_sys::*;
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error as Malformed};
use pyo3::IntoPyObject;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyList, PyString};

use super::tagged::{self, DateTime};
use super::wrong::{Result, Step, Wrong, refused};
use super::{MAX_DEPTH, MAX_INTEGER};
use crate::failure::{checked, invalid};
use crate::python::{DATETIME, DECIMAL, UUID};

/// The value that these bytes are; INVALID_ARGUMENT with the path when they are none.
///
/// Only what Python cannot hold is described here. Damage is found, and the core then reads the bytes again to say what it
/// is: the same words in every language.
pub fn decode<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let mut reader = Reader { py, decoder: Decoder::new(bytes) };
    let value = reader.value(0).and_then(|value| {
        if reader.decoder.position() == bytes.len() { Ok(value) } else { Err(Wrong::Damaged) }
    });
    value.map_err(|wrong| wrong.raise(py, || described(py, bytes)))
}

fn described(py: Python<'_>, bytes: &[u8]) -> PyErr {
    let mut reader = hms_reader_t { id: 0 };
    // SAFETY: the view is valid for the call; the handle is closed at once.
    let read = checked(py, |error| unsafe {
        let status = hms_reader_new(bytes.into(), &mut reader, error);
        hms_reader_close(reader, std::ptr::null_mut());
        status
    });
    read.err().unwrap_or_else(|| invalid(py, "$: not well-formed CBOR"))
}

impl From<Malformed> for Wrong {
    fn from(_: Malformed) -> Wrong {
        Wrong::Damaged
    }
}

struct Reader<'py, 'b> {
    py: Python<'py>,
    decoder: Decoder<'b>,
}

impl<'py, 'b> Reader<'py, 'b> {
    fn value(&mut self, depth: usize) -> Result<Bound<'py, PyAny>> {
        let py = self.py;
        let decoder = &mut self.decoder;
        Ok(match decoder.datatype()? {
            Type::String => PyString::new(py, decoder.str()?).into_any(),
            Type::U8 | Type::U16 | Type::U32 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
                py_int(decoder.i64()?, py)
            }
            Type::U64 => py_int(decoder.u64()?, py),
            Type::Int => py_int(i128::from(decoder.int()?), py),
            Type::F16 | Type::F32 | Type::F64 => {
                decoder.f64()?.into_pyobject(py).map_err(PyErr::from)?.into_any()
            }
            Type::Bool => decoder.bool()?.into_pyobject(py).map_err(PyErr::from)?.to_owned().into_any(),
            Type::Null => {
                decoder.null()?;
                py.None().into_bound(py)
            }
            Type::Map | Type::MapIndef => self.map(depth)?,
            Type::Array | Type::ArrayIndef => self.list(depth)?,
            Type::Bytes => PyBytes::new(py, decoder.bytes()?).into_any(),
            Type::BytesIndef => PyBytes::new(py, &self.bytes()?).into_any(),
            Type::StringIndef => PyString::new(py, &self.text()?).into_any(),
            Type::Tag => self.tagged()?,
            _ => return Err(Wrong::Damaged),
        })
    }

    fn map(&mut self, depth: usize) -> Result<Bound<'py, PyAny>> {
        let len = self.enter(depth, Decoder::map)?;
        let map = PyDict::new(self.py);
        let mut count = 0;
        while self.more(len, count)? {
            let key = self.key()?;
            let value = self.value(depth + 1).map_err(|wrong| wrong.inside(|| Step::Key(key.to_string())))?;
            map.set_item(key, value)?;
            count += 1;
        }
        // A key that occurs twice took the place of the first.
        if map.len() as u64 == count { Ok(map.into_any()) } else { Err(Wrong::Damaged) }
    }

    fn list(&mut self, depth: usize) -> Result<Bound<'py, PyAny>> {
        let len = self.enter(depth, Decoder::array)?;
        let list = PyList::empty(self.py);
        let mut count = 0;
        while self.more(len, count)? {
            let value =
                self.value(depth + 1).map_err(|wrong| wrong.inside(|| Step::Index(count as usize)))?;
            list.append(value)?;
            count += 1;
        }
        Ok(list.into_any())
    }

    fn enter(
        &mut self,
        depth: usize,
        head: impl FnOnce(&mut Decoder<'b>) -> std::result::Result<Option<u64>, Malformed>,
    ) -> Result<Option<u64>> {
        if depth == MAX_DEPTH { Err(Wrong::Damaged) } else { Ok(head(&mut self.decoder)?) }
    }

    fn more(&mut self, len: Option<u64>, count: u64) -> Result<bool> {
        match len {
            Some(len) => Ok(count < len),
            None if self.decoder.datatype()? == Type::Break => {
                self.decoder.set_position(self.decoder.position() + 1);
                Ok(false)
            }
            None => Ok(true),
        }
    }

    fn key(&mut self) -> Result<Bound<'py, PyString>> {
        match self.decoder.datatype()? {
            Type::String => Ok(cached(self.py, self.decoder.str()?)),
            Type::StringIndef => Ok(PyString::new(self.py, &self.text()?)),
            _ => Err(Wrong::Damaged),
        }
    }

    fn text(&mut self) -> Result<Cow<'b, str>> {
        match self.decoder.datatype()? {
            Type::String => Ok(Cow::Borrowed(self.decoder.str()?)),
            Type::StringIndef => {
                Ok(Cow::Owned(self.decoder.str_iter()?.collect::<std::result::Result<String, Malformed>>()?))
            }
            _ => Err(Wrong::Damaged),
        }
    }

    fn bytes(&mut self) -> Result<Cow<'b, [u8]>> {
        match self.decoder.datatype()? {
            Type::Bytes => Ok(Cow::Borrowed(self.decoder.bytes()?)),
            Type::BytesIndef => {
                let pieces =
                    self.decoder.bytes_iter()?.collect::<std::result::Result<Vec<_>, Malformed>>()?;
                Ok(Cow::Owned(pieces.concat()))
            }
            _ => Err(Wrong::Damaged),
        }
    }

    fn tagged(&mut self) -> Result<Bound<'py, PyAny>> {
        let py = self.py;
        match self.decoder.tag()?.as_u64() {
            tagged::DATE_TIME => self.date_time(),
            tagged::POSITIVE => self.integer(),
            tagged::NEGATIVE => {
                // -1 - n, which is what Python calls ~n.
                Ok(self.integer()?.bitnot()?)
            }
            tagged::UUID => {
                let bytes = self.bytes()?;
                if bytes.len() != 16 {
                    return Err(Wrong::Damaged);
                }
                Ok(UUID.get(py)?.call1((py.None(), PyBytes::new(py, &bytes)))?)
            }
            tagged::DECIMAL => {
                let text = self.text()?;
                tagged::check_decimal(&text)?;
                Ok(DECIMAL.get(py)?.call1((&*text,))?)
            }
            _ => Err(Wrong::Damaged),
        }
    }

    fn integer(&mut self) -> Result<Bound<'py, PyAny>> {
        let bytes = self.bytes()?;
        if bytes.len() > MAX_INTEGER {
            return Err(Wrong::Damaged);
        }
        let arguments = (PyBytes::new(self.py, &bytes), "big");
        Ok(self.py.get_type::<PyInt>().call_method1("from_bytes", arguments)?)
    }

    fn date_time(&mut self) -> Result<Bound<'py, PyAny>> {
        let text = self.text()?;
        let Some(parts) = DateTime::parse(&text) else { return Err(Wrong::Damaged) };
        if !parts.has_offset() {
            return Err(Wrong::Damaged);
        }
        let read = DATETIME.get(self.py)?.call_method1("fromisoformat", (&*text,));
        if read.is_ok() && parts.fraction.bytes().skip(6).any(|digit| digit != b'0') {
            return refused(format!(
                "date-time {text:?} is finer than microseconds, which Python cannot hold"
            ));
        }
        // What is not a day of the calendar, the core refuses too.
        read.map_err(|_| Wrong::Damaged)
    }
}

fn py_int<
    'py,
    T: IntoPyObject<'py, Target = PyInt, Output = Bound<'py, PyInt>, Error = std::convert::Infallible>,
>(
    value: T,
    py: Python<'py>,
) -> Bound<'py, PyAny> {
    let Ok(value) = value.into_pyobject(py);
    value.into_any()
}

/// Keys of maps come again and again: the thread keeps the strings of the last ones.
fn cached<'py>(py: Python<'py>, key: &str) -> Bound<'py, PyString> {
    const LONGEST: usize = 32;
    const PLACES: usize = 256;

    struct Place {
        key: [u8; LONGEST],
        len: usize,
        string: Py<PyString>,
    }
    thread_local! {
        static PLACES_OF_THREAD: RefCell<Vec<Option<Place>>> = const { RefCell::new(Vec::new()) };
    }

    if key.len() > LONGEST {
        return PyString::new(py, key);
    }
    let hash = key.bytes().fold(key.len(), |hash, byte| (hash ^ usize::from(byte)).wrapping_mul(0x0100_0193));
    let found = PLACES_OF_THREAD.try_with(|places| {
        let mut places = places.borrow_mut();
        if places.is_empty() {
            places.resize_with(PLACES, || None);
        }
        let place = &mut places[(hash ^ hash >> 8) % PLACES];
        match place {
            Some(place) if place.key[..place.len] == *key.as_bytes() => place.string.bind(py).clone(),
            _ => {
                let string = PyString::intern(py, key);
                let mut bytes = [0; LONGEST];
                bytes[..key.len()].copy_from_slice(key.as_bytes());
                *place = Some(Place { key: bytes, len: key.len(), string: string.clone().unbind() });
                string
            }
        }
    });
    found.unwrap_or_else(|_| PyString::new(py, key))
}
