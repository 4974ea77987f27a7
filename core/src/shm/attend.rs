//! Reading a lane until something has come about: the wait states of performance.md 8.4.
//!
//! All threads that wait for something on a lane do the same: one of them leads, spins for a while and then sleeps, the
//! others sleep at once. Each sleeps on the other end's bell, on the end's kick and on a word of its own, and whoever wakes may
//! lead. So nobody needs to be told to take over, and a thread that leaves only has to arm the lane for those who stay.

use super::futex::{Kick, Watched};
use super::lane::{Lane, Leading, Wants};
use super::layout::SLOTS;
use super::memory::{Memory, Wakes};
use super::ring::{Frame, Poisoned};
use super::spin;
use super::sync::Ordering::Acquire;
use super::sync::fence;
use crate::call::Deadline;
use crate::call::deadline::now;

/// Turns of a spin between two looks at the clock and at everything that is not a frame.
const TURNS: u32 = 64;

/// Who waits, for what, and what it does with the frames that come meanwhile.
pub trait Attendant {
    /// Whether that for which this thread waits has come about.
    fn is_done(&self) -> bool;
    /// Does what a frame asks for, or takes note of it. The frame is consumed afterwards.
    fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned>;
    /// Looks at everything besides frames, for example whether what waits for room can be sent now. True = something has
    /// come about, so it is too early to sleep.
    fn look(&mut self) -> bool;
    /// Whether the link has ended.
    fn has_ended(&self) -> bool;
    /// Ends all that is waited for: the link has ended, and no frame of it is left.
    fn fail_all(&mut self);
    /// What to be rung for besides frames.
    fn wants(&self) -> Wants;
    /// Whether others wait for frames when this thread leaves.
    fn is_due(&self) -> bool;
    /// Called before this thread sleeps, or leaves the lane to another for the first time: from then on it must be among those for
    /// whom [`Attendant::is_due`] of others asks.
    fn begins_to_wait(&mut self) {}
    /// The word of this thread alone, if it has one.
    fn word(&self) -> Option<Watched<'_>>;
    /// Makes all look who sleep for frames of this end: some are there that nobody will be rung for.
    fn rouse_others(&self);
    /// Called after each sleep. False = wait no longer.
    fn go_on(&mut self) -> bool;
    /// How many nanoseconds it looks for the next frame, where its patience says so many.
    fn spins(&self, patience: u64) -> u64 {
        patience
    }
    /// Whether it leaves the CPU to the other end, or sleeps, at once where the two share one. Not who was asked to look longer, or will
    /// not wait.
    fn gives_way(&self) -> bool {
        true
    }
    /// Told after a sleep how many nanoseconds nobody led, from when the last leader fell asleep.
    fn slept(&mut self, _ns: u64) {}
    /// Does what the last frame asked for, after [`Flow::Run`].
    fn run(&mut self) {}
    /// The lead was taken from this thread while it ran that.
    fn overtaken(&mut self) {}
}

/// What comes after a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The next one.
    Next,
    /// The thread leaves the lane, for example to run a handler.
    Leave,
    /// [`Attendant::run`], and then the next one, unless somebody takes the lead meanwhile.
    Run,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It has come about.
    Done,
    /// A frame made the thread leave. `more` = frames are there that somebody else should be woken for.
    Left {
        /// Frames are there that nobody will be rung for.
        more: bool,
    },
    /// The deadline has passed, or the attendant will wait no longer.
    GaveUp,
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Nanoseconds of spinning after each frame.
    pub spin: u64,
    /// When to give up; looked at when the spinning is over.
    pub deadline: Deadline,
    /// Without a deadline: nanoseconds from the first sleep to giving up, 0 = never.
    pub otherwise: u64,
    /// Sleep at most so many nanoseconds at a time, 0 = as long as it takes.
    pub slice: u64,
}

enum Spun {
    Done,
    Leave,
    Run,
    /// The budget is spent.
    Sleep,
}

/// What a thread has seen of the words that it sleeps on.
struct Seen {
    bell: u32,
    kick: u32,
    word: Option<u32>,
}

