//! Asynchronous calls whose answers are fetched by who polls their queue.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Outcome, Request, Response};
use hmsffi_core::client::{Binding, CallOptions};
use hmsffi_core::codec::Encoding;
use hmsffi_core::dispatch::{Completion, Queue};
use hmsffi_core::proto::StreamType;
use hmsffi_core::stream::{Item, Received, Stream, Wake};
use hmsffi_core::{Code, Error};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{beside, call, found};
use crate::process;
use crate::support::{World, eventually, method, reply, stream_method};

pub const LONG: Duration = Duration::from_secs(10);

pub fn serve(world: &World) {
    let hold = |call: Call, _: &Request<'_>| {
        call.retain().expect("retain");
        let _ = call.on_cancel(Box::new(move || drop(call.answer(Err(Error::aborted("nobody waits"))))));
    };
    let later = |call: Call, _: &Request<'_>| {
        thread::sleep(Duration::from_millis(20));
        reply(call, b"later");
    };
    let echo = method("echo", |call, request| reply(call, request.body));
    let talk = |call: Call, _: &Request<'_>| {
        let stream = call.stream().expect("stream");
        while let Ok(Received::Item(item)) = stream.receive(None) {
            if stream.send(item, None).is_err() {
                break;
            }
        }
        // Fails for a stream that was cancelled.
        let _ = call.answer(Ok(Response::new(Buffer::EMPTY, Encoding::Bytes)));
    };
    let talk = stream_method("talk", StreamType::BidirectionalStreaming, talk);
    world.host("work", vec![echo, method("hold", hold), method("later", later), talk]);
}

pub fn queue() -> Arc<Queue> {
    Queue::new(false).expect("queue")
}

/// Starts a call that carries its tag. Of every other one only the queue knows.
fn submit(queue: &Arc<Queue>, binding: &Binding, tag: u64) {
    let (body, options) = (tag.to_le_bytes(), CallOptions::default());
    let request = Request::bytes(&body);
    if tag.is_multiple_of(2) {
        return binding.submit_tagged(queue, tag, &request, &options).expect("submitted");
    }
    let told = queue.clone();
    let completion = Box::new(move |outcome: Outcome| {
        let _ = told.push(Completion::Call { tag, outcome });
    });
    binding.submit_for(Some(queue), &request, &options, completion).expect("submitted");
}

/// Takes what is there or comes in this time: tags, and how the calls ended.
pub fn take(queue: &Queue, wait: Duration) -> Vec<(u64, Outcome)> {
    let batch = queue.poll(64, Some(wait)).expect("poll");
    let ended = batch.into_iter().map(|completion| match completion {
        Completion::Call { tag, outcome } => (tag, outcome),
        _ => panic!("another completion"),
    });
    ended.collect()
}

pub fn echoed(tag: u64, outcome: &Outcome) -> bool {
    outcome.as_ref().is_ok_and(|answer| answer.body.as_slice() == tag.to_le_bytes())
}

/// Whether the queue's descriptor is readable, or becomes so in this time.
pub fn is_readable(queue: &Queue, wait: Duration) -> bool {
    // SAFETY: the queue lives.
    let fd = unsafe { BorrowedFd::borrow_raw(queue.fd()) };
    let timeout = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() };
    poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&timeout)).expect("poll") > 0
}

/// An event loop: sleeps on the descriptor of its queue, with so many calls under way, until so many have ended.
fn run_loop(binding: &Binding, calls: u64, under_way: u64) {
    let queue = queue();
    let (mut begun, mut ended) = (0, 0);
    while ended < calls {
        while begun < calls && begun - ended < under_way {
            submit(&queue, binding, begun);
            begun += 1;
        }
        assert!(is_readable(&queue, LONG), "{ended} of {begun} calls have ended");
        for (tag, outcome) in take(&queue, Duration::ZERO) {
            assert!(echoed(tag, &outcome), "{tag}");
            ended += 1;
        }
    }
}

