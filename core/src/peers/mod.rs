//! The other processes of a domain, as a runtime sees them: what they host is in its registry, and calls find the way.
//!
//! A runtime that hosts services claims a name in the domain's directory. One that looks for services connects to those who
//! are there, keeps watching, and registers what they host as replicas that are elsewhere.

mod host;
mod peer;
mod remote;
mod sources;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use crate::domain::{Claim, Domain, Entry};
use crate::error::Result;
use crate::runtime::{Runtime, instance_id};
use crate::shm::link::handshake::Identity;
use crate::shm::link::serving::Serving;
use crate::{fork, log, reactor};
use peer::Peer;

/// The processes of a runtime's domain.
pub struct Peers {
    runtime: Weak<Runtime>,
    domain: Domain,
    me: Identity,
    state: Mutex<State>,
    /// One thread at a time looks who is there.
    refreshing: Mutex<()>,
}

#[derive(Default)]
struct State {
    /// What is waited for on behalf of this runtime, by the reactor's number.
    sources: Vec<u64>,
    /// The name of this process, while it hosts something.
    claim: Option<Arc<Claim>>,
    is_watching: bool,
    known: HashMap<Entry, Arc<Peer>>,
    served: Vec<Weak<Serving>>,
    is_closed: bool,
}

/// A number that no other process has.
pub fn home() -> Result<u64> {
    let id = instance_id()?;
    Ok(u64::from_le_bytes([id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7]]).max(1))
}

impl Peers {
    /// The processes of a domain, none of which is known yet.
    pub fn new(runtime: &Arc<Runtime>, domain: Domain) -> Result<Arc<Peers>> {
        let me = Identity { home: home()?, name: runtime.name().to_owned() };
        Ok(Arc::new(Peers {
            runtime: Arc::downgrade(runtime),
            domain,
            me,
            state: Mutex::default(),
            refreshing: Mutex::new(()),
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
        state.claim = Some(claim);
        state.sources.push(number);
        Ok(())
    }

    /// Tells those who call this process that its services have changed.
    pub fn announce(&self) {
        let served: Vec<Arc<Serving>> = self.state().served.iter().filter_map(Weak::upgrade).collect();
        for serving in served {
            serving.announce();
        }
    }

    /// Looks who is there and what they host. From the first time on, it also watches who comes and goes.
    pub fn refresh(self: &Arc<Self>) -> Result<()> {
        let _one = self.refreshing.lock().unwrap_or_else(|e| e.into_inner());
        self.watch()?;
        let own = self.state().claim.as_ref().map(|claim| claim.entry().clone());
        for entry in self.domain.entries()? {
            let is_known = self.state().known.contains_key(&entry);
            if is_known || own.as_ref() == Some(&entry) {
                continue;
            }
            match Peer::connect(self, &entry) {
                Ok(peer) => {
                    let mut state = self.state();
                    state.sources.extend(peer.sources());
                    state.known.insert(entry, peer);
                }
                Err(error) => log::warning("domain", &format!("process {entry} is left out: {error}")),
            }
        }
        self.forget_gone();
        Ok(())
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
        let gone: Vec<Arc<Peer>> =
            self.state().known.extract_if(|_, peer| peer.is_long_gone()).map(|(_, peer)| peer).collect();
        for peer in gone {
            peer.withdraw();
        }
    }

    fn serves(&self, serving: &Arc<Serving>, source: u64) {
        let mut state = self.state();
        state.served.retain(|serving| serving.strong_count() > 0);
        state.served.push(Arc::downgrade(serving));
        state.sources.push(source);
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
        sources.into_iter().for_each(reactor::remove);
        for serving in served.iter().filter_map(Weak::upgrade) {
            serving.close(crate::error::Error::unavailable("the server's runtime was closed"));
        }
        for peer in known.into_values() {
            peer.close();
        }
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        self.close();
    }
}
