//! Python objects to CBOR.

use minicbor::data::{Int, Tag};
use minicbor::encode::Encoder;
use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PyString, PyTuple,
};

use super::encoded::Encoded;
use super::tagged::{self, DateTime};
use super::wrong::{Result, Step, Wrong, quoted, refused};
use super::{MAX_DEPTH, MAX_INTEGER};
use crate::failure::invalid;
use crate::python::{DATETIME, DECIMAL, UUID};

/// The bytes of a value; INVALID_ARGUMENT with the path when it has something that is not carried.
pub fn encode(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    measured(value).map(|(bytes, _)| bytes)
}

/// The bytes of a value, and how many lists and maps are open inside each other in it.
pub fn measured(value: &Bound<'_, PyAny>) -> PyResult<(Vec<u8>, usize)> {
    let mut writer = Writer { out: Encoder::new(Vec::with_capacity(128)), deepest: 0 };
    match writer.value(value, 0) {
        Ok(()) => Ok((writer.out.into_writer(), writer.deepest)),
        Err(wrong) => {
            let py = value.py();
            Err(wrong.raise(py, || invalid(py, "$: this value is not carried")))
        }
    }
}

struct Writer {
    out: Encoder<Vec<u8>>,
    /// The most lists and maps that were open inside each other.
    deepest: usize,
}

/// Writing to memory cannot fail.
fn put<T>(written: std::result::Result<T, minicbor::encode::Error<std::convert::Infallible>>) {
    debug_assert!(written.is_ok());
}

impl Writer {
    fn value(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> Result<()> {
        if value.is_exact_instance_of::<PyString>() {
            return self.text(value);
        }
        if value.is_exact_instance_of::<PyInt>() {
            return self.integer(value);
        }
        if value.is_exact_instance_of::<PyFloat>() {
            return self.float(value);
        }
        if value.is_exact_instance_of::<PyDict>() {
            return self.map(value, depth);
        }
        if value.is_exact_instance_of::<PyList>() {
            return self.list(value, depth);
        }
        if value.is_none() {
            put(self.out.null());
            return Ok(());
        }
        if value.is_exact_instance_of::<PyBool>() {
            put(self.out.bool(value.is_truthy()?));
            return Ok(());
        }
        if let Ok(bytes) = value.cast::<PyBytes>() {
            put(self.out.bytes(bytes.as_bytes()));
            return Ok(());
        }
        self.others(value, depth)
    }

    /// What is rare, and what is derived from the common types.
    fn others(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> Result<()> {
        if value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyList>() {
            self.list(value, depth)
        } else if value.is_instance_of::<PyDict>() {
            self.map(value, depth)
        } else if let Ok(encoded) = value.cast::<Encoded>() {
            let encoded = encoded.get();
            self.enter(depth + encoded.depth)?;
            self.out.writer_mut().extend_from_slice(&encoded.bytes);
            Ok(())
        } else if DATETIME.is_base_of(value)? {
            self.date_time(value)
        } else if UUID.is_base_of(value)? {
            let bytes = value.getattr("bytes")?;
            put(self.out.tag(Tag::new(tagged::UUID)));
            put(self.out.bytes(bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes()));
            Ok(())
        } else if DECIMAL.is_base_of(value)? {
            let text = value.str()?;
            let text = text.to_str()?;
            tagged::check_decimal(text)?;
            put(self.out.tag(Tag::new(tagged::DECIMAL)));
            put(self.out.str(text));
            Ok(())
        } else if value.is_instance_of::<PyByteArray>() || value.is_instance_of::<PyMemoryView>() {
            let bytes = value.py().get_type::<PyBytes>().call1((value,))?;
            put(self.out.bytes(bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes()));
            Ok(())
        } else if value.is_instance_of::<PyString>() {
            self.text(value)
        } else if value.is_instance_of::<PyInt>() {
            self.integer(value)
        } else if value.is_instance_of::<PyFloat>() {
            self.float(value)
        } else {
            refused(format!("a value of type {} is not carried", type_name(value)))
        }
    }

    fn enter(&mut self, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return refused(format!("more than {MAX_DEPTH} lists and maps inside each other"));
        }
        self.deepest = self.deepest.max(depth);
        Ok(())
    }

    fn text(&mut self, value: &Bound<'_, PyAny>) -> Result<()> {
        put(self.out.str(utf8(value.cast::<PyString>().map_err(PyErr::from)?)?));
        Ok(())
    }

    fn float(&mut self, value: &Bound<'_, PyAny>) -> Result<()> {
        let value = value.extract::<f64>()?;
        // All NaNs are one.
        put(self.out.f64(if value.is_nan() { f64::NAN } else { value }));
        Ok(())
    }

    fn integer(&mut self, value: &Bound<'_, PyAny>) -> Result<()> {
        let mut overflow = 0;
        // SAFETY: an object of type int.
        let small = unsafe { ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &mut overflow) };
        if overflow == 0 {
            put(self.out.i64(small));
            return Ok(());
        }
        let negative = overflow < 0;
        // n, or -1 - n when negative.
        let n = if negative { value.bitnot()? } else { value.clone() };
        let len = n.call_method0("bit_length")?.extract::<usize>()?.div_ceil(8);
        if len > MAX_INTEGER {
            return refused(format!("integer of {len} bytes; at most {MAX_INTEGER} are carried"));
        }
        let bytes = n.call_method1("to_bytes", (len, "big"))?;
        let bytes = bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes();
        if len > 8 {
            let tag = if negative { tagged::NEGATIVE } else { tagged::POSITIVE };
            put(self.out.tag(Tag::new(tag)));
            put(self.out.bytes(bytes));
        } else {
            let n = bytes.iter().fold(0i128, |n, byte| n << 8 | i128::from(*byte));
            let integer = Int::try_from(if negative { -1 - n } else { n });
            put(self.out.int(integer.expect("8 bytes and a sign are a CBOR integer")));
        }
        Ok(())
    }

