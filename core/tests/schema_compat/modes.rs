//! Which differences a mode forbids.

use hmsffi_core::Code;
use hmsffi_core::schema::compat::{Difference, Mode, Side};

fn difference(breaks_backward: bool, breaks_forward: bool) -> Difference {
    let text = || "x".to_owned();
    Difference { path: "$".into(), aspect: "type", old: text(), new: text(), breaks_backward, breaks_forward }
}

#[test]
fn each_mode_forbids_what_breaks_its_direction() {
    let forbidden = |mode: Mode| {
        [(false, false), (true, false), (false, true), (true, true)]
            .map(|(backward, forward)| mode.forbids(&difference(backward, forward)))
    };
    for (mode, expected) in [
        (Mode::None, [false; 4]),
        (Mode::Backward, [false, true, false, true]),
        (Mode::BackwardTransitive, [false, true, false, true]),
        (Mode::Forward, [false, false, true, true]),
        (Mode::ForwardTransitive, [false, false, true, true]),
        (Mode::Full, [false, true, true, true]),
        (Mode::FullTransitive, [false, true, true, true]),
    ] {
        assert_eq!(forbidden(mode), expected, "{mode:?}");
    }
}

#[test]
fn modes_are_known_by_their_names() {
    for mode in Mode::ALL {
        assert_eq!(Mode::named(mode.name()).expect("its own name"), mode);
        assert_eq!(mode.is_transitive(), mode.name().ends_with("_TRANSITIVE"));
    }
    let error = Mode::named("backward").expect_err("no such mode");
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().contains("Modes: NONE, BACKWARD, BACKWARD_TRANSITIVE"), "{error}");
}

#[test]
fn who_is_broken_moves_last() {
    assert_eq!(difference(true, false).moves_first(), Some(Side::Writer));
    assert_eq!(difference(false, true).moves_first(), Some(Side::Reader));
    assert_eq!(difference(true, true).moves_first(), Some(Side::Both));
    assert_eq!(difference(false, false).moves_first(), None);
}
