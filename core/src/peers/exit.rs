//! A process that ends leaves no name behind, though nobody closed its runtime.

use std::sync::{Arc, Mutex, Once, Weak};

use crate::domain::Claim;

static CLAIMS: Mutex<Vec<Weak<Claim>>> = Mutex::new(Vec::new());
static HOOK: Once = Once::new();

/// Takes the name back when the process ends, if that has not happened before.
pub fn leave_at_exit(claim: &Arc<Claim>) {
    let mut claims = CLAIMS.lock().unwrap_or_else(|e| e.into_inner());
    claims.retain(|claim| claim.strong_count() > 0);
    claims.push(Arc::downgrade(claim));
    HOOK.call_once(|| {
        // SAFETY: the hook takes no lock that it would have to wait for, and the library is never unloaded.
        unsafe { libc::atexit(leave) };
    });
}

extern "C" fn leave() {
    // Another thread, or the parent of a forked child, may have it for ever.
    if let Ok(claims) = CLAIMS.try_lock() {
        claims.iter().filter_map(Weak::upgrade).for_each(|claim| claim.leave());
    }
}
