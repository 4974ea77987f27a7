//! Calls whose results come later.

mod support;

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use hmsffi::prelude::*;
use hmsffi::{CallStatus, Payload, call};
use pollster::block_on;
use support::{World, eventually, world};

fn counter() -> World {
    world(|server| {
        server.register_function("count", "next", |n: i64| Ok(n + 1)).unwrap();
        server
            .register_function("count", "refuse", |()| -> Result<(), Error> {
                Err(Error::new(ErrorCode::PermissionDenied, "no counting today"))
            })
            .unwrap();
        server
            .register_function("count", "tagged", |()| {
                call::set_reply_metadata("tag", call::metadata("tag").unwrap_or_default());
                Ok(())
            })
            .unwrap();
    })
}

/// A service whose method `wait` ends when the sender says so, or when it is cancelled.
fn gate() -> (World, mpsc::Sender<i64>) {
    let (open, gate) = mpsc::channel();
    let gate = std::sync::Mutex::new(gate);
    let world = world(move |server| {
        server
            .register_function("gate", "wait", move |()| {
                let gate = gate.lock().unwrap();
                loop {
                    match gate.recv_timeout(Duration::from_millis(1)) {
                        Ok(n) => return Ok(n),
                        Err(_) if call::is_cancelled() => return Ok(-1),
                        Err(_) => {}
                    }
                }
            })
            .unwrap();
    });
    (world, open)
}

#[test]
fn an_asynchronous_call_is_a_future_of_its_result() {
    let world = counter();
    let count = world.service("count");
    assert_eq!(block_on(count.call_async::<_, i64>("next", 41)).unwrap(), 42);
    let next = count.bind("next").unwrap();
    assert_eq!(block_on(next.call_async::<_, i64>(1)).unwrap(), 2);
}

#[test]
fn many_calls_may_be_on_their_way_at_once() {
    let world = counter();
    let next = world.service("count").bind("next").unwrap();
    let calls: Vec<_> = (0..80).map(|n| next.call_async::<i64, i64>(n)).collect();
    let answers: Vec<i64> = calls.into_iter().map(|call| block_on(call).unwrap()).collect();
    assert_eq!(answers, (1..=80).collect::<Vec<_>>());
}

#[test]
fn failures_come_out_of_the_future() {
    let world = counter();
    let count = world.service("count");
    assert_eq!(block_on(count.call_async::<_, ()>("refuse", ())).unwrap_err().message, "no counting today");
    assert_eq!(block_on(count.call_async::<_, ()>("nxt", 1)).unwrap_err().code, ErrorCode::NotFound);
    let error = block_on(count.call_async::<_, String>("next", 1)).unwrap_err();
    assert_eq!(error.message, "$: needs text, found an integer");
    let unsent = count.call_async::<_, ()>("next", std::collections::HashMap::from([(1, 2)]));
    assert_eq!(unsent.id(), "");
    assert_eq!(unsent.wait().unwrap_err().message, "$: map key is an integer; keys are text");
}

#[test]
fn the_result_can_be_waited_for_by_hand_and_read_again() {
    let (world, open) = gate();
    let call = world.service("gate").call_async::<_, i64>("wait", ());
    assert_eq!(call.wait_timeout(Duration::from_millis(5)).unwrap(), None);
    assert_eq!(call.status().unwrap(), CallStatus::InProgress);
    open.send(7).unwrap();
    assert_eq!(call.wait().unwrap(), 7);
    assert_eq!(call.wait().unwrap(), 7);
    assert_eq!(call.status().unwrap(), CallStatus::Ok);
    assert!(!call.cancel().unwrap());
}

