//! Random contents of a segment: a frame is read or refused, and nothing else happens.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hmsffi_core::shm::layout::{Kind, RING, SEGMENT, SLOT, SLOTS, lap};
use hmsffi_core::shm::link::end::End;
use hmsffi_core::shm::link::terms::Terms;
use hmsffi_core::shm::link::wire::{EXTRA, EXTRA_PLACED, PAYLOAD_PLACED};
use hmsffi_core::shm::memory::{Mapped, Memory};
use hmsffi_core::shm::segment::{Backend, OwnSegment, PeerSegment, Purpose, Received};

use crate::{Random, asked};

fn open(segment: &OwnSegment) -> PeerSegment {
    let descriptor = segment.ticket().descriptor.map(|fd| fd.try_clone_to_owned().expect("a copy"));
    PeerSegment::open(Backend::Memfd, Received { descriptor, text: &[] }, segment.len(), Purpose::Ring)
        .expect("open")
}

/// Fills a slot with what may be a frame, more often than chance would have it.
fn write_slot(liar: &Mapped, random: &mut Random, slot: u32) {
    let at = RING + slot as usize * SLOT;
    for word in 1..SLOT / 4 {
        let value = if random.below(4) == 0 { random.next() as u32 } else { random.below(40) as u32 };
        liar.set(at + word * 4, value, Ordering::Relaxed);
    }
    if random.below(8) > 0 {
        let flags = random.next() as u8 & (EXTRA | EXTRA_PLACED | PAYLOAD_PLACED);
        let kind = 1 + random.below(Kind::Skip as u64) as u32;
        let slots = 1 + random.below(3) as u32;
        liar.set(at + 4, kind | u32::from(flags) << 8 | slots << 16, Ordering::Relaxed);
        liar.set(at + 20, random.below(u64::from(slots) * SLOT as u64) as u32, Ordering::Relaxed);
    }
    let stamp = if random.below(50) > 0 { lap(slot) } else { random.below(3) as u32 };
    liar.set(at, stamp, Ordering::Release);
}

#[test]
fn whatever_a_segment_holds_is_read_or_refused() {
    let mut random = Random::seeded("HMSFFI_CONTENTS_SEED");
    let end = Instant::now() + Duration::from_secs(asked("HMSFFI_CONTENTS_SECONDS", 5));
    let (mut read, mut refused) = (0_u64, 0_u64);
    while Instant::now() < end {
        let segment = || OwnSegment::create(Backend::Memfd, SEGMENT, Purpose::Ring).expect("segment");
        let (ours, theirs) = (segment(), segment());
        // SAFETY: both live as long as it is used.
        let liar = unsafe { Mapped::new(theirs.as_ptr(), ours.as_ptr()) };
        for slot in 0..SLOTS {
            write_slot(&liar, &mut random, slot);
        }
        let (socket, _other) = std::os::unix::net::UnixStream::pair().expect("sockets");
        let opened = open(&theirs);
        let terms = Terms { serves: false, shares_clock: true, is_trusted: true };
        let honest =
            Arc::new(End::new((ours, opened), Backend::Memfd, socket.into(), (1, "liar".into()), terms));
        let mut leading = honest.lane().lead().expect("the lead is free");
        loop {
            match leading.next_frame() {
                Ok(Some(frame)) => {
                    match honest.read(&frame) {
                        Ok(_) => read += 1,
                        Err(_) => refused += 1,
                    }
                    let _ = honest.given_back(&frame);
                    leading.consume(&frame);
                }
                Ok(None) => break,
                Err(_) => {
                    refused += 1;
                    break;
                }
            }
        }
        assert!(leading.let_go().is_ok());
    }
    eprintln!("{read} frames read, {refused} refused");
    assert!(read > 0 && refused > 0, "both happen");
}
