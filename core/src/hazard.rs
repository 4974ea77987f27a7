//! Reading a shared pointer without a lock or a locked instruction, while others may replace and free its target.
//!
//! A reader announces the pointer in a place of its thread and looks again whether it is still the current one. Whoever
//! replaces a target frees it only when no thread announces it.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::barrier;
use crate::thread::{Thread, VISIBLE};

/// Announcements that one thread can make at a time; deeper nesting counts references instead.
const PLACES: usize = 8;

static LIMBO: Mutex<Vec<Retired>> = Mutex::new(Vec::new());
/// Of those in limbo, how many are to be freed soon.
static URGENT: AtomicUsize = AtomicUsize::new(0);
/// Targets in limbo that are freed together: looking at all threads has its price.
const TOGETHER: usize = 64;

/// What one thread reads now.
#[derive(Default)]
pub(crate) struct Announced([AtomicPtr<()>; PLACES]);

/// A replaced target, and how to free it.
struct Retired {
    urgent: bool,
    target: *const (),
    free: unsafe fn(*const ()),
}

// SAFETY: targets are Send and Sync, see `Shared`.
unsafe impl Send for Retired {}

/// When a replaced target is freed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// As soon as nobody reads it: its end has an effect.
    Soon,
    /// Some time after: it is but a little memory.
    Late,
}

/// A pointer to something shared, or to nothing.
pub struct Shared<T: Send + Sync + 'static> {
    target: AtomicPtr<T>,
    /// Held while a target is replaced, and by readers that must count references.
    replacing: Mutex<()>,
}

/// A target that stays alive while this does.
pub struct Held<T: Send + Sync + 'static> {
    target: NonNull<T>,
    /// Where it is announced; `None` = a reference is counted.
    place: Option<&'static AtomicPtr<()>>,
    /// Announcements belong to their thread.
    _thread: PhantomData<*const ()>,
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// Nothing.
    pub const fn empty() -> Shared<T> {
        Shared { target: AtomicPtr::new(ptr::null_mut()), replacing: Mutex::new(()) }
    }

    /// What it points to now.
    #[inline(always)]
    pub fn get(&self, thread: &Thread) -> Option<Held<T>> {
        let place = &thread.visible.announced.0[0];
        if let Some(target) = NonNull::new(self.target.load(Ordering::Acquire))
            && place.load(Ordering::Relaxed).is_null()
        {
            place.store(target.as_ptr().cast(), Ordering::Relaxed);
            barrier::light();
            if self.target.load(Ordering::Acquire) == target.as_ptr() {
                return Some(Held { target, place: Some(place), _thread: PhantomData });
            }
            place.store(ptr::null_mut(), Ordering::Relaxed);
        }
        self.get_nested(thread)
    }

    /// The first place is taken, or the target was replaced just now.
    #[inline(never)]
    fn get_nested(&self, thread: &Thread) -> Option<Held<T>> {
        let Some(place) =
            thread.visible.announced.0.iter().find(|place| place.load(Ordering::Relaxed).is_null())
        else {
            return self.get_counted();
        };
        let mut current = self.target.load(Ordering::Acquire);
        loop {
            let Some(target) = NonNull::new(current) else {
                place.store(ptr::null_mut(), Ordering::Relaxed);
                return None;
            };
            place.store(current.cast(), Ordering::Relaxed);
            barrier::light();
            current = self.target.load(Ordering::Acquire);
            if current == target.as_ptr() {
                return Some(Held { target, place: Some(place), _thread: PhantomData });
            }
        }
    }

    #[cold]
    fn get_counted(&self) -> Option<Held<T>> {
        let _replacing = self.replacing.lock().unwrap_or_else(|e| e.into_inner());
        let target = NonNull::new(self.target.load(Ordering::Acquire))?;
        // SAFETY: not replaced, so not freed, while the lock is held; made by Arc::into_raw.
        unsafe { Arc::increment_strong_count(target.as_ptr()) };
        Some(Held { target, place: None, _thread: PhantomData })
    }

    /// Whether it points to something.
    pub fn is_some(&self) -> bool {
        !self.target.load(Ordering::Acquire).is_null()
    }

    /// Whether it points to this.
    pub fn is(&self, object: &Arc<T>) -> bool {
        ptr::eq(self.target.load(Ordering::Acquire), Arc::as_ptr(object))
    }

    /// Points to something else, unless somebody was faster than the holder of `expected`.
    pub fn replace(&self, expected: &Held<T>, object: Arc<T>) {
        let new = Arc::into_raw(object).cast_mut();
        let old = {
            let _replacing = self.replacing.lock().unwrap_or_else(|e| e.into_inner());
            let swapped = self.target.compare_exchange(
                expected.target.as_ptr(),
                new,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            swapped.unwrap_or(new)
        };
        // SAFETY: made by Arc::into_raw, and no longer reachable from here.
        unsafe { retire::<T>(old, Free::Soon) };
    }

    /// Points to this object; what it pointed to before is given as a counted reference.
    pub fn swap(&self, object: Option<Arc<T>>, free: Free) -> Option<Arc<T>> {
        let new = object.map_or(ptr::null_mut(), |object| Arc::into_raw(object).cast_mut());
        let _replacing = self.replacing.lock().unwrap_or_else(|e| e.into_inner());
        let old = self.target.swap(new, Ordering::AcqRel).cast_const();
        // SAFETY: made by Arc::into_raw; one reference goes to limbo, one to the caller.
        (!old.is_null()).then(|| unsafe {
            Arc::increment_strong_count(old);
            let kept = Arc::from_raw(old);
            retire::<T>(old, free);
            kept
        })
    }
}

