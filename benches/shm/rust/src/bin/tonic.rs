//! tonic, unary calls over a Unix socket, a message of one `bytes` field.

use std::error::Error;
use std::time::Instant;

use bench_shm_peers::{Side, Times, ready, side};
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status};

/// A request and its answer.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Message {
    /// What is carried.
    #[prost(bytes = "vec", tag = "1")]
    pub body: Vec<u8>,
}

mod generated {
    include!(concat!(env!("OUT_DIR"), "/bench.Peer.rs"));
}
use generated::peer_client::PeerClient;
use generated::peer_server::{Peer, PeerServer};

struct Echo;

#[tonic::async_trait]
impl Peer for Echo {
    async fn echo(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}

// One thread per process: faster here than tokio's default of one per CPU.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    match side() {
        Side::Server(address) => {
            let listener = UnixListener::bind(address)?;
            ready();
            Server::builder()
                .add_service(PeerServer::new(Echo))
                .serve_with_incoming(UnixListenerStream::new(listener))
                .await?;
        }
        Side::Client(address, calls) => {
            let mut client =
                PeerClient::new(Endpoint::from_shared(format!("unix:{address}"))?.connect().await?);
            let mut times = Times::new("tonic", calls);
            while let Some(request) = times.next_request() {
                let start = Instant::now();
                let answer = client.echo(Message { body: request.to_vec() }).await?.into_inner();
                times.ended(start, &request, &answer.body);
            }
            times.print();
        }
    }
    Ok(())
}
