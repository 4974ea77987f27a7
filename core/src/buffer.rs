//! Bytes with an owner that outside code can hold by id.
//!
//! Small results come from blocks that are used again, kept per thread; large ones are their own allocation;
//! foreign memory is lent with a release function. Releasing twice is noticed by the block's generation.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::id::{Id, kind};
use crate::kept::Kept;
use crate::thread::{Thread, count};

/// Capacities of pooled blocks. Larger contents get an allocation of their own, in a block without memory.
const CLASSES: [usize; 3] = [256, 4096, 65536];
/// The class of blocks without memory.
const BARE: usize = CLASSES.len();
/// Free blocks that one thread keeps beside the last one, by class.
const KEPT: [usize; 4] = [31, 7, 1, 31];

static BLOCKS: Arena<Block> = Arena::new();
static FREE: [Mutex<Vec<&'static Block>>; 4] = [const { Mutex::new(Vec::new()) }; 4];

/// Frees lent memory.
pub type Release = unsafe extern "C" fn(ctx: *mut c_void);

/// Who lends memory that it knows by numbers.
pub trait Owner: Send + Sync {
    /// The last user is done with the memory of this number. Called once for each buffer, on any thread.
    fn released(self: Arc<Self>, number: u64);
    /// The same, where somebody else does what is to be done then.
    fn released_quietly(self: Arc<Self>);
}

/// Blocks of two threads share no cache line, nor a pair of lines that is fetched together.
#[repr(align(128))]
pub(crate) struct Block {
    index: u32,
    class: usize,
    /// Odd while handed out.
    generation: AtomicU32,
    data: AtomicPtr<u8>,
    len: AtomicUsize,
    content: UnsafeCell<Content>,
}

/// What a bare block holds.
enum Content {
    Owned { _bytes: Vec<u8> },
    Foreign(Release, *mut c_void),
    Lent(Arc<dyn Owner>, u64),
    Empty,
}

impl Content {
    /// Ends the use of memory that is not the block's own. Runs foreign code.
    fn end(self) {
        match self {
            // SAFETY: the lender promised that this may run once on any thread.
            Content::Foreign(release, ctx) => unsafe { release(ctx) },
            Content::Lent(owner, number) => owner.released(number),
            Content::Owned { .. } | Content::Empty => {}
        }
    }

    /// The same, without telling an owner that knows it by a number: gives the number.
    fn end_quietly(self) -> Option<u64> {
        match self {
            Content::Lent(owner, number) => {
                owner.released_quietly();
                Some(number)
            }
            content => {
                content.end();
                None
            }
        }
    }
}

// SAFETY: `content` is touched only by the thread that moved the generation to or from odd.
unsafe impl Sync for Block {}
// SAFETY: as above; foreign contexts are documented to be released on any thread.
unsafe impl Send for Block {}

/// Owned bytes; released on drop. One word, because answers are moved on the hot path.
#[derive(Default)]
pub struct Buffer(Option<&'static Block>);

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Buffer").field(&self.as_slice()).finish()
    }
}

impl Buffer {
    /// No bytes, nothing to release.
    pub const EMPTY: Buffer = Buffer(None);

    /// A copy of `bytes`.
    pub fn copy_of(bytes: &[u8]) -> Buffer {
        Buffer::copy_on(Thread::current(), bytes)
    }

