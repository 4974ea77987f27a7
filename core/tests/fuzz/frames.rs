//! Frames as a whole end reads them: with extra parts, and with places in arenas of the peer.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;

use arbtest::arbitrary::{Result, Unstructured};
use hmsffi_core::shm::lane::Lane;
use hmsffi_core::shm::layout::{RING, SEGMENT, SLOT, SLOTS};
use hmsffi_core::shm::link::end::End;
use hmsffi_core::shm::link::sending::Outgoing;
use hmsffi_core::shm::link::terms::Terms;
use hmsffi_core::shm::link::wire::{self, Arena, Extra, PAYLOAD_PLACED, Place};
use hmsffi_core::shm::segment::{Backend, OwnSegment, PeerSegment, Purpose, Received};
use hmsffi_core::shm::{mapped::Mapped, memory::Memory};

use crate::{fuzz, number};

const ARENA: usize = 1 << 16;
/// What all bytes of the peer's arena are: others come from elsewhere.
const MARK: u8 = 0xa5;

fn segment(len: usize, purpose: Purpose) -> OwnSegment {
    OwnSegment::create(Backend::Memfd, len, purpose).expect("a segment")
}

fn descriptor(segment: &OwnSegment) -> Option<OwnedFd> {
    segment.ticket().descriptor.map(|fd| fd.try_clone_to_owned().expect("a copy"))
}

fn open(segment: &OwnSegment) -> PeerSegment {
    let received = Received { descriptor: descriptor(segment), text: &[] };
    PeerSegment::open(Backend::Memfd, received, segment.len(), Purpose::Ring).expect("open")
}

fn place(u: &mut Unstructured<'_>) -> Result<Place> {
    if u.arbitrary()? {
        let half = ARENA as u64 / 2;
        let (offset, len) = (u.int_in_range(0..=half)?, u.int_in_range(4097..=half)?);
        return Ok(Place { arena: 0, loan: number(u)? as u32, offset, len });
    }
    let near = |u: &mut Unstructured<'_>| -> Result<u64> {
        Ok(if u.arbitrary()? { number(u)? } else { u.int_in_range(0..=ARENA as u64 + 1)? })
    };
    let arena = if u.ratio(3, 4)? { 0 } else { number(u)? as u32 };
    Ok(Place { arena, loan: number(u)? as u32, offset: near(u)?, len: near(u)? })
}

/// A body that may be what the flags say.
fn body(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    if u.arbitrary()? {
        return Ok(place(u)?.to_bytes().to_vec());
    }
    let mut body = Vec::new();
    for _ in 0..u.int_in_range(0..=3)? {
        match u.int_in_range(0..=3)? {
            0 => body.extend_from_slice(&place(u)?.to_bytes()),
            1 => {
                let extra = wire::bytes(&Extra { content_type: Some("x".into()), ..Extra::default() });
                body.extend_from_slice(&(extra.len() as u32).to_le_bytes());
                body.extend_from_slice(&extra);
            }
            2 => body.extend_from_slice(&(number(u)? as u32).to_le_bytes()),
            _ => body.extend_from_slice(u.arbitrary()?),
        }
    }
    body.truncate(4000);
    Ok(body)
}

#[derive(Debug, Default)]
struct Seen {
    read: u64,
    placed: u64,
    refused: u64,
}

fn frames_of_a_liar(u: &mut Unstructured<'_>, seen: &mut Seen) -> Result<()> {
    let (ours, theirs) = (segment(SEGMENT, Purpose::Ring), segment(SEGMENT, Purpose::Ring));
    // SAFETY: both live as long as it is used.
    let liar = Lane::new(unsafe { Mapped::new(theirs.as_ptr(), ours.as_ptr()) });
    let arena = segment(ARENA, Purpose::Arena);
    // SAFETY: as long as the arena.
    unsafe { arena.as_ptr().write_bytes(MARK, ARENA) };
    let (socket, _other) = UnixStream::pair().expect("sockets");
    let opened = open(&theirs);
    let most = number(u)?;
    let terms = Terms { serves: u.arbitrary()?, shares_clock: u.arbitrary()?, is_trusted: u.arbitrary()? };
    let honest = End::new((ours, opened), Backend::Memfd, socket.into(), (1, "liar".into()), terms);
    let announced = Arena { number: 0, len: ARENA as u64, ticket: Vec::new() };
    honest.open_arena(&announced, descriptor(&arena)).expect("an arena");
    let mut lent = Vec::new();
    for _ in 0..u.int_in_range(1..=60)? {
        let (mut header, body) = (crate::header(u)?, body(u)?);
        if body.len() >= Place::SIZE && u.arbitrary()? {
            header.flags |= PAYLOAD_PLACED;
        }
        let _ = liar.send(&header, &[&body]);
        if u.ratio(1, 8)? {
            let at = RING + u.int_in_range(0..=SLOTS as usize * SLOT / 4 - 1)? * 4;
            liar.memory().set(at, number(u)? as u32, Ordering::Release);
        }
        if u.ratio(1, 8)? {
            // Needs an arena, which the peer may answer as it likes.
            let header = crate::header(u)?;
            let outgoing = Outgoing { header: &header, extra: None, payload: &[1; 9000], is_last_use: false };
            let _ = honest.send(&outgoing);
            let _ = honest.arena_answered(number(u)? as u32, u.arbitrary()?);
        }
        let mut leading = honest.lane().lead().expect("the lead is free");
        match leading.next_frame() {
            Ok(Some(frame)) => {
                match honest.read(&frame, || most) {
                    Ok(incoming) => {
                        let bytes = incoming.bytes();
                        if bytes.len() > 4096 {
                            seen.placed += 1;
                            assert!(bytes.iter().all(|byte| *byte == MARK), "bytes from elsewhere");
                        }
                        seen.read += 1;
                        lent.push(incoming);
                    }
                    Err(_) => seen.refused += 1,
                }
                let _ = honest.given_back(&frame);
                leading.consume(&frame);
            }
            Ok(None) => {}
            Err(_) => {
                seen.refused += 1;
                break;
            }
        }
        assert!(leading.let_go().is_ok());
    }
    Ok(())
}

#[test]
fn whatever_a_frame_carries_is_the_peers_or_refused() {
    let mut seen = Seen::default();
    // The first time has some of each, but on a machine that is very busy.
    for _ in 0..10 {
        fuzz(|u| frames_of_a_liar(u, &mut seen));
        if seen.read > 0 && seen.placed > 0 && seen.refused > 0 {
            return;
        }
    }
    panic!("{seen:?}");
}
