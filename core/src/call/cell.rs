//! The place where a call meets its answer.
//!
//! Cells are never freed, only used again, so the id of an answered call is told from a live one by its
//! generation. The state word holds generation, phase and flags. A call that is served on its caller's stack is changed by
//! that thread alone, until it is retained. Whatever is not on the hot path goes through the lock, after setting TOUCHED.

mod cancel;
mod memory;
mod refusal;
mod reserve;
mod waiting;

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};

use super::answer::{Answer, AnswerSlot};
use super::context::{Context, Link};
use super::deadline::Deadline;
use super::message::{OwnedRequest, Request};
use super::{OnOutcome, Outcome};
use cancel::CancelHook;
pub(crate) use cancel::end_late;
use refusal::{answered_before, not_a_call, not_retained};
pub(crate) use waiting::Waited;

use crate::arena::Arena;
use crate::codec::Encoding;
use crate::error::{Code, Error, Result};
use crate::id::{Id, kind};
use crate::service::{ALWAYS_FITS, Admission, Method, Service};
use crate::stream::{Pipe, Stream};
use crate::thread::Thread;

static CELLS: Arena<CallCell> = Arena::new();

const GENERATION: u64 = (u32::MAX as u64) << 32;
const PHASE: u64 = 0b11;
const FREE: u64 = 0;
const OPEN: u64 = 1;
const ANSWERING: u64 = 2;
const ANSWERED: u64 = 3;
/// The handler will answer after `on_call` returned.
const RETAINED: u64 = 1 << 2;
/// Nobody waits any more; the answering side frees the cell.
const CALLER_GONE: u64 = 1 << 3;
/// Somebody took, or may take, the lock.
const TOUCHED: u64 = 1 << 4;
/// A thread waits for the answer.
const WAITING: u64 = 1 << 5;
/// The timer ends it at its deadline.
const WATCHED: u64 = 1 << 6;

/// No thread dispatches this call on its own stack.
const NO_THREAD: u32 = u32::MAX;

/// One reusable place for a call. Those of two threads share no cache line, nor a pair that is fetched together.
#[repr(align(128))]
pub struct CallCell {
    index: u32,
    state: AtomicU64,
    /// Number of the thread on whose stack the handler runs.
    thread: AtomicU32,
    context: AtomicPtr<Context>,
    request: AtomicPtr<Request<'static>>,
    /// Number of the request's encoding, and the deadline: what the hot path asks without a lock.
    encoding: AtomicU32,
    deadline: AtomicU64,
    method: AtomicPtr<Method>,
    depth: AtomicU32,
    /// The number by which another process knows it; 0 = it was not sent.
    sent_as: AtomicU64,
    answer: AnswerSlot,
    late: Mutex<Late>,
    ready: Condvar,
}

/// What is fixed when a call opens.
#[derive(Debug, Clone, Copy)]
pub struct CallInfo {
    pub(crate) method: *const Method,
    /// When the caller stops waiting.
    pub deadline: Deadline,
    /// Calls above this one.
    pub depth: u32,
}

/// What only some calls need.
#[derive(Default)]
pub(crate) struct Late {
    /// Before `service`, which it refers to.
    pub admission: Option<Admission>,
    pub service: Option<Arc<Service>>,
    /// Where the handler is in this process.
    pub request: Option<Arc<OwnedRequest>>,
    pub chain: Option<Arc<Link>>,
    /// The stream beside it.
    pub pipe: Option<Arc<Pipe>>,
    pub completion: Option<OnOutcome>,
    on_cancel: Vec<Arc<CancelHook>>,
    /// Those of calls that its handler waits for.
    on_cancel_below: Vec<Weak<CancelHook>>,
}

// SAFETY: pointers in it refer to things that are kept alive for the call; the rest synchronises itself.
unsafe impl Sync for CallCell {}
// SAFETY: as above.
unsafe impl Send for CallCell {}

/// A call, named.
#[derive(Clone, Copy)]
pub struct Call {
    cell: &'static CallCell,
    generation: u32,
}

