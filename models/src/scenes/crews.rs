//! Several threads of the end that serves, as `link::serving` has them: one leads, takes a call, lets go and runs it.

use crate::scheduler::sync::{Arc, Condvar, Mutex};
use crate::scheduler::thread;

use super::super::attend::{Attendant, Ended, Flow, Patience, attend};
use super::super::futex::{Kick, Watched};
use super::super::lane::{Lane, Wants};
use super::super::layout::Kind;
use super::super::ring::{Frame, Poisoned};
use super::super::sync::{AtomicU32, Ordering};
use super::frames::header;
use super::wire::{View, ends};
use super::{AT_ONCE, SLEEPY};

/// The end that serves.
struct Serving {
    lane: Arc<Lane<View>>,
    kick: Kick,
    ended: AtomicU32,
    served: Mutex<u64>,
    all_served: Condvar,
}

impl Serving {
    fn new(lane: Arc<Lane<View>>) -> Arc<Serving> {
        Arc::new(Serving {
            lane,
            kick: Kick::default(),
            ended: AtomicU32::new(0),
            served: Mutex::new(0),
            all_served: Condvar::new(),
        })
    }

    /// Takes one call. `None` = it has waited long enough.
    fn take(&self, patience: Patience) -> Option<u64> {
        let mut crew = Crew { serving: self, call: None, lends: None };
        let ended = attend(&self.lane, &self.kick, &mut crew, patience).unwrap();
        match ended {
            Ended::Left { more } => {
                if more {
                    self.kick.kick();
                }
                crew.call
            }
            Ended::GaveUp => None,
            Ended::Done => panic!("the link has not ended"),
        }
    }

    /// Takes the lead from a leader that runs a handler, and lets go of it.
    fn overtakes(&self) -> bool {
        let Some(mut leading) = self.lane.take_over() else { return false };
        loop {
            leading.arm(Wants::default());
            match leading.let_go() {
                Ok(()) => return true,
                Err(kept) => leading = kept,
            }
        }
    }

    /// Attends the lane until the last call is taken, and tells the others. False = another thread has it.
    fn takes_the_last(&self, lends: Option<u64>) -> bool {
        let mut crew = Crew { serving: self, call: None, lends };
        attend(&self.lane, &self.kick, &mut crew, SLEEPY).unwrap();
        let is_ours = crew.call.is_some();
        if is_ours {
            self.ended.store(1, Ordering::SeqCst);
            self.kick.kick();
        }
        is_ours
    }

    /// A handler that ends when as many calls are being served as there are.
    fn run(&self, all: u64) {
        let mut served = self.served.lock().unwrap();
        *served += 1;
        if *served == all {
            self.all_served.notify_all();
        }
        while *served < all {
            served = self.all_served.wait(served).unwrap();
        }
    }
}

struct Crew<'a> {
    serving: &'a Serving,
    call: Option<u64>,
    /// Runs the first call under a lane that it lends; with as many as there are.
    lends: Option<u64>,
}

impl Attendant for Crew<'_> {
    fn is_done(&self) -> bool {
        self.serving.ended.load(Ordering::SeqCst) == 1
    }

    fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned> {
        assert!(self.call.is_none(), "a call was taken and forgotten");
        self.call = Some(frame.header.call);
        Ok(if self.lends.is_some() { Flow::Run } else { Flow::Leave })
    }

    fn look(&mut self) -> bool {
        false
    }

    fn has_ended(&self) -> bool {
        self.is_done()
    }

    fn fail_all(&mut self) {}

    fn wants(&self) -> Wants {
        Wants::default()
    }

    fn is_due(&self) -> bool {
        true
    }

    fn word(&self) -> Option<Watched<'_>> {
        None
    }

    fn rouse_others(&self) {
        self.serving.kick.kick();
    }

    fn go_on(&mut self) -> bool {
        true
    }

    fn run(&mut self) {
        if let (Some(_), Some(all)) = (self.call.take(), self.lends.take()) {
            self.serving.run(all);
        }
    }
}

fn call(lane: &Lane<View>, id: u64) {
    assert_eq!(lane.send(&header(Kind::Call, id), &[]), Ok(()));
}

/// The end that serves, and the thread that makes two calls.
fn two_calls() -> (Arc<Serving>, thread::JoinHandle<()>) {
    let [a, b] = ends();
    let calling = thread::spawn(move || {
        call(&a, 0);
        call(&a, 1);
    });
    (Serving::new(b), calling)
}

/// Two calls, of which neither ends before the other has begun: who takes one must leave the other to the other thread.
pub fn a_crew_hands_over() {
    let (serving, calling) = two_calls();
    let second = serving.clone();
    let second = thread::spawn(move || {
        second.take(SLEEPY).expect("a call");
        second.run(2);
    });
    serving.take(SLEEPY).expect("a call");
    serving.run(2);
    second.join().unwrap();
    calling.join().unwrap();
}

/// One thread too many leaves while a call comes; it or the other must serve it.
pub fn a_spare_thread_leaves() {
    let [a, b] = ends();
    let serving = Serving::new(b);
    let calling = thread::spawn(move || call(&a, 0));
    let spare = serving.clone();
    let spare = thread::spawn(move || match spare.take(AT_ONCE) {
        Some(_) => {
            // The other thread has nothing to wait for.
            spare.ended.store(1, Ordering::SeqCst);
            spare.kick.kick();
        }
        None => {}
    });
    let mut crew = Crew { serving: &serving, call: None, lends: None };
    attend(&serving.lane, &serving.kick, &mut crew, SLEEPY).unwrap();
    spare.join().unwrap();
    calling.join().unwrap();
}

/// Two calls, of which neither ends before the other has begun. The leader lends the lane while it runs the first; another
/// thread takes the lead, and the next call, and whoever is overtaken goes on as one of the crew.
pub fn a_leader_is_overtaken() {
    let (serving, calling) = two_calls();
    let watching = serving.clone();
    let watching = thread::spawn(move || {
        while !watching.overtakes() {
            thread::yield_now();
        }
        // As `Pace::watch`: this thread attends the lane next.
        watching.take(SLEEPY).expect("a call");
        watching.run(2);
        watching.ended.store(1, Ordering::SeqCst);
        watching.kick.kick();
    });
    let mut crew = Crew { serving: &serving, call: None, lends: Some(2) };
    assert_eq!(attend(&serving.lane, &serving.kick, &mut crew, SLEEPY), Ok(Ended::Done));
    watching.join().unwrap();
    calling.join().unwrap();
}

/// The handler that a leader runs ends while another thread takes the lead: one of both has it.
pub fn a_leader_comes_back() {
    let (serving, calling) = two_calls();
    let watching = serving.clone();
    let watching = thread::spawn(move || watching.overtakes() && watching.takes_the_last(None));
    let is_ours = serving.takes_the_last(Some(1));
    assert!(is_ours != watching.join().unwrap(), "one of both takes the call behind the one that was run");
    calling.join().unwrap();
}
