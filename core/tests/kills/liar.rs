//! A process that speaks the protocol by hand, so that it can break its rules.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hmsffi_core::domain::{Claim, Domain};
use hmsffi_core::proto::{ListServicesResponse, MethodDefinition, ServiceDefinition};
use hmsffi_core::shm::control::{self, Received};
use hmsffi_core::shm::lane::Lane;
use hmsffi_core::shm::layout::{Header, Kind, SEGMENT};
use hmsffi_core::shm::link::serving::{RESOLVE, SERVICES};
use hmsffi_core::shm::link::wire::{self, Control, Hello, Packet, Resolve};
use hmsffi_core::shm::ring::Frame;
use hmsffi_core::shm::segment::{self, Backend, OwnSegment, PeerSegment, Purpose};
use hmsffi_core::shm::{mapped::Mapped, memory::Memory};
use prost::Message;
use rustix::event::PollFlags;
use rustix::net::{SocketFlags, accept_with};

use crate::process;

/// A link whose other end is honest.
pub struct Liar {
    pub socket: OwnedFd,
    pub lane: Lane<Mapped>,
    _segments: (OwnSegment, PeerSegment),
    /// Where it is found, if it is called.
    _claim: Option<Claim>,
}

pub fn header(kind: Kind, call: u64, number: u32) -> Header {
    Header { kind, flags: 0, call, number, deadline: 0 }
}

