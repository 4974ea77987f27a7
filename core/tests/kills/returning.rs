//! How what was lent comes back, as a peer sees it that speaks by hand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Request, Response};
use hmsffi_core::client::{Binding, CallOptions};
use hmsffi_core::codec::Encoding;
use hmsffi_core::domain::Domain;
use hmsffi_core::error::Error;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::shm::layout::Kind;
use hmsffi_core::shm::link::wire::{Control, GIVES_BACK, PAYLOAD_PLACED, Place};
use hmsffi_core::shm::ring::Frame;
use hmsffi_core::shm::segment::{Backend, OwnSegment, Purpose};

use crate::liar::{Liar, header, tell};
use crate::linked::{found, world_in};
use crate::support::{World, eventually, method, reply};

const LEN: u64 = 10_000;
/// Long enough for what would come.
const WHILE: Duration = Duration::from_millis(200);
/// The number of the only method of a liar.
const GO: u32 = 2;

/// An arena that the other end has mapped.
fn arena(liar: &Liar) -> OwnSegment {
    let arena = OwnSegment::create(Backend::Memfd, 1 << 20, Purpose::Arena).expect("segment");
    liar.announce(0, arena.len() as u64, arena.ticket().descriptor);
    while liar.next_control() != Control::ArenaOk(0) {}
    arena
}

fn placed(liar: &Liar, kind: Kind, (call, number): (u64, u32), loan: u32) {
    let mut head = header(kind, call, number);
    head.flags = PAYLOAD_PLACED;
    liar.send(&head, &Place { arena: 0, loan, offset: u64::from(loan) * LEN, len: LEN }.to_bytes());
}

/// The next frame, and the loans that it gives back.
fn next(liar: &Liar) -> (Frame, Vec<u32>) {
    let frame = liar.next_frame();
    let len = match frame.header.kind {
        Kind::Release => frame.len,
        _ if frame.header.flags & GIVES_BACK != 0 => 4,
        _ => 0,
    };
    let loans = liar.body(&frame, 0, len);
    (frame, loans.chunks_exact(4).map(|loan| u32::from_le_bytes(loan.try_into().expect("four"))).collect())
}

/// What comes next: a frame of this kind that gives back these.
fn gives_back(liar: &Liar, kind: Kind, loans: &[u32]) {
    let (frame, given_back) = next(liar);
    assert_eq!((frame.header.kind, given_back.as_slice()), (kind, loans));
}

/// What comes next: an answer, and this loan, once. True if the one came with the other: another thread of the server that
/// looks for loans at that moment may send them apart, in either order.
fn answer_gives_back(liar: &Liar, kind: Kind, loan: u32) -> bool {
    let (mut came, mut returned) = (Vec::new(), Vec::new());
    while !came.contains(&kind) || returned.is_empty() {
        let (frame, loans) = next(liar);
        came.push(frame.header.kind);
        returned.extend(loans);
    }
    assert_eq!(returned, [loan]);
    came.sort_unstable_by_key(|&came| came != kind);
    assert!(came == [kind] || came == [kind, Kind::Release], "{came:?}");
    came.len() == 1
}

/// A world that a liar calls, and what its method `keep` has kept.
fn called(run: impl FnOnce(&Liar, &Mutex<Vec<Buffer>>)) {
    let directory = tempfile::tempdir().expect("directory");
    let world = world_in(directory.path(), ServerOptions::default());
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keeping = kept.clone();
    let keep = move |call: Call, _: &Request<'_>| {
        keeping.lock().expect("lock").push(call.request_buffer().expect("the request"));
        reply(call, b"kept");
    };
    let fail = |call: Call, _: &Request<'_>| call.answer(Err(Error::invalid("no"))).expect("answer");
    let view = |call: Call, _: &Request<'_>| {
        let view = call.request_buffer().expect("the request");
        call.answer(Ok(Response::new(view, Encoding::Bytes))).expect("answer");
    };
    let later = |call: Call, _: &Request<'_>| {
        call.retain().expect("retain");
        std::thread::spawn(move || reply(call, b"later"));
    };
    let len = |call: Call, request: &Request<'_>| reply(call, request.body.len().to_string().as_bytes());
    let methods = vec![
        method("len", len),
        method("fail", fail),
        method("keep", keep),
        method("view", view),
        method("later", later),
    ];
    world.host("home", methods);
    world.server.start().expect("start");
    let domain = Domain::within(directory.path(), "test").expect("domain");
    let entry = &domain.entries().expect("entries")[0];
    let socket = domain.connect(entry).expect("a connection");
    let liar = Liar::connect(socket, std::process::id()).expect("this process");
    run(&liar, &kept);
    assert!(!liar.is_thrown_out_within(Duration::ZERO));
}

#[test]
fn what_was_lent_for_a_request_comes_back_with_its_answer() {
    called(|liar, _| {
        let (len, fail) = (liar.resolve("len"), liar.resolve("fail"));
        let _arena = arena(liar);
        let mut with_answers = 0;
        for loan in 1..20 {
            for (method, kind) in [(len, Kind::Reply), (fail, Kind::Error)] {
                placed(liar, Kind::Call, (1 << 32, method), loan);
                with_answers += u32::from(answer_gives_back(liar, kind, loan));
            }
        }
        assert!(with_answers > 19, "{with_answers} of 38 came with answers");
        assert!(liar.next_frame_within(WHILE).is_none());
    });
}

#[test]
fn what_a_handler_keeps_comes_back_when_it_lets_it_go() {
    called(|liar, kept| {
        let keep = liar.resolve("keep");
        let _arena = arena(liar);
        placed(liar, Kind::Call, (1 << 32, keep), 7);
        gives_back(liar, Kind::Reply, &[]);
        assert!(liar.next_frame_within(WHILE).is_none());
        kept.lock().expect("lock").clear();
        gives_back(liar, Kind::Release, &[7]);
    });
}

