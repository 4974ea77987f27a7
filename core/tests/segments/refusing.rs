//! Segments that are not what they must be are refused, and nothing of them stays.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

use hmsffi_core::Code;
use hmsffi_core::shm::segment::{Backend, OwnSegment, PeerSegment, Purpose, Received};

use super::process::{alone, held};
use super::{RING, open};

const ALL: i32 = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_FUTURE_WRITE | libc::F_SEAL_SEAL;

fn memfd(len: usize, allocated: bool, seals: i32) -> OwnedFd {
    // SAFETY: calls on a descriptor that is made here.
    unsafe {
        let fd = libc::memfd_create(c"peer".as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING);
        assert!(fd >= 0);
        let file = OwnedFd::from_raw_fd(fd);
        assert_eq!(libc::ftruncate(fd, len as i64), 0);
        assert_eq!(if allocated { libc::posix_fallocate(fd, 0, len as i64) } else { 0 }, 0);
        assert_eq!(libc::fcntl(fd, libc::F_ADD_SEALS, seals), 0);
        file
    }
}

fn open_fd(descriptor: Option<OwnedFd>) -> hmsffi_core::Result<PeerSegment> {
    PeerSegment::open(Backend::Memfd, Received { descriptor, text: &[] }, RING, Purpose::Ring)
}

fn open_text(text: &[u8], len: usize) -> hmsffi_core::Result<PeerSegment> {
    PeerSegment::open(Backend::Named, Received { descriptor: None, text }, len, Purpose::Ring)
}

#[track_caller]
fn refused(opened: hmsffi_core::Result<PeerSegment>, why: &str) {
    let Err(error) = opened else { panic!("was opened: {why}") };
    assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
    assert!(error.message().contains(why), "{error}");
}

#[test]
fn memory_without_all_seals_is_refused() {
    assert!(open_fd(Some(memfd(RING, true, ALL))).is_ok(), "a right one is opened");
    for missing in [libc::F_SEAL_SHRINK, libc::F_SEAL_GROW, libc::F_SEAL_FUTURE_WRITE, libc::F_SEAL_SEAL] {
        refused(open_fd(Some(memfd(RING, true, ALL & !missing))), "it has the seals");
    }
}

#[test]
fn sizes_that_lie_and_holes_are_refused() {
    for len in [4096, RING - 1, RING + 1, RING + 4096] {
        refused(open_fd(Some(memfd(len, true, ALL))), "were announced");
    }
    refused(open_fd(Some(memfd(RING, false, ALL))), "not all of its pages are allocated");
    let own = OwnSegment::create(Backend::Named, RING, Purpose::Ring).unwrap();
    refused(open_text(&own.ticket().text, RING + 4096), "were announced");
    refused(open_text(&own.ticket().text, RING - 4096), "were announced");
}

#[test]
fn lengths_that_no_segment_can_have_are_refused() {
    for len in [0, 1, RING + 1, usize::MAX, usize::MAX & !4095] {
        let received = Received { descriptor: Some(memfd(RING, true, ALL)), text: &[] };
        let error = PeerSegment::open(Backend::Memfd, received, len, Purpose::Arena).err().unwrap();
        assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    }
    for len in [0, usize::MAX] {
        let error = OwnSegment::create(Backend::Memfd, len, Purpose::Arena).err().unwrap();
        assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    }
}

#[test]
fn descriptors_of_other_things_are_refused() {
    let mut pipe = [0; 2];
    // SAFETY: makes two descriptors, which are owned from here on.
    let ends = unsafe {
        assert_eq!(libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC), 0);
        pipe.map(|fd| OwnedFd::from_raw_fd(fd))
    };
    let other =
        [File::open("/dev/null"), File::open("/dev/zero"), File::open("/proc/self/exe"), File::open("/")];
    for file in ends.into_iter().chain(other.map(|file| file.unwrap().into())) {
        refused(open_fd(Some(file)), "no sealed memory");
    }
    refused(open_fd(None), "no descriptor came with it");
}

