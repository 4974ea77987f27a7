//! Calls and their answers.

mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hmsffi::prelude::*;
use hmsffi::{ContentType, Method, Payload, TransportType, call};
use serde::{Deserialize, Serialize};
use support::{World, world};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Greeting {
    name: String,
    times: u32,
}

fn greeter() -> World {
    world(|server| {
        server
            .register_method("greet", "hello", |greeting: Greeting| async move {
                Ok(format!("Hello {}! ", greeting.name).repeat(greeting.times as usize))
            })
            .expect("registered");
        server.register_raw("greet", "echo", |request| Ok(request)).expect("registered");
        server
            .register_raw("greet", "type", |request| {
                let content_type = request.content_type().expect("a request has one").to_string();
                Ok(Payload::new(content_type.into_bytes()))
            })
            .expect("registered");
        server.register_function("greet", "length", |bytes: Vec<u8>| Ok(bytes.len())).expect("registered");
    })
}

#[test]
fn a_call_reads_as_the_specification_prints_it() {
    let world = greeter();
    let greeting = Greeting { name: "Ada".into(), times: 2 };
    let answer =
        world.client.get_service("greet").unwrap().call::<Greeting, String>("hello", greeting).unwrap();
    assert_eq!(answer, "Hello Ada! Hello Ada! ");
}

#[test]
fn a_bound_method_calls_like_one_by_name() {
    let world = greeter();
    let hello = world.service("greet").bind("hello").unwrap();
    for times in 1..5 {
        let answer: String = hello.call(Greeting { name: "A".into(), times }).unwrap();
        assert_eq!(answer.len(), 9 * times as usize);
    }
}

#[test]
fn bytes_as_a_whole_payload_travel_untouched() {
    let world = greeter();
    let greet = world.service("greet");
    let bytes = vec![0, 255, 0x80, 7];
    assert_eq!(greet.call::<_, Vec<u8>>("echo", bytes.clone()).unwrap(), bytes);
    assert_eq!(greet.call::<_, Vec<u8>>("echo", &bytes[..]).unwrap(), bytes);
    assert_eq!(greet.call::<_, Vec<u8>>("echo", &bytes).unwrap(), bytes);
    assert_eq!(greet.call::<_, Vec<u8>>("echo", Some(serde_bytes::Bytes::new(&bytes))).unwrap(), bytes);
    assert_eq!(greet.call::<_, usize>("length", bytes.clone()).unwrap(), 4);
    let answer = greet.bind("echo").unwrap().call_bytes(&bytes).unwrap();
    assert_eq!((&answer[..], answer.content_type()), (&bytes[..], ContentType::Bytes));
}

#[test]
fn large_payloads_arrive_whole() {
    let world = greeter();
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    let echo = world.service("greet").bind("echo").unwrap();
    assert_eq!(echo.call_bytes(&bytes).unwrap()[..], bytes[..]);
    assert_eq!(
        world
            .service("greet")
            .call::<_, String>("hello", Greeting { name: "x".repeat(1 << 20), times: 2 })
            .unwrap()
            .len(),
        2 * ((1 << 20) + 8)
    );
}

#[test]
fn the_type_of_a_value_decides_its_content_type() {
    let world = greeter();
    let greet = world.service("greet");
    let of = |payload: Payload<'_>| {
        let reply = greet.call_payload("type", payload, &CallOptions::new()).unwrap();
        String::from_utf8(reply.value.into_bytes()).unwrap()
    };
    assert_eq!(of(Payload::encode("text").unwrap()), "application/cbor");
    assert_eq!(of(Payload::encode(&vec![1u8]).unwrap()), "application/octet-stream");
    assert_eq!(of(Payload::encode(&vec![1u16]).unwrap()), "application/cbor");
    assert_eq!(of(Payload::new(b"anything")), "application/octet-stream");
    assert_eq!(of(Payload::new(b"{}").with_content_type(ContentType::Json)), "application/json");
    let other = ContentType::Other("text/csv".into());
    assert_eq!(of(Payload::new(b"a,b").with_content_type(other)), "text/csv");
}

