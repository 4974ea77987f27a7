//! How many calls took how long, as bars.

use std::fmt::Write;

use hdrhistogram::Histogram;

use crate::output::time;

/// Bars of a chart, at most.
const BARS: i32 = 13;
/// Characters of the longest bar.
const WIDTH: u64 = 40;
/// Bars that a factor of ten in time may have, from fine to coarse.
const PER_DECADE: [i32; 5] = [20, 10, 5, 3, 1];
/// Of the calls, what a chart shows in full; the rest is in its first and last bar.
const SHOWN: std::ops::RangeInclusive<f64> = 0.005..=0.99;

/// Where bars begin, in nanoseconds: the same for all, so that charts can be compared.
pub fn bounds<'a>(all: impl Iterator<Item = &'a Histogram<u64>> + Clone) -> Vec<u64> {
    let least = all.clone().map(|times| times.value_at_quantile(*SHOWN.start())).min();
    let most = all.map(|times| times.value_at_quantile(*SHOWN.end())).max();
    let exponent = |time: Option<u64>| (time.unwrap_or(1).max(1) as f64).log10();
    let (low, high) = (exponent(least), exponent(most));
    let steps = |per_decade: i32| {
        let step = f64::from(per_decade);
        ((low * step).floor() as i32, (high * step).floor() as i32)
    };
    let fits = |per_decade: &i32| {
        let (first, last) = steps(*per_decade);
        last - first < BARS
    };
    let per_decade = PER_DECADE.into_iter().find(fits).unwrap_or(1);
    let (first, last) = steps(per_decade);
    let bound = |step: i32| 10_f64.powf(f64::from(step) / f64::from(per_decade)).round() as u64;
    let mut bounds: Vec<u64> = (first..=last).map(bound).collect();
    bounds.dedup();
    bounds
}

/// A bar.
pub struct Row {
    pub from: u64,
    /// Where the next one begins; of the last, the longest time.
    pub to: u64,
    pub calls: u64,
}

/// The bars of a method. The first holds what was faster too, the last what was slower.
pub fn rows<'a>(times: &Histogram<u64>, bounds: &'a [u64]) -> impl Iterator<Item = Row> + use<'a> {
    let mut calls = vec![0; bounds.len()];
    for recorded in times.iter_recorded() {
        let above = bounds.partition_point(|bound| *bound <= recorded.value_iterated_to());
        calls[above.saturating_sub(1)] += recorded.count_since_last_iteration();
    }
    let ends = bounds[1..].iter().copied().chain([times.max()]);
    bounds.iter().zip(ends).zip(calls).map(|((&from, to), calls)| Row { from, to, calls })
}

/// A line for each bar: from which time on, the bar, how many calls.
pub fn drawn(times: &Histogram<u64>, bounds: &[u64]) -> String {
    let rows: Vec<Row> = rows(times, bounds).collect();
    let most = rows.iter().map(|row| row.calls).max().unwrap_or(0).max(1);
    let mut text = String::new();
    for row in rows {
        let bar = "█".repeat((row.calls * WIDTH).div_ceil(most) as usize);
        let gap = if bar.is_empty() { "" } else { " " };
        // A String takes whatever is written.
        let _ = writeln!(text, "{:>9}  {bar}{gap}{}", time(row.from), row.calls);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut times = Histogram::new(3).unwrap();
        values.into_iter().for_each(|value| times.record(value).unwrap());
        times
    }

    #[test]
    fn every_call_is_in_one_bar_and_bars_are_few() {
        for times in [
            of([1]),
            of((1..100_000).map(|n| n * n)),
            of([3, 3_600_000_000_000]),
            of((0..1000).map(|n| 2000 + n)),
        ] {
            let bounds = bounds([&times].into_iter());
            assert!(bounds.len() <= BARS as usize, "{bounds:?}");
            assert_eq!(rows(&times, &bounds).map(|row| row.calls).sum::<u64>(), times.len());
            assert_eq!(drawn(&times, &bounds).lines().count(), bounds.len());
        }
    }

    #[test]
    fn charts_that_are_compared_have_the_same_bars() {
        let (fast, slow) = (of([1000; 50]), of([4000; 100]));
        let bounds = bounds([&fast, &slow].into_iter());
        let of_fast: Vec<u64> = rows(&fast, &bounds).map(|row| row.calls).collect();
        let of_slow: Vec<u64> = rows(&slow, &bounds).map(|row| row.calls).collect();
        assert_eq!((of_fast[0], of_slow[0]), (50, 0));
        assert_eq!(of_slow.last(), Some(&100));
        assert_eq!(drawn(&slow, &bounds).lines().last().unwrap().matches('█').count(), WIDTH as usize);
    }
}
