//! Things at rest that one thread keeps for itself, so that taking one needs no lock.

use std::cell::{Cell, RefCell};

/// The last one that came is by itself: calls that follow each other use the same one, and find it in the cache.
pub(crate) struct Kept<T: 'static> {
    last: Cell<Option<&'static T>>,
    others: RefCell<Vec<&'static T>>,
    most: usize,
}

impl<T> Kept<T> {
    /// None yet; beside the last at most `most`.
    pub fn new(most: usize) -> Kept<T> {
        Kept { last: Cell::new(None), others: RefCell::new(Vec::new()), most }
    }

    /// Takes one.
    #[inline(always)]
    pub fn take(&self) -> Option<&'static T> {
        self.last.take().or_else(|| self.others.borrow_mut().pop())
    }

    /// Keeps one, or gives it back when there are enough.
    #[inline(always)]
    pub fn put(&self, one: &'static T) -> Result<(), &'static T> {
        if self.last.get().is_none() {
            self.last.set(Some(one));
            return Ok(());
        }
        self.put_beside(one)
    }

    fn put_beside(&self, one: &'static T) -> Result<(), &'static T> {
        let mut others = self.others.borrow_mut();
        if others.len() == self.most {
            return Err(one);
        }
        others.push(one);
        Ok(())
    }

    /// Takes one of those that are there for all threads, and keeps some more: who needs many locks once for several.
    #[cold]
    pub fn take_from(&self, shared: &mut Vec<&'static T>) -> Option<&'static T> {
        let one = shared.pop()?;
        let left = shared.len() - shared.len().min(self.most / 2);
        self.others.borrow_mut().extend(shared.drain(left..));
        Some(one)
    }

    /// Gives one to all threads for which there is no place here, and some of those that are here.
    #[cold]
    pub fn put_into(&self, shared: &mut Vec<&'static T>, one: &'static T) {
        let mut others = self.others.borrow_mut();
        let left = others.len() - others.len() / 2;
        shared.extend(others.drain(left..));
        shared.push(one);
    }

    /// Takes all.
    pub fn take_all(&self) -> Vec<&'static T> {
        let mut all = self.others.take();
        all.extend(self.last.take());
        all
    }
}
