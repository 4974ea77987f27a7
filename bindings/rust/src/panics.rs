//! Panics in handlers become errors with the stack of the place where they happened.

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::error::STACK;
use crate::{Error, ErrorCode, Result, call};

thread_local! {
    static STACK_OF_PANIC: RefCell<Option<Backtrace>> = const { RefCell::new(None) };
}

/// Notes the stack of panics in handlers, which is gone when they are caught, and leaves all else to the hook
/// before.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if call::is_running() {
                STACK_OF_PANIC.set(Some(Backtrace::force_capture()));
            }
            before(info);
        }));
    });
}

/// Runs `f`; a panic is INTERNAL.
pub(crate) fn caught<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    install_hook();
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("a value that is no text");
        let mut error = Error::new(ErrorCode::Internal, format!("panic: {text}"));
        if let Some(stack) = STACK_OF_PANIC.take() {
            error.details.insert(STACK.to_owned(), trimmed(&stack.to_string()));
        }
        // Dropping what was thrown may throw again.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
        Err(error)
    })
}

/// The frames between the panic and this crate, which are the handler's.
fn trimmed(stack: &str) -> String {
    let mut frames: Vec<String> = Vec::new();
    for line in stack.lines() {
        match frames.last_mut() {
            Some(frame) if line.trim_start().starts_with("at ") => *frame = format!("{frame}\n{line}"),
            _ => frames.push(line.to_owned()),
        }
    }
    let names = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|&name| name.to_owned()).collect();
        move |frame: &String| wanted.iter().any(|name| frame.contains(name.as_str()))
    };
    let begin =
        frames.iter().rposition(names(&["rust_begin_unwind", "core::panicking::"])).map_or(0, |at| at + 1);
    let end = frames.iter().skip(begin).position(names(&["hmsffi::panics::caught", "hmsffi::serve::"]));
    let end = end.map_or(frames.len(), |at| begin + at);
    // Without symbols nothing is known of the frames, and all of them are better than none.
    let shown = if begin < end { &frames[begin..end] } else { &frames[..] };
    shown.join("\n")
}
