//! Packets with descriptors, from honest peers and from hostile ones.
#![cfg(target_os = "linux")]

mod process;

use std::io::{ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use hmsffi_core::domain::Domain;
use hmsffi_core::shm::control::{self, Fault, MOST_BYTES, MOST_DESCRIPTORS, Packet, Received, Sent};
use process::{again, happens, readable, role, stay};
use rustix::event::PollFlags;
use rustix::io::FdFlags;
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, sendmsg,
    socketpair,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

fn pair() -> (OwnedFd, OwnedFd) {
    socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).expect("socketpair")
}

fn send(to: &OwnedFd, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
    assert_eq!(control::send(to.as_fd(), bytes, descriptors).expect("send"), Sent::Done);
}

fn receive(from: &OwnedFd, most: usize) -> Received {
    control::receive(from.as_fd(), most).expect("receive")
}

fn packet(from: &OwnedFd, most: usize) -> Packet {
    match receive(from, most) {
        Received::Packet(packet) => packet,
        other => panic!("no packet but {other:?}"),
    }
}

fn refused(from: &OwnedFd, most: usize) -> (Fault, Vec<OwnedFd>) {
    match receive(from, most) {
        Received::Refused { fault, descriptors, .. } => (fault, descriptors),
        other => panic!("not refused: {other:?}"),
    }
}

/// As a hostile peer would: without the limits of [`control::send`].
fn send_anything(to: &OwnedFd, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
    let mut room = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(descriptors.len()))];
    let mut beside = SendAncillaryBuffer::new(&mut room);
    if !descriptors.is_empty() {
        assert!(beside.push(SendAncillaryMessage::ScmRights(descriptors)));
    }
    sendmsg(to, &[IoSlice::new(bytes)], &mut beside, SendFlags::NOSIGNAL).expect("sendmsg");
}

/// A pipe whose writing end is only in what is sent: its end tells that all copies are closed. Unlike a count of
/// open descriptors it does not see what other tests do meanwhile.
struct Tracer {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Tracer {
    fn new() -> Tracer {
        let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).expect("pipe");
        Tracer { reader, writer }
    }

    fn copies(&self, count: usize) -> Vec<BorrowedFd<'_>> {
        vec![self.writer.as_fd(); count]
    }

    fn all_closed(self) -> bool {
        drop(self.writer);
        happens(&self.reader, PollFlags::HUP, Duration::from_secs(10))
    }
}

#[test]
fn packets_arrive_whole_and_in_order() {
    let (a, b) = pair();
    let sizes = [1, 2, 127, 4096, MOST_BYTES - 1, MOST_BYTES];
    for (index, size) in sizes.into_iter().enumerate() {
        let sent: Vec<_> = (0..size).map(|place| (place ^ index) as u8).collect();
        send(&a, &sent, &[]);
        send(&a, &[index as u8], &[]);
        assert_eq!(packet(&b, 0).bytes, sent);
        assert_eq!(packet(&b, 0).bytes, [index as u8]);
    }
    assert!(matches!(receive(&b, 0), Received::WouldBlock));
}

#[test]
fn descriptors_arrive_in_order_and_do_not_outlive_exec() {
    let (a, b) = pair();
    let pipes: Vec<_> = (0..5).map(|_| Tracer::new()).collect();
    send(&a, b"five", &pipes.iter().map(|pipe| pipe.writer.as_fd()).collect::<Vec<_>>());
    send(&a, b"none", &[]);
    let five = packet(&b, 5);
    assert_eq!(five.bytes, b"five");
    assert_eq!(five.descriptors.len(), 5);
    for (index, (descriptor, pipe)) in five.descriptors.into_iter().zip(pipes).enumerate() {
        assert!(rustix::io::fcntl_getfd(&descriptor).expect("flags").contains(FdFlags::CLOEXEC));
        std::fs::File::from(descriptor).write_all(&[index as u8]).expect("write");
        let mut read = [0];
        std::fs::File::from(pipe.reader).read_exact(&mut read).expect("read");
        assert_eq!(usize::from(read[0]), index);
    }
    assert_eq!(packet(&b, 5).descriptors.len(), 0);
}

#[test]
fn as_many_descriptors_as_the_kernel_takes() {
    let (a, b) = pair();
    let tracer = Tracer::new();
    send(&a, b"many", &tracer.copies(MOST_DESCRIPTORS));
    let many = packet(&b, MOST_DESCRIPTORS);
    assert_eq!(many.descriptors.len(), MOST_DESCRIPTORS);
    drop(many);
    assert!(tracer.all_closed());
}

