//! Services, and the servers that host them.

mod support;

use std::collections::HashMap;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use hmsffi::prelude::*;
use hmsffi::{AuthConfig, AuthType, CallOptions, Dispatch, EventType, Intercepted, Interceptor, MethodInfo};
use support::{eventually, world, world_with};

ffi_service!(Calc, "calc");

async fn add((a, b): (i64, i64)) -> Result<i64, Error> {
    Ok(a + b)
}

fn count(stream: ServerStream) -> Result<(), Error> {
    (0..stream.params()?).try_for_each(|n: u8| stream.send(&n))
}

#[test]
fn the_macros_of_the_specification_make_a_service() {
    let world = world(|server| {
        let calc = Calc::new()
            .version("1.2.0")
            .description("Arithmetic")
            .method(ffi_method!(add, add).description("Adds two numbers"))
            .method(ffi_method!(negate, |n: i64| async move { Ok(-n) }))
            .method(ffi_stream_method!(count, count).stream_type(StreamType::ServerStreaming));
        assert_eq!(calc.service_info().id, Calc::ID);
        server.register_service(Box::new(calc)).unwrap();
    });
    let calc = world.service("calc");
    assert_eq!(calc.call::<_, i64>("add", (40, 2)).unwrap(), 42);
    assert_eq!(calc.call::<_, i64>("negate", 1).unwrap(), -1);
    assert_eq!(calc.stream_call::<_, u8>("count", 3).unwrap().count(), 3);
    assert_eq!(world.service("calc@^1.1").call::<_, i64>("add", (1, 1)).unwrap(), 2);
    assert_eq!(world.service("calc@^2").call::<_, i64>("add", (1, 1)).unwrap_err().code, ErrorCode::NotFound);
}

struct Described;

impl ServiceHandler for Described {
    fn service_info(&self) -> ServiceInfo {
        let hello = MethodInfo {
            name: "hello".into(),
            description: "Greets".into(),
            metadata: HashMap::from([("cost".into(), "1".into())]),
            ..Default::default()
        };
        ServiceInfo {
            id: "described".into(),
            name: "Described service".into(),
            description: "For tests".into(),
            version: "2.1.0".into(),
            methods: vec![hello],
            metadata: HashMap::from([("team".into(), "north".into())]),
        }
    }
}

#[test]
fn services_are_listed_as_they_describe_themselves() {
    let world = world(|server| {
        server.register_service(Box::new(Described)).unwrap();
        server.register_function("described", "hello", |name: String| Ok(name)).unwrap();
        server.register_stream_method("described", "count", count).unwrap();
        server.register_function("other", "nothing", |()| Ok(())).unwrap();
    });
    let listed = world.client.list_services("desc*").unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    let service = &listed[0];
    assert_eq!((service.id.as_str(), service.name.as_str()), ("described", "Described service"));
    assert_eq!((service.version.as_str(), service.description.as_str()), ("2.1.0", "For tests"));
    assert_eq!(service.metadata["team"], "north");
    let hello = service.methods.iter().find(|method| method.name == "hello").unwrap();
    assert_eq!((hello.description.as_str(), hello.is_streaming), ("Greets", false));
    assert_eq!(hello.metadata["cost"], "1");
    let count = service.methods.iter().find(|method| method.name == "count").unwrap();
    assert_eq!((count.is_streaming, count.stream_type), (true, StreamType::Bidirectional));
    assert!(world.client.list_services("*").unwrap().iter().any(|service| service.id == "other"));
    assert_eq!(world.client.list_services("nothing.like.it").unwrap(), []);
}

#[test]
fn one_service_is_described_in_the_version_that_fits() {
    let world = world(|server| {
        for version in ["1.2.0", "1.3.0", "2.0.0"] {
            let service = Service::new("billing").version(version);
            server
                .register_service(Box::new(service.method(MethodEntry::function("m", |()| Ok(1)))))
                .unwrap();
        }
    });
    let version = |name: &str| world.client.describe_service(name).map(|service| service.version);
    assert_eq!(version("billing").unwrap(), "2.0.0");
    assert_eq!(version("billing@^1.2").unwrap(), "1.3.0");
    let described = world.client.describe_service("billing@1.2.0").unwrap();
    assert_eq!((described.methods.len(), described.metadata["hms.status"].as_str()), (1, "AVAILABLE"));
    let missing = world.client.describe_service("biling").unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
    assert_eq!(missing.message, "no service 'biling'. Running here: billing. Nearest: billing");
}

