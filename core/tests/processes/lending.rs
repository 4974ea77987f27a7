use std::sync::mpsc;

use hmsffi_core::Code;
use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Report, Request, Response};
use hmsffi_core::client::{Binding, CallOptions};
use hmsffi_core::codec::Encoding;
use hmsffi_core::introspect;
use hmsffi_core::service::{Dispatch, MethodSpec, ServerOptions};
use hmsffi_core::thread::Thread;

use super::{beside, call, found};
use crate::support::{World, eventually, method, reply, world};

const LEN: usize = 8 << 20;

fn fill(loan: &Buffer, with: u8) {
    let bytes = loan.as_slice();
    // SAFETY: a loan that was not sent yet is ours to write.
    unsafe { std::ptr::write_bytes(bytes.as_ptr().cast_mut(), with, bytes.len()) };
}

/// Answers with as many bytes, each one more, in memory that is lent for the answer.
fn add_one(call: Call, request: &Request<'_>) {
    let answer = call.loan(request.body.len()).expect("loan");
    fill(&answer, request.body[0] + 1);
    call.answer(Ok(Response::new(answer, Encoding::Bytes))).expect("answer");
}

fn serve(world: &World) {
    let copied = |call: Call, _: &Request<'_>| {
        reply(call, &introspect::snapshot().bytes_copied_total.to_le_bytes());
    };
    let pooled = MethodSpec { dispatch: Dispatch::Pool, ..method("pooled", add_one) };
    let retained = |call: Call, request: &Request<'_>| {
        call.retain().expect("retain");
        let first = request.body[0];
        std::thread::spawn(move || {
            let kept = call.request(|request| (request.body.len(), request.body[0])).expect("request");
            assert_eq!(kept.1, first);
            let answer = call.loan(kept.0).expect("loan");
            fill(&answer, first + 1);
            call.answer(Ok(Response::new(answer, Encoding::Bytes))).expect("answer");
        });
    };
    let copy = |call: Call, request: &Request<'_>| {
        let answer = call.copy_for_answer(Thread::current(), request.body);
        call.answer(Ok(Response::new(answer, Encoding::Bytes))).expect("answer");
    };
    let who = method("who", |call, _| reply(call, std::process::id().to_string().as_bytes()));
    let who = MethodSpec { idempotent: true, ..who };
    let others = [("add_one", add_one as fn(Call, &Request<'_>)), ("retained", retained), ("copied", copied)];
    let others = others.map(|(name, handler)| method(name, handler));
    world.host("lend", [who, pooled, method("copy", copy)].into_iter().chain(others).collect());
}

/// Bytes that the other process has copied so far.
fn copied_there(ask: &Binding) -> u64 {
    let answer = ask.call(&Request::bytes(b""), &CallOptions::default()).expect("answer");
    u64::from_le_bytes(answer.body.as_slice().try_into().expect("a number"))
}

#[test]
fn what_is_lent_travels_without_a_copy() {
    beside("lending::what_is_lent_travels_without_a_copy", serve, |world, _, _| {
        let reported = CallOptions { reported: true, ..CallOptions::default() };
        for name in ["add_one", "pooled", "retained"] {
            let add_one = found(&world.client, "lend", name);
            // The first call asks for the method's number.
            add_one.call(&Request::bytes(&[1]), &reported).expect("answer");
            // More than all arenas together hold: each block is used again.
            for n in 0..600 {
                let loan = add_one.loan(LEN).expect("loan");
                fill(&loan, n as u8 % 100);
                let request = Request::bytes(loan.as_slice());
                let (answer, report) = Report::on(Thread::current(), || add_one.call(&request, &reported));
                let answer = answer.expect("answer");
                assert_eq!(answer.body.as_slice().len(), LEN);
                assert_eq!(answer.body.as_slice()[LEN - 1], n as u8 % 100 + 1);
                assert_eq!(report.bytes_copied, 0, "{name}");
            }
        }
    });
}

#[test]
fn an_answer_that_is_copied_is_copied_once() {
    beside("lending::an_answer_that_is_copied_is_copied_once", serve, |world, _, _| {
        let (ask, copy) = (found(&world.client, "lend", "copied"), found(&world.client, "lend", "copy"));
        let reported = CallOptions { reported: true, ..CallOptions::default() };
        let body = vec![5; LEN];
        // The first finds no memory that both have mapped.
        for n in 0..10 {
            let before = copied_there(&ask);
            let (answer, report) =
                Report::on(Thread::current(), || copy.call(&Request::bytes(&body), &reported));
            assert_eq!(answer.expect("answer").body.as_slice(), body);
            if n > 0 {
                let there = copied_there(&ask) - before;
                assert!(
                    (LEN as u64..LEN as u64 + 1000).contains(&there),
                    "{there} bytes in call {n}, {} reported",
                    report.bytes_copied
                );
                assert_eq!(report.bytes_copied, 2 * LEN as u64, "here and there");
            }
        }
    });
}

#[test]
fn what_is_lent_is_sent_in_part_more_than_once_and_without_a_waiting_thread() {
    let test = "lending::what_is_lent_is_sent_in_part_more_than_once_and_without_a_waiting_thread";
    beside(test, serve, |world, _, _| {
        let ask = found(&world.client, "lend", "copied");
        let add_one = found(&world.client, "lend", "add_one");
        let before = copied_there(&ask);
        let loan = add_one.loan(LEN).expect("loan");
        fill(&loan, 7);
        let (sender, answers) = mpsc::channel();
        // With this they are more than the ring holds: some have to wait for room.
        let large = "x".repeat(2000);
        for n in 0..80 {
            let from = LEN - 5000 - n;
            let (sender, len) = (sender.clone(), LEN - from);
            let request = Request { metadata: &[("k", &large)], ..Request::bytes(&loan.as_slice()[from..]) };
            let completion = Box::new(move |outcome| sender.send((len, outcome)).expect("send"));
            let submit = || add_one.submit(&request, &CallOptions::default(), completion).expect("sent");
            let copied = Report::on(Thread::current(), submit).1.bytes_copied;
            // The method's number, before the first one.
            assert!(n == 0 || copied == 0, "{copied} bytes were copied");
        }
        // What was sent is read there after it was released here.
        drop(loan);
        for _ in 0..80 {
            let (len, outcome): (usize, hmsffi_core::call::Outcome) = answers.recv().expect("an answer");
            let answer = outcome.expect("answer");
            assert_eq!(answer.body.as_slice().len(), len);
            assert!(answer.body.as_slice().iter().all(|byte| *byte == 8));
        }
        assert!(copied_there(&ask) - before < 5000, "something was copied");
    });
}

#[test]
fn what_is_lent_for_a_call_that_stays_in_the_process_is_ordinary_memory() {
    let world = world(ServerOptions::default());
    serve(&world);
    let add_one = world.bind("lend", "add_one");
    for len in [1, 5000, LEN] {
        let loan = add_one.loan(len).expect("loan");
        fill(&loan, 1);
        let answer = add_one.call(&Request::bytes(loan.as_slice()), &CallOptions::default()).expect("answer");
        assert_eq!(answer.body.as_slice(), vec![2; len]);
    }
    assert!(add_one.loan(0).expect("loan").as_slice().is_empty());
}

#[test]
fn a_loan_that_is_refused_leaves_its_call_open() {
    let world = world(ServerOptions { max_message_size: 4096, ..ServerOptions::default() });
    let smaller = |call: Call, _: &Request<'_>| {
        assert_eq!(call.loan(4097).expect_err("too large").code(), Code::ResourceExhausted);
        let answer = call.loan(4096).expect("loan");
        fill(&answer, 1);
        call.answer(Ok(Response::new(answer, Encoding::Bytes))).expect("answer");
    };
    world.host("lend", vec![method("smaller", smaller)]);
    let smaller = world.bind("lend", "smaller");
    assert_eq!(smaller.loan(4097).expect_err("too large").code(), Code::ResourceExhausted);
    let answer = smaller.call(&Request::bytes(b""), &CallOptions::default()).expect("answer");
    assert_eq!(answer.body.as_slice(), [1; 4096]);
}

#[test]
fn what_is_lent_outlives_its_server() {
    beside("lending::what_is_lent_outlives_its_server", serve, |world, child, _| {
        let add_one = found(&world.client, "lend", "add_one");
        let loan = add_one.loan(LEN).expect("loan");
        fill(&loan, 3);
        let ask = || add_one.call(&Request::bytes(loan.as_slice()), &CallOptions::default());
        let answer = (0..10).map(|_| ask().expect("answer")).next_back().expect("ten");
        let segments = [&loan, &answer.body].map(segment_of);
        crate::process::kill(child);
        eventually("its calls fail", || ask().is_err());
        world.runtime.look_around();
        assert!(loan.as_slice().iter().all(|byte| *byte == 3));
        assert!(answer.body.as_slice().iter().all(|byte| *byte == 4));
        assert_eq!([&loan, &answer.body].map(segment_of), segments);
        drop((loan, answer));
        eventually("nothing of the link is mapped", || !maps().iter().any(|map| segments.contains(&map.1)));
    });
}

/// What is mapped here: from where to where, and the file's number.
fn maps() -> Vec<(std::ops::Range<usize>, String)> {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
    let parts = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (from, to) = words[0].split_once('-').expect("a range");
        let address = |text| usize::from_str_radix(text, 16).expect("an address");
        (address(from)..address(to), words[4].to_owned())
    };
    maps.lines().map(parts).collect()
}