#[test]
fn who_polls_gets_each_answer_once() {
    beside("polling::who_polls_gets_each_answer_once", serve, |world, _, _| {
        const CALLS: u64 = 20_000;
        let (queue, echo) = (queue(), found(&world.client, "work", "echo"));
        let (mut begun, mut ended) = (0, vec![false; CALLS as usize]);
        while ended.contains(&false) {
            let done = ended.iter().filter(|ended| **ended).count() as u64;
            while begun < CALLS && begun - done < 500 {
                submit(&queue, &echo, begun);
                begun += 1;
            }
            loop {
                let batch = take(&queue, if begun < CALLS { Duration::ZERO } else { LONG });
                let is_last = batch.is_empty() || begun == CALLS;
                for (tag, outcome) in batch {
                    assert!(echoed(tag, &outcome), "{tag}");
                    assert!(!std::mem::replace(&mut ended[tag as usize], true), "{tag} twice");
                }
                if is_last {
                    break;
                }
            }
        }
    });
}

#[test]
fn an_event_loop_is_woken_for_each_answer() {
    beside("polling::an_event_loop_is_woken_for_each_answer", serve, |world, _, _| {
        let queue = queue();
        let (echo, later) = (found(&world.client, "work", "echo"), found(&world.client, "work", "later"));
        assert!(!is_readable(&queue, Duration::ZERO));
        submit(&queue, &later, 1);
        assert!(take(&queue, Duration::ZERO).is_empty(), "not yet");
        let is_answered = || {
            assert!(is_readable(&queue, LONG));
            take(&queue, Duration::ZERO).len() == 1
        };
        eventually("the answer", is_answered);
        assert!(!is_readable(&queue, Duration::from_millis(50)), "there is nothing more");
        for round in 0..2000 {
            // At another moment in each round.
            thread::sleep(Duration::from_micros(round % 40));
            submit(&queue, &echo, round);
            thread::sleep(Duration::from_micros(round % 30));
            eventually(&format!("the answer of round {round}"), is_answered);
        }
    });
}

/// Talks over a stream without ever waiting in it: `rest` is called when nothing can be done.
fn talk(stream: &Stream, messages: u32, mut rest: impl FnMut()) {
    let (mut sent, mut received) = (0, 0);
    while received < messages {
        let before = (sent, received);
        if sent < messages {
            let body = Buffer::copy_of(&sent.to_le_bytes());
            let item = Item { body, encoding: Encoding::Bytes, content_type: None };
            sent += u32::from(stream.send(item, Some(Duration::ZERO)).expect("send").is_none());
        }
        if let Received::Item(item) = stream.receive(Some(Duration::ZERO)).expect("receive") {
            assert_eq!(item.body.as_slice(), received.to_le_bytes());
            received += 1;
        }
        if before == (sent, received) {
            rest();
        }
    }
    stream.finish();
}

#[test]
fn an_event_loop_talks_over_a_stream() {
    beside("polling::an_event_loop_talks_over_a_stream", serve, |world, _, _| {
        let (queue, binding) = (queue(), found(&world.client, "work", "talk"));
        let stream = binding.open_stream(&Request::bytes(b""), &CallOptions::default()).expect("open");
        let when = |tag| -> Wake {
            let told = queue.clone();
            Arc::new(move || drop(told.push(Completion::Readable { tag })))
        };
        talk(&stream, 5_000, || {
            stream.when_readable(Some(&queue), when(1));
            let is_woken = || {
                assert!(is_readable(&queue, LONG), "nothing comes");
                !queue.poll(64, Some(Duration::ZERO)).expect("poll").is_empty()
            };
            eventually("something comes", is_woken);
        });
        stream.when_readable(Some(&queue), when(2));
        eventually("the end", || {
            let _ = queue.poll(64, Some(Duration::from_millis(1)));
            matches!(stream.receive(Some(Duration::ZERO)), Ok(Received::End))
        });
    });
}

#[test]
fn a_stream_goes_on_for_who_only_tries() {
    beside("polling::a_stream_goes_on_for_who_only_tries", serve, |world, _, _| {
        let binding = found(&world.client, "work", "talk");
        let stream = binding.open_stream(&Request::bytes(b""), &CallOptions::default()).expect("open");
        talk(&stream, 2_000, thread::yield_now);
        eventually("the end", || stream.is_closed());
    });
}

