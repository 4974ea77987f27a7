//! The two ends of a stream and what lies between them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, Weak};
use std::time::Duration;

use super::Wake;
use super::lane::{Item, Lane};
use crate::call::{Call, Deadline, Outcome};
use crate::dispatch::{Fetch, Queue};
use crate::error::{Code, Error, Result};
use crate::proto::StreamType;
use crate::service::{Contract, Method, too_large};
use crate::thread::Thread;

/// How often a waiting thread asks its host whether to go on.
const SLICE: Duration = Duration::from_millis(100);

/// What lies between two ends.
pub struct Pipe {
    /// `service.method`, for errors.
    method: Arc<str>,
    stream_type: StreamType,
    deadline: Deadline,
    /// Bytes of a message.
    limit: u64,
    /// What messages must be.
    contract: Option<Arc<Contract>>,
    state: Mutex<State>,
    changed: Condvar,
    /// Where the caller's end gets its messages from, if the handler is in another process.
    source: OnceLock<Weak<dyn Fetch>>,
}

#[derive(Default)]
struct State {
    /// Towards the handler, and towards the caller.
    lanes: [Lane; 2],
    /// How the handler ended.
    outcome: Option<Result<()>>,
    /// The caller tore the stream down.
    cancelled: bool,
    call: Option<Call>,
    wakes: Vec<Waiting>,
}

/// An end that does not block, and what it waits for.
struct Waiting {
    sends: usize,
    to: To,
    wake: Wake,
}

#[derive(Clone, Copy)]
enum To {
    /// A message of so many bytes.
    Send(usize),
    Receive,
}

/// One end of a stream.
pub struct Stream {
    pipe: Arc<Pipe>,
    /// Index of the lane that this end sends on.
    sends: usize,
}

/// What a receiver gets.
#[derive(Debug)]
pub enum Received {
    /// A message.
    Item(Item),
    /// The other side sends nothing more.
    End,
    /// Nothing within the time given.
    Pending,
}

const TO_HANDLER: usize = 0;
const TO_CALLER: usize = 1;

impl Pipe {
    /// A pipe for a call of a streaming method.
    pub(crate) fn new(method: &Method, deadline: Deadline, limit: u64) -> Arc<Pipe> {
        let stream_type = method.stream_type;
        let pipe = Pipe {
            method: method.qualified.clone(),
            stream_type,
            deadline,
            limit,
            contract: method.contract.clone(),
            state: Mutex::default(),
            changed: Condvar::new(),
            source: OnceLock::new(),
        };
        if stream_type == StreamType::ServerStreaming {
            // The request says it all.
            pipe.state().lanes[TO_HANDLER].finished = true;
        }
        Arc::new(pipe)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The caller's end.
    pub fn caller_end(self: &Arc<Self>) -> Stream {
        Stream { pipe: self.clone(), sends: TO_HANDLER }
    }

    /// The handler's end.
    pub fn handler_end(self: &Arc<Self>) -> Stream {
        Stream { pipe: self.clone(), sends: TO_CALLER }
    }

    /// The call beside which the stream runs.
    pub fn attach(&self, call: Call) {
        self.state().call = Some(call);
    }

    /// The handler answered.
    pub fn end(self: &Arc<Self>, outcome: Outcome) {
        let mut state = self.state();
        let lane = &mut state.lanes[TO_CALLER];
        let outcome = if self.deadline.passed() { Err(self.late()) } else { outcome };
        let outcome = outcome.and_then(|answer| {
            let one_answer = self.stream_type == StreamType::ClientStreaming;
            if one_answer {
                let (encoding, content_type) = (answer.encoding(), answer.own_content_type().map(Into::into));
                lane.push(Item { body: answer.body, encoding, content_type });
            } else if !answer.body.as_slice().is_empty() {
                return Err(Error::internal(format!(
                    "{} ended its stream with a non-empty answer; send messages on the stream and end it with an empty one",
                    self.method
                )));
            }
            Ok(())
        });
        lane.finished = true;
        state.outcome.get_or_insert(outcome);
        self.tell(state);
    }

    fn tell(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let waiting = std::mem::take(&mut state.wakes);
        let (ready, rest): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|waiting| Stream::is_ready(self, waiting.sends, &state, waiting.to));
        state.wakes = rest;
        drop(state);
        self.changed.notify_all();
        ready.iter().for_each(|waiting| (waiting.wake)());
    }

    #[cold]
    fn cancelled(&self) -> Error {
        Error::new(Code::Cancelled, format!("the stream of {} was cancelled", self.method))
            .with_source(&*self.method)
    }

