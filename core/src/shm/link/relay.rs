//! A stream that crosses a link: what one end of a local pipe gives goes to the other process, what comes from there goes in.
//!
//! Both ends of a link do the same. Each direction has credit in messages and bytes, granted as totals, so a receiver that
//! lags behind stops its sender and nobody else.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};
use std::time::Duration;

use super::end::End;
use super::incoming::{Incoming, Oversized};
use super::wire::{self, Extra};
use crate::buffer::Buffer;
use crate::call::{Answer, Outcome, Response};
use crate::codec::Encoding;
use crate::error::{Error, Result};
use crate::proto::StreamType;
use crate::shm::layout::{Header, Kind};
use crate::shm::ring::{Frame, Poisoned};
use crate::stream::{Item, Received, Stream};

/// Messages that a sender may be ahead of its receiver's grants.
const MESSAGES: u64 = 32;
/// Bytes of them; the last message may go beyond.
const BYTES: u64 = 256 << 10;

/// What is done when a stream has ended.
pub type OnEnd = Box<dyn FnOnce(Outcome) + Send>;

/// A stream between a local pipe and a link.
pub struct Relay {
    end: Arc<End>,
    /// The call's id on the link.
    call: u64,
    role: Role,
    /// Bytes of a message that this end takes.
    most: u64,
    stream: OnceLock<Stream>,
    state: Mutex<State>,
    /// How often the relay was asked to move things since it last found nothing to do.
    turns: AtomicUsize,
    this: Weak<Relay>,
}

/// At which end of the link it is.
pub enum Role {
    /// The handler is in the other process. Given what the other end said, at the end.
    Caller(Mutex<Option<OnEnd>>),
    /// The handler is here.
    Server(OnceLock<StreamType>),
}

#[derive(Default)]
struct State {
    sent: Total,
    /// Granted by the other end.
    granted: Total,
    received: Total,
    /// Moved into the pipe.
    taken: Total,
    /// Granted to the other end.
    told: Total,
    inbound: VecDeque<Item>,
    /// The other end sends nothing more.
    is_finished: bool,
    /// This end sends nothing more.
    has_finished: bool,
    /// The call was cancelled: messages may be missing in what comes.
    is_ignored: bool,
    /// The one answer of a client stream, until the stream has ended.
    answer: Option<Item>,
    outcome: Option<Outcome>,
    is_over: bool,
    awaits_message: bool,
    awaits_room: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Total {
    messages: u64,
    bytes: u64,
}

impl Total {
    fn window(self) -> Total {
        Total { messages: self.messages + MESSAGES, bytes: self.bytes + BYTES }
    }

    fn add(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes as u64;
    }

    fn is_below(self, granted: Total) -> bool {
        self.messages < granted.messages && self.bytes < granted.bytes
    }
}

impl Relay {
    /// A relay whose pipe may come later.
    pub fn new(end: Arc<End>, call: u64, role: Role, most: u64) -> Arc<Relay> {
        let window = Total::default().window();
        Arc::new_cyclic(|this| Relay {
            end,
            call,
            role,
            most,
            stream: OnceLock::new(),
            state: Mutex::new(State { granted: window, told: window, ..State::default() }),
            turns: AtomicUsize::new(0),
            this: this.clone(),
        })
    }

