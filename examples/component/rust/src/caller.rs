//! The figures of calls from Rust: `examples/demo/PIPELINE.md` defines them.

use std::time::Instant;

use hmsffi::{Buffer, Client, ContentType, Error, Payload};
use serde::{Deserialize, Serialize};

use crate::score::Record;

const ROUNDS: usize = 7;
const CALLS: u32 = 2000;

/// Whom to call, and with which record, in CBOR.
#[derive(Deserialize)]
pub struct Job {
    service: String,
    #[serde(with = "serde_bytes")]
    record: Vec<u8>,
}

/// Microseconds that a call takes.
#[derive(Serialize)]
pub struct Figures {
    bytes: f64,
    record: f64,
}

/// Calls on a thread of its own: calls inside of a handler inherit its deadline, which costs.
pub fn median(job: &Job, client: &dyn Client) -> Result<Figures, Error> {
    let service = client.get_service(&job.service)?;
    let (echo, record) = (service.bind("echo")?, service.bind("record")?);
    let patient: Record = Payload::new(&job.record[..]).with_content_type(ContentType::Cbor).decode()?;
    let measured = || {
        Ok(Figures {
            bytes: of(|| echo.call_bytes(&[0; 64]).map(|_: Buffer| ()))?,
            record: of(|| record.call::<_, Record>(&patient).map(drop))?,
        })
    };
    std::thread::scope(|scope| scope.spawn(measured).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn of(call: impl Fn() -> Result<(), Error>) -> Result<f64, Error> {
    let mut rounds = [0.0; ROUNDS];
    for round in &mut rounds {
        let began = Instant::now();
        for _ in 0..CALLS {
            call()?;
        }
        *round = began.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS);
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[ROUNDS / 2])
}
