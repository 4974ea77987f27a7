//! The other processes of a domain, as a runtime sees them: what they host is in its registry, and calls find the way.
//!
//! A runtime that hosts services claims a name in the domain's directory. One that looks for services connects to those who
//! are there, keeps watching, and registers what they host as replicas that are elsewhere.

mod exit;
mod host;
mod peer;
mod remote;
mod sources;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

use crate::call::Deadline;
use crate::domain::{Claim, Domain, Entry};
use crate::error::Result;
use crate::runtime::{Runtime, instance_id};
use crate::service::Service;
use crate::shm::link::handshake::Identity;
use crate::shm::link::serving::Serving;
use crate::shm::segment::{self, Backend};
use crate::{fork, log, reactor};
use peer::{Found, Peer};

/// How long the services of a process that has died are remembered, so that calls of them say what happened.
const REMEMBERED: Duration = Duration::from_secs(60);
/// How long a process that gave no answer is not asked again: whoever looks for services waits for each that is asked. Twice
/// as long after each time, but not longer than that.
const LEFT_OUT: Duration = Duration::from_secs(3);
const LEFT_OUT_MOST: Duration = Duration::from_secs(30);

/// The processes of a runtime's domain.
pub struct Peers {
    runtime: Weak<Runtime>,
    domain: Domain,
    me: Identity,
    state: Mutex<State>,
    /// One thread at a time looks who is there.
    refreshing: Mutex<()>,
    /// When to look again for those that were left out.
    next_try: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    /// What is waited for on behalf of this runtime, by the reactor's number.
    sources: Vec<u64>,
    /// The name of this process while it serves, and the reactor's number of its socket.
    claim: Option<(Arc<Claim>, u64)>,
    is_watching: bool,
    known: HashMap<Entry, Known>,
    /// The processes that call this one, with what is waited for on their behalf.
    served: Vec<(Weak<Serving>, Vec<u64>)>,
    /// How often those were told that the services of this process have changed.
    announced: u64,
    is_closed: bool,
}

/// What is known of a process.
enum Known {
    Linked(Arc<Peer>),
    /// It has died, or its link is broken. Nothing of the link is kept.
    Gone {
        services: Vec<Arc<Service>>,
        since: Instant,
    },
    /// It could not be reached, and is asked again after a pause.
    LeftOut {
        since: Instant,
        pause: Duration,
    },
    /// There is a link to it already: it has taken its name back, and now has another.
    Renamed(Weak<Peer>),
}

/// A number that no other process has.
pub fn home() -> Result<u64> {
    let id = instance_id()?;
    Ok(u64::from_le_bytes([id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7]]).max(1))
}

