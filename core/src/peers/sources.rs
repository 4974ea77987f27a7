//! What the reactor waits for on behalf of a runtime.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use rustix::net::{SocketFlags, accept_with};

use super::Peers;
use super::host::Hosted;
use super::peer::Peer;
use crate::call::Deadline;
use crate::domain::{Claim, Watch};
use crate::error::{Error, Result};
use crate::log;
use crate::reactor::{self, Source};
use crate::shm::control::{self, Credentials, Fault, Received};
use crate::shm::link::end::End;
use crate::shm::link::handshake;
use crate::shm::link::serving::Serving;
use crate::shm::link::wire::Control;

/// How long a process that has connected may take to say hello.
const PATIENCE: u64 = 10_000_000_000;
/// Packets that are read from one socket before others have their turn.
const PACKETS: usize = 64;

/// The socket on which this process is found.
pub struct Listening {
    peers: Weak<Peers>,
    claim: Arc<Claim>,
}

impl Listening {
    pub fn new(peers: &Arc<Peers>, claim: Arc<Claim>) -> Listening {
        Listening { peers: Arc::downgrade(peers), claim }
    }
}

impl Source for Listening {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.claim.as_fd()
    }

    fn ready(&self) -> bool {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        while let Ok(socket) = accept_with(self.claim.as_fd(), flags) {
            if handshake::ask_who(socket.as_fd()).is_err() {
                continue;
            }
            let greeting = Greeting { peers: self.peers.clone(), socket, until: Deadline::after(PATIENCE) };
            if let Err(error) = reactor::add(Arc::new(greeting)) {
                log::warning("domain", &format!("a process that connected was turned away: {error}"));
            }
        }
        true
    }
}

/// A process that has connected and not said hello.
struct Greeting {
    peers: Weak<Peers>,
    socket: OwnedFd,
    until: Deadline,
}

impl Source for Greeting {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn deadline(&self) -> Deadline {
        self.until
    }

    fn ready(&self) -> bool {
        match control::receive(self.socket.as_fd(), 1) {
            Ok(Received::Packet(packet)) => {
                if let Err(error) = self.welcome(packet) {
                    log::warning("domain", &format!("a process that connected was turned away: {error}"));
                }
                false
            }
            Ok(Received::WouldBlock) => !self.until.passed(),
            Ok(Received::End | Received::Refused { .. }) | Err(_) => false,
        }
    }
}

impl Greeting {
    fn welcome(&self, packet: control::Packet) -> Result<()> {
        let Some(peers) = self.peers.upgrade() else { return Ok(()) };
        let host = Arc::new(Hosted(peers.runtime.clone()));
        let announced = peers.announced();
        let socket = copy(self.socket.as_fd())?;
        let admit = |socket: BorrowedFd<'_>, from: &Credentials| peers.domain.admit(socket, from);
        let (serving, process) = handshake::accept(socket, packet, &peers.me, host, &admit)?;
        let watched = self.watch(&serving, process);
        if let Err(error) = &watched {
            serving.close(error.clone());
        }
        peers.serves(&serving, watched?, announced);
        Ok(())
    }

    /// Waits for what its socket says, and for its death.
    fn watch(&self, serving: &Arc<Serving>, process: Option<OwnedFd>) -> Result<Vec<u64>> {
        let process = process.map(|process| ServedProcess { serving: Arc::downgrade(serving), process });
        let process = process.map(|process| reactor::add(Arc::new(process))).transpose()?;
        let watched = copy(self.socket.as_fd())
            .and_then(|socket| reactor::add(Arc::new(Served { serving: serving.clone(), socket, process })));
        if watched.is_err() {
            process.into_iter().for_each(reactor::remove);
        }
        Ok(process.into_iter().chain([watched?]).collect())
    }
}

fn copy(socket: BorrowedFd<'_>) -> Result<OwnedFd> {
    socket
        .try_clone_to_owned()
        .map_err(|e| Error::exhausted(format!("a socket cannot be copied: {e}. Raise the limit (ulimit -n)")))
}

/// What only an end that calls need be told.
enum Told {
    ServicesChanged,
    DoorbellFailed,
}

/// Does what packets on the control socket of a link ask for. `Err` = why the link has ended.
fn read_packets(
    socket: BorrowedFd<'_>,
    end: &End,
    mut told: impl FnMut(Told),
) -> std::result::Result<(), String> {
    for _ in 0..PACKETS {
        let packet = match control::receive(socket, 1) {
            Ok(Received::Packet(packet)) => packet,
            Ok(Received::WouldBlock) => return Ok(()),
            Ok(Received::End) => return Err("has ended".into()),
            Ok(Received::Refused { fault: Fault::Lost, bytes, .. }) => {
                let lost = match handshake::read(&bytes) {
                    Ok(Control::Doorbell(_)) => end.doorbell_came(None),
                    _ => end.arena_lost(),
                };
                lost.map_err(|e| e.message().to_owned())?;
                continue;
            }
            Ok(Received::Refused { fault, .. }) => return Err(format!("sent what was refused: {fault:?}")),
            Err(e) => return Err(format!("cannot be heard: {e}")),
        };
        let control = handshake::read(&packet.bytes).map_err(|e| e.message().to_owned())?;
        let done = match control {
            Control::Arena(arena) => end
                .open_arena(&arena, packet.descriptors.into_iter().next())
                .map_err(|e| e.message().to_owned()),
            Control::ArenaOk(number) => {
                end.arena_answered(number, true).map_err(|broken| broken.0.to_owned())
            }
            Control::ArenaFailed(number) => {
                end.arena_answered(number, false).map_err(|broken| broken.0.to_owned())
            }
            Control::Doorbell(_) => {
                end.doorbell_came(packet.descriptors.into_iter().next()).map_err(|e| e.message().to_owned())
            }
            Control::DoorbellFailed(_) => {
                told(Told::DoorbellFailed);
                Ok(())
            }
            Control::ServicesChanged(_) => {
                told(Told::ServicesChanged);
                Ok(())
            }
            Control::Hello(_) | Control::Accept(_) | Control::Refuse(_) => Err("said hello twice".into()),
        };
        done?;
    }
    Ok(())
}