    /// Gives it its end of the pipe.
    pub fn begin(&self, stream: Stream) {
        if let Role::Server(stream_type) = &self.role {
            let _ = stream_type.set(stream.stream_type());
        }
        let _ = self.stream.set(stream);
        self.turn();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Takes note of a frame. What it brings is moved by the next [`Relay::turn`].
    pub fn frame(&self, frame: &Frame) -> std::result::Result<(), Poisoned> {
        match frame.header.kind {
            Kind::StreamData => {
                let Incoming { extra, encoding, payload } = self.end.read(frame, || self.most)?;
                let payload = payload.and_then(|payload| match payload.as_slice().len() {
                    len if len as u64 > self.most => Err(Oversized { len, most: self.most }),
                    _ => Ok(payload),
                });
                let mut state = self.state();
                if state.is_ignored {
                    return Ok(());
                }
                if !state.received.is_below(state.told)
                    || frame.header.number != state.received.messages as u32
                {
                    return Err(Poisoned("a message of a stream is out of turn"));
                }
                let payload = match payload {
                    Ok(payload) => payload,
                    Err(oversized) => {
                        state.is_ignored = true;
                        drop(state);
                        self.break_off(oversized.error("message", &self.end.peer));
                        return Ok(());
                    }
                };
                state.received.add(payload.as_slice().len());
                let content_type = extra.and_then(|extra| extra.content_type).map(String::into_boxed_str);
                state.inbound.push_back(Item { body: payload, encoding, content_type });
            }
            Kind::StreamEnd => self.state().is_finished = true,
            _ => {
                let mut body = [0; 16];
                if frame.len != body.len() {
                    return Err(Poisoned("a window cannot be read"));
                }
                frame.read(self.end.lane().memory(), 0, &mut body);
                let eight =
                    |at: usize| (0..8).fold(0_u64, |word, i| word | u64::from(body[at + i]) << (8 * i));
                let granted = Total { messages: eight(0), bytes: eight(8) };
                let mut state = self.state();
                // Totals: an older one that comes later says nothing new.
                let granted = Total {
                    messages: granted.messages.max(state.granted.messages),
                    bytes: granted.bytes.max(state.granted.bytes),
                };
                state.granted = granted;
            }
        }
        Ok(())
    }

    /// Whether its call has ended.
    pub fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// The other end has ended the call.
    pub fn ended(&self, outcome: Outcome) {
        self.state().outcome.get_or_insert(outcome);
    }

    /// Moves messages both ways, as far as there is room. Wakes the users of the pipe.
    pub fn turn(&self) {
        if self.turns.fetch_add(1, Ordering::SeqCst) > 0 {
            // Whoever is at it, perhaps this very thread, does it once more.
            return;
        }
        loop {
            let turns = self.turns.load(Ordering::SeqCst);
            if let Some(stream) = self.stream.get() {
                self.move_out(stream);
                self.move_in(stream);
            }
            if self.turns.fetch_sub(turns, Ordering::SeqCst) == turns {
                return;
            }
        }
    }

    /// What the pipe runs when the relay can go on; `woken` says that it does not wait any more. It keeps the relay, which has
    /// messages to deliver even when its call has ended; a pipe that is over runs it.
    fn wake(&self, woken: fn(&mut State)) -> Arc<dyn Fn() + Send + Sync> {
        let this = self.this.upgrade();
        Arc::new(move || {
            if let Some(relay) = &this {
                woken(&mut relay.state());
                relay.turn();
            }
        })
    }

    fn move_out(&self, stream: &Stream) {
        loop {
            let is_done = {
                let state = self.state();
                state.is_over || state.has_finished || !state.sent.is_below(state.granted)
            };
            if is_done {
                return;
            }
            match stream.receive(Some(Duration::ZERO)) {
                Ok(Received::Item(item)) => self.send(item),
                Ok(Received::End) => return self.finish(Ok(())),
                Ok(Received::Pending) => {
                    if !std::mem::replace(&mut self.state().awaits_message, true) {
                        stream.when_readable(None, self.wake(|state| state.awaits_message = false));
                    }
                    return;
                }
                Err(error) => return self.finish(Err(error)),
            }
        }
    }

    fn send(&self, item: Item) {
        let number = {
            let mut state = self.state();
            let number = state.sent.messages as u32;
            state.sent.add(item.body.as_slice().len());
            if matches!(&self.role, Role::Server(t) if t.get() == Some(&StreamType::ClientStreaming)) {
                state.answer = Some(item);
                return;
            }
            number
        };
        let header = self.header(Kind::StreamData, item.encoding as u16, number);
        let extra = Extra::of_answer(item.content_type.as_deref(), &[]).map(|extra| wire::bytes(&extra));
        if let Err(error) = self.end.send_buffer(&header, extra.as_deref(), item.body) {
            self.break_off(error);
        }
    }

    /// A message did not get through: the stream ends at both ends.
    fn break_off(&self, error: Error) {
        // First, so that it counts more than how the other end takes what it is told.
        self.fail(error.clone());
        match &self.role {
            Role::Caller(_) => drop(super::caller::send_cancel(&self.end, self.call)),
            Role::Server(_) => super::serving::reply(&self.end, self.call, 0, Answer::from(error)),
        }
    }

    /// A message could not be sent, so the stream cannot go on. The caller is told by the next [`Relay::turn`]; it cancels the
    /// call, which tells the handler.
    pub fn fail(&self, error: Error) {
        let mut state = self.state();
        state.has_finished = true;
        match &self.role {
            Role::Caller(_) => drop(state.outcome.get_or_insert(Err(error))),
            Role::Server(_) => state.is_over = true,
        }
    }

    /// The other end has cancelled the call: what it still sends is dropped.
    pub fn ignore(&self) {
        self.state().is_ignored = true;
    }

    fn header(&self, kind: Kind, flags: u16, number: u32) -> Header {
        Header { kind, flags, call: self.call, number, deadline: 0 }
    }

    /// The local side has ended.
    fn finish(&self, ended: Result<()>) {
        self.state().has_finished = true;
        match &self.role {
            // An error is the local caller's own: it has cancelled, which the other end is told of otherwise.
            Role::Caller(_) if ended.is_ok() => {
                let _ = self.end.send_buffer(&self.header(Kind::StreamEnd, 0, 0), None, Buffer::EMPTY);
            }
            Role::Caller(_) => {}
            Role::Server(_) => {
                let answer = {
                    let mut state = self.state();
                    state.is_over = true;
                    state.answer.take()
                };
                let outcome = ended.map(|()| match answer {
                    Some(item) => Response::new(item.body, item.encoding).with(item.content_type, Vec::new()),
                    None => Response::new(Buffer::EMPTY, Encoding::Bytes),
                });
                super::serving::reply(&self.end, self.call, 0, outcome.into());
            }
        }
    }

    fn move_in(&self, stream: &Stream) {
        loop {
            let Some(item) = self.state().inbound.pop_front() else { break };
            let len = item.body.as_slice().len();
            match stream.send(item, Some(Duration::ZERO)) {
                Ok(None) => {
                    self.state().taken.add(len);
                    self.grant();
                }
                Ok(Some(item)) => {
                    let mut state = self.state();
                    state.inbound.push_front(item);
                    if !std::mem::replace(&mut state.awaits_room, true) {
                        drop(state);
                        stream.when_room_for(len, self.wake(|state| state.awaits_room = false));
                    }
                    return;
                }
                // Nobody here receives any more; what comes is dropped.
                Err(_) => {
                    self.state().taken.add(len);
                    self.grant();
                }
            }
        }
        let (finished, outcome) = {
            let mut state = self.state();
            let finished = std::mem::take(&mut state.is_finished);
            let outcome = state.outcome.take();
            state.is_over |= outcome.is_some();
            (finished, outcome)
        };
        if finished {
            stream.finish();
        }
        if let (Some(outcome), Role::Caller(on_end)) = (outcome, &self.role)
            && let Some(on_end) = on_end.lock().unwrap_or_else(|e| e.into_inner()).take()
        {
            on_end(outcome);
        }
    }

    /// Grants more when half of what was granted is used up.
    fn grant(&self) {
        let told = {
            let mut state = self.state();
            let window = state.taken.window();
            let is_small = |told: u64, now: u64, whole: u64| now - told >= whole / 2;
            if !is_small(state.told.messages, window.messages, MESSAGES)
                && !is_small(state.told.bytes, window.bytes, BYTES)
            {
                return;
            }
            state.told = window;
            window
        };
        let body = [told.messages.to_le_bytes(), told.bytes.to_le_bytes()].concat();
        let _ = self.end.send_buffer(&self.header(Kind::Window, 0, 0), None, Buffer::copy_of(&body));
    }
}
