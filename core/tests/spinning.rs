//! How long a thread looks for a frame before it sleeps.

mod process;

use hmsffi_core::shm::tempo::Tempo;

/// Nanoseconds that are always worth a look.
const LEAST: u64 = 1_000;

#[test]
fn who_waits_long_looks_for_less_time_and_who_waits_shortly_for_all_of_it_again() {
    for tempo in [Tempo::of_caller(), Tempo::of_server()] {
        // Zero where one CPU alone may be used.
        let at_first = tempo.budget();
        assert!(at_first <= 50_000, "{at_first}");
        let before = tempo.budget();
        tempo.slept(1_000_000_000);
        assert!(tempo.budget() <= before);
        for _ in 0..100 {
            tempo.slept(1_000_000_000);
        }
        assert_eq!(tempo.budget(), at_first.min(LEAST));
        tempo.slept(0);
        assert_eq!(tempo.budget(), at_first);
    }
}

#[test]
fn what_was_asked_for_stays() {
    let test = "what_was_asked_for_stays";
    if process::role().is_none() {
        let mut child =
            process::again(test, "asked").env("HMSFFI_SPIN", "7").spawn().expect("another process");
        assert!(child.wait().expect("wait").success());
        return;
    }
    let tempo = Tempo::of_caller();
    tempo.slept(1_000_000_000);
    assert_eq!(tempo.budget(), 7_000);
}
