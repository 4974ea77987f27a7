//! The memory of two ends: words that the scheduler keeps track of, and bodies whose readers and writers it puts in order.

use crate::scheduler::cell::UnsafeCell;
use crate::scheduler::sync::{Arc, Condvar, Mutex};

use super::super::futex::{self, Watched};
use super::super::lane::Lane;
use super::super::layout::{BELL, CONSUMED, CPU, RING, SLEEP, SLOT, SLOTS};
use super::super::memory::{Memory, Wakes};
use super::super::sync::{AtomicU32, Ordering, fence};
use crate::call::Deadline;

const STAMP: usize = 4;

#[derive(Default)]
struct Segment {
    bell: AtomicU32,
    sleep: AtomicU32,
    cpu: AtomicU32,
    consumed: AtomicU32,
    slots: [Slot; SLOTS as usize],
    /// Of the owner's event loop.
    doorbell: Doorbell,
}

/// An eventfd in an event loop that is told of each ring once.
#[derive(Default)]
pub struct Doorbell {
    rung: Mutex<bool>,
    ring: Condvar,
}

impl Doorbell {
    pub fn ring(&self) {
        *self.rung.lock().unwrap() = true;
        self.ring.notify_one();
    }

    pub fn wait(&self) {
        let mut rung = self.rung.lock().unwrap();
        while !std::mem::take(&mut *rung) {
            rung = self.ring.wait(rung).unwrap();
        }
    }
}

struct Slot {
    stamp: AtomicU32,
    /// Payload may lie in the stamp's place, but not while it is looked at.
    looked_at: UnsafeCell<()>,
    body: UnsafeCell<[u8; SLOT - STAMP]>,
}

impl Default for Slot {
    fn default() -> Slot {
        Slot {
            stamp: AtomicU32::default(),
            looked_at: UnsafeCell::new(()),
            body: UnsafeCell::new([0; SLOT - STAMP]),
        }
    }
}

impl Segment {
    fn slot(&self, at: usize) -> (&Slot, usize) {
        (&self.slots[(at - RING) / SLOT], (at - RING) % SLOT)
    }

    fn word(&self, at: usize) -> &AtomicU32 {
        match at {
            BELL => &self.bell,
            SLEEP => &self.sleep,
            CPU => &self.cpu,
            CONSUMED => &self.consumed,
            _ => {
                let (slot, 0) = self.slot(at) else { panic!("no word is at {at:#x}") };
                &slot.stamp
            }
        }
    }
}

/// What one end sees.
pub struct View {
    own: Arc<Segment>,
    peer: Arc<Segment>,
    /// Where all threads of this end run, if that is known.
    cpu: Option<u32>,
}

impl View {
    pub fn own_doorbell(&self) -> &Doorbell {
        &self.own.doorbell
    }
}

/// Two ends of a link.
pub fn ends() -> [Arc<Lane<View>>; 2] {
    ends_on(None)
}

/// Two ends that are in each other's way.
pub fn ends_on_one_cpu() -> [Arc<Lane<View>>; 2] {
    ends_on(Some(0))
}

fn ends_on(cpu: Option<u32>) -> [Arc<Lane<View>>; 2] {
    // Each has told where it is, when it last waited.
    let told = || AtomicU32::new(cpu.map_or(0, |cpu| cpu + 1));
    let segment = || Arc::new(Segment { cpu: told(), ..Segment::default() });
    let (a, b) = (segment(), segment());
    let end = |own: &Arc<Segment>, peer: &Arc<Segment>| {
        Arc::new(Lane::new(View { own: own.clone(), peer: peer.clone(), cpu }))
    };
    [end(&a, &b), end(&b, &a)]
}

/// Splits bytes that lie at `at` into the words in the stamps' places and what is between.
fn pieces(at: usize, len: usize) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let inside = (at + from - RING) % SLOT;
        let end = if inside < STAMP { STAMP } else { SLOT };
        let to = len.min(from + end - inside);
        let piece = (from < len).then_some((at + from, from..to));
        from = to;
        piece
    })
}

impl Memory for View {
    fn own(&self, at: usize) -> u32 {
        self.own.word(at).load(Ordering::Relaxed)
    }

    fn set(&self, at: usize, value: u32, order: Ordering) {
        self.own.word(at).store(value, order);
    }

    fn add(&self, at: usize) {
        self.own.word(at).fetch_add(1, Ordering::Release);
    }

    fn peer(&self, at: usize) -> u32 {
        if at >= RING {
            self.peer.slot(at).0.looked_at.with(|_| ());
        }
        self.peer.word(at).load(Ordering::Relaxed)
    }

    fn write(&self, at: usize, bytes: &[u8]) {
        for (at, range) in pieces(at, bytes.len()) {
            let (slot, inside) = self.own.slot(at);
            let bytes = &bytes[range];
            if inside < STAMP {
                slot.looked_at.with_mut(|_| ());
                let mut word = slot.stamp.load(Ordering::Relaxed).to_le_bytes();
                word[inside..inside + bytes.len()].copy_from_slice(bytes);
                slot.stamp.store(u32::from_le_bytes(word), Ordering::Relaxed);
            } else {
                let inside = inside - STAMP;
                // SAFETY: the scheduler has seen that nobody else is at it.
                slot.body.with_mut(|body| unsafe { (&mut *body)[inside..inside + bytes.len()].copy_from_slice(bytes) });
            }
        }
    }

    fn read(&self, at: usize, bytes: &mut [u8]) {
        for (at, range) in pieces(at, bytes.len()) {
            let (slot, inside) = self.peer.slot(at);
            let bytes = &mut bytes[range];
            if inside < STAMP {
                let word = slot.stamp.load(Ordering::Relaxed).to_le_bytes();
                bytes.copy_from_slice(&word[inside..inside + bytes.len()]);
            } else {
                let inside = inside - STAMP;
                // SAFETY: the scheduler has seen that nobody writes.
                slot.body.with(|body| unsafe { bytes.copy_from_slice(&(&*body)[inside..inside + bytes.len()]) });
            }
        }
    }

    fn prefetch(&self, _: usize) {}

    fn prefetch_to_write(&self, _: usize) {}

    fn fence(&self, order: Ordering) {
        fence(order);
    }
}

impl Wakes for View {
    fn wake_peer(&self) {
        futex::wake_shared(&self.own.bell);
    }

    fn ring_doorbell(&self) {
        self.peer.doorbell.ring();
    }

    fn cpu(&self) -> Option<u32> {
        self.cpu
    }

    fn sleep(&self, bell: u32, kick: Watched<'_>, word: Option<Watched<'_>>, deadline: Deadline) {
        futex::wait(Watched { word: &self.peer.bell, value: bell }, kick, word, deadline);
    }
}