impl CallCell {
    fn new(index: u32) -> CallCell {
        CallCell {
            index,
            state: AtomicU64::new(1 << 32),
            thread: AtomicU32::new(NO_THREAD),
            context: AtomicPtr::new(ptr::null_mut()),
            request: AtomicPtr::new(ptr::null_mut()),
            encoding: AtomicU32::new(0),
            deadline: AtomicU64::new(0),
            method: AtomicPtr::new(ptr::null_mut()),
            depth: AtomicU32::new(0),
            sent_as: AtomicU64::new(0),
            answer: AnswerSlot::empty(),
            late: Mutex::new(Late::default()),
            ready: Condvar::new(),
        }
    }

    fn late(&self) -> MutexGuard<'_, Late> {
        self.late.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Calls without an answer.
pub fn open_calls() -> u64 {
    CELLS.iter().filter(|cell| cell.state.load(Ordering::Relaxed) & PHASE == OPEN).count() as u64
}

impl Call {
    /// Opens a call whose handler will run elsewhere, or later.
    pub(crate) fn open(thread: &Thread, info: CallInfo, encoding: Encoding) -> Call {
        let call = Self::open_on(thread, info, NO_THREAD, encoding);
        call.cell.request.store(ptr::null_mut(), Ordering::Relaxed);
        call.cell.context.store(ptr::null_mut(), Ordering::Relaxed);
        call
    }

    /// Opens a call whose handler runs on this thread, now.
    #[inline(always)]
    pub(crate) fn open_here(thread: &Thread, info: CallInfo, request: &Request<'_>) -> Call {
        let call = Self::open_on(thread, info, thread.number(), request.encoding);
        call.cell.request.store(ptr::from_ref(request).cast_mut().cast(), Ordering::Relaxed);
        call
    }

    #[inline(always)]
    fn open_on(thread: &Thread, info: CallInfo, number: u32, encoding: Encoding) -> Call {
        let cell = CallCell::take(thread);
        let generation = (cell.state.load(Ordering::Relaxed) >> 32) as u32;
        cell.method.store(info.method.cast_mut(), Ordering::Relaxed);
        cell.depth.store(info.depth, Ordering::Relaxed);
        cell.thread.store(number, Ordering::Relaxed);
        cell.encoding.store(encoding as u32, Ordering::Relaxed);
        cell.deadline.store(info.deadline.0, Ordering::Relaxed);
        cell.state.store((u64::from(generation) << 32) | OPEN, Ordering::Release);
        Call { cell, generation }
    }

    /// The call's id for outside code.
    #[inline]
    pub fn id(self) -> u64 {
        Id { kind: kind::CALL, generation: self.generation, slot: self.cell.index }.pack()
    }

    /// When the caller stops waiting.
    #[inline]
    pub fn deadline(self) -> Deadline {
        Deadline(self.cell.deadline.load(Ordering::Relaxed))
    }

    /// Whether the handler still runs on the stack of the thread that called.
    pub fn on_stack(self) -> bool {
        self.cell.thread.load(Ordering::Relaxed) != NO_THREAD
    }

    /// How the request is encoded, if that has a number.
    #[inline]
    pub fn named_encoding(self) -> Option<Encoding> {
        let encoding = Encoding::numbered(self.cell.encoding.load(Ordering::Relaxed));
        (encoding != Encoding::Other).then_some(encoding)
    }

    /// How the request is encoded, and its content type where that has no number.
    #[inline]
    pub fn request_encoding(self) -> Result<(Encoding, Option<Box<str>>)> {
        match Encoding::numbered(self.cell.encoding.load(Ordering::Relaxed)) {
            Encoding::Other => {
                Ok((Encoding::Other, Some(self.request(|request| request.content_type().into())?)))
            }
            encoding => Ok((encoding, None)),
        }
    }

    /// The call with this id, open or not.
    #[inline]
    pub fn find(id: u64) -> Result<Call> {
        let parts = Id::unpack(id);
        if parts.kind != kind::CALL {
            return Err(not_a_call(id));
        }
        let cell = CELLS.get(parts.slot).ok_or_else(|| not_a_call(id))?;
        let generation = (cell.state.load(Ordering::Acquire) >> 32) as u32;
        match parts.generation {
            g if g == generation => Ok(Call { cell, generation }),
            g if g != 0 && g < generation => Err(answered_before()),
            _ => Err(not_a_call(id)),
        }
    }

    #[inline]
    fn state(self) -> Result<u64> {
        let state = self.cell.state.load(Ordering::Acquire);
        if (state >> 32) as u32 == self.generation { Ok(state) } else { Err(answered_before()) }
    }

