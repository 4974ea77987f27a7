//! Calls of which nobody knows but a queue, which is told by a tag how they ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hmsffi_core::call::{Outcome, Request};
use hmsffi_core::client::{Binding, CallOptions};
use hmsffi_core::dispatch::{Completion, Queue};
use hmsffi_core::{Code, Error, introspect, meta};

use super::polling::{LONG, echoed, is_readable, queue, serve, take};
use super::{beside, call, found};
use crate::process;
use crate::support::eventually;

/// Starts a call that carries its tag.
fn submit(queue: &Queue, binding: &Binding, tag: u64) {
    submit_within(queue, binding, tag, 0).expect("submitted");
}

fn submit_within(queue: &Queue, binding: &Binding, tag: u64, timeout_ns: u64) -> Result<(), Error> {
    let options = CallOptions { timeout_ns, ..CallOptions::default() };
    binding.submit_tagged(queue, tag, &Request::bytes(&tag.to_le_bytes()), &options)
}

/// Takes so many completions, which must be those of all the tags from 0, and sees that no more come.
fn take_all(queue: &Queue, count: u64) -> Vec<Outcome> {
    let mut ended = Vec::new();
    while (ended.len() as u64) < count {
        let batch = take(queue, LONG);
        assert!(!batch.is_empty(), "{} of {count} have ended", ended.len());
        ended.extend(batch);
    }
    assert!(take(queue, Duration::from_millis(30)).is_empty(), "there is one too many");
    ended.sort_unstable_by_key(|(tag, _)| *tag);
    assert!(ended.iter().map(|(tag, _)| *tag).eq(0..count), "{ended:?}");
    ended.into_iter().map(|(_, outcome)| outcome).collect()
}

fn failed(outcome: &Outcome) -> &Error {
    outcome.as_ref().map(drop).expect_err("a failure")
}

#[test]
fn each_call_under_way_ends_once_when_the_server_dies() {
    beside("tagged::each_call_under_way_ends_once_when_the_server_dies", serve, |world, child, _| {
        let (queues, hold) = ([queue(), queue()], found(&world.client, "work", "hold"));
        queues.iter().for_each(|queue| (0..40).for_each(|tag| submit(queue, &hold, tag)));
        assert!(introspect::snapshot().calls >= 80, "they are counted while they are open");
        assert!(take(&queues[0], Duration::ZERO).is_empty());
        process::kill(child);
        for queue in &queues {
            for outcome in take_all(queue, 40) {
                let error = failed(&outcome);
                assert_eq!((error.code(), error.source()), (Code::Unavailable, "work.hold"), "{error}");
                assert_eq!(error.detail(meta::MAYBE_EXECUTED), Some("true"), "{error}");
            }
        }
        let refused = submit_within(&queues[0], &hold, 0, 0).expect_err("nobody is there");
        assert_eq!(refused.code(), Code::Unavailable, "{refused}");
        assert_eq!(refused.detail(meta::MAYBE_EXECUTED), Some("false"), "{refused}");
        assert!(take(&queues[0], Duration::from_millis(30)).is_empty(), "it was refused");
    });
}

#[test]
fn what_another_thread_reads_reaches_its_queue() {
    beside("tagged::what_another_thread_reads_reaches_its_queue", serve, |world, _, _| {
        let (echo, later) = (found(&world.client, "work", "echo"), found(&world.client, "work", "later"));
        let queues = [queue(), queue()];
        for _ in 0..20 {
            queues.iter().for_each(|queue| (0..50).for_each(|tag| submit(queue, &echo, tag)));
            // Reads the lane until its own answer is there.
            assert_eq!(call(&later, b""), "later");
            for queue in &queues {
                assert!(is_readable(queue, LONG));
                let outcomes = take_all(queue, 50);
                assert!((0..).zip(&outcomes).all(|(tag, outcome)| echoed(tag, outcome)));
            }
        }
    });
}

