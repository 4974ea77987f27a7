//! What the peer can do with a segment, and what it cannot.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::process::Stdio;

use hmsffi_core::Code;
use hmsffi_core::shm::segment::{Backend, OwnSegment, PeerSegment, Purpose, Received};

use super::process::{passes, role, start};
use super::{RING, open, write};

/// The peer's part: the descriptor is its standard input.
fn read_in_child(backend: Backend) {
    let text = std::env::var("HMSFFI_TEST_TICKET").unwrap().into_bytes();
    // SAFETY: standard input is the descriptor that the test passed; nothing else uses it.
    let descriptor = (backend == Backend::Memfd).then(|| unsafe { OwnedFd::from_raw_fd(0) });
    let len = std::env::var("HMSFFI_TEST_LEN").unwrap().parse().unwrap();
    let peer = PeerSegment::open(backend, Received { descriptor, text: &text }, len, Purpose::Ring).unwrap();
    assert_eq!(peer.word(4096), 0x6463_6261);
    let mut last = [0; 5];
    peer.copy_out(len - 5, &mut last).unwrap();
    assert_eq!(&last, b"hello");
    // SAFETY: changes a mapping of this process.
    let made =
        unsafe { libc::mprotect(peer.as_ptr().cast_mut().cast(), len, libc::PROT_READ | libc::PROT_WRITE) };
    assert_ne!(made, 0, "the peer could make its map writable");
    assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EACCES));
}

fn another_process_reads(test: &str, backend: Backend) {
    if role().is_some() {
        return read_in_child(backend);
    }
    let own = OwnSegment::create(backend, RING, Purpose::Ring).unwrap();
    write(&own, 4096, b"abcd");
    write(&own, own.len() - 5, b"hello");
    let ticket = own.ticket();
    let descriptor = ticket.descriptor.map(|fd| fd.as_fd().try_clone_to_owned().unwrap());
    let variables = [
        ("HMSFFI_TEST_TICKET", std::str::from_utf8(&ticket.text).unwrap()),
        ("HMSFFI_TEST_LEN", &own.len().to_string()),
    ];
    passes(start(test, "peer", descriptor.map_or_else(Stdio::null, Stdio::from), &variables));
}

#[test]
fn another_process_reads_what_is_written_and_cannot_write_memfd() {
    another_process_reads(
        "reading::another_process_reads_what_is_written_and_cannot_write_memfd",
        Backend::Memfd,
    );
}

#[test]
fn another_process_reads_what_is_written_and_cannot_write_named() {
    another_process_reads(
        "reading::another_process_reads_what_is_written_and_cannot_write_named",
        Backend::Named,
    );
}

#[test]
fn nobody_maps_a_passed_memfd_for_writing_or_writes_it_or_resizes_it() {
    let own = OwnSegment::create(Backend::Memfd, RING, Purpose::Ring).unwrap();
    let passed = own.ticket().descriptor.unwrap().try_clone_to_owned().unwrap();
    let refusals = |fd: i32| {
        // SAFETY: each call is refused; none changes memory of this process.
        unsafe {
            let map = |protection| {
                libc::mmap(std::ptr::null_mut(), RING, protection, libc::MAP_SHARED, fd, 0)
                    == libc::MAP_FAILED
            };
            [
                map(libc::PROT_READ | libc::PROT_WRITE),
                map(libc::PROT_WRITE),
                libc::pwrite(fd, b"x".as_ptr().cast(), 1, 0) < 0,
                libc::ftruncate(fd, 0) != 0,
                libc::ftruncate(fd, 2 * RING as i64) != 0,
                libc::fallocate(fd, libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE, 0, 4096) != 0,
                libc::fcntl(fd, libc::F_ADD_SEALS, libc::F_SEAL_WRITE) != 0,
            ]
        }
    };
    assert_eq!(refusals(passed.as_raw_fd()), [true; 7]);
    let again = std::fs::File::options()
        .read(true)
        .write(true)
        .open(format!("/proc/self/fd/{}", passed.as_raw_fd()))
        .unwrap();
    assert_eq!(refusals(again.as_raw_fd()), [true; 7]);
}

#[test]
fn the_owner_goes_on_writing_after_the_peer_has_opened() {
    for backend in super::BACKENDS {
        let own = OwnSegment::create(backend, 3 << 20, Purpose::Arena).unwrap();
        let peer = open(backend, &own, Purpose::Arena).unwrap();
        own.opened_by_peer();
        write(&own, (3 << 20) - 4, &7_u32.to_le_bytes());
        assert_eq!(peer.word((3 << 20) - 4), 7);
        assert_eq!(peer.len(), 3 << 20);
    }
}

#[test]
fn a_place_beyond_the_segment_is_not_read() {
    let own = OwnSegment::create(Backend::Memfd, 1, Purpose::Arena).unwrap();
    let peer = open(Backend::Memfd, &own, Purpose::Arena).unwrap();
    let mut bytes = [0; 8];
    for offset in [peer.len() - 7, peer.len(), peer.len() + 1, usize::MAX - 3, usize::MAX] {
        assert_eq!(peer.copy_out(offset, &mut bytes).unwrap_err().code(), Code::OutOfRange, "{offset}");
    }
    peer.copy_out(peer.len() - 8, &mut bytes).unwrap();
    peer.copy_out(peer.len(), &mut []).unwrap();
}
