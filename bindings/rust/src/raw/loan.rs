//! [`Loan`]: memory that is filled before it is sent.

use std::fmt;
use std::ops::{Deref, DerefMut};

use hmsffi_sys::*;

use super::buffer::Buffer;
use super::check;
use super::handles::MethodHandle;
use super::inbound::Inbound;
use crate::Result;
use crate::payload::Payload;

/// Memory that is filled and then sent: where that goes to another process of this machine, without a copy. What it holds at
/// first is not defined.
///
/// ```no_run
/// # fn main() -> Result<(), hmsffi::Error> {
/// # let client = hmsffi::new_client(Default::default())?;
/// let blur = client.get_service("image")?.bind("blur")?;
/// let mut pixels = blur.loan(4 << 20)?;
/// pixels.fill(255);
/// let blurred = blur.call_bytes(&pixels)?;
/// # Ok(()) }
/// ```
pub struct Loan {
    buffer: Buffer,
    data: *mut u8,
}

// SAFETY: memory that has one owner until it is given away.
unsafe impl Send for Loan {}
// SAFETY: as above; it is written through a mutable reference only.
unsafe impl Sync for Loan {}

impl Loan {
    fn of(
        lend: impl FnOnce(*mut hms_buffer_t, *mut *mut u8, *mut hms_error_t) -> hms_status_t,
    ) -> Result<Loan> {
        let (mut buffer, mut data) = (Buffer(hms_buffer_t::EMPTY), std::ptr::null_mut());
        check(|error| lend(&mut buffer.0, &mut data, error))?;
        Ok(Loan { buffer, data })
    }

    /// Keeps the first `len` bytes only.
    pub fn truncate(&mut self, len: usize) {
        self.buffer.0.len = self.buffer.0.len.min(len);
    }
}

impl MethodHandle {
    pub fn loan(&self, len: usize) -> Result<Loan> {
        // SAFETY: a checked handle and places of our own.
        Loan::of(|buffer, data, error| unsafe { hms_method_loan(self.0, len, buffer, data, error) })
    }
}

impl Inbound {
    pub fn loan(self, len: usize) -> Result<Loan> {
        // SAFETY: a checked handle and places of our own.
        Loan::of(|buffer, data, error| unsafe { hms_call_loan(self.raw(), len, buffer, data, error) })
    }
}

impl Deref for Loan {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self.buffer.0.len {
            0 => &mut [],
            // SAFETY: the loan's own memory, which is readable by others only once it is sent.
            len => unsafe { std::slice::from_raw_parts_mut(self.data, len) },
        }
    }
}

/// No more to be written.
impl From<Loan> for Buffer {
    fn from(loan: Loan) -> Buffer {
        loan.buffer
    }
}

impl From<Loan> for Payload<'_> {
    fn from(loan: Loan) -> Self {
        Payload::from(loan.buffer)
    }
}

impl fmt::Debug for Loan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loan({} bytes)", self.len())
    }
}
