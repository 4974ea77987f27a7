//! Who runs the threads of a scene: loom, which tries all orders of a few steps, weak memory included, or with the feature
//! `shuttle` one that tries some orders of many steps.

#[cfg(not(feature = "shuttle"))]
#[path = "loom.rs"]
mod chosen;
#[cfg(feature = "shuttle")]
#[path = "shuttle.rs"]
mod chosen;

pub use chosen::*;
