//! `hms call` and `hms stream`, with services in another process.

mod support;

use serde_json::{Value, json};
use support::Domain;

#[test]
fn json_goes_in_and_comes_out() {
    let domain = Domain::new();
    let _services = domain.serve();
    let ada = r#"{"name": "Ada", "times": 2}"#;
    assert_eq!(domain.hms(&["call", "greet", "hello", ada]).ok(), "\"Hello Ada! Hello Ada! \"\n");
    assert_eq!(domain.hms(&["call", "greet.hello", ada]).ok(), "\"Hello Ada! Hello Ada! \"\n");
    assert_eq!(domain.hms(&["call", "greet@^1.1", "hello", ada]).ok(), "\"Hello Ada! Hello Ada! \"\n");
    assert_eq!(
        domain.hms_with(ada.as_bytes(), &["call", "greet", "hello", "-"]).ok(),
        "\"Hello Ada! Hello Ada! \"\n"
    );
    for value in ["null", "-7", "18446744073709551615", "1.0", r#"{"b":[true,"ü"],"a":{}}"#] {
        assert_eq!(domain.hms(&["call", "greet", "echo", value]).ok().trim_end(), value);
    }
}

#[test]
fn metadata_goes_both_ways() {
    let domain = Domain::new();
    let _services = domain.serve();
    let words = ["call", "greet", "hello", r#"{"name": "Ada", "times": 1}"#, "-m", "tenant=north", "--json"];
    let reply = domain.hms(&words).json();
    assert_eq!(reply["value"], "Hello Ada of north! ");
    assert_eq!(reply["content_type"], "application/cbor");
    assert_eq!(reply["metadata"]["served-by"], "rust");
}

#[test]
fn a_call_tells_its_way_and_may_be_held_to_one() {
    let domain = Domain::new();
    let _services = domain.serve();
    let reply = domain.hms(&["call", "greet.echo", "7", "--json", "--door", "shared-memory"]).json();
    assert_eq!((&reply["value"], &reply["door"]), (&json!(7), &json!("shared memory")));
    assert!(reply["bytes_copied"].is_u64(), "{reply}");
    let refused = domain.hms(&["call", "greet.echo", "7", "--door", "same-process"]);
    assert!(refused.failed(1).contains("greet.echo"), "{refused:?}");
}

#[test]
fn raw_bytes_pass_as_they_are() {
    let domain = Domain::new();
    let _services = domain.serve();
    assert_eq!(domain.hms_with(b"a\n\0b", &["call", "greet", "echo", "-", "--raw"]).ok(), "a\n\0b");
    let typed = ["call", "greet", "echo", "[1]", "--raw", "--content-type", "application/json"];
    assert_eq!(domain.hms(&typed).ok(), "[1]");
    let as_json = ["call", "greet", "echo", "[1]", "--content-type", "application/json", "--json"];
    assert_eq!(domain.hms(&as_json).json()["content_type"], "application/json");
}

#[test]
fn an_error_tells_what_to_do_and_sets_the_exit_code() {
    let domain = Domain::new();
    let _services = domain.serve();
    let wrong_method = domain.hms(&["call", "greet", "helo"]);
    let told = "NOT_FOUND (5): service 'greet' has no method 'helo'. Did you mean 'hello'? \
                Methods: hello, echo, slow, nap, meet\n";
    assert_eq!(wrong_method.failed(1), told);
    let wrong_service = domain.hms(&["call", "gret", "hello"]);
    assert!(wrong_service.failed(1).starts_with("NOT_FOUND (5): no service 'gret'."), "{wrong_service:?}");
    assert!(wrong_service.err.contains("Nearest: greet"), "{wrong_service:?}");

    let none = r#"{"name": "Ada", "times": 0}"#;
    let refused = domain.hms(&["call", "greet", "hello", none]);
    let lines: Vec<&str> = refused.failed(1).lines().collect();
    assert_eq!(lines[0], "INVALID_ARGUMENT (3): greet.hello: times is 0; it must be at least 1");
    assert_eq!(lines[1], "  field: times");
    let as_json: Value =
        serde_json::from_str(domain.hms(&["--json", "call", "greet", "hello", none]).failed(1)).unwrap();
    assert_eq!(as_json["error"]["name"], "INVALID_ARGUMENT");
    assert_eq!(as_json["error"]["code"], 3);
    assert_eq!(as_json["error"]["details"], json!({ "field": "times" }));
}

#[test]
fn an_error_shows_its_data() {
    let domain = Domain::new();
    let _services = domain.serve();
    let often = r#"{"name": "Ada", "times": 1001}"#;
    let refused = domain.hms(&["call", "greet", "hello", often]);
    let lines: Vec<&str> = refused.failed(1).lines().collect();
    assert_eq!(
        lines[..2],
        ["OUT_OF_RANGE (11): greet.hello: nobody is greeted that often", r#"  TooOften: {"most":1000}"#]
    );
    let as_json: Value =
        serde_json::from_str(domain.hms(&["--json", "call", "greet", "hello", often]).failed(1)).unwrap();
    let error = &as_json["error"];
    assert_eq!((&error["schema"], &error["data"]), (&json!("TooOften"), &json!({ "most": 1000 })));
    assert_eq!(error["details"], json!({}));
}

#[test]
fn a_timeout_is_kept() {
    let domain = Domain::new();
    let _services = domain.serve();
    let late = domain.hms(&["call", "greet", "slow", "--timeout", "50ms"]);
    assert!(late.failed(1).starts_with("DEADLINE_EXCEEDED (4): "), "{late:?}");
}

#[test]
fn wrong_usage_is_told_apart_from_a_call_that_failed() {
    let domain = Domain::new();
    for words in [
        &["call"][..],
        &["call", "greet"],
        &["call", "greet", "hello", "{name: 1}"],
        &["call", "greet", "hello", "36893488147419103232"],
        &["call", "greet", "hello", "--timeout", "5"],
        &["call", "greet", "hello", "-m", "tenant"],
        &["call", "greet", "hello", "1", "--content-type", "application/protobuf"],
        &["no-such-command"],
    ] {
        let done = domain.hms(words);
        assert!(!done.failed(2).is_empty(), "{words:?}");
    }
    assert!(domain.hms(&["call", "greet", "hello", "{a"]).err.contains("single quotes"));
}

#[test]
fn streams_of_all_three_kinds_are_lines() {
    let domain = Domain::new();
    let _services = domain.serve();
    assert_eq!(domain.hms(&["stream", "flow", "count", "3"]).ok(), "1\n2\n3\n");
    assert_eq!(domain.hms_with(b"1\n2\n\n39\n", &["stream", "flow", "total"]).ok(), "42\n");
    assert_eq!(domain.hms_with(b"\"a\"\n\"b\"", &["stream", "flow.shout"]).ok(), "\"A\"\n\"B\"\n");
    assert_eq!(domain.hms(&["stream", "flow", "count", "1000000", "--limit", "2"]).ok(), "1\n2\n");
    let many: String = (0..5000).map(|n| format!("\"line {n}\"\n")).collect();
    assert_eq!(domain.hms_with(many.as_bytes(), &["stream", "flow", "shout"]).ok(), many.to_uppercase());
}

#[test]
fn a_stream_that_cannot_be_says_why() {
    let domain = Domain::new();
    let _services = domain.serve();
    let call = domain.hms(&["stream", "greet", "hello"]);
    assert!(call.failed(2).contains("hms call greet hello"), "{call:?}");
    assert!(domain.hms(&["stream", "flow", "cont"]).failed(1).contains("Did you mean 'count'?"));
    let bad_line = domain.hms_with(b"1\n{\n", &["stream", "flow", "total"]);
    assert!(bad_line.failed(2).contains("line 2: "), "{bad_line:?}");
    let wrong = domain.hms_with(b"\"x\"\n", &["stream", "flow", "total"]);
    assert!(wrong.failed(1).starts_with("INVALID_ARGUMENT (3): "), "{wrong:?}");
}
