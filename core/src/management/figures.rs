//! How fast the ways of a call are on this machine: measured when somebody asks for the first time, for some milliseconds.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::buffer::Buffer;
use crate::call::{Call, Request, Response};
use crate::client::{CallOptions, Client, ClientOptions};
use crate::codec::Encoding;
use crate::error::Result;
use crate::proto::{ServiceDefinition, TransportType};
use crate::runtime::Runtime;
use crate::service::{MethodSpec, Server, ServerOptions, ServiceSpec};
use crate::shm::link::trial;

/// Time for each.
const TIME: Duration = Duration::from_millis(5);
/// Calls before time is taken.
const WARM: u32 = 200;
/// Calls between two looks at the clock.
const BATCH: u32 = 50;

/// What a call with 64 bytes each way takes.
#[derive(Clone, Copy)]
pub struct Figure {
    pub latency_ns: u64,
    pub calls_per_second: u64,
}

/// The figure of a way that this version has; `None` = it cannot be measured here.
pub fn of(transport: TransportType) -> Option<Figure> {
    static IN_PROCESS: OnceLock<Option<Figure>> = OnceLock::new();
    static SHARED_MEMORY: OnceLock<Option<Figure>> = OnceLock::new();
    match transport {
        TransportType::InProcess => *IN_PROCESS.get_or_init(|| in_process().ok()),
        TransportType::SharedMemory => *SHARED_MEMORY.get_or_init(|| trial::over_a_link(measured).ok()?.ok()),
        _ => None,
    }
}

fn in_process() -> Result<Figure> {
    let runtime = Runtime::new("trial")?;
    let server = Server::new(&runtime, ServerOptions { name: "trial".into(), ..ServerOptions::default() })?;
    let echo = |call: Call, request: &Request<'_>| {
        // Fails only when nobody waits for the answer any more.
        let _ = call.answer(Ok(Response::new(Buffer::copy_of(request.body), Encoding::Bytes)));
    };
    let echo = MethodSpec { name: "echo".into(), handler: Some(Box::new(echo)), ..MethodSpec::default() };
    let definition = ServiceDefinition { service_id: "trial".into(), ..ServiceDefinition::default() };
    server.register(ServiceSpec { definition, methods: vec![echo] })?;
    server.start()?;
    let client: Arc<Client> = Client::new(runtime, ClientOptions::default())?;
    let echo = client.bind("trial", "echo")?;
    measured(&|| echo.call(&Request::bytes(&[0; 64]), &CallOptions::default()).map(drop))
}

fn measured(call: &dyn Fn() -> Result<()>) -> Result<Figure> {
    let many = |calls| (0..calls).try_for_each(|_| call());
    many(WARM)?;
    let (begin, mut calls) = (Instant::now(), 0);
    let took = loop {
        many(BATCH)?;
        calls += BATCH;
        let took = begin.elapsed();
        if took > TIME {
            break took;
        }
    };
    let latency_ns = (took.as_nanos() as u64 / u64::from(calls)).max(1);
    Ok(Figure { latency_ns, calls_per_second: 1_000_000_000 / latency_ns })
}