#[test]
fn who_polls_one_queue_reads_the_answers_of_another() {
    beside("tagged::who_polls_one_queue_reads_the_answers_of_another", serve, |world, _, _| {
        let echo = found(&world.client, "work", "echo");
        let [polled, other] = [queue(), queue()];
        (0..200).for_each(|tag| submit(&other, &echo, tag));
        (0..200).for_each(|tag| submit(&polled, &echo, tag));
        for queue in [&polled, &other] {
            let outcomes = take_all(queue, 200);
            assert!((0..).zip(&outcomes).all(|(tag, outcome)| echoed(tag, outcome)));
        }
    });
}

#[test]
fn calls_with_and_without_a_name_share_a_queue() {
    beside("tagged::calls_with_and_without_a_name_share_a_queue", serve, |world, _, _| {
        let (queue, echo) = (queue(), found(&world.client, "work", "echo"));
        for tag in 0..400_u64 {
            if tag.is_multiple_of(2) {
                submit(&queue, &echo, tag);
                continue;
            }
            let told = queue.clone();
            let completion = Box::new(move |outcome| drop(told.push(Completion::Call { tag, outcome })));
            let (body, options) = (tag.to_le_bytes(), CallOptions::default());
            let known = echo.submit_for(Some(&queue), &Request::bytes(&body), &options, completion);
            known.expect("submitted");
        }
        let outcomes = take_all(&queue, 400);
        assert!((0..).zip(&outcomes).all(|(tag, outcome)| echoed(tag, outcome)));
    });
}

#[test]
fn a_queue_that_goes_takes_no_other_along() {
    beside("tagged::a_queue_that_goes_takes_no_other_along", serve, |world, _, _| {
        let (echo, later) = (found(&world.client, "work", "echo"), found(&world.client, "work", "later"));
        let stays = queue();
        // Together more than may be under way at once.
        for round in 0..6 {
            let goes = queue();
            submit(&stays, &later, 0);
            eventually("there is room", || (0..400).all(|tag| submit_within(&goes, &echo, tag, 0).is_ok()));
            if round % 2 == 0 {
                goes.close();
                let closed = goes.poll(1, Some(LONG)).map(drop).expect_err("closed");
                assert_eq!(closed.code(), Code::Unavailable, "{closed}");
            }
            drop(goes);
            assert_eq!(take_all(&stays, 1)[0].as_ref().expect("an answer").body.as_slice(), b"later");
        }
        // One that is closed can still be submitted for; nobody is told.
        stays.close();
        (0..10).for_each(|tag| submit(&stays, &echo, tag));
        assert_eq!(call(&echo, b"on"), "on");
    });
}

#[test]
fn a_call_that_is_late_ends_once() {
    beside("tagged::a_call_that_is_late_ends_once", serve, |world, _, _| {
        const SHORT: u64 = 5_000_000;
        let (queue, hold) = (queue(), found(&world.client, "work", "hold"));
        // Together more than may be under way at once: what was given up leaves room.
        for _ in 0..60 {
            let begun = Instant::now();
            eventually("there is room", || submit_within(&queue, &hold, 0, SHORT).is_ok());
            (1..40).for_each(|tag| submit_within(&queue, &hold, tag, SHORT).expect("submitted"));
            for outcome in take_all(&queue, 40) {
                let error = failed(&outcome);
                assert_eq!((error.code(), error.source()), (Code::DeadlineExceeded, "work.hold"), "{error}");
            }
            assert!(begun.elapsed() >= Duration::from_nanos(SHORT), "too early");
        }
    });
}

#[test]
fn an_event_loop_is_woken_for_a_call_that_is_late() {
    beside("tagged::an_event_loop_is_woken_for_a_call_that_is_late", serve, |world, _, _| {
        let (queue, hold): (Arc<Queue>, _) = (queue(), found(&world.client, "work", "hold"));
        submit_within(&queue, &hold, 0, 20_000_000).expect("submitted");
        let mut ended = Vec::new();
        eventually("it ends", || {
            assert!(is_readable(&queue, LONG));
            ended = take(&queue, Duration::ZERO);
            !ended.is_empty()
        });
        assert_eq!(failed(&ended[0].1).code(), Code::DeadlineExceeded);
    });
}
