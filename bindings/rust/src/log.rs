//! The library's log lines go to the `log` crate.

use std::sync::{Mutex, PoisonError};

use crate::Result;
use crate::raw::process::set_sink;
use crate::types::LogLevel;

/// Sends the library's log lines, from `min_level` on, to the logger of the [`log`](https://docs.rs/log)
/// crate, with targets that begin with `hmsffi`.
///
/// A program gets that by itself with its first client or server. A component leaves the lines to its host,
/// unless it calls this.
pub fn forward_logs(min_level: LogLevel) -> Result<()> {
    set_sink(min_level, forward)
}

fn forward(level: LogLevel, target: &str, message: &str) {
    let level = match level {
        LogLevel::Debug => log::Level::Debug,
        LogLevel::Info => log::Level::Info,
        LogLevel::Warn => log::Level::Warn,
        LogLevel::Error => log::Level::Error,
    };
    if level <= log::max_level() {
        log::log!(target: &format!("hmsffi::{target}"), level, "{message}");
    }
}

/// Forwards the lines of a program, as many as any of its clients and servers wants.
pub(crate) fn forward_by_default(wanted: Option<LogLevel>) {
    static FORWARDED: Mutex<Option<LogLevel>> = Mutex::new(None);
    if cfg!(not(feature = "static")) && wanted.is_none() {
        return;
    }
    let wanted = wanted.unwrap_or(LogLevel::Info);
    let mut forwarded = FORWARDED.lock().unwrap_or_else(PoisonError::into_inner);
    if forwarded.is_none_or(|level| wanted < level) && forward_logs(wanted).is_ok() {
        *forwarded = Some(wanted);
    }
}
