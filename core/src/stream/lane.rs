//! One direction of a stream.

use std::collections::VecDeque;

use crate::buffer::Buffer;
use crate::codec::Encoding;
use crate::introspect;

/// Messages that may wait for their receiver.
pub const WINDOW_MESSAGES: usize = 64;
/// Bytes that may wait for their receiver; one message alone may be larger.
pub const WINDOW_BYTES: usize = 1 << 20;

/// A message.
#[derive(Debug)]
pub struct Item {
    /// The bytes.
    pub body: Buffer,
    /// How they are encoded.
    pub encoding: Encoding,
    /// The content type where `encoding` is `Other`.
    pub content_type: Option<Box<str>>,
}

/// Messages on their way.
#[derive(Default)]
pub(super) struct Lane {
    items: VecDeque<Item>,
    bytes: usize,
    /// Nothing more will be sent.
    pub finished: bool,
    /// The sequence number of the next message (B16).
    pub sent: u64,
    /// The sequence number that the receiver expects.
    pub received: u64,
}

impl Lane {
    pub fn has_room(&self, len: usize) -> bool {
        self.items.is_empty() || (self.items.len() < WINDOW_MESSAGES && self.bytes + len <= WINDOW_BYTES)
    }

    pub fn push(&mut self, item: Item) {
        let len = item.body.as_slice().len();
        self.bytes += len;
        introspect::queued(len as i64);
        self.items.push_back(item);
        self.sent += 1;
    }

    pub fn pop(&mut self) -> Option<Item> {
        let item = self.items.pop_front()?;
        let len = item.body.as_slice().len();
        self.bytes -= len;
        introspect::queued(-(len as i64));
        self.received += 1;
        Some(item)
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn clear(&mut self) {
        introspect::queued(-(self.bytes as i64));
        self.items.clear();
        self.bytes = 0;
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.clear();
    }
}
