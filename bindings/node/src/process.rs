//! What concerns the process.

use hmsffi_sys::*;

use crate::arguments::Arguments;
use crate::failure::{Result, core};
use crate::js::Value;

/// `instanceId(): Buffer`
pub fn instance_id(arguments: &Arguments) -> Result<Value> {
    let mut id = [0u8; 16];
    // SAFETY: 16 bytes.
    core(|error| unsafe { hms_core_instance_id(id.as_mut_ptr(), error) })?;
    Ok(arguments.js.buffer(&id))
}

/// `loadComponent(path)`
pub fn load_component(arguments: &Arguments) -> Result<Value> {
    let (runtime, path) = (arguments.environment.runtime, arguments.text(0)?);
    // SAFETY: a view that is valid for the call.
    core(|error| unsafe { hms_component_load(runtime, (&*path).into(), error) })?;
    Ok(arguments.js.undefined())
}

/// `introspect(): object`
pub fn introspect(arguments: &Arguments) -> Result<Value> {
    let js = arguments.js;
    // SAFETY: a struct of integers, and a place that is valid for the call.
    let counts = unsafe {
        let mut counts = std::mem::zeroed::<hms_introspection_t>();
        counts.struct_size = size_of::<hms_introspection_t>() as u32;
        core(|error| hms_introspect(&mut counts, error))?;
        counts
    };
    let result = js.object();
    let number = |number: u64| js.number(number as f64);
    js.set(result, c"threads", number(counts.threads.into()));
    js.set(result, c"handles", js.array(counts.handles.map(number)));
    js.set(result, c"buffers", number(counts.buffers));
    js.set(result, c"bufferBytes", number(counts.buffer_bytes));
    js.set(result, c"queuedBytes", number(counts.queued_bytes));
    js.set(result, c"calls", number(counts.calls));
    js.set(result, c"callsTotal", number(counts.calls_total));
    js.set(result, c"bytesCopiedTotal", number(counts.bytes_copied_total));
    js.set(result, c"spunNsTotal", number(counts.spun_ns_total));
    Ok(result)
}
