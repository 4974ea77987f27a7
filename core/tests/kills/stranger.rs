//! What another user has lent may change at any moment, so it is copied before anybody looks at it.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use hmsffi_core::shm::lane::Lane;
use hmsffi_core::shm::layout::{Header, Kind, SEGMENT};
use hmsffi_core::shm::link::end::End;
use hmsffi_core::shm::link::incoming::Oversized;
use hmsffi_core::shm::link::terms::Terms;
use hmsffi_core::shm::link::wire::{Arena, PAYLOAD_PLACED, Place};
use hmsffi_core::shm::mapped::Mapped;
use hmsffi_core::shm::segment::{Backend, OwnSegment, PeerSegment, Purpose, Received};

const ARENA: usize = 1 << 20;
const LEN: u64 = 10_000;

fn segment(len: usize, purpose: Purpose) -> OwnSegment {
    OwnSegment::create(Backend::Memfd, len, purpose).expect("segment")
}

fn descriptor(segment: &OwnSegment) -> Option<OwnedFd> {
    segment.ticket().descriptor.map(|fd| fd.try_clone_to_owned().expect("a copy"))
}

/// What an end that takes so many bytes reads when its peer changes a payload after it has sent it, and how often it gives it
/// back.
fn read_while_it_changes(is_trusted: bool, most: u64) -> (Result<Vec<u8>, Oversized>, usize) {
    let (ours, theirs) = (segment(SEGMENT, Purpose::Ring), segment(SEGMENT, Purpose::Ring));
    let arena = segment(ARENA, Purpose::Arena);
    let opened = Received { descriptor: descriptor(&theirs), text: &[] };
    let opened = PeerSegment::open(Backend::Memfd, opened, SEGMENT, Purpose::Ring).expect("open");
    // SAFETY: both live as long as it is used.
    let peer = Lane::new(unsafe { Mapped::new(theirs.as_ptr(), ours.as_ptr()) });
    let (socket, _other) = UnixStream::pair().expect("sockets");
    let terms = Terms { serves: true, shares_clock: true, is_trusted };
    let end = End::new((ours, opened), Backend::Memfd, socket.into(), (1, "peer".into()), terms);
    let announced = Arena { number: 0, len: ARENA as u64, ticket: Vec::new() };
    end.open_arena(&announced, descriptor(&arena)).expect("an arena");

    // SAFETY: inside the segment, which is ours.
    let fill = |value: u8| unsafe { arena.as_ptr().write_bytes(value, ARENA) };
    fill(1);
    let header = Header { kind: Kind::Call, flags: PAYLOAD_PLACED, call: 1 << 32, number: 2, deadline: 0 };
    let place = Place { arena: 0, loan: 7, offset: 4096, len: LEN };
    assert!(peer.send(&header, &[&place.to_bytes()]).is_ok());
    let mut leading = end.lane().lead().expect("the lead is free");
    let frame = leading.next_frame().unwrap_or_else(|_| panic!("poisoned")).expect("a frame");
    let incoming = end.read(&frame, || most).unwrap_or_else(|_| panic!("refused"));
    leading.consume(&frame);
    assert!(leading.let_go().is_ok());
    fill(2);
    let read = incoming.payload.as_ref().map(|taken| taken.as_slice().to_vec()).map_err(|long| *long);
    drop(incoming);
    // What was lent is given back, once, however it was read.
    let mut leading = peer.lead().expect("the lead is free");
    let mut given_back = 0;
    while let Ok(Some(frame)) = leading.next_frame() {
        given_back += usize::from(frame.header.kind == Kind::Release);
        leading.consume(&frame);
    }
    assert!(leading.let_go().is_ok());
    (read, given_back)
}

#[test]
fn what_another_user_has_lent_does_not_change_under_its_reader() {
    assert_eq!(read_while_it_changes(false, LEN), (Ok(vec![1; LEN as usize]), 1), "a copy");
    assert_eq!(read_while_it_changes(true, LEN), (Ok(vec![2; LEN as usize]), 1), "a view");
}

#[test]
fn what_another_user_has_lent_is_not_copied_when_it_is_too_long() {
    let most = LEN - 1;
    let oversized = Oversized { len: LEN as usize, most };
    assert_eq!(read_while_it_changes(false, most), (Err(oversized), 1));
    assert_eq!(read_while_it_changes(true, most), (Ok(vec![2; LEN as usize]), 1), "a view is no copy");
}