/// The file in which these bytes lie.
fn segment_of(buffer: &Buffer) -> String {
    let at = buffer.as_slice().as_ptr().addr();
    maps().into_iter().find(|map| map.0.contains(&at)).expect("mapped").1
}

#[test]
fn what_was_lent_for_a_replica_that_died_goes_to_another() {
    let test = "lending::what_was_lent_for_a_replica_that_died_goes_to_another";
    beside(test, serve, |world, child, directory| {
        let mut other = crate::process::again(test, directory).spawn().expect("another process");
        let mut who = found(&world.client, "lend", "who");
        let both = [child.id().to_string(), other.id().to_string()];
        eventually("both are found", || {
            world.runtime.look_around();
            who = who.refreshed().expect("bound");
            let asked = [call(&who, b""), call(&who, b"")];
            both.iter().all(|pid| asked.contains(pid))
        });
        let loan = who.loan(LEN).expect("loan");
        let holder = call(&who, loan.as_slice());
        assert_eq!(call(&who, loan.as_slice()), holder, "it goes where it was lent for");
        let (dead, left) = if holder == both[0] { (child, &both[1]) } else { (&mut other, &both[0]) };
        crate::process::kill(dead);
        assert_eq!(call(&who, loan.as_slice()), *left);
        let _ = other.kill();
        let _ = other.wait();
        world.runtime.look_around();
    });
}
