//! Commands that tell what there is.

mod support;

use serde_json::{Value, json};
use support::{Domain, HMS};

#[test]
fn services_of_other_processes_are_listed() {
    let domain = Domain::new();
    let services = domain.serve();
    let pid = services.pid().to_string();
    let listed = domain.hms(&["ls"]);
    let lines: Vec<Vec<&str>> = listed.ok().lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["SERVICE", "VERSION", "STATUS", "PID", "METHODS"]);
    assert_eq!(lines[1], ["flow", "1.0.0", "available", &pid, "count,", "total,", "shout"]);
    assert_eq!(lines[2], ["greet", "1.2.0", "available", &pid, "hello,", "echo,", "slow,", "nap,", "meet"]);
    assert_eq!(lines.len(), 3);

    let one = domain.hms(&["ls", "gr*", "--json"]).json();
    assert_eq!((one.as_array().map(Vec::len), &one[0]["service"]), (Some(1), &json!("greet")));
    assert_eq!((&one[0]["status"], &one[0]["pids"]), (&json!("AVAILABLE"), &json!([services.pid()])));
    let all = domain.hms(&["ls", "--all"]);
    assert!(all.ok().contains("hms.ffi.v1.ServiceRegistry"), "{all:?}");
}

#[test]
fn an_empty_domain_says_what_to_do() {
    let domain = Domain::new();
    let done = domain.hms(&["ls"]);
    assert_eq!((done.code, &*done.out), (Some(0), ""));
    assert!(done.err.contains("hms run") && done.err.contains("hms doctor"), "{done:?}");
    assert_eq!(domain.hms(&["ls", "--json"]).json(), json!([]));
    assert_eq!(domain.hms(&["ps", "--json"]).json(), json!([]));
}

#[test]
fn another_domain_can_be_named() {
    let domain = Domain::new();
    let _services = domain.serve();
    assert_eq!(domain.hms(&["--domain", "elsewhere", "ls", "--json"]).json(), json!([]));
    let done =
        domain.command(HMS).env_remove("HMSFFI_DOMAIN").args(["ls", "--domain", "tests", "--json"]).output();
    let listed: Value = serde_json::from_slice(&done.unwrap().stdout).unwrap();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    let bad = domain.hms(&["--domain", "../x", "ls"]);
    assert!(bad.failed(1).starts_with("INVALID_ARGUMENT (3): HMSFFI_DOMAIN: "), "{bad:?}");
}

#[test]
fn processes_are_listed_with_what_they_host_replicas_too() {
    let domain = Domain::new();
    let processes = [domain.serve(), domain.serve()];
    let listed = domain.hms(&["ps", "--json"]).json();
    let mut pids: Vec<u64> =
        listed.as_array().unwrap().iter().map(|one| one["pid"].as_u64().unwrap()).collect();
    let mut expected = processes.each_ref().map(|process| process.pid());
    pids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(pids, expected);
    assert_eq!(listed[0]["services"], json!(["flow@1.0.0", "greet@1.2.0"]));
    assert!(listed[0]["program"].as_str().unwrap().ends_with("examples/services"), "{listed}");
    assert_eq!(domain.hms(&["ps"]).ok().lines().count(), 3);
}

#[test]
fn a_service_is_described() {
    let domain = Domain::new();
    let services = domain.serve();
    let told = domain.hms(&["info", "greet"]);
    assert!(told.ok().starts_with("greet 1.2.0: available\n  Greets people\n"), "{told:?}");
    assert!(told.out.contains(&format!("process {}: ", services.pid())), "{told:?}");
    assert!(told.out.contains("team=north") && told.out.contains("Says hello"), "{told:?}");

    let described = domain.hms(&["info", "flow@1", "--json"]).json();
    assert_eq!(described["methods"][1]["name"], "total");
    assert_eq!(described["methods"][1]["stream"], "client stream");
    let wrong = domain.hms(&["info", "gret"]);
    assert!(wrong.failed(1).starts_with("NOT_FOUND (5): no service 'gret'. "), "{wrong:?}");
}

