//! Checked handles: tables from ids to objects.
//!
//! Looking a handle up takes no lock and touches no cache line that other threads write, so two threads that use
//! the same handle do not slow each other down.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use hmsffi_abi::kind;
use hmsffi_core::arena::Arena;
pub(crate) use hmsffi_core::hazard::Held;
use hmsffi_core::hazard::{Free, Shared};
use hmsffi_core::id::Id;
use hmsffi_core::thread::Thread;
use hmsffi_core::{Error, Result};

/// The objects of one kind.
pub(crate) struct Table<T: Send + Sync + 'static> {
    kind: u8,
    /// When closed objects are freed.
    free: Free,
    slots: Arena<Slot<T>>,
    closed: Mutex<Vec<u32>>,
}

struct Slot<T: Send + Sync + 'static> {
    /// Of the handle that lives here, or will next.
    generation: AtomicU32,
    object: Shared<T>,
}

impl<T: Send + Sync> Table<T> {
    pub const fn new(kind: u8) -> Table<T> {
        Table::freed(kind, Free::Soon)
    }

    /// For objects that are but a little memory, and many.
    pub const fn of_small(kind: u8) -> Table<T> {
        Table::freed(kind, Free::Late)
    }

    const fn freed(kind: u8, free: Free) -> Table<T> {
        Table { kind, free, slots: Arena::new(), closed: Mutex::new(Vec::new()) }
    }

    /// Puts an object in; gives its id.
    pub fn insert(&self, object: T) -> Result<u64> {
        self.insert_shared(Arc::new(object))
    }

    /// Puts a shared object in; gives its id.
    pub fn insert_shared(&self, object: Arc<T>) -> Result<u64> {
        let index = {
            let mut free = self.closed.lock().unwrap_or_else(|e| e.into_inner());
            if free.is_empty() {
                let before = free.len();
                let mut first = 0;
                let fresh = self.slots.grow(|index| {
                    first = index;
                    Slot { generation: AtomicU32::new(1), object: Shared::empty() }
                });
                let count = fresh.len() as u32;
                free.extend((0..count).map(|n| first - n));
                if free.len() == before {
                    return Err(Error::exhausted(format!("there are too many {}s", name(self.kind))));
                }
            }
            free.pop()
        };
        let slot = index.and_then(|index| Some((index, self.slots.get(index)?)));
        let (index, slot) = slot.ok_or_else(|| Error::internal("the handle table lost a slot"))?;
        slot.object.swap(Some(object), self.free);
        Ok(Id { kind: self.kind, generation: slot.generation.load(Ordering::Acquire), slot: index }.pack())
    }

    /// The object behind an id.
    pub fn get(&self, id: u64) -> Result<Held<T>> {
        self.get_on(Thread::current(), id)
    }

    /// The same, on this thread.
    #[inline(always)]
    pub fn get_on(&self, thread: &Thread, id: u64) -> Result<Held<T>> {
        let parts = Id::unpack(id);
        if parts.kind == self.kind
            && let Some(slot) = self.slots.get(parts.slot)
        {
            let object = slot.object.get(thread);
            if slot.generation.load(Ordering::Acquire) == parts.generation
                && let Some(object) = object
            {
                return Ok(object);
            }
        }
        Err(self.refusal(id))
    }

    /// Puts another object in the place of one, if the handle is still open.
    pub fn replace(&self, id: u64, object: Arc<T>) -> Result<()> {
        let held = self.get(id)?;
        let slot = self.slots.get(Id::unpack(id).slot).ok_or_else(|| self.refusal(id))?;
        slot.object.replace(&held, object);
        Ok(())
    }

    /// Takes an object out: its handle is closed.
    pub fn remove(&self, id: u64) -> Result<Arc<T>> {
        let parts = Id::unpack(id);
        let slot = (parts.kind == self.kind).then(|| self.slots.get(parts.slot)).flatten();
        let slot = slot.ok_or_else(|| self.refusal(id))?;
        let next = parts.generation.wrapping_add(1).max(1);
        slot.object
            .is_some()
            .then(|| {
                slot.generation
                    .compare_exchange(parts.generation, next, Ordering::AcqRel, Ordering::Acquire)
                    .ok()
            })
            .flatten()
            .ok_or_else(|| self.refusal(id))?;
        let object = slot.object.swap(None, self.free);
        self.closed.lock().unwrap_or_else(|e| e.into_inner()).push(parts.slot);
        object.ok_or_else(|| self.refusal(id))
    }

    /// Whether another handle names the same object.
    pub fn contains(&self, object: &Arc<T>) -> bool {
        self.slots.iter().any(|slot| slot.object.is(object))
    }

    /// Open handles.
    pub fn live(&self) -> u64 {
        self.slots.iter().filter(|slot| slot.object.is_some()).count() as u64
    }

    /// Why an id names nothing here.
    #[cold]
    fn refusal(&self, id: u64) -> Error {
        let parts = Id::unpack(id);
        let wanted = name(self.kind);
        if id == 0 {
            return Error::invalid(format!("the {wanted} handle is 0. Make one first"));
        }
        if parts.kind != self.kind {
            let what = match name(parts.kind) {
                "unknown" => "not a handle of this library".to_owned(),
                other => format!("a {other} handle"),
            };
            return Error::invalid(format!("{id:#018x} is {what}; a {wanted} handle is needed"));
        }
        match self.slots.get(parts.slot) {
            Some(slot)
                if parts.generation < slot.generation.load(Ordering::Acquire) && parts.generation != 0 =>
            {
                Error::precondition(format!("the {wanted} handle {id:#018x} was closed before"))
            }
            _ => Error::invalid(format!("{id:#018x} is not a {wanted} handle of this process")),
        }
    }
}

/// What people call a kind.
pub(crate) fn name(number: u8) -> &'static str {
    match number {
        kind::RUNTIME => "runtime",
        kind::SERVER => "server",
        kind::SERVICE => "service",
        kind::CLIENT => "client",
        kind::METHOD => "method",
        kind::CALL => "call",
        kind::STREAM => "stream",
        kind::QUEUE => "queue",
        kind::ERROR => "error",
        kind::METADATA => "metadata",
        kind::BUFFER => "buffer",
        kind::WRITER => "writer",
        kind::READER => "reader",
        _ => "unknown",
    }
}