/// The control socket of a process that calls this one.
struct Served {
    serving: Arc<Serving>,
    socket: OwnedFd,
    /// Number of what waits for the end of the process.
    process: Option<u64>,
}

impl Source for Served {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn ready(&self) -> bool {
        let ended = read_packets(self.socket.as_fd(), self.serving.end(), |_| ());
        if let Err(why) = &ended {
            self.serving.close(Error::unavailable(format!("{} {why}", self.serving.end().peer)));
            self.process.into_iter().for_each(reactor::remove);
        }
        ended.is_ok()
    }
}

/// A process that calls this one: its death is seen even if a child of it keeps the socket.
struct ServedProcess {
    serving: Weak<Serving>,
    process: OwnedFd,
}

impl Source for ServedProcess {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }

    fn ready(&self) -> bool {
        if let Some(serving) = self.serving.upgrade() {
            serving.close(Error::unavailable(format!("{} has ended", serving.end().peer)));
        }
        false
    }
}

/// The control socket of a process that this one calls.
pub struct Called {
    peer: Weak<Peer>,
    socket: OwnedFd,
    updates: Arc<AtomicUsize>,
}

impl Called {
    pub fn new(peer: &Arc<Peer>) -> Result<Called> {
        Ok(Called { socket: peer.socket()?, peer: Arc::downgrade(peer), updates: Arc::default() })
    }
}

impl Source for Called {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn ready(&self) -> bool {
        let Some(peer) = self.peer.upgrade() else { return false };
        let mut is_changed = false;
        let ended = read_packets(self.socket.as_fd(), peer.caller().end(), |told| match told {
            Told::ServicesChanged => is_changed = true,
            Told::DoorbellFailed => peer.caller().doorbell_failed(),
        });
        if is_changed {
            update_later(&peer, &self.updates);
        }
        if let Err(why) = &ended {
            peer.died(why);
        }
        ended.is_ok()
    }
}

/// Asks a peer what it hosts, on a thread that may wait for it; there is one at a time.
fn update_later(peer: &Arc<Peer>, asked: &Arc<AtomicUsize>) {
    if asked.fetch_add(1, Ordering::SeqCst) > 0 {
        return;
    }
    let (peer, counted) = (Arc::downgrade(peer), asked.clone());
    let update = move || {
        let mut seen = counted.load(Ordering::SeqCst);
        loop {
            if let Some(peer) = peer.upgrade()
                && let Err(error) = peer.update()
                && peer.caller().end().ended().is_none()
            {
                log::warning("domain", &format!("services of a process are not up to date: {error}"));
            }
            // Whoever asked meanwhile wants it once more.
            match counted.compare_exchange(seen, 0, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return,
                Err(more) => seen = more,
            }
        }
    };
    if let Err(e) = std::thread::Builder::new().name("hms-update".into()).spawn(update) {
        asked.store(0, Ordering::SeqCst);
        log::warning("domain", &format!("services of a process are not up to date: {e}"));
    }
}

/// A process that this one calls.
pub struct Process {
    peer: Weak<Peer>,
    process: OwnedFd,
}

impl Process {
    pub fn new(peer: &Arc<Peer>, process: OwnedFd) -> Process {
        Process { peer: Arc::downgrade(peer), process }
    }
}

impl Source for Process {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }

    fn ready(&self) -> bool {
        if let Some(peer) = self.peer.upgrade() {
            peer.died("has ended");
        }
        false
    }
}

/// The directory of the domain.
pub struct Watching {
    peers: Weak<Peers>,
    watch: Watch,
    /// When to look though nobody has come or gone.
    next_try: Arc<AtomicU64>,
}

impl Watching {
    pub fn new(peers: &Arc<Peers>, watch: Watch) -> Watching {
        Watching { peers: Arc::downgrade(peers), watch, next_try: peers.next_try.clone() }
    }
}

impl Source for Watching {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.watch.as_fd()
    }

    fn deadline(&self) -> Deadline {
        Deadline(self.next_try.load(Ordering::SeqCst))
    }

    fn ready(&self) -> bool {
        let is_due = self.deadline().passed();
        if is_due {
            self.next_try.store(Deadline::NONE.0, Ordering::SeqCst);
        }
        if !matches!(self.watch.drain(), Ok(true)) && !is_due {
            return true;
        }
        let peers = self.peers.clone();
        let refresh = move || {
            if let Some(peers) = peers.upgrade()
                && let Err(error) = peers.refresh()
            {
                log::warning("domain", &format!("who is in the domain is not known: {error}"));
            }
        };
        if let Err(e) = std::thread::Builder::new().name("hms-domain".into()).spawn(refresh) {
            log::warning("domain", &format!("who is in the domain is not known: {e}"));
        }
        true
    }
}
