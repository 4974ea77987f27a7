//! The lock of scenes that are not about it: one step where the biased one has many.

pub use crate::scheduler::sync::MutexGuard as Guard;

#[derive(Default)]
pub struct Biased<T>(crate::scheduler::sync::Mutex<T>);

impl<T> Biased<T> {
    pub fn lock(&self) -> Guard<'_, T> {
        self.0.lock().unwrap()
    }
}