impl<T: Send + Sync> Held<T> {
    /// A counted reference.
    pub fn share(&self) -> Arc<T> {
        // SAFETY: alive while held; made by Arc::into_raw.
        unsafe {
            Arc::increment_strong_count(self.target.as_ptr());
            Arc::from_raw(self.target.as_ptr())
        }
    }

    /// Runs `f` with a reference that is not counted; whoever keeps it clones it.
    #[inline]
    pub fn with_arc<R>(&self, f: impl FnOnce(&Arc<T>) -> R) -> R {
        // SAFETY: alive while held; made by Arc::into_raw, and not dropped here.
        f(&ManuallyDrop::new(unsafe { Arc::from_raw(self.target.as_ptr()) }))
    }
}

impl<T: Send + Sync> Deref for Held<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: alive while held.
        unsafe { self.target.as_ref() }
    }
}

impl<T: Send + Sync> Drop for Held<T> {
    #[inline]
    fn drop(&mut self) {
        match self.place {
            Some(place) => {
                place.store(ptr::null_mut(), Ordering::Release);
                if URGENT.load(Ordering::Relaxed) != 0 {
                    sweep();
                }
            }
            // SAFETY: the reference was counted for this.
            None => drop(unsafe { Arc::from_raw(self.target.as_ptr()) }),
        }
    }
}

/// Frees a target as soon as no thread announces it.
///
/// # Safety
/// Made by `Arc::into_raw`, and no longer reachable through a `Shared`.
unsafe fn retire<T>(target: *const T, when: Free) {
    unsafe fn free<T>(target: *const ()) {
        // SAFETY: promised by `retire`.
        drop(unsafe { Arc::from_raw(target.cast::<T>()) });
    }
    let mut limbo = LIMBO.lock().unwrap_or_else(|e| e.into_inner());
    let urgent = when == Free::Soon;
    limbo.push(Retired { urgent, target: target.cast(), free: free::<T> });
    let full = limbo.len() >= TOGETHER;
    if urgent {
        URGENT.fetch_add(1, Ordering::Relaxed);
    }
    drop(limbo);
    if urgent || full {
        sweep();
    }
}

#[cold]
fn sweep() {
    // A destructor that runs below may retire something itself.
    let Ok(mut limbo) = LIMBO.try_lock() else { return };
    barrier::heavy();
    let announced: Vec<*const ()> = VISIBLE
        .iter()
        .flat_map(|thread| &thread.announced.0)
        .map(|place| place.load(Ordering::Acquire).cast_const())
        .filter(|target| !target.is_null())
        .collect();
    let (kept, freed) = limbo.drain(..).partition::<Vec<_>, _>(|retired| announced.contains(&retired.target));
    *limbo = kept;
    URGENT.store(limbo.iter().filter(|retired| retired.urgent).count(), Ordering::Relaxed);
    drop(limbo);
    for retired in freed {
        // SAFETY: nobody announces it, and nobody can any more.
        unsafe { (retired.free)(retired.target) };
    }
}
