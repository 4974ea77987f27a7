//! Objects of the Python side that the extension calls, each looked up once.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// An attribute of a module, imported at its first use.
pub struct Imported {
    module: &'static str,
    name: &'static str,
    object: PyOnceLock<Py<PyAny>>,
}

impl Imported {
    const fn new(module: &'static str, name: &'static str) -> Imported {
        Imported { module, name, object: PyOnceLock::new() }
    }

    pub fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        let object = self
            .object
            .get_or_try_init(py, || Ok::<_, PyErr>(py.import(self.module)?.getattr(self.name)?.unbind()))?;
        Ok(object.bind(py))
    }

    pub fn is_base_of(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        value.is_instance(self.get(value.py())?)
    }
}

pub static ERROR_FROM_NATIVE: Imported = Imported::new("hmsffi.errors", "from_native");
pub static FAILURE_OF: Imported = Imported::new("hmsffi.failures", "failure_of");
pub static LOG_LINE: Imported = Imported::new("hmsffi.logs", "emit");
pub static RUNNING_CALL: Imported = Imported::new("hmsffi.loops", "running_call");
pub static READ_JSON: Imported = Imported::new("hmsffi.json", "read");
pub static DATETIME: Imported = Imported::new("datetime", "datetime");
pub static UUID: Imported = Imported::new("uuid", "UUID");
pub static DECIMAL: Imported = Imported::new("decimal", "Decimal");