#[test]
fn a_raw_answer_has_the_content_type_of_its_request_unless_it_says_otherwise() {
    let world = world(|server| {
        server.register_raw("raw", "same", |_| Ok(Payload::new(b"\x01"))).unwrap();
        server
            .register_raw("raw", "csv", |_| {
                Ok(Payload::new(b"a,b").with_content_type(ContentType::Other("text/csv".into())))
            })
            .unwrap();
    });
    let raw = world.service("raw");
    let content_type = |method: &str, payload: Payload<'_>| {
        let reply = raw.call_payload(method, payload, &CallOptions::new()).unwrap();
        reply.value.content_type().unwrap().to_string()
    };
    assert_eq!(content_type("same", Payload::encode(&1).unwrap()), "application/cbor");
    assert_eq!(content_type("same", Payload::new(b"")), "application/octet-stream");
    assert_eq!(content_type("csv", Payload::new(b"")), "text/csv");
    let unknown = raw.call::<_, String>("csv", b"".as_slice()).unwrap_err();
    assert_eq!(unknown.code, ErrorCode::Unimplemented);
    assert!(unknown.message.starts_with("text/csv is not decoded here"), "{unknown}");
}

#[test]
fn metadata_travels_both_ways() {
    let world = world(|server| {
        server
            .register_function("meta", "data", |()| {
                call::set_reply_metadata(
                    "served-by",
                    format!("{}.{}", call::service().unwrap(), call::method().unwrap()),
                );
                Ok((call::metadata("tenant"), call::metadata("missing"), call::all_metadata()))
            })
            .unwrap();
    });
    let options = CallOptions::new().metadata("tenant", "north").metadata("locale", "de");
    type Seen = (Option<String>, Option<String>, HashMap<String, String>);
    let reply = world.service("meta").call_with::<_, Seen>("data", (), &options).unwrap();
    assert_eq!(reply.value.0.as_deref(), Some("north"));
    assert_eq!(reply.value.1, None);
    assert_eq!(reply.value.2["locale"], "de");
    assert_eq!(reply.metadata, HashMap::from([("served-by".to_owned(), "meta.data".to_owned())]));
}

#[test]
fn metadata_keys_of_the_library_are_refused() {
    let world = greeter();
    let options = CallOptions::new().metadata("hms-mine", "1");
    let error = world.service("greet").call_with::<_, ()>("echo", (), &options).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
}

#[test]
fn outside_of_a_handler_nothing_is_known_of_a_call() {
    assert_eq!(call::metadata("tenant"), None);
    assert_eq!(call::time_left(), None);
    assert_eq!(call::parent(), None);
    assert!(!call::is_cancelled());
}

