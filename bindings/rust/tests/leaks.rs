//! What is used is given back. One test alone in its process, since it counts what lives there.

mod support;

use hmsffi::prelude::*;
use hmsffi_sys::{hms_introspect, hms_introspection_t};
use support::{eventually, world};

fn alive() -> hms_introspection_t {
    let mut out =
        hms_introspection_t { struct_size: size_of::<hms_introspection_t>() as u32, ..Default::default() };
    // SAFETY: a struct of our own.
    assert_eq!(unsafe { hms_introspect(&mut out, std::ptr::null_mut()) }, 0);
    out
}

fn use_everything() {
    let world = world(|server| {
        server.register_function("s", "text", |text: String| Ok(text)).unwrap();
        server.register_method("s", "later", |n: u8| async move { Ok(n) }).unwrap();
        server.register_raw("s", "echo", |request| Ok(request)).unwrap();
        server
            .register_function("s", "fail", |()| -> Result<(), Error> {
                let cause = Error::new(ErrorCode::NotFound, "behind");
                Err(Error::new(ErrorCode::Aborted, "before").with_cause(&cause))
            })
            .unwrap();
        server
            .register_stream_method("s", "stream", |mut stream: ServerStream| {
                stream.receive();
                stream.send("answer")
            })
            .unwrap();
    });
    let service = world.service("s");
    let large = vec![7; 100_000];
    for _ in 0..100 {
        service.call::<_, String>("text", "x".repeat(10_000)).unwrap();
        service.call_with::<_, u8>("later", 1, &CallOptions::new().metadata("a", "b")).unwrap();
        assert_eq!(service.bind("echo").unwrap().call_bytes(&large).unwrap()[..], large[..]);
        service.call::<_, ()>("fail", ()).unwrap_err();
        service.call::<_, u8>("later", "x").unwrap_err();
        pollster::block_on(service.call_async::<_, u8>("later", 2)).unwrap();
        let mut stream = service.stream_call::<_, String>("stream", ()).unwrap();
        stream.send("question").unwrap();
        assert_eq!(stream.receive().unwrap().unwrap(), "answer");
        let unfinished = service.stream_call::<_, String>("stream", ()).unwrap();
        drop(unfinished);
    }
}

#[test]
fn handles_and_buffers_return_to_where_they_were() {
    use_everything();
    let before = alive();
    use_everything();
    // What the first round used may not all have been given back when it was counted.
    let more = |now: &hms_introspection_t| {
        now.handles.iter().zip(before.handles).any(|(now, before)| *now > before)
            || now.calls > before.calls
            || now.queued_bytes > before.queued_bytes
            || now.buffers > before.buffers
    };
    eventually("everything is given back", || !more(&alive()));
}
