//! The library's log lines. One test alone in its process, since there is one logger.

use std::sync::Mutex;

use hmsffi::prelude::*;
use hmsffi::{LogLevel, forward_logs};

struct Kept(Mutex<Vec<(log::Level, String)>>);

impl log::Log for Kept {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.target().starts_with("hmsffi") {
            self.0.lock().unwrap().push((record.level(), record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

static KEPT: Kept = Kept(Mutex::new(Vec::new()));

#[test]
fn lines_of_the_library_reach_the_log_crate() {
    log::set_logger(&KEPT).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let runtime = Runtime::private("logs").unwrap();
    let options = ServerOptions { log_level: Some(LogLevel::Debug), ..ServerOptions::named("talkative") };
    let mut server = runtime.new_server(options).unwrap();
    server.start().unwrap();
    server.stop().unwrap();
    let lines = KEPT.0.lock().unwrap().clone();
    assert!(lines.iter().any(|(_, line)| line.contains("talkative")), "{lines:?}");
    forward_logs(LogLevel::Error).unwrap();
    KEPT.0.lock().unwrap().clear();
    server.start().unwrap();
    server.stop().unwrap();
    assert_eq!(*KEPT.0.lock().unwrap(), []);
    assert_eq!(LogLevel::Warning, LogLevel::Warn);
}
