//! The control socket, with any packet and any descriptors beside it.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use hmsffi_core::shm::control::{self, Fault, MOST_BYTES, Received};
use rustix::event::PollFlags;
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, sendmsg,
    socketpair,
};

use crate::fuzz;
use crate::process::happens;

/// Sends what [`control::send`] would not.
fn send(socket: &OwnedFd, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> bool {
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
    let mut beside = SendAncillaryBuffer::new(&mut room);
    if !descriptors.is_empty() {
        assert!(beside.push(SendAncillaryMessage::ScmRights(descriptors)), "room for eight");
    }
    sendmsg(socket, &[std::io::IoSlice::new(bytes)], &mut beside, SendFlags::DONTWAIT).is_ok()
}

#[test]
fn whatever_packet_comes_is_as_it_was_asked_for_or_refused() {
    let long = vec![7; MOST_BYTES + 2];
    fuzz(|u| {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                .expect("sockets");
        if u.arbitrary()? {
            control::pass_credentials(ours.as_fd()).expect("credentials");
        }
        let asked = u.int_in_range(0..=3)?;
        let (told, tells) = rustix::pipe::pipe().expect("a pipe");
        let len = match u.int_in_range(0..=3)? {
            0 => u.int_in_range(0..=2)?,
            1 => MOST_BYTES - 1 + u.int_in_range(0..=3)?,
            _ => u.int_in_range(0..=3000)?,
        };
        let count = u.int_in_range(0..=5)?;
        if !send(&theirs, &long[..len], &vec![tells.as_fd(); count]) {
            return Ok(());
        }
        drop(tells);
        let received = control::receive(ours.as_fd(), asked).expect("a socket that works");
        match &received {
            Received::Packet(packet) => {
                assert_eq!((packet.bytes.len(), packet.descriptors.len()), (len, count));
                assert!((1..=MOST_BYTES).contains(&len) && count <= asked);
            }
            Received::Refused { fault: Fault::Empty, .. } => assert_eq!(len, 0),
            Received::Refused { fault: Fault::TooLong, .. } => assert!(len > MOST_BYTES),
            Received::Refused { .. } => assert!(count > asked, "{count} came, {asked} were asked for"),
            Received::End => assert_eq!((len, count), (0, 0)),
            Received::WouldBlock => panic!("it was sent"),
        }
        drop(received);
        let is_gone = happens(&told, PollFlags::HUP, std::time::Duration::ZERO);
        assert!(is_gone, "a descriptor that came along is still open");
        Ok(())
    });
}
