//! Metadata: pairs of text, a `dict` in Python.

use hmsffi_sys::*;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::failure::{invalid, str_of};

/// Pairs that the core reads from; empty without an allocation.
#[derive(Default)]
pub struct Pairs {
    views: Vec<hms_pair_t>,
    /// Keeps the text that the views show.
    _texts: Vec<String>,
}

impl Pairs {
    pub fn of(metadata: Option<&Bound<'_, PyAny>>) -> PyResult<Pairs> {
        let Some(metadata) = metadata else { return Ok(Pairs::default()) };
        let mut texts = Vec::new();
        for pair in metadata.call_method0("items")?.try_iter()? {
            let pair = pair?;
            let Ok((key, value)) = pair.extract::<(String, String)>() else {
                return Err(invalid(metadata.py(), "metadata: keys and values must be str"));
            };
            texts.extend([key, value]);
        }
        let views = texts
            .chunks_exact(2)
            .map(|pair| hms_pair_t { key: pair[0].as_str().into(), value: pair[1].as_str().into() })
            .collect();
        Ok(Pairs { views, _texts: texts })
    }

    pub fn ptr(&self) -> *const hms_pair_t {
        self.views.as_ptr()
    }

    pub fn len(&self) -> usize {
        self.views.len()
    }

    pub fn views(&self) -> &[hms_pair_t] {
        &self.views
    }
}

/// Metadata of an answer; closed when it goes.
pub struct Received(pub hms_metadata_t);

impl Received {
    pub const NONE: Received = Received(hms_metadata_t { id: 0 });

    pub fn fill(&self, into: &Bound<'_, PyDict>) -> PyResult<()> {
        // SAFETY: open metadata of ours; the views are read before it is closed.
        unsafe {
            for index in 0..hms_metadata_count(self.0) {
                let (mut key, mut value) = (hms_str_t::EMPTY, hms_str_t::EMPTY);
                hms_metadata_at(self.0, index, &mut key, &mut value, std::ptr::null_mut());
                into.set_item(str_of(key), str_of(value))?;
            }
        }
        Ok(())
    }

    pub fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        self.fill(&dict)?;
        Ok(dict)
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if self.0.id != 0 {
            // SAFETY: ours, closed once.
            unsafe { hms_metadata_close(self.0) };
        }
    }
}
