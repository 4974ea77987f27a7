//! The library's warnings go to standard error, so that a service that cannot be seen is explained.

use log::{LevelFilter, Log, Metadata, Record};

struct Warnings;

impl Log for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            eprintln!("hms: {}: {}", record.level().as_str().to_lowercase(), record.args());
        }
    }

    fn flush(&self) {}
}

/// From now on.
pub fn show(quiet: bool) {
    log::set_max_level(if quiet { LevelFilter::Off } else { LevelFilter::Warn });
    // Fails only when there is a logger already.
    let _ = log::set_logger(&Warnings);
    // A component leaves its lines to the host; this program is the host.
    let _ = hmsffi::forward_logs(hmsffi::LogLevel::Warn);
}