    /// Moves an open call to another state; gives the state before.
    ///
    /// Until it is retained, a call whose handler runs on its caller's stack belongs to that thread alone, which needs no
    /// locked instruction; any other thread is refused.
    #[inline]
    fn change(self, change: impl Fn(u64) -> u64) -> Result<u64> {
        self.change_on(Thread::current(), change)
    }

    #[inline(always)]
    fn change_on(self, thread: &Thread, change: impl Fn(u64) -> u64) -> Result<u64> {
        let mut state = self.state()?;
        if state & RETAINED == 0 {
            let owner = self.cell.thread.load(Ordering::Relaxed);
            if owner == thread.number() {
                if state & PHASE != OPEN {
                    return Err(answered_before());
                }
                self.cell.state.store(change(state), Ordering::Release);
                return Ok(state);
            }
            if owner != NO_THREAD {
                return Err(not_retained());
            }
        }
        loop {
            if state & PHASE != OPEN {
                return Err(answered_before());
            }
            match self.cell.state.compare_exchange(state, change(state), Ordering::SeqCst, Ordering::Acquire)
            {
                Ok(_) => return Ok(state),
                Err(_) => state = self.state()?,
            }
        }
    }

    /// Runs `f` with what only some calls need, while the call is open.
    fn touch<R>(self, f: impl FnOnce(&mut Late) -> R) -> Result<R> {
        self.change(|state| state | TOUCHED)?;
        let mut late = self.cell.late();
        // It may have ended, and the cell may serve another call, before the lock was ours.
        if self.state()? & PHASE != OPEN {
            return Err(answered_before());
        }
        Ok(f(&mut late))
    }

    /// Refuses an answer that is larger than its server allows; the caller gets the refusal.
    #[inline(always)]
    pub fn check_answer_size(self, len: usize) -> Result<()> {
        if len <= ALWAYS_FITS { Ok(()) } else { self.check_large_answer(len) }
    }

    #[inline(never)]
    fn check_large_answer(self, len: usize) -> Result<()> {
        let checked = self.method(|method| method.check_size("answer", len))?;
        if let Err(refusal) = &checked {
            self.answer(Err(refusal.clone()))?;
        }
        checked
    }

    /// Answers the call. Fails if it was answered before, or if nobody waits for it any more.
    pub fn answer(self, outcome: Outcome) -> Result<()> {
        self.answer_on(Thread::current(), outcome.into())
    }

    /// The same, on this thread.
    #[inline(always)]
    pub fn answer_on(self, thread: &Thread, answer: Answer) -> Result<()> {
        let state = self.cell.state.load(Ordering::Acquire);
        let plain =
            (state ^ (u64::from(self.generation) << 32 | OPEN)) & (GENERATION | PHASE | RETAINED) == 0;
        if plain && self.cell.thread.load(Ordering::Relaxed) == thread.number() {
            // The dispatching frame below us on this stack is the only reader, so the order does not matter.
            self.cell.answer.put(answer);
            self.cell.state.store(state + (ANSWERED - OPEN), Ordering::Release);
            return Ok(());
        }
        self.answer_across(answer)
    }

    #[inline(never)]
    fn answer_across(self, answer: Answer) -> Result<()> {
        let cell = self.cell;
        let before = self.change(|state| (state & !PHASE) | ANSWERING)?;
        if before & CALLER_GONE != 0 {
            self.free();
            return Err(Error::new(Code::Cancelled, "the caller does not wait for this answer any more"));
        }
        if before & TOUCHED != 0 {
            let mut late = cell.late();
            if let Some(completion) = late.completion.take() {
                let thread = Thread::current();
                self.free_late(late);
                CallCell::put(thread, cell);
                completion(answer.into_outcome());
                return Ok(());
            }
        }
        cell.answer.put(answer);
        let before = cell.state.fetch_add(ANSWERED - ANSWERING, Ordering::AcqRel);
        if before & WAITING != 0 {
            drop(cell.late());
            cell.ready.notify_all();
        }
        Ok(())
    }

    /// Announces that the answer comes after `on_call` returned. The request is copied unless it has memory of
    /// its own.
    pub fn retain(self) -> Result<()> {
        let service = self.method(|method| method.service())?;
        self.touch(|late| {
            self.own_chain(late);
            if late.request.is_none() {
                let request = self.cell.request.load(Ordering::Acquire);
                // SAFETY: set by the frame that runs the handler, which waits for the lock before it leaves.
                late.request = unsafe { request.as_ref() }.map(|request| Arc::new(request.to_owned()));
            }
            late.service = service;
        })?;
        self.change(|state| state | RETAINED).map(drop)
    }

