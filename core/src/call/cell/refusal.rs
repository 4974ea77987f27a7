//! Why a call cannot be used.

use crate::error::Error;

#[cold]
pub(super) fn answered_before() -> Error {
    Error::precondition("the call was answered or closed before. Answer each call once")
}

#[cold]
pub(super) fn not_retained() -> Error {
    Error::precondition(
        "the call is being served on another thread. Retain it there before another thread uses it",
    )
}

#[cold]
pub(super) fn not_a_call(id: u64) -> Error {
    Error::invalid(format!("{id:#018x} is not a call handle of this process"))
}