    /// A copy of `bytes`, made on this thread.
    #[inline]
    pub fn copy_on(thread: &Thread, bytes: &[u8]) -> Buffer {
        count(&thread.visible.bytes_copied, bytes.len() as u64);
        match CLASSES.iter().position(|capacity| bytes.len() <= *capacity) {
            _ if bytes.is_empty() => Buffer::EMPTY,
            Some(class) => {
                let block = take(thread, class);
                let memory = match block.data.load(Ordering::Relaxed) {
                    none if none.is_null() => block.furnish(),
                    memory => memory,
                };
                // SAFETY: memory of the class's size, which nobody else uses until the block is handed out.
                unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), memory, bytes.len()) };
                block.hand_out(memory, bytes.len())
            }
            None => Buffer::from(bytes.to_vec()),
        }
    }

    /// Bytes that `fill` copies in; it must write all of them.
    #[inline]
    pub fn filled(thread: &Thread, len: usize, fill: impl FnOnce(&mut [u8])) -> Buffer {
        count(&thread.visible.bytes_copied, len as u64);
        match CLASSES.iter().position(|capacity| len <= *capacity) {
            _ if len == 0 => Buffer::EMPTY,
            Some(class) => {
                let block = take(thread, class);
                let memory = match block.data.load(Ordering::Relaxed) {
                    none if none.is_null() => block.furnish(),
                    memory => memory,
                };
                // SAFETY: initialised memory of the class's size, which nobody else uses until the block is handed out.
                fill(unsafe { std::slice::from_raw_parts_mut(memory, len) });
                block.hand_out(memory, len)
            }
            None => {
                let mut bytes = vec![0; len];
                fill(&mut bytes);
                Buffer::from(bytes)
            }
        }
    }

    /// Foreign memory: `release(ctx)` runs once when the last user is done, on any thread.
    ///
    /// # Safety
    /// `data` must be readable for `len` bytes, and unchanged, until `release` runs.
    pub unsafe fn foreign(data: *const u8, len: usize, release: Release, ctx: *mut c_void) -> Buffer {
        let block = take(Thread::current(), BARE);
        // SAFETY: the block was at rest and is ours.
        unsafe { *block.content.get() = Content::Foreign(release, ctx) };
        block.hand_out(if len == 0 { ptr::null() } else { data }, len)
    }

    /// Memory that `owner` lends by a number. Nothing is allocated.
    ///
    /// # Safety
    /// `data` must be readable for `len` bytes for as long as the owner is there and the number was not released.
    pub unsafe fn lent(data: *const u8, len: usize, owner: Arc<dyn Owner>, number: u64) -> Buffer {
        let block = take(Thread::current(), BARE);
        // SAFETY: the block was at rest and is ours.
        unsafe { *block.content.get() = Content::Lent(owner, number) };
        block.hand_out(if len == 0 { ptr::null() } else { data }, len)
    }

    /// Releases the bytes. Where an owner has lent them, it is not told: whoever gets the number does that.
    pub fn end_use(self) -> Option<u64> {
        let block = std::mem::ManuallyDrop::new(self).0?;
        block.take_in();
        let number = if block.class == BARE { block.take_content().end_quietly() } else { None };
        put(block);
        number
    }

    /// Memory of `len` bytes, all zero.
    pub fn zeroed(len: usize) -> Buffer {
        Buffer::from(vec![0; len])
    }

    /// The bytes of a buffer that has other users as well.
    pub fn sharing(buffer: Arc<Buffer>) -> Buffer {
        /// # Safety
        /// `ctx` must come from `Arc::into_raw`.
        unsafe extern "C" fn release(ctx: *mut c_void) {
            // SAFETY: given below, and released once.
            drop(unsafe { Arc::from_raw(ctx.cast::<Buffer>()) });
        }
        let bytes = buffer.as_slice();
        let (data, len) = (bytes.as_ptr(), bytes.len());
        // SAFETY: the bytes stay where they are until the share is dropped.
        unsafe { Buffer::foreign(data, len, release, Arc::into_raw(buffer).cast_mut().cast()) }
    }

    /// Keeps the first `len` bytes only.
    pub fn shorten(&self, len: usize) {
        if let Some(block) = self.0.filter(|block| len < block.len.load(Ordering::Relaxed)) {
            block.len.store(len, Ordering::Relaxed);
        }
    }

    /// The bytes.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        let Some(block) = self.0.filter(|block| block.len.load(Ordering::Relaxed) > 0) else { return &[] };
        // SAFETY: set at hand-out, valid until released.
        unsafe {
            std::slice::from_raw_parts(block.data.load(Ordering::Relaxed), block.len.load(Ordering::Relaxed))
        }
    }

    /// Gives the parts away: data, length, owner. The owner must be released with [`release`].
    #[inline(always)]
    pub fn into_raw(self) -> (*const u8, usize, u64) {
        let Some(block) = self.0 else { return (ptr::null(), 0, 0) };
        std::mem::forget(self);
        (block.data.load(Ordering::Relaxed), block.len.load(Ordering::Relaxed), block.owner())
    }

    /// Gives the buffer away as a pointer.
    #[inline(always)]
    pub(crate) fn into_block(self) -> *mut Block {
        let block = self.0.map_or(ptr::null_mut(), |block| ptr::from_ref(block).cast_mut());
        std::mem::forget(self);
        block
    }

    /// Takes a buffer back.
    ///
    /// # Safety
    /// Given by [`Buffer::into_block`], and taken once.
    #[inline(always)]
    pub(crate) unsafe fn from_block(block: *mut Block) -> Buffer {
        // SAFETY: promised above; blocks are never freed.
        Buffer(unsafe { block.as_ref() })
    }

    /// Takes a buffer back that outside code held, by its owner, which is worth nothing from then on.
    pub fn from_owner(owner: u64) -> Result<Buffer> {
        Ok(Buffer(if owner == 0 { None } else { Some(take_back(owner, 2)?) }))
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Buffer {
        if bytes.is_empty() {
            return Buffer::EMPTY;
        }
        let block = take(Thread::current(), BARE);
        let (data, len) = (bytes.as_ptr(), bytes.len());
        // SAFETY: the block was at rest and is ours.
        unsafe { *block.content.get() = Content::Owned { _bytes: bytes } };
        block.hand_out(data, len)
    }
}

impl Drop for Buffer {
    #[inline]
    fn drop(&mut self) {
        if let Some(block) = self.0 {
            block.take_in();
            block.rest();
        }
    }
}

impl Block {
    /// Memory for a pooled block that has none yet. It keeps it for ever.
    #[cold]
    fn furnish(&self) -> *mut u8 {
        Box::leak(vec![0; CLASSES[self.class]].into_boxed_slice()).as_mut_ptr()
    }