impl Peers {
    /// The processes of a domain, none of which is known yet.
    pub fn new(runtime: &Arc<Runtime>, domain: Domain) -> Result<Arc<Peers>> {
        let me = Identity { home: home()?, runtime: runtime.number(), name: runtime.name().to_owned() };
        Ok(Arc::new(Peers {
            runtime: Arc::downgrade(runtime),
            domain,
            me,
            state: Mutex::default(),
            refreshing: Mutex::new(()),
            next_try: Arc::new(AtomicU64::new(Deadline::NONE.0)),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Lets other processes find this one. Nothing happens when they do already.
    pub fn publish(self: &Arc<Self>) -> Result<()> {
        let mut state = self.state();
        if state.claim.is_some() || state.is_closed {
            return Ok(());
        }
        let claim = Arc::new(self.domain.claim()?);
        let number = reactor::add(Arc::new(sources::Listening::new(self, claim.clone())))?;
        exit::leave_at_exit(&claim);
        state.claim = Some((claim, number));
        Ok(())
    }

    /// Other processes find this one no more, unless it serves. Links to those who found it before go on.
    pub fn withdraw_unless(&self, serves: impl FnOnce() -> bool) {
        if fork::forked() {
            return;
        }
        let mut state = self.state();
        if state.claim.is_none() || serves() {
            return;
        }
        let claim = state.claim.take();
        drop(state);
        if let Some((claim, number)) = claim {
            claim.leave();
            reactor::remove(number);
        }
    }

    /// Tells those who call this process that its services have changed.
    pub fn announce(&self) {
        let served: Vec<Arc<Serving>> = {
            let mut state = self.state();
            state.announced += 1;
            state.served.iter().filter_map(|(serving, _)| serving.upgrade()).collect()
        };
        for serving in served {
            serving.announce();
        }
    }

    fn announced(&self) -> u64 {
        self.state().announced
    }

    /// Looks who is there and what they host. From the first time on, it also watches who comes and goes.
    pub fn refresh(self: &Arc<Self>) -> Result<()> {
        let _one = self.refreshing.lock().unwrap_or_else(|e| e.into_inner());
        self.watch()?;
        if Backend::from_env() == Ok(Backend::Named) {
            segment::sweep();
        }
        let own = self.state().claim.as_ref().map(|(claim, _)| claim.entry().clone());
        self.forget_gone();
        let entries = self.domain.entries()?;
        self.state()
            .known
            .retain(|entry, known| !matches!(known, Known::LeftOut { .. }) || entries.contains(entry));
        for entry in entries {
            let pause = match self.state().known.get(&entry) {
                None if own.as_ref() == Some(&entry) => continue,
                None => LEFT_OUT,
                Some(Known::LeftOut { since, pause }) if since.elapsed() >= *pause => {
                    (*pause * 2).min(LEFT_OUT_MOST)
                }
                Some(_) => continue,
            };
            match Peer::connect(self, &entry) {
                Ok(Found::New(peer)) => {
                    self.state().known.insert(entry, Known::Linked(peer.clone()));
                    if peer.is_dead() {
                        self.lost(&peer);
                    }
                }
                Ok(Found::Known(peer)) => {
                    self.state().known.insert(entry, Known::Renamed(Arc::downgrade(&peer)));
                }
                Err(error) => {
                    log::warning("domain", &format!("process {entry} is left out: {error}"));
                    self.state().known.insert(entry, Known::LeftOut { since: Instant::now(), pause });
                }
            }
        }
        self.try_later();
        Ok(())
    }

    /// Has the processes that were left out asked again when their pause is over.
    fn try_later(&self) {
        let left = |known: &Known| match known {
            Known::LeftOut { since, pause } => Some(pause.saturating_sub(since.elapsed())),
            _ => None,
        };
        if let Some(soonest) = self.state().known.values().filter_map(left).min() {
            let at = Deadline::after(soonest.as_nanos().max(1) as u64);
            self.next_try.store(at.0, Ordering::SeqCst);
            reactor::look_at_deadlines();
        }
    }

    /// A peer has died: of its link nothing is kept.
    fn lost(&self, peer: &Arc<Peer>) {
        let mut state = self.state();
        let is_it = |known: &&mut Known| matches!(known, Known::Linked(other) if Arc::ptr_eq(other, peer));
        let gone = state.known.values_mut().find(is_it).map(|known| {
            std::mem::replace(known, Known::Gone { services: peer.take_services(), since: Instant::now() })
        });
        drop(state);
        // Out of the lock: with it goes the link.
        drop(gone);
    }

    fn watch(self: &Arc<Self>) -> Result<()> {
        if std::mem::replace(&mut self.state().is_watching, true) {
            return Ok(());
        }
        let watched =
            self.domain.watch().and_then(|watch| reactor::add(Arc::new(sources::Watching::new(self, watch))));
        match watched {
            Ok(number) => self.state().sources.push(number),
            Err(_) => self.state().is_watching = false,
        }
        watched.map(drop)
    }

    /// Forgets processes that ended a while ago.
    fn forget_gone(&self) {
        let is_old = |known: &Known| match known {
            Known::Linked(_) => false,
            Known::Gone { since, .. } => since.elapsed() > REMEMBERED,
            Known::LeftOut { .. } => false,
            Known::Renamed(peer) => peer.upgrade().is_none_or(|peer| peer.is_dead()),
        };
        let gone: Vec<Known> =
            self.state().known.extract_if(|_, known| is_old(known)).map(|(_, known)| known).collect();
        let Some(runtime) = self.runtime() else { return };
        for known in gone {
            if let Known::Gone { services, .. } = known {
                services.iter().for_each(|service| runtime.withdraw(service));
            }
        }
    }

    /// The link to the runtime with these numbers, if there is one.
    fn linked(&self, who: (u64, u64)) -> Option<Arc<Peer>> {
        let state = self.state();
        let peers = state.known.values().filter_map(|known| match known {
            Known::Linked(peer) => Some(peer),
            _ => None,
        });
        peers.into_iter().find(|peer| who.1 != 0 && peer.who() == who && !peer.is_dead()).cloned()
    }

    /// From now on a process that calls this one is told of changes, and of those since `announced`: it may have asked
    /// for the services before they came.
    fn serves(&self, serving: &Arc<Serving>, sources: Vec<u64>, announced: u64) {
        let has_changed = {
            let mut state = self.state();
            state.served.retain(|(serving, _)| serving.strong_count() > 0);
            state.served.push((Arc::downgrade(serving), sources));
            state.announced != announced
        };
        if has_changed {
            serving.announce();
        }
    }

    fn runtime(&self) -> Option<Arc<Runtime>> {
        self.runtime.upgrade()
    }

    /// Nobody finds this process any more, and its links end.
    pub fn close(&self) {
        let State { sources, claim, known, served, .. } =
            std::mem::replace(&mut *self.state(), State { is_closed: true, ..State::default() });
        if fork::forked() {
            std::mem::forget((claim, known, served));
            return;
        }
        sources.into_iter().chain(claim.map(|(_, number)| number)).for_each(reactor::remove);
        for (serving, sources) in served {
            sources.into_iter().for_each(reactor::remove);
            if let Some(serving) = serving.upgrade() {
                serving.close(crate::error::Error::unavailable("the server's runtime was closed"));
            }
        }
        for known in known.into_values() {
            if let Known::Linked(peer) = known {
                peer.close();
            }
        }
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        self.close();
    }
}
