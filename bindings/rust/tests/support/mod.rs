//! A private runtime with one running server, so that tests do not see each other.
#![allow(dead_code, reason = "each test uses a part")]

use hmsffi::prelude::*;

pub struct World {
    // Dropped in this order.
    pub client: Box<dyn Client>,
    pub server: Box<dyn Server>,
    pub runtime: Runtime,
}

/// A world whose server has what `register` gave it, and runs.
pub fn world(register: impl FnOnce(&mut dyn Server)) -> World {
    world_with(ServerOptions::named("test"), register)
}

pub fn world_with(options: ServerOptions, register: impl FnOnce(&mut dyn Server)) -> World {
    let runtime = Runtime::private("test").expect("a runtime");
    let mut server = runtime.new_server(options).expect("a server");
    register(&mut *server);
    server.start().expect("started");
    World { client: runtime.new_client(ClientOptions::default()).expect("a client"), server, runtime }
}

impl World {
    pub fn service(&self, id: &str) -> Box<dyn ServiceClient> {
        self.client.get_service(id).expect("a service client")
    }
}

/// Waits until something holds, for at most ten seconds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !holds() {
        assert!(std::time::Instant::now() < end, "{what} did not happen");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}