#[test]
fn surplus_descriptors_are_refused_and_none_stays_open() {
    for asked in [false, true] {
        let (a, b) = pair();
        if asked {
            control::pass_credentials(b.as_fd()).expect("pass");
            control::pass_process(b.as_fd(), true).expect("pass");
        }
        for most in 0..6 {
            for sent in [most + 1, most + 2, most + 9, MOST_DESCRIPTORS] {
                let tracer = Tracer::new();
                send(&a, b"surplus", &tracer.copies(sent));
                let (fault, descriptors) = refused(&b, most);
                assert_eq!(fault, Fault::Surplus, "{sent} of {most}");
                drop(descriptors);
                assert!(tracer.all_closed(), "{sent} of {most}");
            }
        }
        send(&a, b"next", &[]);
        assert_eq!(packet(&b, 0).bytes, b"next");
    }
}

#[test]
fn descriptors_for_which_there_is_no_room_are_not_the_fault_of_the_peer() {
    if role().is_none() {
        let mut alone = again("descriptors_for_which_there_is_no_room_are_not_the_fault_of_the_peer", "");
        return assert!(alone.status().expect("run").success());
    }
    for (most, expected) in [(2, Fault::Lost), (1, Fault::Surplus)] {
        let (a, b) = pair();
        let tracer = Tracer::new();
        send(&a, b"two", &tracer.copies(2));
        send(&a, b"next", &[]);
        // The lowest free number is the last one allowed: there is room for one.
        let free = rustix::io::dup(&a).expect("dup").as_raw_fd() as u64;
        let before = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(free + 1), ..before }).expect("limit");
        let (fault, descriptors) = refused(&b, most);
        setrlimit(Resource::Nofile, before).expect("limit");
        assert_eq!(fault, expected);
        drop(descriptors);
        assert!(tracer.all_closed());
        assert_eq!(packet(&b, 0).bytes, b"next");
    }
}

#[test]
fn a_packet_that_is_too_long_is_refused() {
    let (a, b) = pair();
    let tracer = Tracer::new();
    send_anything(&a, &vec![7; MOST_BYTES + 1], &tracer.copies(1));
    send(&a, b"next", &[]);
    let (fault, descriptors) = refused(&b, 1);
    assert_eq!(fault, Fault::TooLong);
    drop(descriptors);
    assert!(tracer.all_closed());
    assert_eq!(packet(&b, 0).bytes, b"next");
}

#[test]
fn an_empty_packet_with_descriptors_is_refused() {
    let (a, b) = pair();
    for most in [0, 1, 2] {
        let tracer = Tracer::new();
        send_anything(&a, b"", &tracer.copies(1));
        let (fault, descriptors) = refused(&b, most);
        assert_eq!(fault, Fault::Empty);
        drop(descriptors);
        assert!(tracer.all_closed());
    }
}

#[test]
fn a_bare_empty_packet_is_an_end_to_who_does_not_ask_for_credentials() {
    let (a, b) = pair();
    send_anything(&a, b"", &[]);
    assert!(matches!(receive(&b, 0), Received::End));
    control::pass_credentials(b.as_fd()).expect("pass");
    send_anything(&a, b"", &[]);
    assert_eq!(refused(&b, 0).0, Fault::Empty);
}

#[test]
fn what_breaks_the_rules_is_not_sent() {
    let (a, b) = pair();
    let tracer = Tracer::new();
    let bad = [
        control::send(a.as_fd(), b"", &[]),
        control::send(a.as_fd(), b"", &tracer.copies(1)),
        control::send(a.as_fd(), &vec![0; MOST_BYTES + 1], &[]),
        control::send(a.as_fd(), b"x", &tracer.copies(MOST_DESCRIPTORS + 1)),
    ];
    for outcome in bad {
        assert_eq!(outcome.expect_err("refused").kind(), ErrorKind::InvalidInput);
    }
    assert!(matches!(receive(&b, 0), Received::WouldBlock));
}

#[test]
fn a_full_socket_says_so_and_takes_more_once_it_is_read() {
    let (a, b) = pair();
    let mut sent = 0;
    while control::send(a.as_fd(), &[1; 1000], &[]).expect("send") == Sent::Done {
        sent += 1;
    }
    assert!(sent > 0);
    for _ in 0..sent {
        assert_eq!(packet(&b, 0).bytes.len(), 1000);
    }
    assert!(matches!(receive(&b, 0), Received::WouldBlock));
    send(&a, b"more", &[]);
    assert_eq!(packet(&b, 0).bytes, b"more");
}

#[test]
fn the_end_comes_after_the_last_packet() {
    let (a, b) = pair();
    send(&a, b"last", &[]);
    drop(a);
    assert_eq!(packet(&b, 0).bytes, b"last");
    for _ in 0..2 {
        assert!(matches!(receive(&b, 0), Received::End));
    }
}

