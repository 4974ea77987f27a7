//! iceoryx2 request-response, both sides polling, the payload written and read on both.

use std::error::Error;
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bench_shm_peers::{Body, Side, measure, ready, side};
use iceoryx2::prelude::*;
use signal_hook::consts::SIGTERM;

fn main() -> Result<(), Box<dyn Error>> {
    set_log_level(LogLevel::Error);
    let node = NodeBuilder::new().create::<ipc::Service>()?;
    let side = side();
    let (Side::Server(address) | Side::Client(address, _)) = &side;
    let service = node
        .service_builder(&address.as_str().try_into()?)
        .request_response::<Body, Body>()
        .open_or_create()?;
    match side {
        Side::Server(_) => {
            // Ends as a program should: killed, it would leave its segments behind.
            let stopped = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(SIGTERM, Arc::clone(&stopped))?;
            let server = service.server_builder().create()?;
            ready();
            while !stopped.load(Ordering::Relaxed) {
                match server.receive()? {
                    Some(request) => request.loan_uninit()?.write_payload(*request).send()?,
                    None => spin_loop(),
                }
            }
        }
        Side::Client(_, calls) => {
            let client = service.client_builder().create()?;
            measure("iceoryx2", calls, |request| {
                let pending = client.loan_uninit().unwrap().write_payload(*request).send().unwrap();
                loop {
                    if let Some(answer) = pending.receive().unwrap() {
                        break *answer;
                    }
                    spin_loop();
                }
            });
        }
    }
    Ok(())
}
