//! `hms bench` measures calls.

mod support;

use serde_json::{Value, json};
use support::Domain;

const ADA: &str = r#"{"name": "Ada", "times": 2}"#;

/// What was measured, one by one.
fn measured(domain: &Domain, words: &[&str]) -> Vec<Value> {
    let words = [&["bench", "--json"], words].concat();
    domain.hms(&words).json()["measured"].as_array().expect("a list").clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn a_method_is_measured_and_shown_with_a_chart() {
    let domain = Domain::new();
    let _services = domain.serve();
    let done = domain.hms(&["bench", "greet", "hello", ADA, "--calls", "500"]);
    let lines: Vec<&str> = done.ok().lines().collect();
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["METHOD", "DOOR", "MEDIAN", "P99", "CALLS/S"]
    );
    assert!(lines[1].starts_with("greet.hello  shared memory  "), "{done:?}");
    assert_eq!(lines[2..4], ["", "greet.hello: 500 calls by their time"]);
    let in_bars = lines[4..].iter().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    assert_eq!(in_bars.sum::<u64>(), 500, "{done:?}");
    assert!(lines[4..].iter().any(|line| line.contains('█')), "{done:?}");
}

#[test]
fn figures_agree_with_each_other() {
    let domain = Domain::new();
    let services = domain.serve();
    let all = measured(&domain, &["greet.hello", ADA, "--calls", "300"]);
    let [one] = &all[..] else { panic!("{all:?}") };
    assert_eq!((&one["method"], &one["version"]), (&json!("greet.hello"), &json!("1.2.0")));
    assert_eq!((&one["door"], &one["pids"]), (&json!("shared memory"), &json!([services.pid()])));
    assert_eq!((&one["calls"], &one["ratio"]), (&json!(300), &json!(1.0)));
    let times = ["min_ns", "median_ns", "p99_ns", "max_ns"].map(|name| number(&one[name]));
    assert!(times[0] > 0.0 && times.is_sorted(), "{one}");
    assert!(number(&one["calls_per_second"]) > 0.0);
    assert!(one["bytes_copied"].is_u64(), "{one}");
    let bars = one["histogram"].as_array().unwrap();
    assert_eq!(bars.iter().map(|bar| number(&bar["calls"])).sum::<f64>(), 300.0);
    assert!((1..=13).contains(&bars.len()), "{one}");
}

#[test]
fn a_slow_method_is_told_from_a_fast_one() {
    let domain = Domain::new();
    let _services = domain.serve();
    let all = measured(
        &domain,
        &["greet.echo", "7", "--against", "greet.nap 50", "--against", "greet echo", "--calls", "20"],
    );
    let of: Vec<(&str, f64)> =
        all.iter().map(|one| (one["method"].as_str().unwrap(), number(&one["ratio"]))).collect();
    assert_eq!((of[0], of[1].0, of[2].0), (("greet.echo", 1.0), "greet.nap", "greet.echo"));
    assert!(of[1].1 > 2.0, "{of:?}");
    assert!(number(&all[1]["median_ns"]) >= 5e7, "it sleeps for 50 ms");
    let shown = domain.hms(&["bench", "greet.echo", "7", "--against", "flow.rest", "--calls", "1"]);
    assert!(shown.failed(1).contains("service 'flow' has no method 'rest'"), "{shown:?}");
    let compared = domain.hms(&["bench", "greet.echo", "7", "--against", "greet.nap", "--calls", "10"]);
    assert!(compared.ok().lines().next().unwrap().ends_with("RATIO"), "{compared:?}");
}

#[test]
fn calls_may_be_in_flight_together() {
    let domain = Domain::new();
    let _services = domain.serve();
    // It answers when four are there.
    let all = measured(&domain, &["greet.meet", "--calls", "40", "--in-flight", "4"]);
    assert_eq!(all[0]["calls"], 40);
}

#[test]
fn the_size_of_a_request_is_chosen() {
    let domain = Domain::new();
    let _services = domain.serve();
    for (words, size) in [(&["--size", "100000"][..], 100_000), (&["\"abc\"", "--raw"], 5), (&["[1]"], 2)] {
        let one = &measured(&domain, &[&["greet.echo", "--calls", "10"], words].concat())[0];
        assert_eq!((&one["request_bytes"], &one["answer_bytes"]), (&json!(size), &json!(size)), "{words:?}");
    }
}

#[test]
fn a_time_may_be_given_in_place_of_calls() {
    let domain = Domain::new();
    let _services = domain.serve();
    let one = &measured(&domain, &["greet.nap", "1", "--seconds", "0.2"])[0];
    let calls = number(&one["calls"]);
    assert!((1.0..=210.0).contains(&calls), "{one}");
}

#[test]
fn what_cannot_be_measured_says_why() {
    let domain = Domain::new();
    let _services = domain.serve();
    let streams = domain.hms(&["bench", "flow", "count", "3"]);
    assert!(streams.failed(2).contains("hms stream flow count"), "{streams:?}");
    let refused = domain.hms(&["bench", "greet", "hello", r#"{"name": "Ada", "times": 0}"#]);
    assert!(refused.failed(1).starts_with("INVALID_ARGUMENT (3): "), "{refused:?}");
    let wrong = domain.hms(&["bench", "gret", "hello"]);
    assert!(wrong.failed(1).contains("Nearest: greet"), "{wrong:?}");
    for words in [
        &["greet"][..],
        &["greet", "echo", "1", "--size", "5"],
        &["greet", "echo", "--seconds", "0"],
        &["greet", "echo", "--seconds", "2s"],
        &["greet", "echo", "--calls", "0"],
        &["greet", "echo", "--in-flight", "0"],
        &["greet", "echo", "--calls", "5", "--seconds", "1"],
        &["greet", "echo", "--against", "greet"],
        &["greet", "echo", "{name: 1}"],
    ] {
        let done = domain.hms(&[&["bench"], words].concat());
        assert!(!done.failed(2).is_empty(), "{words:?}");
    }
}
