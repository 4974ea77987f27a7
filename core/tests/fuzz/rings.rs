//! Memory of a peer that says anything, and says something else at each look.

use std::cell::RefCell;

use arbtest::arbitrary::{Result, Unstructured};
use hmsffi_core::shm::layout::{CONSUMED, Kind, RING, SEGMENT, SLOT, SLOTS, lap};
use hmsffi_core::shm::memory::Memory;
use hmsffi_core::shm::ring::{Consumer, Producer};
use std::sync::atomic::Ordering;

use crate::{fuzz, header, number};

/// Both segments. What is outside of them cannot be reached: indexing panics.
struct Hostile<'a, 'u> {
    own: RefCell<Vec<u8>>,
    peer: RefCell<Vec<u8>>,
    /// What the peer changes meanwhile.
    changes: RefCell<&'a mut Unstructured<'u>>,
}

impl Hostile<'_, '_> {
    /// The peer may rewrite a word between any two looks.
    fn change(&self) {
        let mut u = self.changes.borrow_mut();
        if u.ratio(1, 6).unwrap_or(false) {
            let at = RING + u.int_in_range(0..=(SEGMENT - RING) / 4 - 1).unwrap_or(0) * 4;
            let value = number(&mut u).unwrap_or(0) as u32;
            self.peer.borrow_mut()[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
    }
}

impl Memory for Hostile<'_, '_> {
    fn prefetch(&self, _: usize) {}

    fn prefetch_to_write(&self, _: usize) {}

    fn own(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.own.borrow()[at..at + 4].try_into().expect("four bytes"))
    }
    fn set(&self, at: usize, value: u32, _: Ordering) {
        self.own.borrow_mut()[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    fn add(&self, at: usize) {
        self.set(at, self.own(at).wrapping_add(1), Ordering::Relaxed);
    }
    fn peer(&self, at: usize) -> u32 {
        self.change();
        u32::from_le_bytes(self.peer.borrow()[at..at + 4].try_into().expect("four bytes"))
    }
    fn write(&self, at: usize, bytes: &[u8]) {
        self.own.borrow_mut()[at..at + bytes.len()].copy_from_slice(bytes);
    }
    fn read(&self, at: usize, bytes: &mut [u8]) {
        self.change();
        bytes.copy_from_slice(&self.peer.borrow()[at..at + bytes.len()]);
    }
    fn fence(&self, _: Ordering) {}
}

/// A ring that may hold frames, more often than chance would have it.
fn ring(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut peer = vec![0; SEGMENT];
    let mut slot = 0;
    while slot < SLOTS && !u.is_empty() {
        let at = RING + slot as usize * SLOT;
        let slots = if u.ratio(1, 8)? { u.arbitrary()? } else { u.int_in_range(1..=4_u16)? };
        let len =
            if u.ratio(1, 8)? { number(u)? } else { u.int_in_range(0..=u64::from(slots) * 128)? } as u32;
        let kind: u8 = if u.ratio(1, 16)? { u.arbitrary()? } else { u.int_in_range(1..=Kind::Skip as u8)? };
        let stamp = if u.ratio(1, 32)? { number(u)? as u32 } else { lap(slot) };
        peer[at..at + 4].copy_from_slice(&stamp.to_le_bytes());
        peer[at + 4] = kind;
        peer[at + 6..at + 8].copy_from_slice(&slots.to_le_bytes());
        peer[at + 20..at + 24].copy_from_slice(&len.to_le_bytes());
        slot += u32::from(slots).clamp(1, 8);
    }
    Ok(peer)
}

#[test]
fn whatever_a_ring_holds_is_read_within_it_or_refused() {
    let (mut frames, mut refused) = (0_u64, 0_u64);
    fuzz(|u| {
        let peer = RefCell::new(ring(u)?);
        let memory = Hostile { own: RefCell::new(vec![0; SEGMENT]), peer, changes: RefCell::new(u) };
        let mut consumer = Consumer::default();
        // A peer that rewrites what was read can go on for ever.
        for _ in 0..2 * SLOTS {
            match consumer.next(&memory) {
                Ok(Some(frame)) => {
                    frames += 1;
                    assert!(frame.len <= SLOTS as usize * SLOT);
                    let mut body = vec![0; frame.len + 1];
                    for offset in [0, frame.len / 2, frame.len, usize::MAX] {
                        frame.read(&memory, offset, &mut body);
                    }
                    consumer.consume(&frame);
                    if consumer.owes_much() {
                        consumer.publish(&memory);
                    }
                }
                Ok(None) => break,
                Err(_) => {
                    refused += 1;
                    break;
                }
            }
        }
        Ok(())
    });
    assert!(frames > 0 && refused > 0, "both happen: {frames} frames, {refused} refused");
}

#[test]
fn whatever_a_peer_says_it_has_consumed_nothing_is_written_outside_the_ring() {
    fuzz(|u| {
        let mut sent = Vec::new();
        for _ in 0..u.int_in_range(0..=400)? {
            sent.push((header(u)?, u.int_in_range(0..=4096_usize)?, number(u)? as u32));
        }
        let (own, peer) = (RefCell::new(vec![0; SEGMENT]), RefCell::new(vec![0; SEGMENT]));
        let memory = Hostile { own, peer, changes: RefCell::new(u) };
        let mut producer = Producer::default();
        for (header, len, consumed) in sent {
            memory.peer.borrow_mut()[CONSUMED..CONSUMED + 4].copy_from_slice(&consumed.to_le_bytes());
            let before = memory.own.borrow()[..RING].to_vec();
            let _ = producer.write(&memory, &header, &[&vec![1; len]]);
            assert!(memory.own.borrow()[..RING] == before, "only the ring");
        }
        Ok(())
    });
}
