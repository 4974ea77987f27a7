//! The two segments of a lane as one end sees them: its own, which it writes, and the peer's, which it only reads.
//!
//! Another process may change what the peer's segment holds at any moment. So nothing in it is ever behind a reference
//! to plain bytes: words are loaded one by one, Relaxed, with a fence behind them (a stronger or wider load may fault on
//! a page that can only be read), and bodies are copied out.

use super::futex::Watched;
use super::sync::Ordering;
use crate::call::Deadline;

/// Where a lane lies. Models put another memory in its place.
pub trait Memory {
    /// A word of the own segment.
    fn own(&self, at: usize) -> u32;
    /// Changes a word of the own segment.
    fn set(&self, at: usize, value: u32, order: Ordering);
    /// Adds one to a word of the own segment.
    fn add(&self, at: usize);
    /// A word of the peer's segment, Relaxed.
    fn peer(&self, at: usize) -> u32;
    /// Has the bytes of the peer's segment from there on come nearer, if the machine can.
    fn prefetch(&self, at: usize);
    /// The same for bytes of the own segment that will be written: no other end has them then.
    fn prefetch_to_write(&self, at: usize);
    /// Writes bytes into the own segment; those behind them in the last word may change.
    fn write(&self, at: usize, bytes: &[u8]);
    /// Reads bytes of the peer's segment.
    fn read(&self, at: usize, bytes: &mut [u8]);
    /// Orders what is before it and what is behind it.
    fn fence(&self, order: Ordering);
}

/// How the ends wake each other.
pub trait Wakes {
    /// Wakes one of the other end's sleepers on this end's bell.
    fn wake_peer(&self);
    /// Wakes the event loop of the other end, if it has one.
    fn ring_doorbell(&self);
    /// The CPU that runs this thread, below 2^31; `None` = not known.
    fn cpu(&self) -> Option<u32>;
    /// Sleeps until the other end's bell is no longer `bell`, or a word of this process has changed or is woken, or the
    /// deadline passes, or for no reason.
    fn sleep(&self, bell: u32, kick: Watched<'_>, word: Option<Watched<'_>>, deadline: Deadline);
}
