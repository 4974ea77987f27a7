//! CPUs of a test.

use rustix::thread::CpuSet;

/// One of these CPUs; none if there are not so many.
pub fn one_of(all: &CpuSet, number: usize) -> CpuSet {
    let mut one = CpuSet::new();
    (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu)).nth(number).into_iter().for_each(|cpu| one.set(cpu));
    one
}
