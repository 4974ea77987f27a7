//! Streams in both directions.

mod support;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::mpsc;
use std::time::Duration;

use futures_core::Stream as FuturesStream;
use hmsffi::prelude::*;
use hmsffi::{MethodInfo, TypedStream, Waited};
use pollster::block_on;
use support::{World, eventually, world};

fn count(stream: ServerStream) -> Result<(), Error> {
    let to: u32 = stream.params()?;
    (0..to).try_for_each(|n| stream.send(&n))
}

fn sum(mut stream: ServerStream) -> Result<(), Error> {
    let mut total = 0;
    while let Some(message) = stream.receive() {
        total += message?.decode::<i64>()?;
    }
    stream.send(&total)
}

async fn upper(mut stream: ServerStream) -> Result<(), Error> {
    while let Some(message) = stream.receive_async().await {
        let line: String = message?.decode()?;
        stream.send_async(&line.to_uppercase()).await?;
    }
    Ok(())
}

ffi_service!(Streams, "streams");

fn streaming() -> World {
    world(|server| {
        let service = Streams::new()
            .method(ffi_stream_method!(count, count).stream_type(StreamType::ServerStreaming))
            .method(ffi_stream_method!(sum, sum).stream_type(StreamType::ClientStreaming))
            .method(ffi_stream_method!(upper, upper))
            .method(ffi_stream_method!(echo, |mut stream: ServerStream| {
                while let Some(message) = stream.receive() {
                    stream.send_payload(message?)?;
                }
                Ok(())
            }))
            .method(ffi_stream_method!(fail, |stream: ServerStream| {
                stream.send("first")?;
                Err(Error::new(ErrorCode::DataLoss, "the rest is gone"))
            }))
            .method(ffi_stream_method!(panic, |_: ServerStream| -> Result<(), Error> {
                panic!("streams panic too")
            }));
        server.register_service(Box::new(service)).unwrap();
    })
}

#[test]
fn a_server_stream_gives_its_messages_in_order_and_then_ends() {
    let world = streaming();
    let numbers = world.service("streams").stream_call::<_, u32>("count", 200).unwrap();
    let numbers: Result<Vec<u32>, Error> = numbers.collect();
    assert_eq!(numbers.unwrap(), (0..200).collect::<Vec<_>>());
}

#[test]
fn a_client_stream_gives_one_answer() {
    let world = streaming();
    let mut stream = world.service("streams").bind("sum").unwrap().stream_call::<_, i64>(()).unwrap();
    for n in 1..=1000 {
        stream.send(&n).unwrap();
    }
    stream.close().unwrap();
    stream.close().unwrap();
    assert_eq!(stream.receive().unwrap().unwrap(), 500_500);
    assert_eq!(stream.receive(), None);
    assert!(stream.is_closed());
}

#[test]
fn a_stream_with_types_sends_and_receives_them() {
    let world = streaming();
    let options = CallOptions::new().timeout(Duration::from_secs(30));
    let open = |method| world.service("streams").stream_call_with(method, (), &options).unwrap();
    let sum = TypedStream::<i64, i64>::new(open("sum"));
    (1..=4).try_for_each(|n| sum.send(&n)).unwrap();
    assert_eq!(sum.result().unwrap(), 10);

    let upper = world.service("streams").stream_call_with("upper", (), &options).unwrap();
    let upper = TypedStream::<str, String>::new(upper);
    upper.send("one").unwrap();
    upper.close().unwrap();
    assert_eq!(upper.collect::<Result<Vec<String>, Error>>().unwrap(), ["ONE"]);

    let nothing = TypedStream::<i64, i64>::new(open("echo")).result().unwrap_err();
    assert_eq!(nothing.kind(), Some(ErrorCode::FailedPrecondition));
    let cancelled = TypedStream::<i64, i64>::new(open("echo")).into_inner();
    cancelled.cancel().unwrap();
    assert!(cancelled.is_closed());
}

#[test]
fn a_stream_with_options_ends_in_time() {
    let world = streaming();
    let options = CallOptions::new().timeout(Duration::from_millis(20));
    let mut stream = world.service("streams").stream_call_with::<_, String>("upper", (), &options).unwrap();
    assert_eq!(stream.receive().unwrap().unwrap_err().kind(), Some(ErrorCode::DeadlineExceeded));
}

