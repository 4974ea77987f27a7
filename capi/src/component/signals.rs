//! Which signals a component took over.

use std::mem::MaybeUninit;

/// Signals that hosts rely on.
const WATCHED: [(libc::c_int, &str); 4] = [
    (libc::SIGINT, "SIGINT"),
    (libc::SIGTERM, "SIGTERM"),
    (libc::SIGHUP, "SIGHUP"),
    (libc::SIGCHLD, "SIGCHLD"),
];

/// The handlers of the watched signals.
pub(super) fn dispositions() -> [libc::sighandler_t; 4] {
    WATCHED.map(|(signal, _)| {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: only asks; zero is a valid value if that fails.
        unsafe {
            libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
            action.assume_init().sa_sigaction
        }
    })
}

/// The names of the watched signals whose handler has changed.
pub(super) fn changed(before: &[libc::sighandler_t; 4]) -> impl Iterator<Item = &'static str> {
    let changed: Vec<&'static str> = WATCHED
        .iter()
        .zip(before.iter().zip(dispositions()))
        .filter(|(_, (before, now))| *before != now)
        .map(|((_, name), _)| *name)
        .collect();
    changed.into_iter()
}
