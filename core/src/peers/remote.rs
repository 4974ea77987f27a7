//! The way to a method that another process hosts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use super::peer::Peer;
use crate::buffer::Buffer;
use crate::call::{Call, Deadline, Lender, Outcome, Request};
use crate::codec::Encoding;
use crate::dispatch::{Door, Outbound};
use crate::error::{Code, Error, Result};
use crate::meta;
use crate::proto::{ServiceDefinition, TransportType};
use crate::shm::link::caller::Caller;
use crate::shm::link::serving::RESOLVE;
use crate::shm::link::wire::{self, Resolve};

/// Not asked for yet; the numbers of methods begin behind it.
const UNKNOWN: u32 = RESOLVE;

/// A method of a service in another process.
pub struct RemoteMethod {
    peer: Weak<Peer>,
    wanted: Resolve,
    /// Its number at the other end.
    number: AtomicU32,
}

impl RemoteMethod {
    pub fn new(peer: Weak<Peer>, service: &ServiceDefinition, method: &str) -> Arc<RemoteMethod> {
        let wanted = Resolve {
            service: service.service_id.clone(),
            version: service.version.clone(),
            method: method.to_owned(),
        };
        Arc::new(RemoteMethod { peer, wanted, number: AtomicU32::new(UNKNOWN) })
    }

    #[inline]
    fn number(&self, caller: &Caller, deadline: Deadline) -> Result<u32> {
        match self.number.load(Ordering::Relaxed) {
            UNKNOWN => self.ask(caller, deadline),
            number => Ok(number),
        }
    }

    #[cold]
    fn ask(&self, caller: &Caller, deadline: Deadline) -> Result<u32> {
        let body = wire::bytes(&self.wanted);
        let request = Request { encoding: Encoding::Protobuf, ..Request::bytes(&body) };
        let name = self.wanted.method.as_str();
        let asked = Outbound::new(name, &request, deadline);
        let answer = caller.call(RESOLVE, &asked).map_err(|error| match error.code() {
            // Whatever became of the question: the call itself comes after it.
            Code::Unavailable => self.gone(name),
            _ => error,
        })?;
        let number = answer.body.as_slice().try_into().map(u32::from_le_bytes);
        let number =
            number.map_err(|_| Error::unavailable("the other process gave no number for the method"))?;
        self.number.store(number, Ordering::Relaxed);
        Ok(number)
    }

    #[cold]
    fn gone(&self, name: &str) -> Error {
        Error::unavailable(format!(
            "{name} cannot be reached: its process is not connected any more. It was not sent"
        ))
        .with_source(name)
        .with_detail(meta::MAYBE_EXECUTED, "false")
    }
}

impl Door for RemoteMethod {
    fn transport(&self) -> TransportType {
        TransportType::SharedMemory
    }

    fn call(&self, outbound: &Outbound<'_>) -> Outcome {
        let peer = self.peer.upgrade().ok_or_else(|| self.gone(outbound.name))?;
        let caller = peer.caller();
        caller.call(self.number(caller, outbound.deadline)?, outbound)
    }

    fn submit(&self, outbound: &Outbound<'_>, call: Call) -> Result<()> {
        let peer = self.peer.upgrade().ok_or_else(|| self.gone(outbound.name))?;
        let caller = peer.caller();
        caller.submit(self.number(caller, outbound.deadline)?, outbound, call)
    }

    fn give_up(&self, number: u64) {
        if let Some(peer) = self.peer.upgrade() {
            peer.caller().give_up(number);
        }
    }

    fn loan(&self, len: usize) -> Option<Buffer> {
        let peer = self.peer.upgrade()?;
        Some(peer.caller().end().clone().loan(len))
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        self.peer.upgrade().is_some_and(|peer| peer.caller().end().holds(bytes))
    }
}
