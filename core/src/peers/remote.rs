//! The way to a method that another process hosts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::buffer::Buffer;
use crate::call::{Answer, Deadline, Lender, Request};
use crate::codec::Encoding;
use crate::dispatch::{Door, Outbound, Recipient};
use crate::error::{Code, Error, Result};
use crate::hazard::Shared;
use crate::meta;
use crate::proto::{ServiceDefinition, TransportType};
use crate::shm::link::caller::Caller;
use crate::shm::link::serving::RESOLVE;
use crate::shm::link::wire::{self, Resolve};
use crate::thread::Thread;

/// Not asked for yet; the numbers of methods begin behind it.
const UNKNOWN: u32 = RESOLVE;

/// The end that calls a process, for as long as there is a link to it. Without a reference count: that is two locked instructions
/// for each call.
pub(super) type Reach = Shared<Caller>;

/// A method of a service in another process.
pub struct RemoteMethod {
    reach: Arc<Reach>,
    wanted: Resolve,
    /// Its number at the other end.
    number: AtomicU32,
}

impl RemoteMethod {
    pub fn new(reach: Arc<Reach>, service: &ServiceDefinition, method: &str) -> Arc<RemoteMethod> {
        let wanted = Resolve {
            service: service.service_id.clone(),
            version: service.version.clone(),
            method: method.to_owned(),
        };
        Arc::new(RemoteMethod { reach, wanted, number: AtomicU32::new(UNKNOWN) })
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
        let answer = caller.call(RESOLVE, &asked).into_outcome().map_err(|error| match error.code() {
            // Whatever became of the question: the call itself comes after it.
            Code::Unavailable => self.gone(name),
            _ => error,
        })?;
        let number = answer.body.as_slice().try_into().map(u32::from_le_bytes);
        let number =
            number.map_err(|_| Error::unavailable("the other process gave no number for the method"))?;
        caller.is_named(number, &format!("{}.{name}", self.wanted.service));
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

    fn call(&self, outbound: &Outbound<'_>) -> Answer {
        let Some(caller) = self.reach.get(Thread::current()) else { return self.gone(outbound.name).into() };
        match self.number(&caller, outbound.deadline) {
            Ok(number) => caller.call(number, outbound),
            Err(error) => error.into(),
        }
    }

    fn submit(&self, outbound: &Outbound<'_>, recipient: Recipient<'_>) -> Result<()> {
        let caller = self.reach.get(Thread::current()).ok_or_else(|| self.gone(outbound.name))?;
        let number = self.number(&caller, outbound.deadline)?;
        caller.with_arc(|caller| caller.submit(number, outbound, recipient))
    }

    fn give_up(&self, number: u64) {
        if let Some(caller) = self.reach.get(Thread::current()) {
            caller.share().give_up(number);
        }
    }

    fn loan(&self, len: usize) -> Option<Buffer> {
        let caller = self.reach.get(Thread::current())?;
        Some(caller.end().loan(len))
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        self.reach.get(Thread::current()).is_some_and(|caller| caller.end().holds(bytes))
    }
}