/// Reads the lane until the attendant's wish has come about. `kick` is that of the end, for all its threads.
pub fn attend<M: Memory + Wakes>(
    lane: &Lane<M>,
    kick: &Kick,
    attendant: &mut impl Attendant,
    patience: Patience,
) -> Result<Ended, Poisoned> {
    let mut patience = patience;
    let mut slept_on = None;
    loop {
        // All words are read before anything is looked at, so that no change after that is slept through.
        let bell = lane.bell();
        let seen = seen(bell, kick, attendant);
        if attendant.is_done() {
            // A ring wakes one thread. It may have been spent on this one while its own word woke it.
            return if slept_on.is_some_and(|slept_on| slept_on != bell) {
                look_once_more(lane, attendant, Ended::Done)
            } else {
                Ok(Ended::Done)
            };
        }
        let leading = lane.lead_if_free().or_else(|| {
            // First, so that whoever leads counts this thread when it sees the knock.
            attendant.begins_to_wait();
            lane.lead()
        });
        let seen = match leading {
            // Whoever leads looks once more.
            None if patience.deadline.passed() => return Ok(Ended::GaveUp),
            None => seen,
            Some(mut leading) => {
                // Who comes anew ends a sleep earlier than what was slept for.
                let since = leading.wake_up();
                if since != 0 && slept_on.is_some() {
                    leading.tell_where_it_woke();
                    attendant.slept(now().saturating_sub(since));
                }
                match lead(leading, kick, attendant, patience)? {
                    Led::Asleep(seen) => seen,
                    Led::Overtaken => continue,
                    Led::Ended(ended) => return Ok(ended),
                }
            }
        };
        if patience.deadline == Deadline::NONE {
            patience.deadline = Deadline::after(patience.otherwise);
        }
        sleep(lane, kick, attendant, &seen, Deadline::after(patience.slice).earliest(patience.deadline));
        slept_on = Some(seen.bell);
        if !attendant.go_on() {
            return look_once_more(lane, attendant, Ended::GaveUp);
        }
    }
}

#[inline(always)]
fn seen(bell: u32, kick: &Kick, attendant: &impl Attendant) -> Seen {
    let seen = Seen { bell, kick: kick.watched().value, word: attendant.word().map(|word| word.value) };
    fence(Acquire);
    seen
}

fn sleep<M: Memory + Wakes>(
    lane: &Lane<M>,
    kick: &Kick,
    attendant: &impl Attendant,
    seen: &Seen,
    deadline: Deadline,
) {
    let kick = Watched { value: seen.kick, ..kick.watched() };
    let word = attendant.word().zip(seen.word).map(|(word, value)| Watched { value, ..word });
    lane.memory().sleep(seen.bell, kick, word, deadline);
}

/// How a lead ended.
enum Led {
    /// The lane is armed; what it was armed upon.
    Asleep(Seen),
    /// Another thread leads now.
    Overtaken,
    Ended(Ended),
}

/// Reads the lane until the thread leaves it or must sleep.
#[inline(always)]
fn lead<M: Memory + Wakes>(
    mut leading: Leading<'_, M>,
    kick: &Kick,
    attendant: &mut impl Attendant,
    patience: Patience,
) -> Result<Led, Poisoned> {
    loop {
        let budget = attendant.spins(patience.spin);
        match spin(&mut leading, attendant, budget, patience.deadline)? {
            Spun::Done => return leave(leading, attendant, Ended::Done).map(Led::Ended),
            Spun::Leave => return Ok(Led::Ended(hand_over(leading, attendant))),
            Spun::Run => match leading.lend_while(|| attendant.run()) {
                Some(kept) => leading = kept,
                None => {
                    attendant.overtaken();
                    return Ok(Led::Overtaken);
                }
            },
            Spun::Sleep if patience.deadline.passed() => {
                return leave(leading, attendant, Ended::GaveUp).map(Led::Ended);
            }
            Spun::Sleep => match fall_asleep(leading, kick, attendant) {
                Ok(seen) => return Ok(Led::Asleep(seen)),
                Err(kept) => leading = kept,
            },
        }
    }
}

/// Takes frames as they come, until the budget since the last one is spent.
fn spin<M: Memory + Wakes>(
    leading: &mut Leading<'_, M>,
    attendant: &mut impl Attendant,
    budget: u64,
    deadline: Deadline,
) -> Result<Spun, Poisoned> {
    let (mut turns, mut began, mut left, mut has_yielded) = (0_u32, 0, budget, false);
    let mut frames = 0_u32;
    loop {
        if let Some(frame) = leading.next_frame()? {
            let flow = attendant.frame(&frame);
            leading.consume(&frame);
            match flow? {
                Flow::Leave => return Ok(Spun::Leave),
                Flow::Run => return Ok(Spun::Run),
                Flow::Next => {}
            }
            if attendant.is_done() {
                return Ok(Spun::Done);
            }
            (turns, began, left, has_yielded) = (0, 0, budget, false);
            frames += 1;
            if frames.is_multiple_of(SLOTS) {
                // A peer that sends without end must not keep this thread from seeing that it is late, or the link over.
                leading.publish_consumed();
                attendant.look();
                if attendant.is_done() {
                    return Ok(Spun::Done);
                }
                if deadline.passed() {
                    return Ok(Spun::Sleep);
                }
            }
            continue;
        }
        if turns == 0 && attendant.gives_way() && leading.is_in_the_way() {
            // Once: who was left the CPU has sent something, or does something else.
            if !has_yielded && leading.yield_cpu() {
                has_yielded = true;
                continue;
            }
            left = 0;
        }
        turns += 1;
        if !turns.is_multiple_of(TURNS) && left > 0 {
            std::hint::spin_loop();
            continue;
        }
        leading.publish_consumed();
        look(leading, attendant);
        if attendant.is_done() {
            return Ok(Spun::Done);
        }
        let now = now();
        if began == 0 {
            began = now;
        }
        if now - began >= left {
            spin::count(now - began);
            return Ok(Spun::Sleep);
        }
    }
}

