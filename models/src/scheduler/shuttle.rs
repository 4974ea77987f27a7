//! Orders at random, the same in each run: half of them with a change of threads at each step, half with a few changes in all,
//! which finds what needs a thread to stand still for long.

use std::time::Duration;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};
pub use shuttle::{lazy_static, sync, thread, thread_local};

/// What is stored is seen at once.
pub const HAS_WEAK_MEMORY: bool = false;
pub const RUNS_LONG_SCENES: bool = true;

/// Runs of each kind, unless `ROUNDS` says otherwise.
const ROUNDS: u64 = 5000;
/// Where chance begins, unless `SHUTTLE_RANDOM_SEED` says otherwise.
const SEED: u64 = 1;
/// Bytes of stack; the scenes keep rings and bodies there.
const STACK: usize = 1 << 18;

/// Runs a scene in some orders with `bound` changes of threads, and in some with many.
pub fn explore(bound: usize, longest: Duration, act: impl Fn() + Clone + Send + Sync + 'static) -> bool {
    let rounds = crate::run::from_environment("ROUNDS").unwrap_or(ROUNDS) as usize;
    let mut config = Config::new();
    config.stack_size = STACK;
    config.max_time = Some(longest / 2);
    let at_random =
        Runner::new(RandomScheduler::new_from_seed(SEED, rounds), config.clone()).run(act.clone());
    let rarely = Runner::new(PctScheduler::new_from_seed(SEED, bound, rounds), config).run(act);
    at_random + rarely == 2 * rounds
}

pub mod cell {
    //! Cells that nobody watches.

    pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    // SAFETY: one thread runs at a time, and the lane is what is to keep them apart.
    unsafe impl<T> Sync for UnsafeCell<T> {}

    impl<T> UnsafeCell<T> {
        pub fn new(content: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(content))
        }

        pub fn with<R>(&self, look: impl FnOnce(*const T) -> R) -> R {
            look(self.0.get())
        }

        pub fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
            change(self.0.get())
        }
    }
}
