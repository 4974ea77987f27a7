//! How bytes are moved between two ends whose CPUs pull at the same lines of the cache.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

/// Bytes of a line.
const LINE: usize = 64;
/// Bytes of a word.
const WORD: usize = size_of::<u64>();
/// Bytes that are best copied by words.
const FEW: usize = 2 * LINE;

/// Copies to a place in memory that the peer looks at meanwhile. No store touches two lines: it would have to own both at once, while the
/// other end pulls at each. memcpy makes such stores for its ends. The lines behind are written first: the other end
/// looks at the first one, and would take it away in between.
///
/// # Safety
/// `memory` must be aligned to lines, and valid up to the end of the word in which the last byte lies.
#[inline(always)]
pub unsafe fn write(memory: *mut u8, at: usize, bytes: &[u8]) {
    // SAFETY: as the caller says.
    let to = unsafe { memory.add(at) };
    // By `at`, which the compiler may know: most parts of a frame need no look at the address then.
    match bytes {
        [a, b, c, d] if at.is_multiple_of(4) => {
            let word = u32::from_ne_bytes([*a, *b, *c, *d]);
            // SAFETY: inside and aligned.
            unsafe { AtomicU32::from_ptr(to.cast()) }.store(word, Ordering::Relaxed);
        }
        // SAFETY: as the caller says, and aligned.
        _ if at.is_multiple_of(WORD) && bytes.len() <= FEW => unsafe { write_words(to, bytes) },
        // SAFETY: as the caller says.
        _ => unsafe { write_many(to, bytes) },
    }
}

/// # Safety
/// As for [`write`].
#[inline(never)]
unsafe fn write_many(to: *mut u8, bytes: &[u8]) {
    let to_word = to.align_offset(WORD).min(bytes.len());
    let (head, rest) = bytes.split_at(to_word);
    // SAFETY: inside, as the caller says.
    let to_rest = unsafe { to.add(to_word) };
    let to_line = to_rest.align_offset(LINE).min(rest.len());
    let whole = (rest.len() - to_line) / LINE * LINE;
    // SAFETY: parts of what is valid, each but the first at a word.
    unsafe {
        write_words(to_rest.add(to_line + whole), &rest[to_line + whole..]);
        if whole > 0 {
            std::ptr::copy_nonoverlapping(rest[to_line..].as_ptr(), to_rest.add(to_line), whole);
        }
        write_words(to_rest, &rest[..to_line]);
    }
    for (at, byte) in head.iter().enumerate() {
        // SAFETY: inside.
        unsafe { AtomicU8::from_ptr(to.add(at)) }.store(*byte, Ordering::Relaxed);
    }
}

/// Copies word by word, the last one first, and it whole. Atomics, because the compiler would make wide stores of others.
///
/// # Safety
/// As for [`write`]; `to` must be aligned to words.
#[inline(always)]
unsafe fn write_words(to: *mut u8, bytes: &[u8]) {
    let (words, tail) = bytes.as_chunks::<WORD>();
    let write = |number: usize, word: u64| {
        // SAFETY: inside and aligned.
        unsafe { AtomicU64::from_ptr(to.add(number * WORD).cast()) }.store(word.to_le(), Ordering::Relaxed);
    };
    if !tail.is_empty() {
        write(words.len(), last_word(bytes, tail));
    }
    for (number, word) in words.iter().enumerate().rev() {
        write(number, u64::from_le_bytes(*word));
    }
}

/// The bytes behind the last whole word. From one load, if there is one: what is put together in memory first is waited for.
#[inline(always)]
fn last_word(bytes: &[u8], tail: &[u8]) -> u64 {
    match bytes.last_chunk::<WORD>() {
        Some(last) => u64::from_le_bytes(*last) >> (8 * (WORD - tail.len())),
        None => word_of(tail),
    }
}

#[cold]
fn word_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Has the line of the cache in which this lies come nearer, if the machine can.
#[inline(always)]
pub fn prefetch(at: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it only moves a line of the cache; an address that is not mapped does nothing.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch(at.cast(), _MM_HINT_T0);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// The same for a line that will be written.
#[inline(always)]
pub fn prefetch_to_write(at: *mut u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as above.
    unsafe {
        std::arch::asm!("prefetchw [{}]", in(reg) at, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(align(64))]
    struct Lines([u8; 8 * LINE]);

    #[test]
    fn what_is_written_lies_there_whole_and_nothing_before_it_changes() {
        const UNTOUCHED: u8 = 0xee;
        let bytes: Vec<u8> = (1..=200).collect();
        for at in 0..=LINE {
            for len in 0..=bytes.len() {
                let mut lines = Lines([UNTOUCHED; 8 * LINE]);
                // SAFETY: inside, with the end of the last word.
                unsafe { write(lines.0.as_mut_ptr(), at, &bytes[..len]) };
                let (before, rest) = lines.0.split_at(at);
                assert!(before.iter().all(|byte| *byte == UNTOUCHED), "before {len} bytes at {at}");
                assert_eq!(rest[..len], bytes[..len], "{len} bytes at {at}");
                let behind = (at + len).next_multiple_of(WORD) - at;
                assert!(rest[behind..].iter().all(|byte| *byte == UNTOUCHED), "behind {len} bytes at {at}");
            }
        }
    }
}