/// Looks at what is not a frame. True = it is too early to sleep.
fn look<M: Memory + Wakes>(leading: &mut Leading<'_, M>, attendant: &mut impl Attendant) -> bool {
    let has_ended = attendant.has_ended();
    let has_come = attendant.look();
    // What was published before the end counts, so the ring must be seen empty after the end was seen.
    if has_ended && !leading.is_ready() {
        attendant.fail_all();
    }
    has_ended || has_come
}

/// Arms the lane and lets go of it. `Err` gives the lead back: there is something after all.
fn fall_asleep<'a, M: Memory + Wakes>(
    mut leading: Leading<'a, M>,
    kick: &Kick,
    attendant: &mut impl Attendant,
) -> Result<Seen, Leading<'a, M>> {
    attendant.begins_to_wait();
    loop {
        let mut seen = seen(0, kick, attendant);
        seen.bell = leading.arm(attendant.wants());
        if leading.is_ready() || look(&mut leading, attendant) || attendant.is_done() {
            leading.wake_up();
            return Err(leading);
        }
        leading.falls_asleep(now());
        match leading.let_go() {
            Ok(()) => return Ok(seen),
            Err(kept) => leading = kept,
        }
    }
}

/// Lets go of the lane, armed if others still wait for something. Frames that are there are taken first: nobody will be rung
/// for them.
fn leave<M: Memory + Wakes>(
    mut leading: Leading<'_, M>,
    attendant: &mut impl Attendant,
    ended: Ended,
) -> Result<Ended, Poisoned> {
    let (mut frames, mut frames_left) = (0, false);
    loop {
        'taking: while attendant.is_due() {
            leading.arm(attendant.wants());
            look(&mut leading, attendant);
            if !leading.is_ready() {
                break;
            }
            leading.wake_up();
            while let Some(frame) = leading.next_frame()? {
                let flow = attendant.frame(&frame);
                leading.consume(&frame);
                if flow? != Flow::Next {
                    return Ok(hand_over(leading, attendant));
                }
                frames += 1;
                frames_left = frames >= SLOTS;
                if frames_left {
                    leading.arm(attendant.wants());
                    break 'taking;
                }
            }
        }
        match leading.let_go() {
            Ok(()) => {
                if frames_left {
                    // They come without end, and this thread has something else to do.
                    attendant.rouse_others();
                }
                return Ok(ended);
            }
            Err(kept) => leading = kept,
        }
    }
}

/// Lets go of the lane, armed, to run what the last frame asked for.
fn hand_over<M: Memory + Wakes>(mut leading: Leading<'_, M>, attendant: &mut impl Attendant) -> Ended {
    loop {
        leading.arm(attendant.wants());
        look(&mut leading, attendant);
        let more = leading.is_ready();
        match leading.let_go() {
            Ok(()) => return Ended::Left { more },
            Err(kept) => leading = kept,
        }
    }
}

/// Looks at the lane on behalf of those who stay: this thread may have been woken for frames that others wait for.
#[cold]
fn look_once_more<M: Memory + Wakes>(
    lane: &Lane<M>,
    attendant: &mut impl Attendant,
    ended: Ended,
) -> Result<Ended, Poisoned> {
    let Some(mut leading) = lane.lead() else { return Ok(ended) };
    leading.wake_up();
    let ended = leave(leading, attendant, ended)?;
    Ok(if ended == Ended::GaveUp && attendant.is_done() { Ended::Done } else { ended })
}

/// Takes the frames that are there, for who sleeps elsewhere; looks for the first for so many nanoseconds. Then lets go of the
/// lane, armed if the attendant is due. False = somebody else leads, and looks once more before he lets go.
pub fn fetch<M: Memory + Wakes>(
    lane: &Lane<M>,
    attendant: &mut impl Attendant,
    budget: u64,
) -> Result<bool, Poisoned> {
    let Some(mut leading) = lane.lead() else { return Ok(false) };
    leading.wake_up();
    spin(&mut leading, attendant, budget, Deadline::NONE)?;
    for _ in 0..SLOTS {
        let Some(frame) = leading.next_frame()? else { break };
        let flow = attendant.frame(&frame);
        leading.consume(&frame);
        flow?;
    }
    leave(leading, attendant, Ended::Done)?;
    Ok(true)
}

/// Lets whoever reads the lane know of something that it must look at: a leader looks before it lets go, and if nobody leads,
/// the lane is armed anew for what is wanted now. True = frames are there, or looking has found something, and those who
/// sleep must be kicked.
pub fn nudge<M: Memory + Wakes>(lane: &Lane<M>, wants: impl Fn() -> Wants, look: impl Fn() -> bool) -> bool {
    let Some(mut leading) = lane.lead() else { return false };
    loop {
        leading.arm(wants());
        let more = leading.is_ready() | look();
        match leading.let_go() {
            Ok(()) => return more,
            Err(kept) => leading = kept,
        }
    }
}
