//! The memory that JavaScript and the addon share, so that a short message costs no allocation and no look-up of its memory.
//!
//! After the header one half is for messages to JavaScript, the other for those from it. A message that fits is passed as its
//! length; a longer one as a `Buffer`. Whoever gets a length reads the bytes at once: the next message overwrites them.

use std::cell::RefCell;

use hmsffi_sys::*;

use crate::arguments::Arguments;
use crate::environment::Environment;
use crate::failure::{Result, bytes_of, invalid, str_of};
use crate::js::{Js, Value};

/// What goes along with the message in the shared memory. `ts/native.ts` reads it at these places.
#[repr(C)]
pub struct Header {
    /// The inbound call.
    pub call: u64,
    /// When its caller stops waiting, in nanoseconds of CLOCK_MONOTONIC; 0 = never.
    pub deadline_ns: u64,
    /// Of the last message to JavaScript; 0 = see `contentType()`.
    pub content_type: u32,
    /// Of the answer that JavaScript gave.
    pub answer_type: u32,
    /// Of the inbound call.
    pub stream_type: u32,
    /// Of the inbound call.
    pub metadata_count: u32,
    /// 1 = the inbound call's caller blocks this thread.
    pub direct: u32,
    /// The way that the last call took whose caller wants to know.
    pub transport: u32,
    /// The id of the last call that was submitted.
    pub id: [u8; 32],
    /// Bytes that were copied for that call.
    pub bytes_copied: u64,
    /// Who owns the memory of the last message to JavaScript that is read in place; 0 = nobody.
    pub owner: u64,
    unused: u64,
}

const _: () = assert!(size_of::<Header>() == 96);

/// How long a message in the shared memory can be.
const CAPACITY: usize = 32 * 1024;
/// Up to this length a request is copied out of the shared memory onto the stack.
const SMALL: usize = 1024;

pub struct Shared {
    pub value: Value,
    memory: *mut u8,
    /// The content type of the last message to JavaScript, when it has no number.
    content_type: RefCell<String>,
}

/// A message from JavaScript.
pub enum Body<'a> {
    /// In the shared memory.
    Shared(&'a [u8]),
    /// In memory of its own, which nobody changes while JavaScript is waiting for the call.
    Own(&'a [u8]),
}

impl Shared {
    pub fn new(js: Js) -> Shared {
        let (value, memory) = js.array_buffer(size_of::<Header>() + 2 * CAPACITY);
        Shared { value, memory, content_type: RefCell::default() }
    }

    pub fn is_null(&self) -> bool {
        self.memory.is_null()
    }

    /// To be read and written through the pointer: JavaScript has the same memory.
    pub fn header(&self) -> *mut Header {
        self.memory.cast()
    }

    fn inbox(&self) -> *mut u8 {
        // SAFETY: inside of the allocation.
        unsafe { self.memory.add(size_of::<Header>()) }
    }

    fn outbox(&self) -> *mut u8 {
        // SAFETY: inside of the allocation.
        unsafe { self.inbox().add(CAPACITY) }
    }

    /// Whether a message goes through the shared memory.
    pub fn fits(&self, len: usize) -> bool {
        len <= CAPACITY
    }

    /// Says who owns what JavaScript gets.
    pub fn tell_owner(&self, owner: u64) {
        // SAFETY: inside of the allocation, aligned.
        unsafe { (*self.header()).owner = owner };
    }

    /// Says what a call took.
    pub fn tell_report(&self, report: &hms_call_report_t) {
        // SAFETY: inside of the allocation, aligned.
        unsafe {
            (*self.header()).transport = report.transport;
            (*self.header()).bytes_copied = report.bytes_copied;
        }
    }

    /// Gives bytes to JavaScript: a length or a `Buffer`.
    pub fn give(&self, js: Js, bytes: &[u8]) -> Value {
        if !self.fits(bytes.len()) {
            return js.buffer(bytes);
        }
        // SAFETY: they fit; they are not in the shared memory, which the core never sees.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.inbox(), bytes.len()) };
        js.int(bytes.len() as i32)
    }

    pub fn set_content_type(&self, number: u32, text: impl FnOnce() -> String) {
        // SAFETY: inside of the allocation, aligned.
        unsafe { (*self.header()).content_type = number };
        if number == HMS_CONTENT_TYPE_DEFAULT {
            *self.content_type.borrow_mut() = text();
        }
    }

    /// Gives a buffer of the core to JavaScript and releases it.
    pub fn give_buffer(&self, js: Js, mut buffer: hms_buffer_t) -> Value {
        // SAFETY: a buffer of the core, read before it is released.
        unsafe {
            self.set_content_type(buffer.content_type, || {
                str_of(hms_buffer_content_type(&buffer)).to_owned()
            });
            let value = self.give(js, bytes_of(buffer.data, buffer.len));
            hms_buffer_release(&mut buffer);
            value
        }
    }

    /// What JavaScript gave: a length or a `Uint8Array`.
    pub fn take(&self, js: Js, value: Value) -> Option<Body<'_>> {
        if let Some(len) = js.to_number(value) {
            // SAFETY: JavaScript wrote that much, and does not run until we return to it.
            return (0.0..=CAPACITY as f64)
                .contains(&len)
                .then(|| Body::Shared(unsafe { bytes_of(self.outbox(), len as usize) }));
        }
        // SAFETY: the array's memory stays while JavaScript does not run.
        js.to_bytes(value).map(|(place, len)| Body::Own(unsafe { bytes_of(place, len) }))
    }
}

impl<'a> Body<'a> {
    /// For what does not run JavaScript before it has read them.
    pub fn bytes(&self) -> &'a [u8] {
        match self {
            Body::Shared(bytes) | Body::Own(bytes) => bytes,
        }
    }

    /// For what may run JavaScript, which overwrites the shared memory.
    pub fn lend<T>(&self, lend: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Body::Own(bytes) => lend(bytes),
            Body::Shared(bytes) if bytes.len() <= SMALL => {
                let mut copy = [std::mem::MaybeUninit::<u8>::uninit(); SMALL];
                // SAFETY: they fit, and just these are read.
                unsafe {
                    std::ptr::copy_nonoverlapping(bytes.as_ptr(), copy.as_mut_ptr().cast(), bytes.len());
                    lend(bytes_of(copy.as_ptr().cast(), bytes.len()))
                }
            }
            Body::Shared(bytes) => {
                let copy = bytes.to_vec();
                lend(&copy)
            }
        }
    }
}

impl<'a> Arguments<'a> {
    pub fn body(&self, index: usize) -> Result<Body<'a>> {
        let body = self.environment.shared.take(self.js, self.value(index));
        body.ok_or_else(|| invalid("the payload is neither a length nor a Uint8Array"))
    }
}

impl Environment {
    pub fn give(&self, buffer: hms_buffer_t) -> Value {
        self.shared.give_buffer(self.js, buffer)
    }
}

/// `contentType()`: that of the last message, when its number was 0.
pub fn content_type(arguments: &Arguments) -> Result<Value> {
    Ok(arguments.js.text(&arguments.environment.shared.content_type.borrow()))
}
