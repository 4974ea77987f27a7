//! What the lane takes from the rest of the core.

#[path = "../../core/src/call/deadline.rs"]
pub mod deadline;
pub use deadline::Deadline;