#[test]
fn a_name_with_another_nonce_is_refused() {
    let own = OwnSegment::create(Backend::Named, RING, Purpose::Ring).unwrap();
    let mut text = own.ticket().text;
    let last = text.last_mut().unwrap();
    *last = if *last == b'A' { b'Q' } else { b'A' };
    refused(open_text(&text, own.len()), "not the one that was announced");
}

#[test]
fn a_named_segment_that_is_not_complete_is_refused() {
    let own = OwnSegment::create(Backend::Named, RING, Purpose::Ring).unwrap();
    // SAFETY: the page of the back end lies before the segment; its first word says that it is complete.
    unsafe { own.as_ptr().sub(4096).cast::<u32>().write_volatile(0) };
    refused(open_text(&own.ticket().text, own.len()), "not the one that was announced");
}

#[test]
fn tickets_that_name_no_segment_are_refused() {
    let nonce = "A".repeat(22);
    for name in [
        "",
        "/",
        "/../etc/passwd",
        "/hmsffi-short",
        "hmsffi-AAAAAAAAAAAAAAAAAAAAAA",
        "/hmsffi-../../../../../../etc/",
    ] {
        refused(open_text(format!("{name} {nonce}").as_bytes(), RING), "malformed");
    }
    for text in
        [&b"\xff\xfe"[..], b"", b"/hmsffi-AAAAAAAAAAAAAAAAAAAAAA", b"/hmsffi-AAAAAAAAAAAAAAAAAAAAAA AA"]
    {
        refused(open_text(text, RING), "malformed");
    }
    let descriptor = Some(memfd(RING, true, ALL));
    let own = OwnSegment::create(Backend::Named, RING, Purpose::Ring).unwrap();
    let received = Received { descriptor, text: &own.ticket().text };
    refused(PeerSegment::open(Backend::Named, received, RING, Purpose::Ring), "a descriptor came with it");
}

#[test]
fn a_name_is_gone_once_it_was_opened_or_dropped() {
    let own = OwnSegment::create(Backend::Named, RING, Purpose::Ring).unwrap();
    let text = own.ticket().text;
    let peer = open_text(&text, own.len()).unwrap();
    own.opened_by_peer();
    own.opened_by_peer();
    assert_eq!(open_text(&text, own.len()).err().unwrap().code(), Code::NotFound);
    drop(own);
    assert_eq!(peer.word(0), 0);

    let own = OwnSegment::create(Backend::Named, RING, Purpose::Ring).unwrap();
    let text = own.ticket().text;
    drop(own);
    assert_eq!(open_text(&text, RING).err().unwrap().code(), Code::NotFound);
}

#[test]
fn what_was_refused_or_dropped_leaves_no_descriptor_and_no_map() {
    alone("refusing::what_was_refused_or_dropped_leaves_no_descriptor_and_no_map", || {
        let before = held();
        sizes_that_lie_and_holes_are_refused();
        memory_without_all_seals_is_refused();
        lengths_that_no_segment_can_have_are_refused();
        a_name_with_another_nonce_is_refused();
        tickets_that_name_no_segment_are_refused();
        a_name_is_gone_once_it_was_opened_or_dropped();
        descriptors_of_other_things_are_refused();
        for backend in super::BACKENDS {
            let own = OwnSegment::create(backend, RING, Purpose::Ring).unwrap();
            let peer = open(backend, &own, Purpose::Ring).unwrap();
            assert!(held() > before, "what is held is counted");
            drop((own, peer));
        }
        // Foreign descriptors are closed by another thread.
        let end = Instant::now() + Duration::from_secs(10);
        while held() != before && Instant::now() < end {
            std::thread::yield_now();
        }
        assert_eq!(held(), before);
    });
}

#[test]
fn a_refused_pipe_is_closed() {
    let mut pipe = [0; 2];
    // SAFETY: makes two descriptors, which are owned from here on.
    let [reader, writer] = unsafe {
        assert_eq!(libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC), 0);
        pipe.map(|fd| OwnedFd::from_raw_fd(fd))
    };
    refused(open_fd(Some(writer)), "no sealed memory");
    let mut poll = libc::pollfd { fd: reader.as_fd().as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one descriptor, which is open.
    assert_eq!(unsafe { libc::poll(&mut poll, 1, 10_000) }, 1);
    assert_eq!(poll.revents, libc::POLLHUP);
}
