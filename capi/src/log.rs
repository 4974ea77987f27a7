//! The sink of log lines.

use std::ffi::c_void;

use hmsffi_abi::*;
use hmsffi_core::Error;
use hmsffi_core::log::{self, Level, Sink};

use crate::edge::edge;
use crate::handler::Context;
use crate::options;
use crate::view::str_view;

struct ForeignSink {
    context: Context,
    min_level: Level,
    on_log: unsafe extern "C" fn(*mut c_void, u32, hms_str_t, hms_str_t),
}

impl Sink for ForeignSink {
    fn min_level(&self) -> Level {
        self.min_level
    }

    fn log(&self, level: Level, target: &str, message: &str) {
        // SAFETY: the header asks that on_log takes lines on any thread and does not unwind.
        unsafe { (self.on_log)(self.context.ctx, level as u32, str_view(target), str_view(message)) };
    }
}

/// Sends the library's log lines to a sink, in the place of the one before, whose `drop` runs when its last line is
/// out.
/// @param sink consumed: its `drop` runs even on failure. NULL = no sink: lines go nowhere.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_log_set_sink(
    sink: *const hms_log_sink_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        if sink.is_null() {
            drop(log::set_sink(None));
            return Ok(());
        }
        // SAFETY: a sink as the header asks.
        let sink = unsafe { options::read(sink)? };
        let context = Context::new(sink.ctx, sink.drop);
        let min_level = match sink.min_level {
            HMS_LOG_LEVEL_DEFAULT | HMS_LOG_LEVEL_INFO => Level::Info,
            HMS_LOG_LEVEL_DEBUG => Level::Debug,
            HMS_LOG_LEVEL_WARNING => Level::Warning,
            HMS_LOG_LEVEL_ERROR => Level::Error,
            other => return Err(Error::invalid(format!("min_level is {other}; the constants end at 4"))),
        };
        let on_log = sink.on_log.ok_or_else(|| Error::invalid("on_log is NULL"))?;
        drop(log::set_sink(Some(Box::new(ForeignSink { context, min_level, on_log }))));
        Ok(())
    })
}
