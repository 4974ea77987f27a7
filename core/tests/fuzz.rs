//! Whatever a peer writes or sends is read or refused: nothing panics, nothing beyond what is the peer's is read, and
//! only its own link suffers. Two seconds each; `make fuzz` takes longer and looks closer. `ARBTEST_SEED` repeats what
//! has failed.

#[allow(dead_code)] // made for the process that lies
#[path = "kills/liar.rs"]
mod liar;
mod linked;
mod process;
mod support;

#[path = "fuzz/frames.rs"]
mod frames;
#[path = "fuzz/links.rs"]
mod links;
#[path = "fuzz/messages.rs"]
mod messages;
#[path = "fuzz/packets.rs"]
mod packets;
#[path = "fuzz/protobuf.rs"]
mod protobuf;
#[path = "fuzz/rings.rs"]
mod rings;
#[path = "fuzz/schemas.rs"]
mod schemas;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use hmsffi_core::shm::layout::{Header, Kind};
use hmsffi_core::shm::link::wire::{DETACHED, EXTRA, GIVES_BACK, STREAM};

/// Milliseconds, unless `ARBTEST_BUDGET_MS` says something else.
const SHORT: u64 = 2_000;

/// Tries what must hold for whatever comes.
fn fuzz(property: impl FnMut(&mut Unstructured<'_>) -> Result<()>) {
    let test = arbtest(property);
    match std::env::var_os("ARBTEST_BUDGET_MS") {
        Some(_) => test.run(),
        None => test.budget_ms(SHORT).run(),
    }
}

/// A number that is mostly small, and now and then anything.
fn number(u: &mut Unstructured<'_>) -> Result<u64> {
    Ok(match u.int_in_range(0..=9)? {
        0 => u.arbitrary()?,
        1 => u.arbitrary::<u64>()? >> 32,
        2 => u64::MAX - u.int_in_range(0..=4096)?,
        3 => 1 << u.int_in_range(0..=63)?,
        _ => u.int_in_range(0..=40)?,
    })
}

/// The number of a call: index and generation.
fn call(u: &mut Unstructured<'_>) -> Result<u64> {
    Ok(if u.ratio(1, 8)? { number(u)? } else { u.int_in_range(0..=2)? << 32 | u.int_in_range(0..=3)? })
}

/// The header of a frame of any kind.
fn header(u: &mut Unstructured<'_>) -> Result<Header> {
    let kind = Kind::from_number(u.int_in_range(1..=9)?).expect("nine kinds");
    let flags = if u.ratio(1, 4)? {
        u.arbitrary()?
    } else {
        *u.choose(&[0, 1, EXTRA, GIVES_BACK, DETACHED, STREAM])?
    };
    let deadline = if u.ratio(1, 4)? { number(u)? } else { 0 };
    Ok(Header { kind, flags, call: call(u)?, number: number(u)? as u32, deadline })
}