#[test]
fn the_last_packets_of_a_peer_that_did_not_read_ours_arrive() {
    let (a, b) = pair();
    send(&b, b"never read", &[]);
    send(&a, b"one", &[]);
    send(&a, b"two", &[]);
    drop(a);
    assert_eq!(packet(&b, 0).bytes, b"one");
    assert_eq!(packet(&b, 0).bytes, b"two");
    assert!(matches!(receive(&b, 0), Received::End));
}

#[test]
fn to_a_peer_that_is_gone_nothing_is_sent_and_no_signal_comes() {
    // SAFETY: as in a host that is written in C; Rust's programs ignore it.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let (a, b) = pair();
    drop(b);
    let failed = control::send(a.as_fd(), b"x", &[]).expect_err("gone");
    assert!(matches!(failed.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{failed}");
}

#[test]
fn shutdown_ends_it_though_somebody_has_a_copy() {
    let (a, b) = pair();
    let _copy = a.try_clone().expect("copy");
    send(&a, b"last", &[]);
    control::shutdown(a.as_fd()).expect("shutdown");
    drop(a);
    assert_eq!(packet(&b, 0).bytes, b"last");
    assert!(matches!(receive(&b, 0), Received::End));
    control::shutdown(b.as_fd()).expect("once more from the other side");
}

#[test]
fn the_kernel_says_who_sent_a_packet() {
    let (a, b) = pair();
    let tracer = Tracer::new();
    send(&a, b"nobody asks", &[]);
    assert_eq!(packet(&b, 0).credentials, None);
    for side in [&a, &b] {
        control::pass_credentials(side.as_fd()).expect("pass");
    }
    send(&a, b"who", &tracer.copies(2));
    let Packet { descriptors, credentials, process, .. } = packet(&b, 2);
    assert!(process.is_none(), "nobody asked for it");
    assert_eq!(descriptors.len(), 2);
    let credentials = credentials.expect("credentials");
    assert_eq!(credentials.pid as u32, std::process::id());
    assert_eq!(credentials.uid, rustix::process::geteuid().as_raw());
    assert_eq!(credentials.gid, rustix::process::getegid().as_raw());
}

#[test]
fn who_asks_before_sending_is_known_to_who_asks_later() {
    let (a, b) = pair();
    control::pass_credentials(a.as_fd()).expect("pass");
    send(&a, b"early", &[]);
    control::pass_credentials(b.as_fd()).expect("pass");
    assert_eq!(packet(&b, 0).credentials.expect("credentials").pid as u32, std::process::id());
}

#[test]
fn a_packet_can_bring_a_descriptor_of_its_sender() {
    if let Some(directory) = role() {
        let domain = Domain::within(directory, "test").expect("a domain");
        let server = domain.connect(&domain.entries().expect("entries")[0]).expect("connect");
        control::pass_credentials(server.as_fd()).expect("pass");
        send(&server, b"it is me", &[]);
        return stay();
    }
    let base = tempfile::tempdir().expect("a folder");
    let claim = Domain::within(base.path(), "test").expect("a domain").claim().expect("claim");
    let mut child =
        again("a_packet_can_bring_a_descriptor_of_its_sender", base.path()).spawn().expect("spawn");
    readable(&claim);
    let client = rustix::net::accept(&claim).expect("accept");
    if !control::pass_process(client.as_fd(), true).expect("pass") {
        process::kill(&mut child);
        return eprintln!("a_packet_can_bring_a_descriptor_of_its_sender: needs Linux 6.5");
    }
    readable(&client);
    let packet = packet(&client, 0);
    assert_eq!(packet.bytes, b"it is me");
    let sender = packet.process.expect("a descriptor of its sender");
    assert!(rustix::io::fcntl_getfd(&sender).expect("flags").contains(FdFlags::CLOEXEC));
    assert!(!happens(&sender, PollFlags::IN, Duration::ZERO));
    process::kill(&mut child);
    readable(&sender);
}

#[test]
fn a_descriptor_of_a_process_tells_its_end() {
    if role().is_some() {
        return stay();
    }
    let mut child = again("a_descriptor_of_a_process_tells_its_end", "").spawn().expect("spawn");
    let descriptor = control::pidfd_of(child.id() as i32).expect("pidfd");
    assert!(rustix::io::fcntl_getfd(&descriptor).expect("flags").contains(FdFlags::CLOEXEC));
    assert!(!happens(&descriptor, PollFlags::IN, Duration::ZERO));
    process::kill(&mut child);
    readable(&descriptor);
    for nobody in [0, -1, i32::MIN] {
        assert_eq!(control::pidfd_of(nobody).expect_err("nobody").kind(), ErrorKind::InvalidInput);
    }
}
