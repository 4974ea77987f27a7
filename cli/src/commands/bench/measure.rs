//! Calls methods in turn, and times each call.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use hmsffi::{CallOptions, ContentType, Method, Payload, Reply, TransportType};

use crate::failure::Result;

/// Rounds in which all methods have their turn, behind one that is not counted.
const ROUNDS: u64 = 10;
/// Times have three digits that count, up to this one; what takes longer counts as this.
const LONGEST: Duration = Duration::from_secs(3600);
const DIGITS: u8 = 3;

/// A method, and what it is sent.
pub struct Subject {
    pub name: String,
    pub method: Method,
    pub request: Payload<'static>,
    pub options: CallOptions,
}

/// How much each method is called.
#[derive(Debug, Clone, Copy)]
pub enum Amount {
    Calls(u64),
    Time(Duration),
}

impl Amount {
    /// One of so many equal parts; the first are longer when it does not divide.
    fn part(self, index: u64, of: u64) -> Amount {
        match self {
            Amount::Calls(calls) => Amount::Calls(calls / of + u64::from(index < calls % of)),
            Amount::Time(time) => Amount::Time(time.div_f64(of as f64)),
        }
    }

    /// What each of so many callers at once does.
    fn share(self, index: usize, of: usize) -> Amount {
        match self {
            Amount::Calls(_) => self.part(index as u64, of as u64),
            Amount::Time(_) => self,
        }
    }
}

/// What came of a method's calls, in nanoseconds.
pub struct Measured {
    pub times: Histogram<u64>,
    pub sample: Sample,
    took: Duration,
    medians: Vec<u64>,
}

/// What a call says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub door: TransportType,
    pub answer_bytes: usize,
    pub bytes_copied: u64,
}

impl Sample {
    fn of(reply: &Reply<Payload<'_>>) -> Sample {
        let (door, bytes_copied) = (reply.report.transport, reply.report.bytes_copied);
        Sample { door, answer_bytes: reply.value.bytes().len(), bytes_copied }
    }
}

impl Measured {
    fn new(sample: Sample) -> Measured {
        Measured { times: empty(), sample, took: Duration::ZERO, medians: Vec::new() }
    }

    pub fn median(&self) -> u64 {
        self.times.value_at_quantile(0.5)
    }

    pub fn p99(&self) -> u64 {
        self.times.value_at_quantile(0.99)
    }

    pub fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// How many times longer a call takes than one of `other`, measured in the same rounds.
    pub fn ratio(&self, other: &Measured) -> f64 {
        let rounds = self.medians.iter().zip(&other.medians);
        let mut ratios: Vec<f64> = rounds.map(|(own, theirs)| *own as f64 / *theirs as f64).collect();
        ratios.sort_by(f64::total_cmp);
        let middle = ratios.len() / 2;
        if ratios.len() % 2 == 1 { ratios[middle] } else { (ratios[middle - 1] + ratios[middle]) / 2.0 }
    }

    fn add(&mut self, round: Round) {
        self.medians.push(round.times.value_at_quantile(0.5));
        self.times += round.times;
        self.took += round.took;
    }
}

fn empty() -> Histogram<u64> {
    // Refused only for bounds or digits that make no sense.
    Histogram::new_with_bounds(1, LONGEST.as_nanos() as u64, DIGITS).expect("bounds that make sense")
}

/// Measures all of them; `progress` is told the number of each round, and of how many.
pub fn in_turn(
    subjects: &[&Subject],
    amount: Amount,
    in_flight: usize,
    progress: impl Fn(u64, u64),
) -> Result<Vec<Measured>> {
    let rounds = match amount {
        Amount::Calls(calls) => calls.min(ROUNDS),
        Amount::Time(_) => ROUNDS,
    };
    let mut all = Vec::new();
    for subject in subjects {
        progress(0, rounds);
        let warm_up = call(subject, amount.part(0, rounds), in_flight)?;
        all.push(Measured::new(warm_up.sample));
    }
    for index in 0..rounds {
        progress(index + 1, rounds);
        for (subject, measured) in subjects.iter().zip(&mut all) {
            measured.add(call(subject, amount.part(index, rounds), in_flight)?);
        }
    }
    Ok(all)
}

/// What came of the calls of one turn.
struct Round {
    times: Histogram<u64>,
    took: Duration,
    sample: Sample,
}

/// Calls from so many threads at once.
fn call(subject: &Subject, amount: Amount, in_flight: usize) -> Result<Round> {
    let begin = Barrier::new(in_flight);
    let callers: Vec<Result<Caller>> = thread::scope(|scope| {
        let started: Vec<_> = (0..in_flight)
            .map(|index| {
                let begin = &begin;
                scope.spawn(move || one_by_one(subject, amount.share(index, in_flight), begin))
            })
            .collect();
        let ended = started.into_iter().map(thread::ScopedJoinHandle::join);
        ended.map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let callers = callers.into_iter().collect::<Result<Vec<Caller>>>()?;
    let together = callers.into_iter().reduce(|mut all, one| {
        all.times += one.times;
        Caller { began: all.began.min(one.began), ended: all.ended.max(one.ended), ..all }
    });
    let Caller { times, began, ended, sample } = together.expect("at least one is in flight");
    Ok(Round { times, took: ended - began, sample })
}

/// What came of the calls of one thread.
struct Caller {
    times: Histogram<u64>,
    began: Instant,
    ended: Instant,
    sample: Sample,
}

fn one_by_one(subject: &Subject, amount: Amount, begin: &Barrier) -> Result<Caller> {
    let content_type = subject.request.content_type().cloned().unwrap_or(ContentType::Bytes);
    let call = || {
        let request = Payload::new(subject.request.bytes()).with_content_type(content_type.clone());
        subject.method.call_payload(request, &subject.options)
    };
    let mut times = empty();
    // What the first call of a thread sets up is not counted.
    let first = call();
    begin.wait();
    let sample = Sample::of(&first?);
    let began = Instant::now();
    let mut ended = began;
    let goes_on = |made: u64, now: Instant| match amount {
        Amount::Calls(calls) => made < calls,
        Amount::Time(time) => made == 0 || now - began < time,
    };
    while goes_on(times.len(), ended) {
        let asked = Instant::now();
        call()?;
        ended = Instant::now();
        times.saturating_record((ended - asked).as_nanos() as u64);
    }
    Ok(Caller { times, began, ended, sample })
}