    #[cold]
    fn late(&self) -> Error {
        Error::deadline(format!("the stream of {} did not end in time", self.method))
            .with_source(&*self.method)
    }
}

impl Stream {
    /// What kind of stream it is.
    pub(crate) fn stream_type(&self) -> StreamType {
        self.pipe.stream_type
    }

    /// The call beside which it runs.
    pub(crate) fn call(&self) -> Option<Call> {
        self.pipe.state().call
    }

    /// What its caller gets comes from there, when somebody fetches it.
    pub(crate) fn comes_from(&self, source: Weak<dyn Fetch>) {
        let _ = self.pipe.source.set(source);
    }

    /// What this end waits for, if that must be fetched.
    fn source(&self) -> Option<Arc<dyn Fetch>> {
        if self.is_callers() { self.pipe.source.get()?.upgrade() } else { None }
    }

    fn is_callers(&self) -> bool {
        self.sends == TO_HANDLER
    }

    /// Whether sending is possible now; errors if it never will be.
    fn room(&self, state: &State, len: usize) -> Result<bool> {
        if state.cancelled {
            return Err(self.pipe.cancelled());
        }
        if let Some(outcome) = &state.outcome {
            outcome.clone()?;
            return Err(Error::precondition(format!(
                "{} has ended its stream; nobody receives",
                self.pipe.method
            )));
        }
        let lane = &state.lanes[self.sends];
        if lane.finished {
            let text = match self.is_callers() && self.pipe.stream_type == StreamType::ServerStreaming {
                true => "takes no messages: it is a server stream, its request says it all",
                false => "has a stream whose sending side was finished before",
            };
            return Err(Error::precondition(format!("{} {text}", self.pipe.method)));
        }
        if !self.is_callers() && self.pipe.stream_type == StreamType::ClientStreaming {
            return Err(Error::precondition(format!(
                "{} is a client stream: it answers once, with a reply to the call",
                self.pipe.method
            )));
        }
        Ok(lane.has_room(len))
    }

    /// Sends a message; waits for room at most this long (`None` = for ever). Gives the message back when there was none. A message
    /// that does not fit the method's schema ends the stream.
    pub fn send(&self, item: Item, timeout: Option<Duration>) -> Result<Option<Item>> {
        let len = item.body.as_slice().len();
        if len as u64 > self.pipe.limit {
            return Err(too_large(&self.pipe.method, "message", len, self.pipe.limit));
        }
        let mut item = Some(self.checked(item).inspect_err(|error| self.break_off(error))?);
        self.wait(timeout, |state| {
            if !self.room(state, len)? {
                return Ok(None);
            }
            Ok(item.take().map(|item| state.lanes[self.sends].push(item)))
        })?;
        Ok(item)
    }

    /// A message that fits the method's schema, with the defaults that it left out.
    fn checked(&self, mut item: Item) -> Result<Item> {
        let Some(contract) = &self.pipe.contract else { return Ok(item) };
        if !self.is_callers() {
            contract.check_output(item.body.as_slice(), item.encoding)?;
        } else if let Some(completed) = contract.check_input(item.body.as_slice(), item.encoding)? {
            item.body = completed;
        }
        Ok(item)
    }

    /// Ends the stream for both sides: wherever the sender is, this error is how it learns what was wrong.
    fn break_off(&self, error: &Error) {
        let mut state = self.pipe.state();
        state.outcome.get_or_insert_with(|| Err(error.clone()));
        let call = state.call.take();
        self.pipe.tell(state);
        if let Some(call) = call {
            call.cancel(error.clone());
        }
    }

    /// Receives a message; waits at most this long (`None` = for ever).
    pub fn receive(&self, timeout: Option<Duration>) -> Result<Received> {
        let received = self.wait(timeout, |state| self.next(state))?;
        Ok(received.unwrap_or(Received::Pending))
    }