    #[inline(always)]
    fn hand_out(&'static self, data: *const u8, len: usize) -> Buffer {
        self.data.store(data.cast_mut(), Ordering::Relaxed);
        self.len.store(len, Ordering::Relaxed);
        let generation = self.generation.load(Ordering::Relaxed).wrapping_add(1);
        self.generation.store(generation, Ordering::Release);
        Buffer(Some(self))
    }

    /// Ends what [`Block::hand_out`] began. Outside code has no owner of it, so nobody else does.
    #[inline(always)]
    fn take_in(&self) {
        let generation = self.generation.load(Ordering::Relaxed);
        self.generation.store(generation.wrapping_add(1), Ordering::Release);
    }

    /// Ends its use; its generation says so already. Runs foreign code where memory is lent.
    #[inline(always)]
    fn rest(&'static self) {
        if self.class == BARE {
            self.take_content().end();
        }
        put(self);
    }

    fn take_content(&self) -> Content {
        // SAFETY: called by the thread that moved the generation off odd, so the content is its own.
        std::mem::replace(unsafe { &mut *self.content.get() }, Content::Empty)
    }

    /// The id by which outside code holds the buffer.
    #[inline(always)]
    fn owner(&self) -> u64 {
        let generation = self.generation.load(Ordering::Relaxed);
        Id { kind: kind::BUFFER, generation, slot: self.index }.pack()
    }
}

/// Releases an owner. A second release is FAILED_PRECONDITION, something else INVALID_ARGUMENT.
#[inline]
pub fn release(owner: u64) -> Result<()> {
    take_back(owner, 1)?.rest();
    Ok(())
}

/// Takes a block back that outside code holds; its generation grows by so much, once.
#[inline]
fn take_back(owner: u64, by: u32) -> Result<&'static Block> {
    let id = Id::unpack(owner);
    let block = (id.kind == kind::BUFFER && id.generation % 2 == 1).then(|| BLOCKS.get(id.slot)).flatten();
    let next = id.generation.wrapping_add(by);
    block
        .filter(|block| {
            let taken =
                block.generation.compare_exchange(id.generation, next, Ordering::AcqRel, Ordering::Relaxed);
            taken.is_ok()
        })
        .ok_or_else(|| refusal(owner))
}

/// Why an owner cannot be used.
#[cold]
fn refusal(owner: u64) -> Error {
    let id = Id::unpack(owner);
    let block = (id.kind == kind::BUFFER).then(|| BLOCKS.get(id.slot)).flatten();
    let used_up = |block: &Block| id.generation < block.generation.load(Ordering::Acquire);
    if id.generation % 2 == 1 && block.is_some_and(used_up) {
        return Error::precondition(
            "the buffer was released before. Release each buffer once, and no copy of it",
        );
    }
    Error::invalid("the buffer's owner is not one that this library handed out")
}

/// Free blocks of one thread, by class.
pub(crate) struct Blocks([Kept<Block>; 4]);

impl Default for Blocks {
    fn default() -> Blocks {
        Blocks(KEPT.map(Kept::new))
    }
}

impl Blocks {
    /// Gives the blocks to all threads.
    pub fn give_back(&self) {
        for (kept, free) in self.0.iter().zip(&FREE) {
            let kept = kept.take_all();
            if !kept.is_empty() {
                free.lock().unwrap_or_else(|e| e.into_inner()).extend(kept);
            }
        }
    }
}

#[inline(always)]
fn take(thread: &Thread, class: usize) -> &'static Block {
    thread.blocks.0[class].take().unwrap_or_else(|| take_shared(thread, class))
}

#[cold]
fn take_shared(thread: &Thread, class: usize) -> &'static Block {
    let mut free = FREE[class].lock().unwrap_or_else(|e| e.into_inner());
    loop {
        if let Some(block) = thread.blocks.0[class].take_from(&mut free) {
            return block;
        }
        let fresh = BLOCKS.grow(|index| Block {
            index,
            class,
            generation: AtomicU32::new(0),
            data: AtomicPtr::new(ptr::null_mut()),
            len: AtomicUsize::new(0),
            content: UnsafeCell::new(Content::Empty),
        });
        assert!(!fresh.is_empty(), "more than 16 million buffers are handed out");
        free.extend(fresh);
    }
}

#[inline(always)]
fn put(block: &'static Block) {
    let thread = Thread::current();
    if let Err(block) = thread.blocks.0[block.class].put(block) {
        put_shared(thread, block);
    }
}

#[cold]
fn put_shared(thread: &Thread, block: &'static Block) {
    let mut free = FREE[block.class].lock().unwrap_or_else(|e| e.into_inner());
    thread.blocks.0[block.class].put_into(&mut free, block);
}

/// Buffers handed out, and their bytes.
pub fn live() -> (u64, u64) {
    BLOCKS
        .iter()
        .filter(|block| block.generation.load(Ordering::Acquire) % 2 == 1)
        .fold((0, 0), |(n, bytes), block| (n + 1, bytes + block.len.load(Ordering::Relaxed) as u64))
}
