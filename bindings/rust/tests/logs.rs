//! The library's log lines. One test alone in its process, since there is one logger and one limit on memory.

mod support;

use std::sync::Mutex;
use std::time::Duration;

use hmsffi::prelude::*;
use hmsffi::{LogLevel, forward_logs};
use support::world_with;

struct Kept(Mutex<Vec<(log::Level, String, String)>>);

impl log::Log for Kept {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = (record.level(), record.target().to_owned(), record.args().to_string());
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

static KEPT: Kept = Kept(Mutex::new(Vec::new()));

/// Runs `f` while this process gets too little memory for the stack of another thread.
fn without_new_threads<R>(f: impl FnOnce() -> R) -> R {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm")
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let mut before = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain calls with memory of our own.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_AS, &mut before), 0);
        let tight = libc::rlimit { rlim_cur: pages * 4096 + (512 << 10), ..before };
        assert_eq!(libc::setrlimit(libc::RLIMIT_AS, &tight), 0);
    }
    let result = f();
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &before) }, 0);
    result
}

/// A call whose server cannot start a thread for it, which is worth a line.
fn stuck_call() -> Vec<(log::Level, String, String)> {
    let options = ServerOptions { log_level: Some(LogLevel::Debug), ..ServerOptions::named("narrow") };
    let world = world_with(options, |server| server.register_function("s", "m", |()| Ok(())).unwrap());
    let options = CallOptions::new().timeout(Duration::from_millis(20));
    let method = world.service("s").bind("m").unwrap();
    let answer = without_new_threads(|| method.call_with::<_, ()>((), &options));
    assert_eq!(answer.unwrap_err().code, ErrorCode::DeadlineExceeded);
    std::mem::take(&mut KEPT.0.lock().unwrap())
}

#[test]
fn lines_of_the_library_reach_the_log_crate() {
    log::set_logger(&KEPT).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let lines = stuck_call();
    let (level, target, line) = lines.first().expect("a line");
    assert_eq!(*level, log::Level::Warn);
    assert!(target.starts_with("hmsffi"), "{target}");
    assert!(line.contains("server 'narrow': no handler thread could be started"), "{line}");

    forward_logs(LogLevel::Error).unwrap();
    assert_eq!(stuck_call(), []);
    assert_eq!(LogLevel::Warning, LogLevel::Warn);
}
