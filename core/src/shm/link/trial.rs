//! A link from this process to itself, to see how fast links are on this machine.

use std::sync::Arc;
use std::thread;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::handshake::{self, Identity};
use super::serving::{Host, SERVICES};
use super::wire::Resolve;
use crate::call::{Deadline, Request};
use crate::dispatch::Outbound;
use crate::error::{Error, Result};
use crate::service::{Method, Service};
use crate::shm::control::{self, Received};

/// Bytes of an answer.
const ANSWER: usize = 64;

/// Hosts nothing, but answers.
struct Nothing;

impl Host for Nothing {
    fn resolve(&self, wanted: &Resolve) -> Result<(Arc<Service>, Arc<Method>)> {
        Err(Error::not_found(format!("'{}' is not hosted by a trial", wanted.service)))
    }

    fn services(&self) -> Vec<u8> {
        vec![0; ANSWER]
    }
}

/// Makes a link, and gives `measure` a function that makes one call.
pub fn over_a_link<R>(measure: impl FnOnce(&dyn Fn() -> Result<()>) -> R) -> Result<R> {
    let failed = |e: rustix::io::Errno| Error::exhausted(format!("no socket for a trial: {e}"));
    let (calling, serving) = socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )
    .map_err(failed)?;
    control::pass_credentials(std::os::fd::AsFd::as_fd(&serving))
        .map_err(|e| Error::exhausted(format!("no socket for a trial: {e}")))?;
    let identity = |home| Identity { home, runtime: 0, name: "trial".into() };
    let connecting = thread::Builder::new()
        .name("hms-trial".into())
        .spawn(move || handshake::connect(calling, &identity(1), &|_, _| Ok(())))
        .map_err(|e| Error::exhausted(format!("no thread for a trial: {e}")))?;
    let packet = loop {
        match control::receive(std::os::fd::AsFd::as_fd(&serving), 1) {
            Ok(Received::Packet(packet)) => break packet,
            Ok(Received::WouldBlock) if !connecting.is_finished() => thread::yield_now(),
            _ => return Err(Error::unavailable("a trial found nobody to call")),
        }
    };
    let (serving, _) = handshake::accept(serving, packet, &identity(2), Arc::new(Nothing), &|_, _| Ok(()))?;
    let connected = connecting.join().map_err(|_| Error::internal("a trial failed"))?;
    let measured = connected.map(|link| {
        let request = Request::bytes(&[0; ANSWER]);
        let call = || {
            let deadline = Deadline::after(1_000_000_000);
            let asked = Outbound::new("a trial", &request, deadline);
            link.caller.call(SERVICES, &asked).into_outcome().map(drop)
        };
        let measured = measure(&call);
        link.caller.close(Error::unavailable("the trial is over"));
        measured
    });
    serving.close(Error::unavailable("the trial is over"));
    measured
}