#[test]
fn a_timeout_is_kept_to_whatever_the_handler_does() {
    let world = world(|server| {
        server
            .register_function("slow", "sleep", |()| {
                thread::sleep(Duration::from_secs(3));
                Ok(())
            })
            .unwrap();
    });
    let begin = Instant::now();
    let options = CallOptions::new().timeout(Duration::from_millis(30));
    let error = world.service("slow").call_with::<_, ()>("sleep", (), &options).unwrap_err();
    assert_eq!(error.code, ErrorCode::DeadlineExceeded);
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[test]
fn nested_calls_inherit_the_time_that_is_left() {
    let world = world(|_| {});
    let client: Arc<dyn Client> = world.runtime.new_client(ClientOptions::default()).unwrap().into();
    let mut server = world.runtime.new_server(ServerOptions::named("nested")).unwrap();
    server.register_function("inner", "left", |()| Ok(call::time_left())).unwrap();
    server
        .register_function("outer", "left", move |()| {
            client.get_service("inner")?.call::<_, Option<Duration>>("left", ())
        })
        .unwrap();
    server.start().unwrap();
    let options = CallOptions::new().timeout(Duration::from_secs(5));
    let left = world.service("outer").call_with::<_, Option<Duration>>("left", (), &options).unwrap();
    let left = left.value.expect("a deadline");
    assert!(left <= Duration::from_secs(5) && left > Duration::from_secs(1), "{left:?}");
}

#[test]
fn a_method_may_be_called_from_many_threads_at_once() {
    let world = greeter();
    let echo: Method = world.service("greet").bind("echo").unwrap();
    thread::scope(|scope| {
        for thread in 0..8u8 {
            let echo = echo.clone();
            scope.spawn(move || {
                for call in 0..1000u16 {
                    let body = [thread, call as u8, (call >> 8) as u8];
                    assert_eq!(echo.call_bytes(&body).unwrap()[..], body);
                }
            });
        }
    });
}

#[test]
fn a_wrong_name_is_answered_with_the_nearest_one() {
    let world = greeter();
    let error = world.service("greet").call::<_, ()>("helo", ()).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(error.message.contains("Did you mean 'hello'?"), "{error}");
    let error = world.service("gret").call::<_, ()>("hello", ()).unwrap_err();
    assert!(error.message.contains("no service 'gret'"), "{error}");
    assert_eq!(world.client.get_service("").err().unwrap().code, ErrorCode::InvalidArgument);
}

#[test]
fn an_answer_of_another_type_is_refused_with_its_place() {
    let world = world(|server| {
        server
            .register_function("types", "nested", |()| Ok(HashMap::from([("rows", vec![Some(1), None])])))
            .unwrap();
    });
    let error = world.service("types").call::<_, HashMap<String, Vec<u8>>>("nested", ()).unwrap_err();
    assert_eq!(error.message, "$.rows[1]: needs an integer, found null");
    assert_eq!(error.code, ErrorCode::InvalidArgument);
}

#[test]
fn a_request_of_another_type_is_refused_before_the_handler() {
    let world = greeter();
    let error =
        world.service("greet").call::<_, String>("hello", HashMap::from([("name", "Ada")])).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    assert_eq!(error.message, "$: missing field `times`");
    assert_eq!(error.source.as_deref(), Some("greet.hello"));
}

#[test]
fn closed_handles_say_so() {
    let world = greeter();
    let echo = world.service("greet").bind("echo").unwrap();
    echo.close().unwrap();
    assert_eq!(echo.call_bytes(b"").unwrap_err().code, ErrorCode::FailedPrecondition);
    world.client.close().unwrap();
    let error = world.service("greet").call::<_, ()>("echo", ()).unwrap_err();
    assert_eq!(error.code, ErrorCode::FailedPrecondition);
}

#[test]
fn clients_and_services_outlive_the_client_that_made_them() {
    let world = greeter();
    let echo = {
        let client = world.runtime.new_client(ClientOptions::default()).unwrap();
        client.get_service("greet").unwrap().bind("echo").unwrap()
    };
    assert_eq!(echo.call_bytes(b"still here").unwrap()[..], *b"still here");
}

#[test]
fn what_this_version_lacks_is_refused() {
    let options = ClientOptions { transport: Some(hmsffi::TransportType::Grpc), ..Default::default() };
    assert_eq!(new_client(options).err().unwrap().code, ErrorCode::Unimplemented);
    let options = ClientOptions { auth_token: Some("secret".into()), ..Default::default() };
    assert_eq!(new_client(options).err().unwrap().code, ErrorCode::Unimplemented);
}

#[test]
fn a_call_takes_a_way_that_it_is_allowed_and_says_which() {
    let world = greeter();
    let echo = world.client.get_service("greet").expect("service").bind("echo").expect("bound");
    let call = |options: CallOptions| echo.call_payload(Payload::new(&b"x"[..]), &options);
    let taken = call(CallOptions::new().forbid(TransportType::SharedMemory)).expect("answer").report;
    assert_eq!(taken.transport, TransportType::InProcess);
    for options in [
        CallOptions::new().transport(TransportType::SharedMemory),
        CallOptions::new().forbid(TransportType::InProcess),
    ] {
        assert_eq!(call(options).expect_err("no way").code, ErrorCode::Unavailable);
    }
    let refused = call(CallOptions::new().transport(TransportType::Tcp)).expect_err("not there");
    assert_eq!(refused.code, ErrorCode::Unimplemented);
}

#[test]
fn a_loan_is_filled_cut_and_sent() {
    let world = greeter();
    let echo = world.client.get_service("greet").expect("service").bind("echo").expect("bound");
    for len in [0, 1, 1 << 20] {
        let mut loan = echo.loan(len).expect("loan");
        loan.fill(7);
        loan.truncate(1000);
        assert_eq!(&echo.call_bytes(&loan).expect("answer")[..], vec![7; len.min(1000)]);
    }
    assert!(call::loan(1).is_none(), "this is no handler");
}
