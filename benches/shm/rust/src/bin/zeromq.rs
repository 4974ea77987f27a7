//! ZeroMQ REQ and REP over ipc.

use std::error::Error;

use bench_shm_peers::{ECHO_SIZE, Side, measure, ready, side};

fn main() -> Result<(), Box<dyn Error>> {
    let context = zmq::Context::new();
    match side() {
        Side::Server(address) => {
            let socket = context.socket(zmq::REP)?;
            socket.bind(&format!("ipc://{address}"))?;
            ready();
            loop {
                let request = socket.recv_msg(0)?;
                socket.send(&request[..], 0)?;
            }
        }
        Side::Client(address, calls) => {
            let socket = context.socket(zmq::REQ)?;
            socket.connect(&format!("ipc://{address}"))?;
            measure("zeromq", calls, |request| {
                socket.send(&request[..], 0).unwrap();
                let mut answer = [0; ECHO_SIZE];
                assert_eq!(socket.recv_into(&mut answer, 0).unwrap(), ECHO_SIZE);
                answer
            });
            Ok(())
        }
    }
}
