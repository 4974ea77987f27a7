//! Services in a process of their own, for the tests: until standard input ends.

use std::collections::HashMap;
use std::io::{Read, Write, stdin, stdout};
use std::sync::Barrier;
use std::time::Duration;

use hmsffi::prelude::*;
use hmsffi::{Payload, ServerStream, call};
use serde::Deserialize;

#[derive(Deserialize)]
struct Greeting {
    name: String,
    times: usize,
}

/// How often anybody is greeted.
const MOST: usize = 1000;

/// Four calls at once.
static MEETING: Barrier = Barrier::new(4);

fn hello(greeting: Greeting) -> Result<String, Error> {
    if greeting.times == 0 {
        let error = Error::new(ErrorCode::InvalidArgument, "times is 0; it must be at least 1");
        return Err(error.with_detail("field", "times"));
    }
    if greeting.times > MOST {
        let error = Error::new(ErrorCode::OutOfRange, "nobody is greeted that often");
        return Err(error.with_data_as("TooOften", &HashMap::from([("most", MOST)])));
    }
    let Greeting { name, times } = greeting;
    let tenant = call::metadata("tenant").map_or_else(String::new, |tenant| format!(" of {tenant}"));
    call::set_reply_metadata("served-by", "rust");
    Ok(format!("Hello {name}{tenant}! ").repeat(times))
}

fn count(stream: ServerStream) -> Result<(), Error> {
    (1..=stream.params::<i64>()?).try_for_each(|n| stream.send(&n))
}

fn total(mut stream: ServerStream) -> Result<(), Error> {
    let mut total = 0;
    while let Some(number) = stream.receive().transpose()? {
        total += number.decode::<i64>()?;
    }
    stream.send(&total)
}

fn shout(mut stream: ServerStream) -> Result<(), Error> {
    while let Some(line) = stream.receive().transpose()? {
        stream.send(&line.decode::<String>()?.to_uppercase())?;
    }
    Ok(())
}

const GREETING: &str = r#"{"type": "OBJECT", "fields": [
    {"name": "name", "required": true, "schema": {"type": "STRING"}},
    {"name": "times", "required": true, "schema": {"type": "INTEGER"}}]}"#;

fn main() -> Result<(), Error> {
    let mut server = new_server(ServerOptions::named("examples"))?;
    let greet = Service::new("greet")
        .version("1.2.0")
        .description("Greets people")
        .metadata("team", "north")
        .method(MethodEntry::function("hello", hello).description("Says hello").input_schema(GREETING))
        .method(MethodEntry::raw("echo", |request: Payload<'_>| Ok(request.into_owned())))
        .method(MethodEntry::function("slow", |()| {
            while !call::is_cancelled() {
                std::thread::yield_now();
            }
            Ok(())
        }))
        .method(MethodEntry::function("nap", |milliseconds: u64| {
            std::thread::sleep(Duration::from_millis(milliseconds));
            Ok(())
        }))
        .method(MethodEntry::function("meet", |()| {
            MEETING.wait();
            Ok(())
        }));
    server.register_service(Box::new(greet))?;
    let flow = Service::new("flow")
        .method(MethodEntry::stream("count", count).stream_type(StreamType::ServerStreaming))
        .method(MethodEntry::stream("total", total).stream_type(StreamType::ClientStreaming))
        .method(MethodEntry::stream("shout", shout).stream_type(StreamType::Bidirectional));
    server.register_service(Box::new(flow))?;
    server.start()?;
    println!("ready");
    stdout().flush().map_err(Error::other)?;
    stdin().read_to_end(&mut Vec::new()).map_err(Error::other)?;
    server.stop()
}
