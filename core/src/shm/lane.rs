//! Both directions between two processes, as one end has them: what it sends, what it receives, how it sleeps and wakes.
//!
//! The rules of waking are W1 to W9 of performance.md 8.4. In short: an end that is about to sleep says so in a word of its
//! own segment, and looks again; an end that has published something looks at that word, and rings if the other sleeps.
//! What is slept on is the bell of the other end, which that end changes exactly when it rings.

use super::biased::{Biased, Guard};
use super::cpu::{self, Sharing};
use super::layout::{BELL, Header, SLEEP};
use super::lead::Lead;
use super::memory::{Memory, Wakes};
use super::ring::{Consumer, Frame, NotWritten, Poisoned, Producer};
use super::sync::Ordering::{Acquire, Relaxed, SeqCst};
use super::sync::{AtomicU32, UnsafeCell, fence};

/// Awake, or nothing is due: no need to ring.
const AWAKE: u32 = 0;
/// Asleep on the bell.
const ON_BELL: u32 = 1;
/// Asleep in an event loop: its doorbell is rung beside the bell.
const ON_DOORBELL: u32 = 2;
const MODE: u32 = 0b11;
/// Ring when there is room.
const WANT_ROOM: u32 = 1 << 2;
/// Ring when blocks of an arena come back.
const WANT_MEMORY: u32 = 1 << 3;
/// Each arming has a number, by which the other end knows whether it has rung for it.
const ONE_EPOCH: u32 = 1 << 4;

/// What the other end may want to be rung for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A frame was published.
    Frame,
    /// Slots were consumed.
    Room,
    /// Blocks of an arena were given back.
    Memory,
}

/// What an end waits for besides frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wants {
    /// Room in the ring that it writes.
    pub room: bool,
    /// Blocks of its arenas.
    pub memory: bool,
    /// To be rung for in an event loop.
    pub doorbell: bool,
}

/// One end of a lane.
pub struct Lane<M> {
    memory: M,
    producer: Biased<Producer>,
    /// The arming that was rung last; 0 = none.
    last_rung: AtomicU32,
    lead: Lead,
    reader: UnsafeCell<Reader>,
}

/// What only the leader touches.
#[derive(Default)]
pub struct Reader {
    consumer: Consumer,
    epoch: u32,
    armed: bool,
    /// When the leader went to sleep, if nobody has led since; 0 = it did not sleep.
    asleep_since: u64,
    sharing: Sharing,
}

// SAFETY: `reader` is touched only through `Leading`, of which there is one at a time.
unsafe impl<M: Sync> Sync for Lane<M> {}

/// The lead of a lane, held by this thread.
pub struct Leading<'a, M: Memory> {
    lane: &'a Lane<M>,
}

impl<M: Memory + Wakes> Lane<M> {
    /// One end over its memory, with nothing sent yet.
    pub fn new(memory: M) -> Lane<M> {
        Lane {
            memory,
            producer: Biased::default(),
            last_rung: AtomicU32::new(0),
            lead: Lead::default(),
            reader: UnsafeCell::default(),
        }
    }

    /// Where it lies.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// The right to write. Held only while bytes that are ready are copied.
    #[inline]
    pub fn producer(&self) -> Guard<'_, Producer> {
        self.producer.lock()
    }

    /// Writes a frame and rings the other end if it sleeps.
    #[inline]
    pub fn send<const PARTS: usize>(
        &self,
        header: &Header,
        parts: &[&[u8]; PARTS],
    ) -> Result<(), NotWritten> {
        let written = self.producer().write(&self.memory, header, parts);
        if written.is_ok() {
            self.ring(Event::Frame);
        }
        written
    }

    /// Rings the other end, if it sleeps and wants to know; once for each time that it has gone to sleep.
    #[inline]
    pub fn ring(&self, event: Event) {
        self.memory.fence(SeqCst);
        let sleep = self.memory.peer(SLEEP);
        if sleep & MODE == AWAKE {
            if self.last_rung.load(Relaxed) != 0 {
                self.last_rung.store(0, Relaxed);
            }
            return;
        }
        self.ring_sleeper(event, sleep);
    }

    #[cold]
    fn ring_sleeper(&self, event: Event, sleep: u32) {
        let wanted = match event {
            Event::Frame => true,
            Event::Room => sleep & WANT_ROOM != 0,
            Event::Memory => sleep & WANT_MEMORY != 0,
        };
        if !wanted || self.last_rung.load(Relaxed) == sleep {
            return;
        }
        cpu::tell(&self.memory);
        self.memory.add(BELL);
        self.memory.wake_peer();
        if sleep & ON_DOORBELL != 0 {
            self.memory.ring_doorbell();
        }
        self.last_rung.store(sleep, Relaxed);
    }

    /// The lead, or `None`: somebody else has it, and does not know that it is wanted.
    #[inline]
    pub fn lead_if_free(&self) -> Option<Leading<'_, M>> {
        self.lead.take().then(|| Leading { lane: self })
    }

    /// The lead, or `None`: somebody else has it, and was told to look once more before letting go. Who then sleeps must
    /// have read the bell before.
    #[inline]
    pub fn lead(&self) -> Option<Leading<'_, M>> {
        // Made only if it is ours: dropping it lets go.
        self.lead.take_or_knock().then(|| Leading { lane: self })
    }

    /// Whether somebody leads.
    pub fn is_led(&self) -> bool {
        self.lead.is_held()
    }

    /// Whether it is slept on.
    pub fn is_armed(&self) -> bool {
        self.memory.own(SLEEP) & MODE != AWAKE
    }

    /// Whether an event loop will be rung for what comes. Whoever has counted its call may rely on it: a leader that has woken up
    /// meanwhile sees the call when it arms the lane anew, or has counted one down that came before it.
    pub fn is_armed_for_loop(&self) -> bool {
        self.memory.own(SLEEP) & ON_DOORBELL != 0
    }

    /// The lead, if its leader has lent it to run a handler and is still at that.
    pub fn take_over(&self) -> Option<Leading<'_, M>> {
        self.lead.take_lent().then(|| Leading { lane: self })
    }

    /// What the other end changes when it rings.
    pub fn bell(&self) -> u32 {
        let bell = self.memory.peer(BELL);
        self.memory.fence(Acquire);
        bell
    }
}

