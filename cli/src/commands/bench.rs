//! `hms bench`

mod chart;
mod measure;

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use hmsffi::{Client, ContentType, Payload, ServiceInfo};
use serde_json::{Value, json};

use super::call::{Sent, request};
use super::completion::{Joined, Method};
use super::explain;
use crate::failure::{Failure, Result};
use crate::output::time;
use crate::target::Target;
use crate::{output, services};
use measure::{Amount, Measured, Subject};

/// Measure calls: median, p99, calls per second and a chart, and how methods compare
///
/// The request is encoded once and the answer is not decoded: what is measured is the way there and back, and the
/// handler. Methods take turns in rounds, so that what else the machine does hits all of them; a ratio is that of the
/// medians of a round, and the median of the rounds is shown.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hms bench greet hello '{\"name\": \"Ada\"}'
  hms bench files read --size 1048576 --in-flight 8 --seconds 5
  hms bench greet.hello '{\"name\": \"Ada\"}' --against 'billing.total {\"cart\": 7}' --calls 10000

Exit code: 0 = measured, 1 = a call failed, 2 = wrong usage.")]
pub struct Bench {
    /// The service and the method, then the request: JSON, or - for standard input
    #[arg(value_name = "SERVICE[@VERSION] METHOD [JSON | -]", required = true, num_args = 1..=3)]
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(Method))]
    words: Vec<String>,
    /// Measure this method too; without JSON it gets the same request. May be repeated
    #[arg(long, value_name = "SERVICE.METHOD [JSON]", add = ArgValueCompleter::new(Joined))]
    against: Vec<String>,
    /// Send so many bytes, as they are, in place of JSON
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["raw", "content_type"])]
    size: Option<usize>,
    /// Calls at once, each from a thread of its own
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    in_flight: NonZeroUsize,
    /// Time for each method
    #[arg(long, value_name = "NUMBER", default_value = "2", value_parser = seconds)]
    seconds: Duration,
    /// Calls of each method, in place of a time
    #[arg(long, value_name = "NUMBER", conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..))]
    calls: Option<u64>,
    #[command(flatten)]
    sent: Sent,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write it as a number of seconds, such as 0.5")?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|e| e.to_string())?;
    if time.is_zero() { Err("it must be more than 0".into()) } else { Ok(time) }
}

/// A method that is measured, and what is known of it.
struct Contender {
    service: ServiceInfo,
    subject: Subject,
}

impl Bench {
    pub fn run(&self, json: bool, quiet: bool) -> Result<()> {
        let client = services::client()?;
        let targets = self.targets()?;
        let given = self.given(&targets[0])?;
        let contenders: Vec<Contender> =
            targets.iter().map(|target| self.contender(&*client, target, &given)).collect::<Result<_>>()?;
        let subjects: Vec<&Subject> = contenders.iter().map(|contender| &contender.subject).collect();
        let amount = self.calls.map_or(Amount::Time(self.seconds), Amount::Calls);
        let measured = measure::in_turn(&subjects, amount, self.in_flight.get(), |round, of| {
            if !quiet {
                output::progress(&format!("round {round} of {of}"));
            }
        });
        output::progress("");
        let measured = measured?;
        let bounds = chart::bounds(measured.iter().map(|measured| &measured.times));
        let rows: Vec<(&Contender, &Measured)> = contenders.iter().zip(&measured).collect();
        if json { self.document(&rows, &bounds) } else { show(&rows, &bounds) }
    }

    /// The first, and those that it is set against.
    fn targets(&self) -> Result<Vec<Target>> {
        let others = self.against.iter().map(|text| Target::parse(text));
        [Target::read(&self.words)].into_iter().chain(others).collect()
    }

    /// What the first is sent, and others that say nothing else.
    fn given(&self, first: &Target) -> Result<Vec<u8>> {
        match self.size {
            Some(_) if first.params.is_some() => {
                Err(Failure::Usage("--size sends bytes of its own; leave it or the request out".into()))
            }
            Some(size) => Ok(vec![b'.'; size]),
            None => request(first.params.as_deref(), self.sent.raw),
        }
    }

    fn contender(&self, client: &dyn Client, target: &Target, given: &[u8]) -> Result<Contender> {
        let service = services::described_by(client, &target.service)?;
        let streams =
            |name: &str| service.methods.iter().any(|method| method.name == name && method.is_streaming);
        if streams(&target.method) {
            return Err(Failure::Usage(format!(
                "'{0}' streams; only calls are measured: hms stream {1} {0}",
                target.method, target.service
            )));
        }
        let request = match (self.size, target.params.as_deref()) {
            (Some(_), None) => Payload::new(given.to_vec()).with_content_type(ContentType::Bytes),
            (_, None | Some("-")) => self.sent.payload(given)?,
            (_, Some(own)) => self.sent.payload(own.as_bytes())?,
        };
        let method = client.get_service(&target.service)?.bind(&target.method)?;
        let name = format!("{}.{}", service.id, target.method);
        Ok(Contender { service, subject: Subject { name, method, request, options: self.sent.options() } })
    }

    fn document(&self, rows: &[(&Contender, &Measured)], bounds: &[u64]) -> Result<()> {
        let first = rows[0].1;
        let described = rows.iter().map(|(contender, measured)| {
            let Contender { service, subject } = contender;
            let bars: Vec<Value> = chart::rows(&measured.times, bounds)
                .map(|row| json!({ "from_ns": row.from, "to_ns": row.to, "calls": row.calls }))
                .collect();
            json!({
                "method": subject.name,
                "version": service.version,
                "pids": services::pids(service),
                "door": explain::named(measured.sample.door),
                "request_bytes": subject.request.bytes().len(),
                "answer_bytes": measured.sample.answer_bytes,
                "bytes_copied": measured.sample.bytes_copied,
                "calls": measured.times.len(),
                "calls_per_second": measured.per_second(),
                "min_ns": measured.times.min(),
                "median_ns": measured.median(),
                "p99_ns": measured.p99(),
                "max_ns": measured.times.max(),
                "ratio": measured.ratio(first),
                "histogram": bars,
            })
        });
        let described: Vec<Value> = described.collect();
        output::document(&json!({ "in_flight": self.in_flight, "measured": described }))
    }
}

fn show(rows: &[(&Contender, &Measured)], bounds: &[u64]) -> Result<()> {
    let first = rows[0].1;
    let table: Vec<_> = rows
        .iter()
        .map(|(contender, measured)| {
            let ratio = (rows.len() > 1).then(|| format!("{:.2}", measured.ratio(first)));
            [
                contender.subject.name.clone(),
                explain::named(measured.sample.door).to_owned(),
                time(measured.median()),
                time(measured.p99()),
                format!("{:.0}", measured.per_second()),
                ratio.unwrap_or_default(),
            ]
        })
        .collect();
    output::table(["METHOD", "DOOR", "MEDIAN", "P99", "CALLS/S", "RATIO"], &table)?;
    rows.iter().try_for_each(|(contender, measured)| {
        output::line(&format!("\n{}: {} calls by their time", contender.subject.name, measured.times.len()))?;
        output::bytes(chart::drawn(&measured.times, bounds).as_bytes())
    })
}
