//! Loans of the peer that this end has done with. One goes back with the next call or answer, where there will be one; others
//! in a frame of their own, at once.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::end::End;
use crate::buffer::Buffer;
use crate::call::Sole;
use crate::shm::lane::Event;
use crate::shm::layout::{Header, Kind};
use crate::shm::memory::Memory;
use crate::shm::ring::{Frame, Poisoned};

/// Loans in one frame that gives them back.
const LOANS: usize = 24;
/// Beside a number: there is one.
const SOME: u64 = 1 << 32;

/// Loans that are done with and not yet given back.
#[derive(Default)]
pub struct Returns {
    /// The one that goes with the next call or answer; 0 = none.
    next: AtomicU64,
    /// Those that do not.
    others: Mutex<Vec<u32>>,
    /// Their number, to be seen without the lock.
    count: AtomicUsize,
}

impl Returns {
    fn others(&self) -> MutexGuard<'_, Vec<u32>> {
        self.others.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Whether there are some.
    pub fn any(&self) -> bool {
        self.has_next() || self.count.load(Ordering::SeqCst) > 0
    }

    /// Whether one is to go with the next call or answer.
    #[inline]
    pub fn has_next(&self) -> bool {
        self.next.load(Ordering::SeqCst) != 0
    }

    /// The one that is to go with the next call or answer: it goes with this one.
    pub fn take_next(&self) -> Option<u32> {
        if !self.has_next() {
            return None;
        }
        let next = self.next.swap(0, Ordering::SeqCst);
        (next != 0).then_some(next as u32)
    }

    /// Has one go with the next call or answer. Gives the one that was to go with it.
    fn replace_next(&self, loan: u32) -> Option<u32> {
        let before = self.next.swap(SOME | u64::from(loan), Ordering::SeqCst);
        (before != 0).then_some(before as u32)
    }

    /// One that goes back in a frame of its own.
    pub fn add(&self, loan: u32) {
        let mut others = self.others();
        others.push(loan);
        self.count.store(others.len(), Ordering::SeqCst);
    }
}

impl End {
    /// Gives a loan back at once.
    pub(super) fn give_back(&self, loan: u32) {
        self.returns.add(loan);
        self.give_back_all();
    }

    fn give_back_all(&self) {
        self.flush_returns();
        if self.returns.any() {
            self.nudge();
        }
    }

    /// The user of bytes that the peer has lent is done with them. Where nobody waits for frames, no call is under way for
    /// which the peer could need the memory, and the next one takes the loan along.
    pub(super) fn released_by_receiver(&self, loan: u32) {
        if self.ended().is_some() {
            return;
        }
        if self.terms.serves {
            return self.give_back(loan);
        }
        let before = self.returns.replace_next(loan);
        if let Some(before) = before {
            self.returns.add(before);
        }
        // Whoever arms the lane after this looks for what is to be given back.
        self.lane().memory().fence(Ordering::SeqCst);
        if before.is_some() || self.lane().is_armed() {
            self.give_back_all();
        }
    }

    /// Gives back what was lent for a request with the answer, which is sent next; unless somebody else still uses it.
    pub(super) fn give_back_with_answer(&self, request: Sole) {
        let loan = request.into_buffer().and_then(Buffer::end_use);
        if let Some(loan) = loan
            && let Some(before) = self.returns.replace_next(loan as u32)
        {
            self.give_back(before);
        }
    }

    /// Gives back what is to be given back, as far as there is room. True if something was sent.
    pub(super) fn flush_returns(&self) -> bool {
        if !self.returns.any() {
            return false;
        }
        let mut loans = self.returns.others();
        loans.extend(self.returns.take_next());
        let mut sent = 0;
        for batch in loans.chunks(LOANS) {
            let mut body = [0; LOANS * 4];
            for (bytes, loan) in body.chunks_exact_mut(4).zip(batch) {
                bytes.copy_from_slice(&loan.to_le_bytes());
            }
            let header = Header { kind: Kind::Release, flags: 0, call: 0, number: 0, deadline: 0 };
            let body = &body[..batch.len() * 4];
            if self.lane().producer().write(self.lane().memory(), &header, &[body]).is_err() {
                break;
            }
            sent += batch.len();
        }
        loans.drain(..sent);
        self.returns.count.store(loans.len(), Ordering::SeqCst);
        drop(loans);
        if sent > 0 {
            self.lane().ring(Event::Memory);
        }
        sent > 0
    }

    /// The peer gives loans back.
    pub fn given_back(&self, frame: &Frame) -> std::result::Result<(), Poisoned> {
        if frame.len > LOANS * 4 || !frame.len.is_multiple_of(4) {
            return Err(Poisoned("loans cannot be read"));
        }
        let mut body = [0; LOANS * 4];
        frame.read(self.lane().memory(), 0, &mut body);
        for loan in body[..frame.len].chunks_exact(4) {
            self.arenas.give_back(u32::from_le_bytes([loan[0], loan[1], loan[2], loan[3]]))?;
        }
        Ok(())
    }

    /// Blocks that are lent to the peer.
    pub fn lent(&self) -> usize {
        self.arenas.lent()
    }
}
