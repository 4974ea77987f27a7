//! `relay.rust`: see ../../README.md.

use std::env;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use hmsffi::prelude::*;
use hmsffi::schema::{Encoding, Layout, convert_payload};
use hmsffi::{ErrorCode, Payload, Proto, Value, call, instance_id};
use hmsffi_example_proto::PatientRecord;

hmsffi::component!(register);

static GIVEN_UP: AtomicU32 = AtomicU32::new(0);

/// Makes the service known.
pub fn register(runtime: &Runtime, server: &mut dyn Server) -> Result<(), Error> {
    let client = runtime.new_client(ClientOptions::default())?;
    let service = Service::new("relay.rust")
        .method(MethodEntry::raw("relay", move |route| relay(&*client, route.bytes())))
        .method(MethodEntry::raw("mirror", |body| {
            call::set_reply_metadata("by", "rust");
            for (key, value) in call::all_metadata() {
                call::set_reply_metadata(value, key);
            }
            Ok(body)
        }))
        .method(MethodEntry::raw("invert", |body| {
            let mut answer = call::loan(body.bytes().len()).expect("this is a handler")?;
            for (inverted, byte) in answer.iter_mut().zip(body.bytes()) {
                *inverted = !byte;
            }
            Ok(answer.into())
        }))
        .method(MethodEntry::raw("echo", |body| Ok(body)))
        .method(MethodEntry::raw("convert", |body| convert(body.bytes())))
        .method(MethodEntry::function("value", |value: Value| Ok(value)))
        .method(MethodEntry::function("birthday", |Proto(mut patient): Proto<PatientRecord>| {
            patient.age += 1;
            Ok(Proto(patient))
        }));
    server.register_service(Box::new(service))
}

fn convert(payload: &[u8]) -> Result<Payload<'static>, Error> {
    let schema = env::var("RELAY_SCHEMA").ok().and_then(|path| fs::read(path).ok()).unwrap_or_default();
    let change =
        |payload: &[u8], from, to| convert_payload(&schema, payload, from, to, Layout::Deterministic);
    let json = change(payload, Encoding::Cbor, Encoding::Json)?.payload;
    let message = change(&json, Encoding::Json, Encoding::Protobuf)?.payload;
    Ok(change(&message, Encoding::Protobuf, Encoding::Cbor)?.payload.into())
}

fn relay(client: &dyn Client, mut route: &[u8]) -> Result<Payload<'static>, Error> {
    while let Some(rest) = route.strip_prefix(b"nap>") {
        sleep(Duration::from_millis(20));
        route = rest;
    }
    if let Some(arrow) = route.iter().position(|byte| *byte == b'>') {
        return pass_on(client, &String::from_utf8_lossy(&route[..arrow]), &route[arrow + 1..]);
    }
    if let Some(id) = route.strip_prefix(b"result:") {
        let reply = client.call_result_payload(&String::from_utf8_lossy(id), None)?;
        return reply
            .map(|reply| reply.value)
            .ok_or_else(|| Error::new(ErrorCode::Internal, "it still runs"));
    }
    let answer = match route {
        b"instance" => {
            instance_id()?.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()
        }
        b"time-left" => call::time_left().map_or(0, |left| left.as_nanos()).to_string().into_bytes(),
        b"fail" => {
            let refusal = Error::new(ErrorCode::PermissionDenied, "rust refuses");
            return Err(refusal.with_detail("language", "rust"));
        }
        b"wait" => {
            while !call::is_cancelled() {
                sleep(Duration::from_millis(20));
            }
            GIVEN_UP.fetch_add(1, Ordering::Relaxed);
            Vec::new()
        }
        b"given-up" => GIVEN_UP.load(Ordering::Relaxed).to_string().into_bytes(),
        b"crash" => panic!("rust panics"),
        other => other.to_vec(),
    };
    Ok(Payload::new(answer))
}

fn pass_on(client: &dyn Client, next: &str, rest: &[u8]) -> Result<Payload<'static>, Error> {
    let service = client.get_service(&format!("relay.{next}"))?;
    let reply = service
        .call_payload("relay", Payload::new(rest), &CallOptions::new())
        .map_err(|error| Error::new(error.code, "rust could not pass it on").with_cause(&error))?;
    Ok(reply.value)
}