#[test]
fn what_an_answer_is_a_view_of_comes_back_once() {
    called(|liar, _| {
        let view = liar.resolve("view");
        let arena = arena(liar);
        // SAFETY: inside of the arena, which is ours.
        unsafe { arena.as_ptr().write_bytes(5, 1 << 20) };
        placed(liar, Kind::Call, (1 << 32, view), 7);
        // The answer is copied into an arena of its sender.
        while !matches!(liar.next_control(), Control::Arena(_)) {}
        tell(&liar.socket, Control::ArenaOk(0), &[]);
        let came = [next(liar), next(liar)];
        let kinds = came.each_ref().map(|(frame, _)| frame.header.kind);
        assert_eq!(kinds, [Kind::Reply, Kind::Release]);
        assert_eq!(came.map(|(_, loans)| loans).concat(), [7]);
    });
}

#[test]
fn what_was_lent_for_a_call_that_is_answered_later_comes_back_once() {
    called(|liar, _| {
        let later = liar.resolve("later");
        let _arena = arena(liar);
        for loan in 1..20 {
            placed(liar, Kind::Call, (1 << 32, later), loan);
            answer_gives_back(liar, Kind::Reply, loan);
        }
        assert!(liar.next_frame_within(WHILE).is_none());
    });
}

/// Calls through `go` of a liar, which does what `serve` says.
fn calls(serve: impl FnOnce(&Liar) + Send + 'static, run: impl FnOnce(&World, &Binding)) {
    let directory = tempfile::tempdir().expect("directory");
    let claimed = directory.path().to_owned();
    let serving = std::thread::spawn(move || serve(&Liar::accept(&claimed)));
    let world = world_in(directory.path(), ServerOptions::default());
    eventually("the liar is found", || {
        world.runtime.look_around();
        world.client.bind("liar", "go").is_ok()
    });
    run(&world, &found(&world.client, "liar", "go"));
    serving.join().expect("the liar is content");
}

fn go(binding: &Binding, body: &[u8]) -> Buffer {
    binding.call(&Request::bytes(body), &CallOptions::default()).expect("answer").body
}

#[test]
fn a_block_that_came_back_with_an_answer_is_lent_again() {
    const CALLS: usize = 50;
    let serve = |liar: &Liar| {
        while !matches!(liar.next_control(), Control::Arena(_)) {}
        tell(&liar.socket, Control::ArenaOk(0), &[]);
        let mut places: Vec<Place> = Vec::new();
        for _ in 0..CALLS {
            let frame = liar.next_frame();
            let place = liar.body(&frame, 0, Place::SIZE).try_into().expect("a place");
            places.push(Place::from_bytes(&place));
            let mut head = header(Kind::Reply, frame.header.call, 0);
            head.flags = GIVES_BACK;
            liar.send(&head, &u64::from(places[places.len() - 1].loan).to_le_bytes());
        }
        assert!(places.iter().all(|place| place.offset == places[0].offset), "one block");
        assert!(places.windows(2).all(|two| two[0].loan != two[1].loan), "each time another loan");
    };
    calls(serve, |_, binding| {
        for _ in 0..CALLS {
            let loan = binding.loan(LEN as usize).expect("loan");
            go(binding, loan.as_slice());
        }
    });
}

#[test]
fn what_was_lent_for_an_answer_comes_back_with_the_next_call() {
    let serve = |liar: &Liar| {
        let _arena = arena(liar);
        let answer = |frame: Frame, loan| placed(liar, Kind::Reply, (frame.header.call, 0), loan);
        for loan in 1..20 {
            let (frame, loans) = next(liar);
            assert_eq!(frame.header.number, GO);
            assert_eq!(loans, if loan == 1 { vec![] } else { vec![loan - 1] });
            answer(frame, loan);
        }
        // The last one waits for the next call. Of two, both come back without one.
        assert!(liar.next_frame_within(WHILE).is_none());
        gives_back(liar, Kind::Call, &[19]);
    };
    calls(serve, |_, binding| {
        for _ in 1..20 {
            assert_eq!(go(binding, b"").as_slice().len(), LEN as usize);
        }
        std::thread::sleep(WHILE * 2);
        let options = CallOptions { timeout_ns: 1_000_000, ..CallOptions::default() };
        let _ = binding.call(&Request::bytes(b""), &options);
    });
}

#[test]
fn what_was_lent_for_answers_comes_back_at_once_where_no_call_takes_it_along() {
    let serve = |liar: &Liar| {
        let _arena = arena(liar);
        for loan in 1..4 {
            let (frame, loans) = next(liar);
            assert_eq!((frame.header.number, loans.len()), (GO, 0));
            placed(liar, Kind::Reply, (frame.header.call, 0), loan);
        }
        let (frame, mut loans) = next(liar);
        loans.sort_unstable();
        assert_eq!((frame.header.kind, loans), (Kind::Release, vec![1, 2]));
        // While another call waits for its answer.
        gives_back(liar, Kind::Call, &[]);
        gives_back(liar, Kind::Release, &[3]);
    };
    calls(serve, |_, binding| {
        let mut answers = [(); 3].map(|()| go(binding, b"")).into_iter();
        drop(answers.next());
        drop(answers.next());
        std::thread::scope(|scope| {
            let options = CallOptions { timeout_ns: 2_000_000_000, ..CallOptions::default() };
            scope.spawn(move || binding.call(&Request::bytes(b""), &options));
            std::thread::sleep(WHILE);
            drop(answers.next());
        });
    });
}
