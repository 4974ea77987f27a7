//! Streams: messages both ways beside a call, in order, with half-close and backpressure.
//!
//! A pipe joins two ends. Each direction is a lane whose sender waits when its receiver lags behind by a window of
//! messages or bytes. The handler's answer ends the stream.

mod lane;
mod pipe;

use std::sync::Arc;

pub use lane::{Item, WINDOW_BYTES, WINDOW_MESSAGES};
pub use pipe::{Pipe, Received, Stream};

/// What wakes an end that does not block.
pub type Wake = Arc<dyn Fn() + Send + Sync>;
