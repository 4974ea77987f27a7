//! How two processes become the ends of a link: a packet each way on the control socket, with a segment beside it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::caller::Caller;
use super::end::End;
use super::serving::{Host, Serving};
use super::terms::Terms;
use super::wire::{self, Control, Failure, Hello, Packet};
use crate::call::Deadline;
use crate::error::{Error, Result};
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
    /// Tells the runtimes of a process apart.
    pub runtime: u64,
    /// Name of the runtime, for people.
    pub name: String,
}

/// Refuses who may not have a link, by the socket to him and what the kernel says of him.
pub type Admit<'a> = &'a dyn Fn(BorrowedFd<'_>, &Credentials) -> Result<()>;

/// A link to a process that serves.
pub struct Connected {
    /// The end that calls.
    pub caller: Arc<Caller>,
    /// Numbers of the other process and of its runtime.
    pub who: (u64, u64),
    /// Its process id; 0 if it cannot be seen from here.
    pub pid: i32,
    /// A descriptor of it, readable once it has ended.
    pub process: Option<OwnedFd>,
}

/// Has the kernel say who sends the first packet. To be called before one can come.
pub fn ask_who(socket: BorrowedFd<'_>) -> Result<()> {
    control::pass_credentials(socket).map_err(socket_failed)?;
    control::pass_process(socket, true).map(drop).map_err(socket_failed)
}

/// Connects to a process, over a socket that it has listened on.
pub fn connect(socket: OwnedFd, me: &Identity, admit: Admit<'_>) -> Result<Connected> {
    let backend = Backend::from_env()?;
    ask_who(socket.as_fd())?;
    let own = OwnSegment::create(backend, SEGMENT, Purpose::Ring)?;
    send(&socket, Control::Hello(hello(me, &own, backend)), &own)?;
    let mut packet = wait(&socket)?;
    let accept = match read(&packet.bytes)? {
        Control::Accept(accept) => accept,
        Control::Refuse(failure) => return Err(Error::from(failure)),
        _ => return Err(broken("it answered with something else")),
    };
    let process = process_of(&socket, &mut packet);
    let side = Side { serves: false, backend, me, admit };
    let (end, pid) = side.open(own, &accept, &mut packet, socket)?;
    end.opened();
    let most_calls = accept.max_calls.clamp(1, MOST_CALLS);
    Ok(Connected { caller: Caller::new(end, most_calls), who: (accept.home, accept.runtime), pid, process })
}

/// A descriptor of the process that sent the first packet. Those that follow need not tell.
fn process_of(socket: &OwnedFd, packet: &mut control::Packet) -> Option<OwnedFd> {
    let _ = control::pass_process(socket.as_fd(), false);
    let pid = packet.credentials.map_or(0, |from| from.pid);
    packet.process.take().or_else(|| control::pidfd_of(pid).ok())
}

/// Serves a process that has connected and said hello. With a descriptor of it, readable once it has ended.
pub fn accept(
    socket: OwnedFd,
    mut packet: control::Packet,
    me: &Identity,
    host: Arc<dyn Host>,
    admit: Admit<'_>,
) -> Result<(Arc<Serving>, Option<OwnedFd>)> {
    let hello_of_peer = match read(&packet.bytes)? {
        Control::Hello(hello) => hello,
        _ => return Err(broken("it did not say hello")),
    };
    let process = process_of(&socket, &mut packet);
    let backend = Backend::from_env()?;
    let own = OwnSegment::create(backend, SEGMENT, Purpose::Ring);
    let accepted = own.and_then(|own| {
        let answer = hello(me, &own, backend);
        let socket = socket.try_clone().map_err(socket_failed)?;
        let side = Side { serves: true, backend, me, admit };
        let (end, _) = side.open(own, &hello_of_peer, &mut packet, socket)?;
        Ok((end, answer))
    });
    match accepted {
        Ok((end, answer)) => {
            send(&socket, Control::Accept(answer), end.own_segment())?;
            Ok((Serving::start(end, host, MOST_CALLS)?, process))
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
        runtime: me.runtime,
    }
}

/// Deadlines are points in time only for those who share a clock. 0 = not known.
fn time_namespace() -> u64 {
    rustix::fs::stat("/proc/self/ns/time").map_or(0, |stat| stat.st_ino)
}

/// This side of a link that begins.
struct Side<'a> {
    serves: bool,
    backend: Backend,
    me: &'a Identity,
    admit: Admit<'a>,
}

impl Side<'_> {
    /// An end over what both have sent, and the process id of the other.
    fn open(
        &self,
        own: OwnSegment,
        peer: &Hello,
        packet: &mut control::Packet,
        socket: OwnedFd,
    ) -> Result<(Arc<End>, i32)> {
        let from = packet.credentials.ok_or_else(|| broken("the system does not say who it is"))?;
        (self.admit)(socket.as_fd(), &from)?;
        if peer.magic != Hello::MAGIC || peer.version != Hello::VERSION {
            return Err(Error::precondition(format!(
                "process '{}' speaks version {} of this protocol, this one {}. Use the same version of hmsffi in both",
                peer.name,
                peer.version,
                Hello::VERSION
            )));
        }
        if peer.backend != self.backend.name() {
            return Err(Error::precondition(format!(
                "process '{}' uses shared memory of kind '{}', this one '{}'. Set HMSFFI_SHM_BACKEND alike in both",
                peer.name,
                peer.backend,
                self.backend.name()
            )));
        }
        let is_trusted = from.uid == rustix::process::geteuid().as_raw();
        if !is_trusted && self.backend == Backend::Named {
            return Err(Error::precondition(
                "named shared memory is for processes of one user. Set HMSFFI_SHM_BACKEND=memfd in both, or run them as one user",
            ));
        }
        if peer.segment != own.len() as u64 {
            return Err(broken("its segment has another size"));
        }
        let received = segment::Received { descriptor: packet.descriptors.pop(), text: &peer.ticket };
        let segment = PeerSegment::open(self.backend, received, own.len(), Purpose::Ring)?;
        let name = match from.pid {
            0 => format!("'{}' (in another container)", peer.name),
            pid => format!("'{}' (process {pid})", peer.name),
        };
        let clock = time_namespace();
        let terms = Terms {
            serves: self.serves,
            shares_clock: clock != 0 && peer.time_namespace == clock,
            is_trusted,
        };
        Ok((End::new((own, segment), self.backend, socket, (self.me.home, name), terms), from.pid))
    }
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
fn wait(socket: &OwnedFd) -> Result<control::Packet> {
    let deadline = Deadline::after(PATIENCE.as_nanos() as u64);
    loop {
        match control::receive(socket.as_fd(), 1).map_err(socket_failed)? {
            Received::Packet(packet) => return Ok(packet),
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
