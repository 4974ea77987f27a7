//! The module `hmsffi._native`: what the Python package cannot do without the C ABI. It is no public API of its own.

mod attach;
mod cbor;
mod client;
mod context;
mod exit;
mod failure;
mod handler;
mod inbound;
mod interrupt;
mod loan;
mod log;
mod metadata;
mod method;
mod options;
mod payload;
mod process;
mod python;
mod queue;
mod schema;
mod server;
mod stream;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    process::refuse_sub_interpreter()?;
    module.add_class::<cbor::Encoded>()?;
    module.add_class::<failure::ErrorHandle>()?;
    module.add_class::<payload::Buffer>()?;
    module.add_class::<loan::Loan>()?;
    module.add_class::<client::Client>()?;
    module.add_class::<method::Method>()?;
    module.add_class::<inbound::Call>()?;
    module.add_class::<server::Server>()?;
    module.add_class::<queue::Queue>()?;
    module.add_class::<stream::Stream>()?;
    module.add_function(wrap_pyfunction!(cbor::dumps, module)?)?;
    module.add_function(wrap_pyfunction!(cbor::loads, module)?)?;
    module.add_function(wrap_pyfunction!(context::current_call, module)?)?;
    module.add_function(wrap_pyfunction!(exit::close_gate, module)?)?;
    module.add_function(wrap_pyfunction!(exit::forget_parent, module)?)?;
    module.add_function(wrap_pyfunction!(log::set_log_sink, module)?)?;
    module.add_function(wrap_pyfunction!(process::instance_id, module)?)?;
    module.add_function(wrap_pyfunction!(process::introspect, module)?)?;
    module.add_function(wrap_pyfunction!(process::load_component, module)?)?;
    module.add_function(wrap_pyfunction!(process::library_version, module)?)?;
    module.add_function(wrap_pyfunction!(schema::schema_convert, module)?)?;
    module.add_function(wrap_pyfunction!(schema::schema_compare, module)?)?;
    module.add_function(wrap_pyfunction!(schema::schema_of_message, module)?)?;
    module.add_function(wrap_pyfunction!(schema::payload_convert, module)?)?;
    Ok(())
}