#[test]
fn a_bidirectional_stream_answers_while_it_is_sent_to() {
    let world = streaming();
    let mut stream = world.service("streams").stream_call::<_, String>("upper", ()).unwrap();
    for word in ["one", "two", "three"] {
        stream.send(word).unwrap();
        assert_eq!(stream.receive().unwrap().unwrap(), word.to_uppercase());
    }
    stream.close().unwrap();
    assert_eq!(stream.receive(), None);
}

#[test]
fn an_asynchronous_sender_waits_for_room() {
    let world = world(|server| {
        let slow = ffi_stream_method!(slow, |mut stream: ServerStream| {
            let mut messages = 0;
            while let Some(message) = stream.receive() {
                message?;
                messages += 1;
                if messages == 1 {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            stream.send(&messages)
        });
        let slow = slow.stream_type(StreamType::ClientStreaming);
        server.register_service(Box::new(Service::new("streams").method(slow))).unwrap();
    });
    let mut stream = world.service("streams").stream_call::<_, u32>("slow", ()).unwrap();
    let received = block_on(async {
        for n in 0..1000 {
            stream.send_async(&n).await.unwrap();
        }
        stream.close().unwrap();
        stream.receive_async().await
    });
    assert_eq!(received.unwrap().unwrap(), 1000);
}

#[test]
fn an_asynchronous_handler_waits_for_a_caller_that_lags_behind() {
    let world = world(|server| {
        let many = ffi_stream_method!(many, |mut stream: ServerStream| async move {
            for n in 0..1000u32 {
                stream.send_async(&n).await?;
            }
            Ok(())
        });
        server.register_service(Box::new(Service::new("streams").method(many))).unwrap();
    });
    let stream = world.service("streams").stream_call::<_, u32>("many", ()).unwrap();
    std::thread::sleep(Duration::from_millis(10));
    assert_eq!(stream.map(Result::unwrap).collect::<Vec<_>>(), (0..1000).collect::<Vec<_>>());
}

#[test]
fn a_stream_is_one_of_the_futures_crates() {
    let world = streaming();
    let mut numbers = world.service("streams").stream_call::<_, u32>("count", 3).unwrap();
    let mut next = || block_on(std::future::poll_fn(|context| Pin::new(&mut numbers).poll_next(context)));
    assert_eq!(next().unwrap().unwrap(), 0);
    assert_eq!(next().unwrap().unwrap(), 1);
    assert_eq!(next().unwrap().unwrap(), 2);
    assert!(next().is_none());
}

#[test]
fn a_failure_arrives_after_the_messages_before_it_and_ends_the_stream() {
    let world = streaming();
    let mut stream = world.service("streams").stream_call::<_, String>("fail", ()).unwrap();
    assert_eq!(stream.receive().unwrap().unwrap(), "first");
    let error = stream.receive().unwrap().unwrap_err();
    assert_eq!((error.code, error.source.as_deref()), (15, Some("streams.fail")));
    assert_eq!(stream.receive(), None);
}

#[test]
fn a_panic_in_a_stream_handler_ends_the_stream() {
    let world = streaming();
    let mut stream = world.service("streams").stream_call::<_, String>("panic", ()).unwrap();
    let error = stream.receive().unwrap().unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (13, "panic: streams panic too"));
}

#[test]
fn waiting_for_a_message_can_have_an_end() {
    let world = streaming();
    let mut stream = world.service("streams").stream_call::<_, String>("upper", ()).unwrap();
    assert_eq!(stream.receive_timeout(Duration::from_millis(5)), Waited::Pending);
    stream.send("x").unwrap();
    assert_eq!(stream.receive_timeout(Duration::from_secs(10)), Waited::Item(Ok("X".to_owned())));
    stream.close().unwrap();
    assert_eq!(stream.receive_timeout(Duration::from_secs(10)), Waited::End);
}

#[test]
fn a_message_of_another_type_is_an_error_and_the_stream_goes_on() {
    let world = streaming();
    let mut stream = world.service("streams").stream_call::<_, u8>("echo", ()).unwrap();
    stream.send("text").unwrap();
    stream.send(&7).unwrap();
    assert_eq!(stream.receive().unwrap().unwrap_err().message, "$: needs an integer, found text");
    assert_eq!(stream.receive().unwrap().unwrap(), 7);
}

#[test]
fn raw_bytes_pass_through_streams() {
    let world = streaming();
    let mut stream = world.service("streams").stream_call::<_, Vec<u8>>("echo", ()).unwrap();
    stream.send(&vec![0u8, 255]).unwrap();
    assert_eq!(stream.receive().unwrap().unwrap(), [0, 255]);
}

#[test]
fn a_cancelled_stream_ends_for_both_sides() {
    let (told, handlers_end) = mpsc::channel();
    let world = world(move |server| {
        server
            .register_stream_method("streams", "wait", move |mut stream: ServerStream| {
                stream.send("ready")?;
                told.send(stream.receive().map(|message| message.map(drop))).unwrap();
                Ok(())
            })
            .unwrap();
    });
    let mut stream = world.service("streams").stream_call::<_, String>("wait", ()).unwrap();
    assert_eq!(stream.receive().unwrap().unwrap(), "ready");
    stream.cancel().unwrap();
    assert_eq!(stream.receive().unwrap().unwrap_err().code, ErrorCode::Cancelled);
    let seen = handlers_end.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(seen.unwrap().unwrap_err().code, ErrorCode::Cancelled);
}

#[test]
fn dropping_the_callers_end_cancels_the_stream() {
    let (told, handlers_end) = mpsc::channel();
    let told = std::sync::Mutex::new(Some(told));
    let world = world(move |server| {
        server
            .register_stream_method("streams", "wait", move |mut stream: ServerStream| {
                let told = told.lock().unwrap().take().expect("one call");
                async move {
                    stream.send_async("ready").await?;
                    told.send(stream.receive_async().await.map(|message| message.map(drop))).unwrap();
                    Ok(())
                }
            })
            .unwrap();
    });
    let mut stream = world.service("streams").stream_call::<_, String>("wait", ()).unwrap();
    assert_eq!(stream.receive().unwrap().unwrap(), "ready");
    drop(stream);
    // The future is dropped, unless it saw the end of the stream before.
    eventually("the end of the handler", || match handlers_end.try_recv() {
        Ok(seen) => seen.unwrap().unwrap_err().code == ErrorCode::Cancelled,
        Err(error) => error == mpsc::TryRecvError::Disconnected,
    });
}

#[test]
fn a_second_answer_to_a_client_stream_is_refused() {
    let world = world(|server| {
        let twice = ffi_stream_method!(twice, |stream: ServerStream| {
            stream.send(&1)?;
            stream.send(&2)
        });
        let twice = twice.stream_type(StreamType::ClientStreaming);
        server.register_service(Box::new(Service::new("streams").method(twice))).unwrap();
    });
    let mut stream = world.service("streams").stream_call::<_, u8>("twice", ()).unwrap();
    stream.close().unwrap();
    assert_eq!(stream.receive().unwrap().unwrap_err().code, ErrorCode::FailedPrecondition);
}

#[test]
fn the_service_says_how_the_messages_of_a_method_flow() {
    struct Totals;
    impl ServiceHandler for Totals {
        fn service_info(&self) -> ServiceInfo {
            let total = MethodInfo {
                name: "total".into(),
                is_streaming: true,
                stream_type: StreamType::ClientStreaming,
                ..Default::default()
            };
            ServiceInfo { id: "totals".into(), methods: vec![total], ..Default::default() }
        }
    }
    let world = world(|server| {
        server.register_service(Box::new(Totals)).unwrap();
        server.register_stream_method("totals", "total", sum).unwrap();
    });
    let mut stream = world.service("totals").stream_call::<_, i64>("total", ()).unwrap();
    stream.send(&20).unwrap();
    stream.send(&22).unwrap();
    stream.close().unwrap();
    assert_eq!(stream.receive().unwrap().unwrap(), 42);
}

#[test]
fn a_stream_of_a_unary_method_and_a_call_of_a_streaming_one_are_refused() {
    let world = streaming();
    let service = world.service("streams");
    let error = service.call::<_, HashMap<String, u32>>("count", 3).unwrap_err();
    assert!(error.message.contains("stream"), "{error}");
}