#[test]
fn what_happens_to_services_is_watched() {
    let mut world = world(|server| server.register_function("old", "m", |()| Ok(1)).unwrap());
    let mut events = world.client.watch_services("?[le]*").unwrap();
    let mut next = || events.receive().expect("an event").unwrap();
    let there = next();
    assert_eq!((there.event_type, there.service.id.as_str()), (EventType::ServiceAdded, "old"));
    assert!(there.time.elapsed().unwrap() < std::time::Duration::from_secs(60));
    world.server.register_function("new", "m", |()| Ok(1)).unwrap();
    let added = next();
    assert_eq!((added.event_type, added.service.id.as_str()), (EventType::ServiceAdded, "new"));
    world.server.register_function("new", "n", |()| Ok(1)).unwrap();
    let modified = next();
    assert_eq!((modified.event_type, modified.service.methods.len()), (EventType::ServiceModified, 2));
    events.cancel().unwrap();
}

#[test]
fn more_services_than_a_page_holds_are_all_listed() {
    let world = world(|server| {
        for n in 0..230 {
            server.register_function(&format!("s{n}"), "m", |()| Ok(())).unwrap();
        }
    });
    assert_eq!(world.client.list_services("s*").unwrap().len(), 230);
}

#[test]
fn a_service_without_an_id_gets_one() {
    let world = world(|server| {
        let unnamed = Service::new("").method(MethodEntry::function("m", |()| Ok(1)));
        server.register_service(Box::new(unnamed)).unwrap();
    });
    let ids = world.server.service_ids();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.service(&ids[0]).call::<_, u8>("m", ()).unwrap(), 1);
}

#[test]
fn methods_may_be_added_while_the_server_runs() {
    let mut world = world(|server| server.register_function("s", "old", |()| Ok(1)).unwrap());
    let service = world.service("s");
    assert_eq!(service.call::<_, u8>("new", ()).unwrap_err().code, ErrorCode::NotFound);
    world.server.register_function("s", "new", |()| Ok(2)).unwrap();
    assert_eq!(service.call::<_, u8>("new", ()).unwrap(), 2);
    let twice = world.server.register_function("s", "new", |()| Ok(3));
    assert!(twice.unwrap_err().message.contains("'new'"));
    assert_eq!(service.call::<_, u8>("new", ()).unwrap(), 2);
    assert_eq!(
        world.server.register_function("", "m", |()| Ok(0)).unwrap_err().code,
        ErrorCode::InvalidArgument
    );
}

#[test]
fn another_definition_of_a_service_is_refused() {
    let world = world(|server| server.register_service(Box::new(Described)).unwrap());
    let mut second = world.runtime.new_server(ServerOptions::named("second")).unwrap();
    let other =
        Service::new("described").version("2.1.0").method(MethodEntry::function("other", |()| Ok(())));
    let error = second.register_service(Box::new(other)).unwrap_err();
    assert_eq!(error.code, ErrorCode::AlreadyExists);
}

