//! Failures and how they arrive.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hmsffi::prelude::*;
use support::{World, eventually, world};

fn failing(handler: impl Fn() -> Result<(), Error> + Send + Sync + 'static) -> Error {
    let world = world(|server| server.register_function("bad", "fail", move |()| handler()).unwrap());
    world.service("bad").call::<_, ()>("fail", ()).unwrap_err()
}

#[test]
fn an_error_of_a_handler_keeps_code_message_and_details() {
    let error = failing(|| Err(Error::new(ErrorCode::OutOfRange, "bmi 99.9").with_detail("field", "bmi")));
    assert_eq!(error.code, ErrorCode::OutOfRange);
    assert_eq!(error.kind(), Some(ErrorCode::OutOfRange));
    assert_eq!(error.message, "bmi 99.9");
    assert_eq!(error.details["field"], "bmi");
    assert_eq!(error.source.as_deref(), Some("bad.fail"));
    assert_eq!(error.to_string(), "FFI error 11: bmi 99.9");
}

#[test]
fn an_error_without_a_stack_names_its_handler_and_place() {
    let error = failing(|| Err(Error::new(ErrorCode::Aborted, "no")));
    let stack = error.stack().expect("a stack");
    assert!(stack.contains("errors::failing") && stack.contains("(errors.rs:"), "{stack}");
}

#[test]
fn an_error_of_another_crate_is_unknown_with_all_its_messages() {
    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("line 3")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let error = failing(|| "x".parse::<i32>().map(drop).map_err(|error| Error::other(Outer(error))));
    assert_eq!(error.code, ErrorCode::Unknown);
    assert_eq!(error.message, "line 3: invalid digit found in string");
}

#[test]
fn a_number_that_is_no_code_is_internal() {
    for code in [0, 17, -1] {
        let error = failing(move || Err(Error::new(code, "odd")));
        assert_eq!(error.code, ErrorCode::Internal);
        assert_eq!(error.message, format!("odd (the handler gave the code {code}, which is none)"));
    }
}

#[inline(never)]
fn the_guilty_function() {
    panic!("out of {}", "patience");
}

#[test]
fn a_panic_is_internal_with_the_stack_of_its_place() {
    let error = failing(|| {
        the_guilty_function();
        Ok(())
    });
    assert_eq!(error.code, ErrorCode::Internal);
    assert_eq!(error.message, "panic: out of patience");
    let stack = error.stack().expect("a stack");
    assert!(stack.contains("the_guilty_function"), "{stack}");
    assert!(!stack.contains("rust_begin_unwind") && !stack.contains("on_call"), "{stack}");
}

#[test]
fn a_server_goes_on_after_a_panic() {
    let world = world(|server| {
        server
            .register_function("bad", "odd", |n: u32| {
                assert!(n.is_multiple_of(2), "{n} is odd");
                Ok(n)
            })
            .unwrap();
    });
    let bad = world.service("bad");
    for n in 0..20 {
        let answer = bad.call::<_, u32>("odd", n);
        assert_eq!(answer.is_ok(), n % 2 == 0, "{answer:?}");
    }
}

#[test]
fn a_panic_of_a_value_that_is_no_text_is_caught_too() {
    let error = failing(|| std::panic::panic_any(42));
    assert_eq!(error.code, ErrorCode::Internal);
    assert_eq!(error.message, "panic: a value that is no text");
}

struct PanicsWhenDropped(Arc<AtomicBool>);

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        panic!("at the end");
    }
}

#[test]
fn a_handler_that_panics_when_it_is_dropped_takes_nobody_along() {
    let dropped = Arc::new(AtomicBool::new(false));
    let captured = PanicsWhenDropped(dropped.clone());
    let mut world = world(|server| {
        server
            .register_function("odd", "end", move |()| {
                let _ = &captured;
                Ok(())
            })
            .unwrap();
        server.register_function("good", "on", |n: u32| Ok(n)).unwrap();
    });
    world.service("odd").call::<_, ()>("end", ()).unwrap();
    world.server.unregister_service("odd").unwrap();
    eventually("the drop of the handler", || dropped.load(Ordering::SeqCst));
    assert_eq!(world.service("good").call::<_, u32>("on", 7).unwrap(), 7);
}

/// `top` calls `middle`, which calls `bottom`, which fails.
fn tower(middle: fn(Error) -> Error) -> World {
    let world = world(|_| {});
    let client: Arc<dyn Client> = world.runtime.new_client(ClientOptions::default()).unwrap().into();
    let mut server = world.runtime.new_server(ServerOptions::named("tower")).unwrap();
    server
        .register_function("tower", "bottom", |()| -> Result<(), Error> {
            Err(Error::new(ErrorCode::DataLoss, "the disk is gone").with_detail("disk", "sda"))
        })
        .unwrap();
    let inner = client.clone();
    server
        .register_function("tower", "middle", move |()| {
            inner.get_service("tower")?.call::<_, ()>("bottom", ()).map_err(middle)
        })
        .unwrap();
    server
        .register_function("tower", "top", move |()| {
            let nested = client.get_service("tower")?.call::<_, ()>("middle", ());
            nested.map_err(|error| Error::new(ErrorCode::Aborted, "top gave up").with_cause(&error))
        })
        .unwrap();
    server.start().unwrap();
    World { server, ..world }
}

#[test]
fn causes_keep_their_order_over_several_calls() {
    let world = tower(|error| Error::new(ErrorCode::Unavailable, "middle is stuck").with_cause(&error));
    let top = world.service("tower").call::<_, ()>("top", ()).unwrap_err();
    let middle = top.cause().expect("a cause");
    let bottom = middle.cause().expect("a cause behind the cause");
    assert_eq!((top.code, middle.code, bottom.code), (10, 14, 15));
    assert_eq!(middle.message, "middle is stuck");
    assert_eq!(bottom.message, "the disk is gone");
    assert_eq!(top.source.as_deref(), Some("tower.top"));
    assert_eq!(middle.source.as_deref(), Some("tower.middle"));
    assert_eq!(bottom.source.as_deref(), Some("tower.bottom"));
    assert_eq!(bottom.details["disk"], "sda");
    assert!(bottom.stack().is_some() && middle.stack().is_some());
    assert_eq!(bottom.cause(), None);
}

#[test]
fn the_error_of_a_nested_call_passes_through_a_question_mark_as_it_is() {
    let world = tower(|error| error);
    let top = world.service("tower").call::<_, ()>("top", ()).unwrap_err();
    let cause = top.cause().expect("a cause");
    assert_eq!((cause.code, cause.source.as_deref()), (15, Some("tower.bottom")));
    assert_eq!(cause.details["disk"], "sda");
}

#[test]
fn codes_print_their_names() {
    assert_eq!(ErrorCode::NotFound.to_string(), "NOT_FOUND");
    assert_eq!(ErrorCode::from_number(16), Some(ErrorCode::Unauthenticated));
    assert_eq!(ErrorCode::from_number(17), None);
}
