//! pair serve: serves `soak.rust` until its standard input ends.
//! pair call CALLS LANGUAGE...: makes CALLS calls of each of these; fails unless both ends are afterwards as large as before.

use std::fs;
use std::io::stdin;
use std::process::ExitCode;

use hmsffi::prelude::*;
use hmsffi::{CallOptions, Client, ContentType, Payload, ServerStream};

const MOST_GROWTH_KIB: i64 = 1024;
/// Calls after which all is as large as it will ever be.
const WARM: usize = 30_000;
/// What has grown once may have to be collected; what leaks grows each time.
const ROUNDS: usize = 3;

#[derive(Clone, Copy)]
struct Size {
    kib: i64,
    descriptors: usize,
}

/// What the process has for itself, and of memory that it shares; its files are none of that.
fn size() -> Result<Size, Error> {
    let status = fs::read_to_string("/proc/self/status").map_err(Error::other)?;
    let own = |line: &&str| line.starts_with("RssAnon:") || line.starts_with("RssShmem:");
    let kib = |line: &str| line.split_whitespace().nth(1)?.parse::<i64>().ok();
    Ok(Size {
        kib: status.lines().filter(own).filter_map(kib).sum(),
        descriptors: fs::read_dir("/proc/self/fd").map_err(Error::other)?.count(),
    })
}

fn bytes(bytes: Vec<u8>) -> Payload<'static> {
    Payload::new(bytes).with_content_type(ContentType::Bytes)
}

fn refuse(_: Payload<'_>) -> Result<Payload<'_>, Error> {
    Err(Error::new(ErrorCode::PermissionDenied, "refused"))
}

fn tell_size(_: Payload<'_>) -> Result<Payload<'_>, Error> {
    let now = size()?;
    Ok(bytes(format!("{} {}", now.kib, now.descriptors).into()))
}

fn count(stream: ServerStream) -> Result<(), Error> {
    (0..3).try_for_each(|i: i64| stream.send(&i))
}

fn serve() -> Result<(), Error> {
    let mut server = new_server(ServerOptions::named("soak.rust"))?;
    let soak = Service::new("soak.rust")
        .method(MethodEntry::raw("echo", |body| Ok(body)))
        .method(MethodEntry::raw("refuse", refuse))
        .method(MethodEntry::raw("size", tell_size))
        .method(MethodEntry::stream("count", count).stream_type(StreamType::ServerStreaming));
    server.register_service(Box::new(soak))?;
    server.start()?;
    std::io::copy(&mut stdin(), &mut std::io::sink()).map_err(Error::other)?;
    server.stop()
}

fn every_shape(service: &dyn ServiceClient, calls: usize) -> Result<(), Error> {
    let (small, large) = ([b'x'; 64], [b'y'; 20_000]);
    let echo = service.bind("echo")?;
    for i in 0..calls {
        let body: &[u8] = if i % 100 == 50 { &large } else { &small };
        if *echo.call_bytes(body)? != *body {
            return Err(Error::other("another answer"));
        }
        // These cross threads, or make an error with its stack.
        if i % 100 != 0 {
            continue;
        }
        match service.call_payload("refuse", bytes(Vec::new()), &CallOptions::new()) {
            Err(error) if error.kind() == Some(ErrorCode::PermissionDenied) => {}
            _ => return Err(Error::other("not refused")),
        }
        let mut counted = service.open_stream("count", bytes(Vec::new()), &CallOptions::new())?;
        counted.try_for_each(|item| item.map(drop))?;
    }
    Ok(())
}

fn size_of(service: &dyn ServiceClient) -> Result<Size, Error> {
    let told = service.call_payload("size", bytes(Vec::new()), &CallOptions::new())?;
    let told = String::from_utf8_lossy(told.value.bytes()).into_owned();
    let (kib, descriptors) = told.split_once(' ').ok_or_else(|| Error::other("no size"))?;
    Ok(Size {
        kib: kib.parse().map_err(Error::other)?,
        descriptors: descriptors.parse().map_err(Error::other)?,
    })
}

fn call(client: &dyn Client, language: &str, calls: usize) -> Result<bool, Error> {
    let service = client.get_service(&format!("soak.{language}"))?;
    every_shape(&*service, WARM)?;
    let mut stay = [false; 2];
    for _ in 0..ROUNDS {
        let before = [size()?, size_of(&*service)?];
        every_shape(&*service, calls)?;
        let after = [size()?, size_of(&*service)?];
        let grown = [0, 1].map(|end: usize| after[end].kib - before[end].kib);
        println!(
            "rust calls {language}: {calls} calls, {} KiB more here, {} KiB more there",
            grown[0], grown[1]
        );
        for end in [0, 1] {
            stay[end] |= grown[end] <= MOST_GROWTH_KIB && after[end].descriptors <= before[end].descriptors;
        }
        if stay == [true; 2] {
            return Ok(true);
        }
    }
    Ok(false)
}

fn main() -> Result<ExitCode, Error> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut well = true;
    match words.as_slice() {
        ["serve"] => serve()?,
        ["call", calls, languages @ ..] => {
            let calls = calls.parse().map_err(Error::other)?;
            let client = new_client(ClientOptions::default())?;
            for language in languages {
                well &= call(&*client, language, calls)?;
            }
        }
        _ => well = false,
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
