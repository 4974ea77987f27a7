//! How two processes become the ends of a link: a packet each way on the control socket, with a segment beside it.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::caller::Caller;
use super::end::End;
use super::serving::{Host, Serving};
use super::wire::{self, Control, Failure, Hello, Packet};
use crate::call::Deadline;
use crate::error::{Code, Error, Result};
use crate::shm::control::{self, Credentials, Received};
use crate::shm::layout::SEGMENT;
use crate::shm::segment::{self, Backend, OwnSegment, PeerSegment, Purpose};

use std::sync::Arc;

/// Calls that one end may have under way at the other.
const MOST_CALLS: u32 = 1024;
/// How long a peer may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who this process is to others.
#[derive(Debug, Clone)]
pub struct Identity {
    /// A number that no other process has.
    pub home: u64,
    /// Name of the runtime, for people.
    pub name: String,
}

/// A link to a process that serves.
pub struct Connected {
    /// The end that calls.
    pub caller: Arc<Caller>,
    /// Number of the other process.
    pub home: u64,
    /// Its process id, if it can be seen from here.
    pub pid: i32,
}

/// Connects to a process, over a socket that it has listened on.
pub fn connect(socket: OwnedFd, me: &Identity) -> Result<Connected> {
    let backend = Backend::from_env()?;
    control::pass_credentials(socket.as_fd()).map_err(socket_failed)?;
    let own = OwnSegment::create(backend, SEGMENT, Purpose::Ring)?;
    send(&socket, Control::Hello(hello(me, &own, backend)), &own)?;
    let (control, mut descriptors, from) = wait(&socket)?;
    let accept = match control {
        Control::Accept(accept) => accept,
        Control::Refuse(failure) => return Err(Error::from(failure)),
        _ => return Err(broken("it answered with something else")),
    };
    let link = open(own, me, backend, &accept, &mut descriptors, from, socket)?;
    link.0.opened();
    let most_calls = accept.max_calls.clamp(1, MOST_CALLS);
    Ok(Connected { caller: Caller::new(Arc::new(link.0), most_calls), home: accept.home, pid: link.1 })
}

/// Serves a process that has connected and said hello.
pub fn accept(
    socket: OwnedFd,
    packet: control::Packet,
    me: &Identity,
    host: Arc<dyn Host>,
) -> Result<Arc<Serving>> {
    let hello_of_peer = match read(&packet.bytes)? {
        Control::Hello(hello) => hello,
        _ => return Err(broken("it did not say hello")),
    };
    let mut descriptors = packet.descriptors;
    let backend = Backend::from_env()?;
    let own = OwnSegment::create(backend, SEGMENT, Purpose::Ring);
    let accepted = own.and_then(|own| {
        let answer = hello(me, &own, backend);
        let socket = socket.try_clone().map_err(socket_failed)?;
        let (end, _) = open(own, me, backend, &hello_of_peer, &mut descriptors, packet.credentials, socket)?;
        Ok((end, answer))
    });
    match accepted {
        Ok((end, answer)) => {
            send(&socket, Control::Accept(answer), end.own_segment())?;
            Serving::start(Arc::new(end), host, MOST_CALLS)
        }
        Err(error) => {
            let refusal = wire::bytes(&Packet { control: Some(Control::Refuse(Failure::from(&error))) });
            let _ = control::send(socket.as_fd(), &refusal, &[]);
            Err(error)
        }
    }
}

fn hello(me: &Identity, own: &OwnSegment, backend: Backend) -> Hello {
    Hello {
        magic: Hello::MAGIC,
        version: Hello::VERSION,
        home: me.home,
        segment: own.len() as u64,
        ticket: own.ticket().text,
        backend: backend.name().to_owned(),
        max_calls: MOST_CALLS,
        time_namespace: time_namespace(),
        name: me.name.clone(),
    }
}

/// Deadlines are points in time only for those who share a clock.
fn time_namespace() -> u64 {
    rustix::fs::stat("/proc/self/ns/time").map_or(0, |stat| stat.st_ino)
}

/// An end over what both have sent.
fn open(
    own: OwnSegment,
    me: &Identity,
    backend: Backend,
    peer: &Hello,
    descriptors: &mut Vec<OwnedFd>,
    from: Option<Credentials>,
    socket: OwnedFd,
) -> Result<(End, i32)> {
    if peer.magic != Hello::MAGIC || peer.version != Hello::VERSION {
        return Err(Error::precondition(format!(
            "process '{}' speaks version {} of this protocol, this one {}. Use the same version of hmsffi in both",
            peer.name,
            peer.version,
            Hello::VERSION
        )));
    }
    if peer.backend != backend.name() {
        return Err(Error::precondition(format!(
            "process '{}' uses shared memory of kind '{}', this one '{}'. Set HMSFFI_SHM_BACKEND alike in both",
            peer.name,
            peer.backend,
            backend.name()
        )));
    }
    let from = from.ok_or_else(|| broken("the system does not say who it is"))?;
    let own_user = rustix::process::geteuid().as_raw();
    if from.uid != own_user {
        return Err(Error::new(
            Code::PermissionDenied,
            format!("process {} belongs to user {}, this one to {own_user}", from.pid, from.uid),
        ));
    }
    if peer.segment != own.len() as u64 {
        return Err(broken("its segment has another size"));
    }
    let received = segment::Received { descriptor: descriptors.pop(), text: &peer.ticket };
    let segment = PeerSegment::open(backend, received, own.len(), Purpose::Ring)?;
    let name = format!("'{}' (process {})", peer.name, from.pid);
    let shares_clock = peer.time_namespace == time_namespace();
    Ok((End::new((own, segment), backend, socket, (me.home, name), shares_clock), from.pid))
}

fn send(socket: &OwnedFd, control: Control, segment: &OwnSegment) -> Result<()> {
    let bytes = wire::bytes(&Packet { control: Some(control) });
    let sent = control::send(socket.as_fd(), &bytes, segment.ticket().descriptor.as_slice());
    match sent.map_err(socket_failed)? {
        control::Sent::Done => Ok(()),
        control::Sent::WouldBlock => Err(broken("it does not read its socket")),
    }
}

/// Waits for the answer to a hello.
fn wait(socket: &OwnedFd) -> Result<(Control, Vec<OwnedFd>, Option<Credentials>)> {
    let deadline = Deadline::after(PATIENCE.as_nanos() as u64);
    loop {
        match control::receive(socket.as_fd(), 1).map_err(socket_failed)? {
            Received::Packet(packet) => {
                return Ok((read(&packet.bytes)?, packet.descriptors, packet.credentials));
            }
            Received::Refused { fault, .. } => {
                return Err(broken(&format!("its packet was refused: {fault:?}")));
            }
            Received::End => return Err(Error::unavailable("the process ended before it answered")),
            Received::WouldBlock => {}
        }
        let Some(left) = deadline.left().filter(|left| !left.is_zero()) else {
            return Err(Error::unavailable(format!(
                "the process did not answer within {} s. It may be stopped",
                PATIENCE.as_secs()
            )));
        };
        let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let _ = poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&timeout));
    }
}

/// The control message in a packet.
pub fn read(bytes: &[u8]) -> Result<Control> {
    wire::read::<Packet>(bytes)?.control.ok_or_else(|| broken("a packet says nothing"))
}

fn broken(how: &str) -> Error {
    Error::unavailable(format!("no link to the process: {how}"))
}

fn socket_failed(e: std::io::Error) -> Error {
    Error::unavailable(format!("no link to the process: its socket fails: {e}"))
}