impl<'a, M: Memory + Wakes> Leading<'a, M> {
    #[inline(always)]
    fn reader(&mut self) -> &mut Reader {
        // SAFETY: this is the only `Leading` of the lane, and it is borrowed mutably.
        unsafe { &mut *self.lane.reader.get() }
    }

    /// Says that this end is awake, if it had said that it sleeps. Gives the time since which the lane has slept; 0 = it has not.
    #[inline]
    pub fn wake_up(&mut self) -> u64 {
        if !std::mem::take(&mut self.reader().armed) {
            return 0;
        }
        self.lane.memory.set(SLEEP, AWAKE, Relaxed);
        std::mem::take(&mut self.reader().asleep_since)
    }

    /// Notes for whoever leads next when this leader, which lets go of the armed lane, went to sleep.
    pub fn falls_asleep(&mut self, now: u64) {
        self.reader().asleep_since = now;
    }

    /// Tells the other end on which CPU this thread has woken up.
    pub fn tell_where_it_woke(&mut self) {
        cpu::woke(&self.lane.memory);
    }

    /// As [`Sharing::is_in_the_way`].
    #[inline(always)]
    pub fn is_in_the_way(&mut self) -> bool {
        let memory = &self.lane.memory;
        let is_awake = memory.peer(SLEEP) & MODE == AWAKE;
        self.reader().sharing.is_in_the_way(memory, is_awake)
    }

    /// As [`Sharing::yield_cpu`].
    pub fn yield_cpu(&mut self) -> bool {
        self.reader().sharing.yield_cpu()
    }

    /// The next frame, if there is one.
    #[inline(always)]
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Poisoned> {
        let memory = &self.lane.memory;
        self.reader().consumer.next(memory)
    }

    /// Whether a frame waits.
    #[inline(always)]
    pub fn is_ready(&mut self) -> bool {
        let memory = &self.lane.memory;
        self.reader().consumer.is_ready(memory)
    }

    /// Gives the slots of a frame back.
    #[inline]
    pub fn consume(&mut self, frame: &Frame) {
        let reader = self.reader();
        reader.consumer.consume(frame);
        if reader.consumer.owes_much() {
            self.publish_consumed();
        }
    }

    /// Tells the other end what was consumed. Whoever stops reading for a while does it first.
    pub fn publish_consumed(&mut self) {
        let lane = self.lane;
        if self.reader().consumer.publish(&lane.memory) {
            lane.ring(Event::Room);
        }
    }

    /// Says that this end sleeps, and what it wants to be rung for. Gives the bell as it was before. The caller must look
    /// at everything again before it sleeps or lets go.
    pub fn arm(&mut self, wants: Wants) -> u32 {
        self.publish_consumed();
        let lane = self.lane;
        let bell = lane.bell();
        let reader = self.reader();
        reader.epoch = reader.epoch.wrapping_add(ONE_EPOCH);
        reader.armed = true;
        let mode = if wants.doorbell { ON_BELL | ON_DOORBELL } else { ON_BELL };
        let wants = if wants.room { WANT_ROOM } else { 0 } | if wants.memory { WANT_MEMORY } else { 0 };
        // An epoch of 0 with a mode is told from "none rung" by the mode.
        let sleep = reader.epoch | wants | mode;
        lane.memory.set(SLEEP, sleep, Relaxed);
        lane.memory.fence(SeqCst);
        bell
    }

    /// Runs something that may take its time. `None` = somebody has taken the lead meanwhile.
    #[inline]
    pub fn lend_while(self, run: impl FnOnce()) -> Option<Self> {
        let lane = self.lane;
        std::mem::forget(self);
        lane.lead.lend();
        run();
        lane.take_over()
    }

    /// Where the lane lies.
    pub fn memory(&self) -> &'a M {
        &self.lane.memory
    }

    /// Lets the lead go. `Err` gives it back: somebody knocked, so the leader must arm anew and look once more.
    #[inline]
    pub fn let_go(self) -> Result<(), Self> {
        let lane = self.lane;
        std::mem::forget(self);
        if lane.lead.let_go() { Ok(()) } else { Err(Leading { lane }) }
    }
}

impl<M: Memory> Drop for Leading<'_, M> {
    fn drop(&mut self) {
        // Only a panic and a poisoned lane come here: the lead must not stay held by nobody.
        while !self.lane.lead.let_go() {
            fence(SeqCst);
        }
    }
}