    fn next(&self, state: &mut State) -> Result<Option<Received>> {
        if state.cancelled {
            return Err(self.pipe.cancelled());
        }
        let lane = &mut state.lanes[1 - self.sends];
        if let Some(item) = lane.pop() {
            return Ok(Some(Received::Item(item)));
        }
        let finished = lane.finished;
        match &state.outcome {
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(())) if self.is_callers() => Ok(Some(Received::End)),
            None if self.is_callers() => Ok(None),
            _ => Ok(finished.then_some(Received::End)),
        }
    }

    /// Waits until `attempt` gives something.
    fn wait<R>(
        &self,
        timeout: Option<Duration>,
        mut attempt: impl FnMut(&mut State) -> Result<Option<R>>,
    ) -> Result<Option<R>> {
        let thread = Thread::current();
        let own = timeout.map_or(Deadline::NONE, |timeout| Deadline::after(timeout.as_nanos().max(1) as u64));
        let until = own.earliest(self.pipe.deadline);
        let is_patient = timeout.is_none_or(|timeout| !timeout.is_zero());
        let mut source = self.source();
        let mut state = self.pipe.state();
        loop {
            if let Some(done) = attempt(&mut state)? {
                self.pipe.tell(state);
                return Ok(Some(done));
            }
            if let Some(source) = source.take() {
                drop(state);
                if is_patient {
                    source.leave_to_thread();
                } else {
                    source.fetch_now();
                }
                state = self.pipe.state();
                continue;
            }
            if self.pipe.deadline.passed() {
                return Err(self.pipe.late());
            }
            if !is_patient || own.passed() {
                return Ok(None);
            }
            let slice = until.left().map_or(SLICE, |left| left.min(SLICE));
            let (held, waited) =
                self.pipe.changed.wait_timeout(state, slice).unwrap_or_else(|e| e.into_inner());
            state = held;
            if waited.timed_out() {
                drop(state);
                if thread.interrupted() {
                    return Err(Error::new(
                        Code::Cancelled,
                        format!("waiting for {} was interrupted", self.pipe.method),
                    ));
                }
                state = self.pipe.state();
            }
        }
    }

    /// Runs `wake` when something may be received; at once if that is so. Perhaps on a thread that polls the queue.
    pub fn when_readable(&self, queue: Option<&Arc<Queue>>, wake: Wake) {
        self.have_fetched(queue);
        self.when_ready(To::Receive, wake);
    }

    /// Runs `wake` when there may be room to send; at once if that is so. Perhaps on a thread that polls the queue.
    pub fn when_writable(&self, queue: Option<&Arc<Queue>>, wake: Wake) {
        self.have_fetched(queue);
        self.when_ready(To::Send(0), wake);
    }

    fn have_fetched(&self, queue: Option<&Arc<Queue>>) {
        if let Some(source) = self.source()
            && !queue.is_some_and(|queue| source.clone().serve_streams(queue))
        {
            source.leave_to_thread();
        }
    }

    /// Runs `wake` when there is room for a message of so many bytes; at once if that is so.
    pub(crate) fn when_room_for(&self, len: usize, wake: Wake) {
        self.when_ready(To::Send(len), wake);
    }

    fn when_ready(&self, to: To, wake: Wake) {
        let mut state = self.pipe.state();
        if Self::is_ready(&self.pipe, self.sends, &state, to) {
            drop(state);
            wake();
        } else {
            state.wakes.push(Waiting { sends: self.sends, to, wake });
        }
    }

    /// Whether an end would not wait now.
    fn is_ready(pipe: &Arc<Pipe>, sends: usize, state: &State, to: To) -> bool {
        let (out, back) = (&state.lanes[sends], &state.lanes[1 - sends]);
        let over = state.cancelled || state.outcome.is_some() || pipe.deadline.passed();
        over || match to {
            To::Send(len) => out.finished || out.has_room(len),
            To::Receive => !back.is_empty() || (sends == TO_CALLER && back.finished),
        }
    }

    /// Nothing more from this end. The other may go on.
    pub fn finish(&self) {
        let mut state = self.pipe.state();
        state.lanes[self.sends].finished = true;
        self.pipe.tell(state);
    }

    /// Whether this end can neither send nor receive any more.
    pub fn is_closed(&self) -> bool {
        if let Some(source) = self.source() {
            source.fetch_now();
        }
        let state = self.pipe.state();
        state.cancelled
            || (state.outcome.is_some() && state.lanes[1 - self.sends].is_empty())
            || (state.lanes[0].finished && state.lanes[1].finished && state.lanes[1 - self.sends].is_empty())
    }

    /// Messages sent and received by this end so far.
    pub fn counts(&self) -> (u64, u64) {
        let state = self.pipe.state();
        (state.lanes[self.sends].sent, state.lanes[1 - self.sends].received)
    }

    /// Tears the stream down. Nothing happens when it has ended.
    pub fn cancel(&self) {
        let mut state = self.pipe.state();
        if state.cancelled || (state.outcome.is_some() && self.is_callers()) {
            return;
        }
        state.cancelled = true;
        state.lanes.iter_mut().for_each(Lane::clear);
        let call = state.call.take();
        drop(state);
        // The handler's hooks run before it can see the cancellation on the stream.
        if let Some(call) = call.filter(|_| self.is_callers()) {
            call.cancel(self.pipe.cancelled());
        }
        self.pipe.tell(self.pipe.state());
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The handler's end goes with its answer; the caller's end is the only one that can be given up.
        if self.is_callers() {
            self.cancel();
        }
    }
}
