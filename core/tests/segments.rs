//! Segments between two processes: what is written is read, only by whom it may, and nothing is left behind.

#[path = "segments/leaving.rs"]
mod leaving;
#[path = "segments/limits.rs"]
mod limits;
#[path = "segments/process.rs"]
mod process;
#[path = "segments/reading.rs"]
mod reading;
#[path = "segments/refusing.rs"]
mod refusing;

use std::os::fd::AsFd;

use hmsffi_core::Result;
use hmsffi_core::shm::segment::{Backend, OwnSegment, PeerSegment, Purpose, Received};

const BACKENDS: [Backend; 2] = [Backend::Memfd, Backend::Named];
const RING: usize = 36 * 1024;

/// Opens a segment as the peer would, here in this process.
fn open(backend: Backend, own: &OwnSegment, purpose: Purpose) -> Result<PeerSegment> {
    let ticket = own.ticket();
    let descriptor = ticket.descriptor.map(|fd| fd.as_fd().try_clone_to_owned().unwrap());
    PeerSegment::open(backend, Received { descriptor, text: &ticket.text }, own.len(), purpose)
}

fn write(own: &OwnSegment, offset: usize, bytes: &[u8]) {
    assert!(offset + bytes.len() <= own.len());
    // SAFETY: inside the segment, which this process owns.
    unsafe { own.as_ptr().add(offset).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
}