#[test]
fn streams_that_nobody_waits_for_leave_room_for_others() {
    beside("polling::streams_that_nobody_waits_for_leave_room_for_others", serve, |world, _, _| {
        let binding = found(&world.client, "work", "talk");
        // More than there may be at once.
        for n in 0..2_000 {
            let opened = || binding.open_stream(&Request::bytes(b""), &CallOptions::default()).ok();
            let mut stream = None;
            eventually(&format!("stream {n} is opened"), || {
                stream = opened();
                stream.is_some()
            });
            stream.iter().for_each(Stream::cancel);
        }
    });
}

#[test]
fn event_loops_and_threads_that_wait_share_a_link() {
    beside("polling::event_loops_and_threads_that_wait_share_a_link", serve, |world, _, _| {
        let echo = &found(&world.client, "work", "echo");
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        assert_eq!(call(echo, b"now"), "now");
                    }
                });
            }
            let loops = [1, 7].map(|under_way| scope.spawn(move || run_loop(echo, 5_000, under_way)));
            let polling = scope.spawn(move || {
                let queue = queue();
                for tag in 0..5_000 {
                    submit(&queue, echo, tag);
                    assert!(echoed(tag, &take(&queue, LONG)[0].1));
                }
            });
            let ended = loops.map(thread::ScopedJoinHandle::join);
            let polled = polling.join();
            is_over.store(true, Ordering::Relaxed);
            ended.into_iter().for_each(|ended| ended.expect("a loop"));
            polled.expect("who polls");
        });
    });
}

#[test]
fn an_event_loop_learns_that_the_server_has_died() {
    beside("polling::an_event_loop_learns_that_the_server_has_died", serve, |world, child, _| {
        let (queue, hold) = (queue(), found(&world.client, "work", "hold"));
        (0..10).for_each(|tag| submit(&queue, &hold, tag));
        assert!(take(&queue, Duration::ZERO).is_empty());
        process::kill(child);
        let mut ended = Vec::new();
        while ended.len() < 10 {
            assert!(is_readable(&queue, LONG), "{} calls have ended", ended.len());
            ended.extend(take(&queue, Duration::ZERO));
        }
        for (_, outcome) in ended {
            let error = outcome.as_ref().map(drop).expect_err("dead");
            assert_eq!(error.code(), Code::Unavailable, "{error}");
        }
        assert!(!is_readable(&queue, Duration::from_millis(50)), "there is nothing more");
        world.runtime.look_around();
    });
}

#[test]
fn who_waits_by_id_need_not_poll() {
    beside("polling::who_waits_by_id_need_not_poll", serve, |world, _, _| {
        let (queue, later) = (queue(), found(&world.client, "work", "later"));
        let (request, options) = (Request::bytes(b""), CallOptions::default());
        let results = &world.runtime.results;
        let id = results.submit_for(Some(&queue), &later, &request, &options, None).expect("id");
        let outcome = results.result(&id, Some(LONG), || true).expect("known").expect("in time");
        assert_eq!(outcome.as_ref().as_ref().expect("answer").body.as_slice(), b"later");
    });
}

#[test]
fn calls_of_a_queue_that_is_closed_end_all_the_same() {
    beside("polling::calls_of_a_queue_that_is_closed_end_all_the_same", serve, |world, _, _| {
        let echo = found(&world.client, "work", "echo");
        // Together more than may be under way at once.
        for _ in 0..6 {
            let queue = queue();
            eventually("there is room", || {
                (0..400).all(|tag| {
                    let told = queue.clone();
                    let completion = Box::new(move |outcome: Outcome| {
                        let _ = told.push(Completion::Call { tag, outcome });
                    });
                    let options = CallOptions::default();
                    echo.submit_for(Some(&queue), &Request::bytes(b""), &options, completion).is_ok()
                })
            });
            queue.close();
        }
        assert_eq!(call(&echo, b"on"), "on");
    });
}
