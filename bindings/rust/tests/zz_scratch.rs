mod support;
use hmsffi::prelude::*;
use hmsffi_sys::*;
use std::sync::atomic::*;
use support::world;
static S: [AtomicUsize; 6] = [const { AtomicUsize::new(0) }; 6];
fn alive() -> hms_introspection_t {
    let mut out = hms_introspection_t { struct_size: size_of::<hms_introspection_t>() as u32, ..Default::default() };
    assert_eq!(unsafe { hms_introspect(&mut out, std::ptr::null_mut()) }, 0);
    out
}
struct D(usize);
impl Drop for D { fn drop(&mut self) { S[self.0].fetch_add(1, Ordering::SeqCst); } }
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
                    S[0].fetch_add(1, Ordering::SeqCst);
                    let _d = D(1);
                    let r = stream.receive();
                    S[2].fetch_add(1, Ordering::SeqCst);
                    drop(r);
                    let r = stream.send("answer");
                    S[3].fetch_add(1, Ordering::SeqCst);
                    r
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
fn scratch() {
    for round in 0..300 {
        use_everything();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(3);
        loop {
            let a = alive();
            if a.handles[6] == 0 && a.handles[7] == 0 { break }
            if std::time::Instant::now() > end { eprintln!("round {round}: {:?} {a:?}", S.iter().map(|s| s.load(Ordering::SeqCst)).collect::<Vec<_>>()); std::thread::sleep(std::time::Duration::from_secs(30)); panic!() }
        }
    }
}