#[test]
fn an_unregistered_service_is_gone() {
    let mut world = world(|server| server.register_function("s", "m", |()| Ok(())).unwrap());
    world.server.unregister_service("s").unwrap();
    assert_eq!(world.service("s").call::<_, ()>("m", ()).unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(world.server.unregister_service("s").unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(world.server.service_ids(), Vec::<String>::new());
}

#[test]
fn a_server_serves_from_start_to_stop() {
    let mut world = world(|server| server.register_function("s", "m", |()| Ok(())).unwrap());
    let m = world.service("s").bind("m").unwrap();
    assert!(world.server.is_running());
    m.call::<_, ()>(()).unwrap();
    world.server.stop().unwrap();
    assert!(!world.server.is_running());
    assert_eq!(m.call::<_, ()>(()).unwrap_err().code, ErrorCode::Unavailable);
    world.server.start().unwrap();
    m.call::<_, ()>(()).unwrap();
}

#[test]
fn stop_waits_for_the_calls_inside() {
    let (entered, inside) = mpsc::channel();
    let mut world = world(move |server| {
        server
            .register_function("s", "slow", move |()| {
                entered.send(()).unwrap();
                thread::sleep(Duration::from_millis(60));
                Ok(())
            })
            .unwrap();
    });
    let slow = world.service("s").bind("slow").unwrap();
    let call = slow.call_async::<_, ()>(());
    inside.recv().unwrap();
    let early = world.server.stop_timeout(Duration::from_millis(1)).unwrap_err();
    assert_eq!(early.code, ErrorCode::DeadlineExceeded);
    world.server.stop().unwrap();
    call.wait_timeout(Duration::from_secs(5)).unwrap().expect("it has ended");
}

#[test]
fn waiting_for_a_server_ends_with_its_stop() {
    let mut world = world(|_| {});
    assert!(!world.server.wait(Some(Duration::from_millis(5))).unwrap());
    world.server.stop().unwrap();
    assert!(world.server.wait(None).unwrap());
}

#[test]
fn the_services_of_a_dropped_server_are_withdrawn() {
    let world = world(|server| server.register_function("s", "m", |()| Ok(())).unwrap());
    let service = world.service("s");
    service.call::<_, ()>("m", ()).unwrap();
    drop(world.server);
    let error = service.call::<_, ()>("m", ()).unwrap_err();
    assert!([ErrorCode::NotFound, ErrorCode::Unavailable].iter().any(|code| error.code == *code), "{error}");
}

#[test]
fn handlers_are_dropped_with_their_service() {
    let witness = std::sync::Arc::new(());
    let held = witness.clone();
    let world = world(move |server| {
        server
            .register_function("s", "m", move |()| {
                let _held = &held;
                Ok(())
            })
            .unwrap();
    });
    assert_eq!(std::sync::Arc::strong_count(&witness), 2);
    drop(world);
    eventually("the drop", || std::sync::Arc::strong_count(&witness) == 1);
}

#[test]
fn too_many_calls_at_once_are_refused() {
    let (entered, inside) = mpsc::channel();
    let (open, gate) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let options = ServerOptions { max_concurrent_calls: Some(1), ..ServerOptions::named("narrow") };
    let world = world_with(options, move |server| {
        server
            .register_function("s", "wait", move |()| {
                entered.send(()).unwrap();
                gate.lock().unwrap().recv().map_err(Error::other)
            })
            .unwrap();
    });
    let wait = world.service("s").bind("wait").unwrap();
    let first = wait.call_async::<_, ()>(());
    inside.recv().unwrap();
    assert_eq!(wait.call::<_, ()>(()).unwrap_err().code, ErrorCode::ResourceExhausted);
    open.send(()).unwrap();
    first.wait().unwrap();
    let none = ServerOptions { max_concurrent_calls: Some(0), ..ServerOptions::named("shut") };
    assert_eq!(world.runtime.new_server(none).err().unwrap().code, ErrorCode::InvalidArgument);
}

#[test]
fn a_pooled_method_runs_on_a_thread_of_its_server() {
    let world = world(|server| {
        let pooled = MethodEntry::function("where", |()| Ok(format!("{:?}", thread::current().id())));
        let pooled = pooled.dispatch(Dispatch::Pool);
        server.register_service(Box::new(Service::new("pool").method(pooled))).unwrap();
    });
    let there: String = world.service("pool").call("where", ()).unwrap();
    assert_ne!(there, format!("{:?}", thread::current().id()));
}

#[test]
fn the_timeout_of_a_method_is_seen_by_its_handler() {
    let world = world(|server| {
        let left = MethodEntry::function("left", |()| Ok(hmsffi::call::time_left()));
        let left = left.timeout(Duration::from_secs(3));
        server.register_service(Box::new(Service::new("s").method(left))).unwrap();
    });
    let left: Option<Duration> = world.service("s").call("left", ()).unwrap();
    assert!(left.unwrap() <= Duration::from_secs(3));
}

#[test]
fn private_runtimes_do_not_see_each_other() {
    let one = world(|server| server.register_function("mine", "m", |()| Ok(())).unwrap());
    let two = world(|_| {});
    one.service("mine").call::<_, ()>("m", ()).unwrap();
    assert_eq!(two.service("mine").call::<_, ()>("m", ()).unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn the_runtime_of_the_process_is_shared() {
    let mut server = new_server(ServerOptions::named("shared")).unwrap();
    server.register_function("rust.tests.shared", "m", |()| Ok(7)).unwrap();
    server.start().unwrap();
    let client = new_client(ClientOptions::default()).unwrap();
    assert_eq!(client.get_service("rust.tests.shared").unwrap().call::<_, u8>("m", ()).unwrap(), 7);
}

#[test]
fn a_closed_runtime_stops_its_servers() {
    let world = world(|server| server.register_function("s", "m", |()| Ok(())).unwrap());
    world.runtime.close(Some(Duration::from_secs(1))).unwrap();
    assert!(world.service("s").call::<_, ()>("m", ()).is_err());
}

#[test]
fn authentication_is_refused_until_there_is_some() {
    let config = AuthConfig {
        auth_type: AuthType::Token,
        token_validation: Some((|token: &str| Ok(token == "secret")).into()),
        cert_validation: None,
    };
    assert_eq!(format!("{:?}", config.clone().token_validation), "Some(TokenValidator(..))");
    let options = ServerOptions { auth_config: Some(config), ..ServerOptions::named("guarded") };
    assert_eq!(new_server(options).err().unwrap().code, ErrorCode::Unimplemented);
    let open = AuthConfig { auth_type: AuthType::None, token_validation: None, cert_validation: None };
    let options = ServerOptions { auth_config: Some(open), ..ServerOptions::named("open") };
    assert!(Runtime::private("auth").unwrap().new_server(options).is_ok());
}

#[test]
fn components_need_a_shared_core() {
    let error = hmsffi::load_component("/nowhere/at/all.so").unwrap_err();
    assert_eq!(error.code, ErrorCode::FailedPrecondition);
    let odd: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(vec![b'/', 0xff]);
    assert_eq!(hmsffi::load_component(odd).unwrap_err().code, ErrorCode::InvalidArgument);
}

/// Lets only those pass who say `please`, and notes how their calls ended.
struct Door {
    ended: Mutex<Vec<String>>,
}

impl Interceptor for &'static Door {
    fn before(&self, call: &Intercepted<'_>) -> Result<(), Error> {
        match call.metadata("say") {
            Some("please") => Ok(()),
            Some("boo") => panic!("frightened"),
            _ => Err(Error::new(ErrorCode::PermissionDenied, "say please").with_detail("of", call.method)),
        }
    }

    fn after(&self, call: &Intercepted<'_>, code: ErrorCode, took: Duration) {
        assert!(took > Duration::ZERO);
        self.ended.lock().unwrap().push(format!("{}.{} {code}", call.service, call.method));
        panic!("goes no further");
    }
}

#[test]
fn an_interceptor_refuses_calls_and_sees_how_the_others_ended() {
    static DOOR: Door = Door { ended: Mutex::new(Vec::new()) };
    let world = world(|server| {
        server
            .register_function("guarded", "half", |n: i64| match n % 2 {
                0 => Ok(n / 2),
                _ => Err(Error::new(ErrorCode::OutOfRange, "odd")),
            })
            .unwrap();
        server.intercept(Box::new(&DOOR)).unwrap();
    });
    let guarded = world.service("guarded");
    let half = |n: i64, said: &str| {
        guarded
            .call_with::<_, i64>("half", n, &CallOptions::new().metadata("say", said))
            .map(|reply| reply.value)
    };
    let refused = half(2, "now").unwrap_err();
    assert_eq!((refused.code, refused.details["of"].as_str()), (ErrorCode::PermissionDenied as i32, "half"));
    assert_eq!(half(2, "boo").unwrap_err().code, ErrorCode::Internal);
    assert_eq!(half(2, "please"), Ok(1));
    assert_eq!(half(3, "please").unwrap_err().code, ErrorCode::OutOfRange);
    assert_eq!(*DOOR.ended.lock().unwrap(), ["guarded.half OK", "guarded.half OUT_OF_RANGE"]);
}
