//! Our own echo in Rust: bench-echo server ADDRESS.

use std::path::Path;

use hmsffi::prelude::*;

fn main() -> Result<(), Error> {
    let words: Vec<String> = std::env::args().collect();
    let [_, role, address] = words.as_slice() else { return Err(Error::other("server ADDRESS")) };
    assert_eq!(role, "server");
    // The processes of a test meet in its folder.
    let folder = Path::new(address).parent().ok_or_else(|| Error::other("an address in a folder"))?;
    // SAFETY: this is the only thread.
    unsafe {
        std::env::set_var("XDG_RUNTIME_DIR", folder);
        std::env::set_var("HMSFFI_DOMAIN", "bench");
    }
    let mut server = new_server(ServerOptions::named("echo"))?;
    let echo = Service::new("echo").method(MethodEntry::raw("echo", |body| Ok(body)));
    server.register_service(Box::new(echo))?;
    server.start()?;
    println!("ready");
    loop {
        std::thread::park();
    }
}