    fn map(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> Result<()> {
        self.enter(depth + 1)?;
        let map = value.cast::<PyDict>().map_err(PyErr::from)?;
        let len = map.len();
        put(self.out.map(len as u64));
        let (mut position, mut count) = (0, 0);
        let (mut key, mut item) = (std::ptr::null_mut(), std::ptr::null_mut());
        // An iterator would have to panic where Python code, such as a time zone's, changes the dict meanwhile.
        // SAFETY: a dict, and places for borrowed references, which are taken at once.
        while unsafe { ffi::PyDict_Next(map.as_ptr(), &mut position, &mut key, &mut item) } != 0 {
            // SAFETY: borrowed references that are valid until other code runs.
            let (key, item) = unsafe {
                (Bound::from_borrowed_ptr(map.py(), key), Bound::from_borrowed_ptr(map.py(), item))
            };
            let Ok(key) = key.cast::<PyString>() else {
                return refused(format!("map key is a value of type {}; keys are text", type_name(&key)));
            };
            put(self.out.str(utf8(key)?));
            self.value(&item, depth + 1).map_err(|wrong| wrong.inside(|| Step::Key(key.to_string())))?;
            count += 1;
        }
        if count == len { Ok(()) } else { refused("the dict was changed while it was read") }
    }

    fn list(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> Result<()> {
        self.enter(depth + 1)?;
        let len = value.len()?;
        put(self.out.array(len as u64));
        let mut count = 0;
        let mut item = |item: &Bound<'_, PyAny>| {
            let written = self.value(item, depth + 1).map_err(|wrong| wrong.inside(|| Step::Index(count)));
            count += 1;
            written
        };
        match value.cast::<PyList>() {
            Ok(list) => list.iter().try_for_each(|each| item(&each))?,
            Err(_) => {
                let tuple = value.cast::<PyTuple>().map_err(PyErr::from)?;
                tuple.iter().try_for_each(|each| item(&each))?;
            }
        }
        if count == len { Ok(()) } else { refused("the list was changed while it was read") }
    }

    fn date_time(&mut self, value: &Bound<'_, PyAny>) -> Result<()> {
        let text = value.call_method0("isoformat")?;
        let text = text.cast::<PyString>().map_err(PyErr::from)?.to_str()?;
        let Some(parts) = DateTime::parse(text) else { return tagged::no_date_time(text) };
        if !parts.has_offset() {
            return tagged::no_offset(text);
        }
        let fraction = parts.fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        let offset = if parts.offset == "+00:00" { "Z" } else { parts.offset };
        put(self.out.tag(Tag::new(tagged::DATE_TIME)));
        put(self.out.str(&format!("{}{point}{fraction}{offset}", parts.seconds)));
        Ok(())
    }
}

fn utf8<'a>(text: &'a Bound<'_, PyString>) -> Result<&'a str> {
    text.to_str().map_err(|error| {
        if !error.is_instance_of::<PyUnicodeEncodeError>(text.py()) {
            return Wrong::Raised(error);
        }
        let why = format!("text is not UTF-8: {} has a lone surrogate", quoted(&text.to_string_lossy()));
        Wrong::Refused { why, path: Vec::new() }
    })
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().fully_qualified_name().map_or_else(|_| "unknown".to_owned(), |name| name.to_string())
}