/// Sends a packet, or not if there is no room.
pub fn tell(socket: impl AsFd, control: Control, descriptors: &[BorrowedFd<'_>]) {
    let bytes = wire::bytes(&Packet { control: Some(control) });
    let _ = control::send(socket.as_fd(), &bytes, descriptors);
}

fn hello(own: &OwnSegment) -> Hello {
    Hello {
        magic: Hello::MAGIC,
        version: Hello::VERSION,
        home: 1,
        segment: own.len() as u64,
        ticket: own.ticket().text,
        backend: Backend::Memfd.name().into(),
        max_calls: 1024,
        time_namespace: rustix::fs::stat("/proc/self/ns/time").map_or(0, |stat| stat.st_ino),
        name: "liar".into(),
        runtime: 0,
    }
}

fn next_packet(socket: &OwnedFd) -> Option<control::Packet> {
    loop {
        match control::receive(socket.as_fd(), 1).ok()? {
            Received::Packet(packet) => return Some(packet),
            Received::WouldBlock => process::readable(socket),
            _ => return None,
        }
    }
}

/// The socket of a process that calls, what it says of itself, and what came with that.
fn next_caller(claim: &Claim) -> (OwnedFd, (Hello, Vec<OwnedFd>)) {
    loop {
        process::readable(claim);
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = accept_with(claim, flags).expect("accept");
        control::pass_credentials(socket.as_fd()).expect("credentials");
        // Others of the domain connect as well; who called is known by its name.
        let Some(packet) = next_packet(&socket) else { continue };
        match wire::read::<Packet>(&packet.bytes).expect("a packet").control {
            Some(Control::Hello(peer)) if peer.name == "test" => {
                return (socket, (peer, packet.descriptors));
            }
            _ => {}
        }
    }
}

impl Liar {
    fn over(socket: OwnedFd, own: OwnSegment, peer: &Hello, descriptor: Option<OwnedFd>) -> Liar {
        let received = segment::Received { descriptor, text: &peer.ticket };
        let theirs = PeerSegment::open(Backend::Memfd, received, SEGMENT, Purpose::Ring).expect("segment");
        // SAFETY: both are as long, and live as long as the lane.
        let lane = Lane::new(unsafe { Mapped::new(own.as_ptr(), theirs.as_ptr()) });
        Liar { socket, lane, _segments: (own, theirs), _claim: None }
    }

    /// Calls a process as one should, if it is this one: some process's id.
    pub fn connect(socket: OwnedFd, wanted: u32) -> Option<Liar> {
        let own = OwnSegment::create(Backend::Memfd, SEGMENT, Purpose::Ring).expect("segment");
        control::pass_credentials(socket.as_fd()).expect("credentials");
        tell(&socket, Control::Hello(hello(&own)), own.ticket().descriptor.as_slice());
        let packet = next_packet(&socket).expect("an answer");
        if packet.credentials?.pid as u32 != wanted {
            return None;
        }
        match wire::read::<Packet>(&packet.bytes).expect("a packet").control {
            Some(Control::Accept(peer)) => {
                Some(Liar::over(socket, own, &peer, packet.descriptors.into_iter().next()))
            }
            other => panic!("not accepted: {other:?}"),
        }
    }

    /// Is called by a process, and tells it of a service `liar` with a method `go`, which has the number 2.
    pub fn accept(directory: &Path) -> Liar {
        let claim = Domain::within(directory, "test").expect("domain").claim().expect("claim");
        loop {
            let (socket, packet) = next_caller(&claim);
            let own = OwnSegment::create(Backend::Memfd, SEGMENT, Purpose::Ring).expect("segment");
            tell(&socket, Control::Accept(hello(&own)), own.ticket().descriptor.as_slice());
            let liar = Liar::over(socket, own, &packet.0, packet.1.into_iter().next());
            if liar.introduce() {
                return Liar { _claim: Some(claim), ..liar };
            }
        }
    }

    /// Answers what a caller asks before its first call. False = it has waited for too long, and will come again.
    fn introduce(&self) -> bool {
        let method = MethodDefinition { name: "go".into(), ..MethodDefinition::default() };
        let metadata = [("hms.status".to_owned(), "AVAILABLE".to_owned())].into();
        let service = ServiceDefinition {
            service_id: "liar".into(),
            methods: vec![method],
            metadata,
            ..ServiceDefinition::default()
        };
        let listed = ListServicesResponse { services: vec![service], ..ListServicesResponse::default() };
        loop {
            let frame = self.next_frame();
            let answer = match (frame.header.kind, frame.header.number) {
                (Kind::Call, SERVICES) => listed.encode_to_vec(),
                (Kind::Call, RESOLVE) => 2_u32.to_le_bytes().to_vec(),
                (Kind::Cancel, _) => return false,
                other => panic!("asked {other:?}"),
            };
            self.send(&header(Kind::Reply, frame.header.call, 0), &answer);
            if frame.header.number == RESOLVE {
                return true;
            }
        }
    }

    /// The number of a method of the other end's service `home`.
    pub fn resolve(&self, method: &str) -> u32 {
        let wanted = Resolve { service: "home".into(), version: "*".into(), method: method.into() };
        self.send(&header(Kind::Call, 1 << 32 | 1000, RESOLVE), &wire::bytes(&wanted));
        let frame = self.next_frame();
        assert_eq!(frame.header.kind, Kind::Reply, "{method} has a number");
        let mut number = [0; 4];
        frame.read(self.lane.memory(), 0, &mut number);
        u32::from_le_bytes(number)
    }

    /// Waits for a frame, and consumes it.
    pub fn next_frame(&self) -> Frame {
        self.next_frame_within(Duration::from_secs(30)).expect("nobody calls")
    }

    /// The same, for no longer than that.
    pub fn next_frame_within(&self, time: Duration) -> Option<Frame> {
        let end = Instant::now() + time;
        loop {
            let mut leading = self.lane.lead().expect("the lead is free");
            leading.arm(Default::default());
            if let Some(frame) = leading.next_frame().expect("an honest peer") {
                leading.consume(&frame);
                leading.publish_consumed();
                return Some(frame);
            }
            let _ = leading.let_go();
            if Instant::now() >= end {
                return None;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Bytes of a frame that came last.
    pub fn body(&self, frame: &Frame, from: usize, len: usize) -> Vec<u8> {
        let mut body = vec![0; len];
        frame.read(self.lane.memory(), from, &mut body);
        body
    }

    /// Sends a frame if there is room.
    pub fn send(&self, header: &Header, body: &[u8]) {
        let _ = self.lane.send(header, &[body]);
    }

    /// Writes a word of the own segment.
    pub fn set(&self, at: usize, value: u32) {
        self.lane.memory().set(at, value, Ordering::Release);
    }

    /// Waits for a packet.
    pub fn next_control(&self) -> Control {
        let packet = next_packet(&self.socket).expect("a packet");
        wire::read::<Packet>(&packet.bytes).expect("a packet").control.expect("a control")
    }

    /// Wakes the other end, whatever it says.
    pub fn ring(&self) {
        use hmsffi_core::shm::layout::BELL;
        use hmsffi_core::shm::memory::Wakes;
        self.lane.memory().add(BELL);
        self.lane.memory().wake_peer();
    }

    /// Announces memory of its own for large bodies.
    pub fn announce(&self, number: u32, len: u64, descriptor: Option<BorrowedFd<'_>>) {
        let arena = wire::Arena { number, len, ticket: Vec::new() };
        tell(&self.socket, Control::Arena(arena), descriptor.as_slice());
    }

    /// Waits until the other end has closed the link; packets are thrown away.
    pub fn is_thrown_out(&self) -> bool {
        self.is_thrown_out_within(Duration::from_secs(10))
    }

    /// The same, for no longer than that.
    pub fn is_thrown_out_within(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if process::happens(&self.socket, PollFlags::HUP, Duration::from_millis(20)) {
                return true;
            }
            while matches!(control::receive(self.socket.as_fd(), 1), Ok(Received::Packet(_))) {}
        }
        false
    }
}

/// A file that is no sealed memory.
pub fn plain_file() -> OwnedFd {
    OwnedFd::from(File::open("/dev/zero").expect("a file"))
}