#[test]
fn another_client_reads_the_result_by_its_id() {
    let (world, open) = gate();
    let id = world.service("gate").call_async::<_, i64>("wait", ()).id().to_owned();
    assert_eq!(id.len(), 32);
    let other = world.runtime.new_client(ClientOptions::default()).unwrap();
    assert_eq!(other.call_status(&id).unwrap(), CallStatus::InProgress);
    assert_eq!(other.call_result::<i64>(&id, Some(Duration::ZERO)).unwrap(), None);
    open.send(9).unwrap();
    assert_eq!(other.call_result::<i64>(&id, None).unwrap(), Some(9));
    assert_eq!(other.call_status(&"0".repeat(32)).unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn a_cancelled_call_ends_at_once_and_its_handler_can_see_it() {
    let (world, _open) = gate();
    let call = world.service("gate").call_async::<_, i64>("wait", ());
    assert!(call.cancel().unwrap());
    assert_eq!(call.status().unwrap(), CallStatus::Cancelled);
    assert_eq!(block_on(call).unwrap_err().code, ErrorCode::Cancelled);
}

#[test]
fn a_dropped_call_goes_on() {
    let (world, open) = gate();
    let id = world.service("gate").call_async::<_, i64>("wait", ()).id().to_owned();
    open.send(3).unwrap();
    assert_eq!(world.client.call_result::<i64>(&id, None).unwrap(), Some(3));
}

#[test]
fn a_timeout_ends_an_asynchronous_call() {
    let (world, _open) = gate();
    let options = CallOptions::new().timeout(Duration::from_millis(20));
    let call = world.service("gate").call_async_with::<_, i64>("wait", (), &options);
    assert_eq!(block_on(call).unwrap_err().code, ErrorCode::DeadlineExceeded);
}

#[test]
fn metadata_of_an_asynchronous_answer_arrives() {
    let world = counter();
    let options = CallOptions::new().metadata("tag", "x1");
    let call = world.service("count").call_async_with::<_, ()>("tagged", (), &options);
    assert_eq!(block_on(call.reply()).unwrap().metadata["tag"], "x1");
}

#[test]
fn only_the_last_waker_is_woken() {
    let (world, open) = gate();
    let mut call = Box::pin(world.service("gate").call_async::<_, i64>("wait", ()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(call.as_mut().poll(&mut context), Poll::Pending));
    open.send(1).unwrap();
    assert_eq!(block_on(call).unwrap(), 1);
}

/// A future that is ready once another thread says so.
struct Signal(Arc<(AtomicBool, std::sync::Mutex<Option<Waker>>)>);

impl Future for Signal {
    type Output = ();

    fn poll(self: std::pin::Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        *self.0.1.lock().unwrap() = Some(context.waker().clone());
        if self.0.0.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn after(time: Duration) -> Signal {
    let state = Arc::new((AtomicBool::new(false), std::sync::Mutex::<Option<Waker>>::new(None)));
    let signal = Signal(state.clone());
    thread::spawn(move || {
        thread::sleep(time);
        state.0.store(true, Ordering::SeqCst);
        let waker = state.1.lock().unwrap().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    signal
}

#[test]
fn a_handler_that_does_not_wait_answers_on_its_callers_thread() {
    let world = world(|server| {
        server
            .register_method("where", "thread", |()| async { Ok(format!("{:?}", thread::current().id())) })
            .unwrap();
    });
    let answer: String = world.service("where").call("thread", ()).unwrap();
    assert_eq!(answer, format!("{:?}", thread::current().id()));
}

#[test]
fn a_handler_that_waits_answers_when_it_is_woken() {
    let world = world(|server| {
        server
            .register_method("late", "twice", |n: u64| async move {
                after(Duration::from_millis(5)).await;
                after(Duration::from_millis(5)).await;
                Ok(2 * n)
            })
            .unwrap();
    });
    let late = world.service("late");
    assert_eq!(late.call::<_, u64>("twice", 21).unwrap(), 42);
    assert_eq!(block_on(late.call_async::<_, u64>("twice", 4)).unwrap(), 8);
}

#[test]
fn handlers_that_wait_hold_no_threads() {
    let world = world(|server| {
        server
            .register_method("late", "sleep", |()| async move {
                after(Duration::from_millis(50)).await;
                Ok(())
            })
            .unwrap();
    });
    let begin = std::time::Instant::now();
    let sleep = world.service("late").bind("sleep").unwrap();
    let calls: Vec<_> = (0..90).map(|_| sleep.call_async::<_, ()>(())).collect();
    calls.into_iter().for_each(|call| block_on(call).unwrap());
    // One after the other on a handful of threads they would take a second and more.
    assert!(begin.elapsed() < Duration::from_millis(800), "{:?}", begin.elapsed());
}

#[test]
fn calls_that_a_waiting_handler_makes_belong_to_its_call() {
    let world = world(|_| {});
    let client: Arc<dyn Client> = world.runtime.new_client(ClientOptions::default()).unwrap().into();
    let mut server = world.runtime.new_server(ServerOptions::named("nested")).unwrap();
    server
        .register_method("inner", "seen", |()| async {
            Ok((call::time_left().is_some(), call::metadata("from")))
        })
        .unwrap();
    server
        .register_method("outer", "seen", move |()| {
            let client = client.clone();
            async move {
                let inner = client.get_service("inner")?;
                after(Duration::from_millis(2)).await;
                // On another thread than the caller's from here on.
                let options = CallOptions::new().metadata("from", call::method().unwrap());
                inner.call_async_with::<_, (bool, Option<String>)>("seen", (), &options).await
            }
        })
        .unwrap();
    server.start().unwrap();
    let options = CallOptions::new().timeout(Duration::from_secs(5));
    let seen = world.service("outer").call_with::<_, (bool, Option<String>)>("seen", (), &options).unwrap();
    assert_eq!(seen.value, (true, Some("seen".to_owned())));
}

#[test]
fn a_task_on_another_thread_may_call_on_behalf_of_its_handler() {
    let world = world(|_| {});
    let client: Arc<dyn Client> = world.runtime.new_client(ClientOptions::default()).unwrap().into();
    let mut server = world.runtime.new_server(ServerOptions::named("nested")).unwrap();
    server.register_function("inner", "left", |()| Ok(call::time_left())).unwrap();
    server
        .register_method("outer", "left", move |()| {
            let client = client.clone();
            async move {
                after(Duration::from_millis(1)).await;
                let options = CallOptions::new().parent(call::parent().expect("in a handler"));
                let task = thread::spawn(move || {
                    let inner = client.get_service("inner")?;
                    inner.call_with::<_, Option<Duration>>("left", (), &options).map(|reply| reply.value)
                });
                task.join().expect("no panic")
            }
        })
        .unwrap();
    server.start().unwrap();
    let options = CallOptions::new().timeout(Duration::from_secs(5));
    let left = world.service("outer").call_with::<_, Option<Duration>>("left", (), &options).unwrap();
    assert!(left.value.expect("the deadline of the outer call") <= Duration::from_secs(5));
}

struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn the_future_of_a_cancelled_call_is_dropped() {
    let dropped = Arc::new(AtomicBool::new(false));
    let seen = dropped.clone();
    let world = world(move |server| {
        server
            .register_method("late", "never", move |()| {
                let guard = Dropped(dropped.clone());
                async move {
                    after(Duration::from_secs(600)).await;
                    drop(guard);
                    Ok(())
                }
            })
            .unwrap();
    });
    let call = world.service("late").call_async::<_, ()>("never", ());
    assert_eq!(call.wait_timeout(Duration::from_millis(10)).unwrap(), None);
    call.cancel().unwrap();
    eventually("the drop", || seen.load(Ordering::SeqCst));
}

#[test]
fn a_future_that_nobody_can_wake_fails_its_call() {
    let world = world(|server| {
        server.register_method("lost", "forever", |()| std::future::pending::<Result<(), Error>>()).unwrap();
    });
    let error = world.service("lost").call::<_, ()>("forever", ()).unwrap_err();
    assert_eq!(error.code, ErrorCode::Internal);
    assert!(error.message.contains("waits for something that was dropped"), "{error}");
}

#[test]
fn a_panic_after_waiting_is_caught() {
    let world = world(|server| {
        server
            .register_method("late", "panic", |()| async move {
                after(Duration::from_millis(2)).await;
                panic!("too late");
                #[allow(unreachable_code)]
                Ok(())
            })
            .unwrap();
    });
    let error = world.service("late").call::<_, ()>("panic", ()).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (13, "panic: too late"));
}

#[test]
fn an_ended_asynchronous_call_can_be_made_by_hand_for_mocks() {
    let ready = AsyncCall::ready(Payload::encode(&5));
    assert_eq!(ready.status().unwrap(), CallStatus::Ok);
    assert_eq!(block_on(ready).unwrap().decode::<i32>().unwrap(), 5);
}