    fn own_chain(self, late: &mut Late) {
        let context = self.cell.context.swap(ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: set by the frame that runs the handler, which waits for the lock before it leaves.
        if let Some(context) = unsafe { context.as_ref() } {
            late.chain = Some(context.link());
        }
    }

    /// Ends the call without an answer: the caller gets INTERNAL.
    pub fn close(self) -> Result<()> {
        let error = self.method(|method| {
            Error::internal(format!("{} ended without an answer", method.qualified))
                .with_source(&*method.qualified)
        })?;
        self.answer(Err(error))
    }

    /// Whether the call is open and this thread's alone: the frame below us on this stack waits for its handler.
    #[inline]
    fn is_ours(self) -> bool {
        let state = self.cell.state.load(Ordering::Acquire);
        let open = u64::from(self.generation) << 32 | OPEN;
        (state ^ open) & (GENERATION | PHASE | RETAINED) == 0
            && self.cell.thread.load(Ordering::Relaxed) == Thread::current().number()
    }

    /// Runs `f` with the method, while the call is open.
    pub fn method<R>(self, f: impl FnOnce(&Method) -> R) -> Result<R> {
        if self.is_ours() {
            // SAFETY: the frame that runs the handler keeps it.
            return Ok(f(unsafe { &*self.cell.method.load(Ordering::Relaxed) }));
        }
        self.touch(|_| {
            // SAFETY: the service is kept until the call is freed, which waits for the lock that we hold.
            f(unsafe { &*self.cell.method.load(Ordering::Relaxed) })
        })
    }

    /// What was fixed when the call opened.
    pub fn info(self) -> Result<CallInfo> {
        self.touch(|_| CallInfo {
            method: self.cell.method.load(Ordering::Relaxed),
            deadline: self.deadline(),
            depth: self.cell.depth.load(Ordering::Relaxed),
        })
    }

    /// Runs `f` with the request, while the call is open.
    pub fn request<R>(self, f: impl FnOnce(&Request<'_>) -> R) -> Result<R> {
        enum Source {
            Owned(Arc<OwnedRequest>),
            Lent(*const Request<'static>),
        }
        if self.is_ours() {
            // SAFETY: lent until on_call returns, which the caller of this function waits for.
            if let Some(request) = unsafe { self.cell.request.load(Ordering::Acquire).as_ref() } {
                return Ok(f(request));
            }
        }
        let source = self.touch(|late| match &late.request {
            Some(owned) => Source::Owned(owned.clone()),
            None => Source::Lent(self.cell.request.load(Ordering::Acquire)),
        })?;
        match source {
            Source::Owned(request) => Ok(request.with_view(f)),
            // SAFETY: lent until `on_call` returns, which the caller of this function waits for.
            Source::Lent(request) => unsafe { request.as_ref() }.map(f).ok_or_else(|| {
                Error::precondition("the request's memory was lent only until on_call returned")
            }),
        }
    }

    /// Has `keep` write down what a call needs that leaves this thread. Nobody else may know the call yet.
    #[inline]
    pub(crate) fn leaves_thread(self, keep: impl FnOnce(&mut Late)) {
        self.cell.sent_as.store(0, Ordering::Relaxed);
        let mut late = self.cell.late();
        keep(&mut late);
        let is_watched = late.completion.is_some() && self.deadline() != Deadline::NONE;
        drop(late);
        let flags = if is_watched { TOUCHED | WATCHED } else { TOUCHED };
        self.cell.state.store(self.cell.state.load(Ordering::Relaxed) | flags, Ordering::SeqCst);
    }

    /// The answer of a call that has left its stack, if it is there; otherwise it goes to what `later` makes.
    pub(crate) fn answered_or_later(
        self,
        admission: Admission,
        service: &Arc<Service>,
        later: impl FnOnce() -> OnOutcome,
    ) -> Option<Outcome> {
        let completed = self.touch(|late| {
            late.admission = Some(admission.shared());
            late.service.get_or_insert_with(|| service.clone());
            late.completion = Some(later());
        });
        completed.is_err().then(|| self.take())
    }

    /// The handler's end of the stream beside this call.
    pub fn stream(self) -> Result<Stream> {
        let pipe = self.touch(|late| late.pipe.clone())?.ok_or_else(|| {
            Error::precondition("the call has no stream: its method is not a streaming method")
        })?;
        Ok(pipe.handler_end())
    }

    /// Whether it has no answer yet.
    pub fn is_open(self) -> bool {
        self.state().is_ok_and(|state| state & PHASE == OPEN)
    }

    /// The frame in which the handler runs; its chain is what nested calls inherit.
    #[inline]
    pub(crate) fn set_context(self, context: *const Context) {
        self.cell.context.store(context.cast_mut(), Ordering::Release);
    }

    /// This call and those above it, and its deadline: what a nested call inherits.
    pub fn inherited(self) -> Result<(Arc<Link>, Deadline)> {
        self.touch(|late| {
            self.own_chain_kept(late);
            let chain = late.chain.clone().unwrap_or_else(|| {
                // SAFETY: the service is kept while the call is open.
                let method = unsafe { &*self.cell.method.load(Ordering::Relaxed) }.qualified.clone();
                Arc::new(Link { call: self.id(), home: 0, method, blocks: 0, detached: false, parent: None })
            });
            (chain, self.deadline())
        })
    }

    fn own_chain_kept(self, late: &mut Late) {
        if late.chain.is_none() {
            let context = self.cell.context.load(Ordering::Acquire);
            // SAFETY: the frame waits for the lock before it leaves.
            late.chain = unsafe { context.as_ref() }.map(Context::link);
        }
    }

    /// After `on_call` returned: answers in the handler's place if it neither answered nor retained the call.
    pub(crate) fn settle(self) {
        // An answer may have come from another thread, and the cell may be in use again: both are fine.
        if self.state().is_ok_and(|state| state & PHASE == OPEN && state & RETAINED == 0) {
            let _ = self.close();
        }
    }

    /// The same on the thread that dispatched: the answer, if it is there. Frees the cell then.
    #[inline(always)]
    pub(crate) fn take_settled(self, thread: &Thread) -> Option<Answer> {
        let state = self.cell.state.load(Ordering::Acquire);
        if state & PHASE != ANSWERED {
            return None;
        }
        let answer = self.cell.answer.take();
        self.free_from(thread, state);
        Some(answer)
    }

    /// From here on answers come from other threads.
    pub(crate) fn leave_stack(self) {
        self.cell.thread.store(NO_THREAD, Ordering::Relaxed);
        if self.cell.state.load(Ordering::Acquire) & TOUCHED != 0 {
            drop(self.cell.late());
        }
    }

    /// Takes the answer and frees the cell. Waits out an answer that another thread is writing.
    pub(crate) fn take(self) -> Outcome {
        while self.cell.state.load(Ordering::Acquire) & PHASE == ANSWERING {
            std::thread::yield_now();
        }
        let answer = self.cell.answer.take();
        self.free();
        answer.into_outcome()
    }

    /// Forgets a call that nobody was told of.
    pub(crate) fn discard(self) {
        if self.change(|state| (state & !PHASE) | ANSWERED).is_ok() {
            self.free();
        }
    }

    fn free(self) {
        self.free_from(Thread::current(), self.cell.state.load(Ordering::Acquire));
    }

    /// Frees the cell, which is in this state and changes it no more.
    #[inline(always)]
    fn free_from(self, thread: &Thread, state: u64) {
        if state & TOUCHED != 0 {
            self.free_late(self.cell.late());
        } else {
            self.cell.state.store(self.next_generation() | FREE, Ordering::Release);
        }
        CallCell::put(thread, self.cell);
    }

    #[inline(always)]
    fn next_generation(self) -> u64 {
        u64::from(self.generation.wrapping_add(1).max(1)) << 32
    }

    /// Lets go of what only some calls need, and of the generation.
    #[inline(never)]
    fn free_late(self, mut guard: MutexGuard<'_, Late>) {
        let cell = self.cell;
        let late = std::mem::take(&mut *guard);
        cell.state.store(self.next_generation() | FREE, Ordering::Release);
        cell.request.store(ptr::null_mut(), Ordering::Relaxed);
        cell.context.store(ptr::null_mut(), Ordering::Relaxed);
        drop(guard);
        drop(late);
    }
}
