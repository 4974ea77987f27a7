//! A component: services written in Rust for a process whose main program is in another language.
//!
//! ```sh
//! cargo build --release      # HMSFFI_LIB_DIR or pkg-config says where libhmsffi.so is
//! ```
//!
//! The host loads `librisk.so` with its own `load_component`. Copy this crate, and write your services in the
//! place of `register`.

mod caller;
mod score;

use std::sync::Arc;

use hmsffi::prelude::*;

hmsffi::component!(register);

/// Makes the services known. They live as long as the host's runtime; the server starts when this has
/// returned.
fn register(runtime: &Runtime, server: &mut dyn Server) -> Result<(), Error> {
    let render: Arc<dyn ServiceClient> =
        runtime.new_client(ClientOptions::default())?.get_service("demo.render")?.into();
    let risk = Service::new("demo.risk").description("Scores patient records").method(
        MethodEntry::typed("score", move |record| score::score(record, &*render))
            .description("The risk score of a record, then on to its line"),
    );
    let echo = Service::new("demo.echo.rust")
        .description("Gives back what it gets")
        .method(MethodEntry::raw("echo", |request| Ok(request)).leaf())
        .method(MethodEntry::function("record", |record: score::Record| Ok(record)).leaf());
    let client = runtime.new_client(ClientOptions::default())?;
    let caller = Service::new("demo.caller.rust")
        .description("Measures calls from Rust")
        .method(MethodEntry::function("median", move |job: caller::Job| caller::median(&job, &*client)));
    server.register_service(Box::new(risk))?;
    server.register_service(Box::new(echo))?;
    server.register_service(Box::new(caller))
}
