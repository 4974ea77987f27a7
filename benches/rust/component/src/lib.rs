//! The service `bench.rust`: `echo` answers with its request, `four` with the four fields that it read.

use hmsffi::prelude::*;
use serde::{Deserialize, Serialize};

hmsffi::component!(register);

#[derive(Serialize, Deserialize)]
struct Four {
    id: i64,
    name: String,
    weight: f64,
    active: bool,
}

fn register(_: &Runtime, server: &mut dyn Server) -> Result<(), Error> {
    let service = Service::new("bench.rust")
        .method(MethodEntry::raw("echo", |body| Ok(body)))
        .method(MethodEntry::function("four", |four: Four| Ok(four)));
    server.register_service(Box::new(service))
}