#[test]
fn the_way_of_a_call_is_explained() {
    let domain = Domain::new();
    let services = domain.serve();
    let taken = |explained: &Value| {
        let doors = explained["doors"].as_array().expect("doors").clone();
        doors.into_iter().filter(|door| door["chosen"] == true).collect::<Vec<_>>()
    };
    let explained = taken(&domain.hms(&["explain", "greet", "--json"]).json());
    assert_eq!((explained.len(), &explained[0]["door"]), (1, &json!("shared memory")));
    assert!(explained[0]["reason"].as_str().unwrap().contains(&services.pid().to_string()));
    let own = taken(&domain.hms(&["explain", "hms.ffi.v1.ServiceRegistry", "--json"]).json());
    assert_eq!((own.len(), &own[0]["door"]), (1, &json!("same process")));
    let (lines, pid) = (domain.hms(&["explain", "greet"]), services.pid().to_string());
    let lines: Vec<Vec<&str>> = lines.ok().lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["greet", "1.2.0:", "available"]);
    assert_eq!(lines[2], ["DOOR", "64", "BYTES", "CALLS/S", "WHY"]);
    assert_eq!(lines[3][..3], ["same", "process", "no"]);
    assert!(lines[3].ends_with(&["no", "process", "hosts", "both", "source", "and", "target"]), "{lines:?}");
    assert_eq!(lines[4][..3], ["shared", "memory", "taken"]);
    assert!(lines[4].ends_with(&["process", &pid, "hosts", "it"]), "{lines:?}");
}

#[test]
fn each_way_is_explained_with_the_figures_of_the_transport_manager() {
    let domain = Domain::new();
    let _services = domain.serve();
    let doors = domain.hms(&["explain", "greet", "--json"]).json()["doors"].clone();
    let names: Vec<&Value> = doors.as_array().unwrap().iter().map(|door| &door["door"]).collect();
    assert_eq!(names, ["same process", "shared memory"]);
    for door in doors.as_array().unwrap() {
        let (latency, calls) = (door["latency_ns"].as_u64(), door["calls_per_second"].as_u64());
        assert!(latency.unwrap() > 0 && calls.unwrap() > 0, "{door}");
        assert_eq!(door["max_message_bytes"], 1 << 30);
    }
    assert!(doors[0]["latency_ns"].as_u64() < doors[1]["latency_ns"].as_u64(), "{doors}");
    let answered = domain.hms(&[
        "call",
        "hms.ffi.v1.TransportManager.GetOptimalTransport",
        "{\"target_service_id\": \"greet\"}",
    ]);
    let answered = answered.json();
    assert_eq!(answered["transport"]["config"]["hms.rejected.in_process"], doors[0]["reason"]);
}

#[test]
fn what_happens_to_services_is_told() {
    let domain = Domain::new();
    let mut watch = domain.start_hms(&["watch", "gr*", "--json"]);
    let mut services = domain.serve();
    let added: Value = serde_json::from_str(&watch.line()).unwrap();
    assert_eq!((&added["event"], &added["service"]), (&json!("added"), &json!("greet")));
    services.end();
    let told = (0..10).map(|_| serde_json::from_str::<Value>(&watch.line()).unwrap());
    let mut changes =
        told.skip_while(|event| event["event"] != "removed" && event["status"] != "UNAVAILABLE");
    assert!(changes.next().is_some(), "it is known to be gone");

    let _services = domain.serve();
    let line = domain.hms(&["watch", "-n", "1", "greet"]);
    assert!(line.ok().contains("  added     greet 1.2.0  available  process "), "{line:?}");
}

#[test]
fn the_doctor_examines_this_machine() {
    let domain = Domain::new();
    let _services = domain.serve();
    let done = domain.command(HMS).args(["doctor", "--json"]).env("HMSFFI_DOMIAN", "x").output().unwrap();
    let findings: Vec<Value> = serde_json::from_slice(&done.stdout).unwrap();
    let found = |what: &str| {
        findings.iter().find(|finding| finding["what"] == what).unwrap_or_else(|| panic!("{what}"))
    };
    assert_eq!(found("shared memory")["state"], "ok");
    assert_eq!(found("services")["found"], "2 in 1 processes");
    assert_eq!(found("HMSFFI_DOMIAN")["state"], "weak", "it is misspelt");
    let directory = domain.folder.path().join("hmsffi/tests");
    assert!(found("domain directory")["found"].as_str().unwrap().starts_with(directory.to_str().unwrap()));
    for what in ["library", "CPUs", "open files", "futex_waitv", "Python", "Node.js", "Rust"] {
        assert!(found(what)["found"].is_string());
    }
    assert_eq!(done.status.code(), Some(0));
    assert!(domain.hms(&["doctor"]).ok().contains("shared memory"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let domain = Domain::new();
    let _services = domain.serve();
    let line = format!("'{HMS}' stream flow count 100000 | head -n 1; echo ${{PIPESTATUS[0]}}");
    let done = domain.command("bash").args(["-c", &line]).output().unwrap();
    assert_eq!((&*done.stdout, &*done.stderr), (&b"1\n0\n"[..], &b""[..]));
}
