//! Ends calls whose deadline passes while no thread waits for them.
//!
//! One thread, which starts with the first such call and ends when there is none left.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::call::{Call, Deadline};
use crate::error::Error;
use crate::{introspect, log};

/// How often the thread looks whether the calls that it watches have ended, and how long it stays without work.
const IDLE: Duration = Duration::from_millis(200);

static STATE: Mutex<State> = Mutex::new(State { due: BinaryHeap::new(), running: false });
static CHANGED: Condvar = Condvar::new();

struct State {
    due: BinaryHeap<Reverse<Due>>,
    running: bool,
}

impl State {
    fn forget_ended(&mut self) {
        self.due.retain(|due| Call::find(due.0.call).is_ok_and(Call::is_open));
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: u64,
    call: u64,
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(|e| e.into_inner())
}

/// Ends the call with DEADLINE_EXCEEDED at its deadline, unless it has ended by then.
pub(crate) fn watch(call: Call, deadline: Deadline) {
    if deadline == Deadline::NONE {
        return;
    }
    let mut state = state();
    let is_next = state.due.peek().is_none_or(|next| deadline.0 < next.0.at);
    state.due.push(Reverse(Due { at: deadline.0, call: call.id() }));
    if state.due.len() >= 1024 && state.due.len().is_power_of_two() {
        // Most calls end long before their deadline.
        state.forget_ended();
    }
    if state.running {
        // Waking the thread costs more than the rest of the call.
        if is_next {
            CHANGED.notify_one();
        }
        return;
    }
    state.running = true;
    if let Err(error) = std::thread::Builder::new().name("hms-timer".into()).spawn(run) {
        state.running = false;
        drop(state);
        log::warning(
            "timer",
            &format!("deadlines of asynchronous calls are not kept: no thread could be started: {error}"),
        );
    }
}

fn run() {
    introspect::THREADS.fetch_add(1, Ordering::SeqCst);
    let mut state = state();
    loop {
        let next = state.due.peek().map(|due| Deadline(due.0.at));
        match next {
            Some(deadline) if deadline.passed() => {
                let due = state.due.pop();
                drop(state);
                if let Some(call) = due.and_then(|due| Call::find(due.0.call).ok()) {
                    call.cancel(Error::deadline("the call did not end in time"));
                }
                state = self::state();
            }
            Some(deadline) => {
                let left = deadline.left().map_or(IDLE, |left| left.min(IDLE));
                state = CHANGED.wait_timeout(state, left).unwrap_or_else(|e| e.into_inner()).0;
                state.forget_ended();
            }
            None => {
                let (held, waited) = CHANGED.wait_timeout(state, IDLE).unwrap_or_else(|e| e.into_inner());
                state = held;
                if waited.timed_out() && state.due.is_empty() {
                    break;
                }
            }
        }
    }
    state.running = false;
    drop(state);
    introspect::THREADS.fetch_sub(1, Ordering::SeqCst);
}
