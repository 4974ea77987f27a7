//! Log lines go to a sink that the user sets; without one they go nowhere.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

/// Levels, numbered as in the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Level {
    /// For developers.
    Debug = 1,
    /// For operators.
    Info = 2,
    /// Something to look at.
    Warning = 3,
    /// Something failed.
    Error = 4,
}

/// Takes log lines, on any thread.
pub trait Sink: Send + Sync {
    /// The least level that it wants.
    fn min_level(&self) -> Level;
    /// Takes one line.
    fn log(&self, level: Level, target: &str, message: &str);
}

static SINK: ArcSwapOption<Box<dyn Sink>> = ArcSwapOption::const_empty();

/// Sets or removes the sink; gives the one before.
pub fn set_sink(sink: Option<Box<dyn Sink>>) -> Option<Arc<Box<dyn Sink>>> {
    SINK.swap(sink.map(Arc::new))
}

/// Sends a line to the sink.
pub fn log(level: Level, target: &str, message: &str) {
    if let Some(sink) = SINK.load_full().filter(|sink| level >= sink.min_level()) {
        sink.log(level, target, message);
    }
}

/// Sends a line of level WARNING.
pub fn warning(target: &str, message: &str) {
    log(Level::Warning, target, message);
}

/// Sends a line of level INFO.
pub fn info(target: &str, message: &str) {
    log(Level::Info, target, message);
}
