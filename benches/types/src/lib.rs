//! How two pieces of work are compared: in one run, in turns, by the median of their rounds.

use std::time::Instant;

const ROUNDS: usize = 201;
const CALLS: u32 = 500;

/// Nanoseconds of a call, each one's median, measured in turns.
pub fn measure<'a>(one: &'a mut dyn FnMut(), other: &'a mut dyn FnMut()) -> (f64, f64) {
    let mut rounds = [Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS)];
    for _ in 0..ROUNDS {
        for (times, work) in rounds.iter_mut().zip([&mut *one, &mut *other]) {
            let began = Instant::now();
            (0..CALLS).for_each(|_| work());
            times.push(began.elapsed().as_nanos() as f64 / f64::from(CALLS));
        }
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    };
    let [one, other] = &mut rounds;
    (median(one), median(other))
}
