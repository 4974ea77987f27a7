//! `hms run` hosts components and files of other languages.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{Domain, has, python, target};

const SERVICE: &str = r#"
import signal, sys, hmsffi

server = hmsffi.create_server("words")
server.register_method("words", "arguments", lambda _: sys.argv[1:])
server.start()
got = signal.sigwait([signal.SIGTERM, signal.SIGINT])
server.stop()
sys.exit(got)
"#;

#[test]
fn a_python_file_runs_as_a_process_of_its_own_and_gets_signals() {
    if !has("python") {
        return;
    }
    let domain = Domain::new();
    let file = domain.folder.path().join("words.py");
    let blocked = format!("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [2, 15])\n{SERVICE}");
    fs::write(&file, blocked).unwrap();
    for (name, number) in [("TERM", 15), ("INT", 2)] {
        let interpreter = python();
        let words =
            ["run", "--json", "--interpreter", interpreter.to_str().unwrap(), "words.py", "--port", "80"];
        let mut run = domain.start_hms(&words);
        let hosted: Value = serde_json::from_str(&run.line()).unwrap();
        assert_eq!((&hosted["service"], &hosted["methods"]), (&json!("words"), &json!(["arguments"])));
        assert_ne!(hosted["pid"], json!(run.pid()));
        assert_eq!(domain.hms(&["call", "words", "arguments"]).ok(), "[\"--port\",\"80\"]\n");
        run.signal(name);
        assert_eq!(run.end().0, Some(number), "the exit code is that of the file");
    }
}

#[test]
fn the_file_ends_with_hms() {
    if !has("python") {
        return;
    }
    let domain = Domain::new();
    fs::write(domain.folder.path().join("words.py"), SERVICE).unwrap();
    let interpreter = python();
    let mut run = domain.start_hms(&["run", "--interpreter", interpreter.to_str().unwrap(), "words.py"]);
    assert!(run.line().starts_with("words 1.0.0 is hosted by process "));
    run.signal("KILL");
    // Reads to the end of the pipe, which the child holds too.
    assert_eq!(run.end(), (None, String::new()));
}

#[test]
fn a_component_is_hosted_until_it_is_stopped() {
    if !has("rust") {
        return;
    }
    let domain = Domain::new();
    let component = target().join("components/rust.so");
    let mut run = domain.start_hms(&["run", "--json", component.to_str().unwrap()]);
    let hosted: Value = serde_json::from_str(&run.line()).expect("make components builds it");
    assert_eq!(hosted["pid"], run.pid());
    let described = domain.hms(&["info", hosted["service"].as_str().unwrap(), "--json"]).json();
    assert_eq!(described["pids"], json!([run.pid()]));
    run.signal("INT");
    assert_eq!(run.end().0, Some(0));
}

#[test]
fn what_cannot_be_run_says_why() {
    let domain = Domain::new();
    assert!(domain.hms(&["run", "missing.py"]).failed(2).contains("no file 'missing.py'"));
    fs::write(domain.folder.path().join("notes.txt"), "").unwrap();
    assert!(domain.hms(&["run", "notes.txt"]).failed(2).contains("--interpreter"));
    assert!(
        domain
            .hms(&["run", "--interpreter", "no-such-program", "notes.txt"])
            .failed(1)
            .contains("no-such-program")
    );
    fs::write(domain.folder.path().join("bad.so"), "x").unwrap();
    assert!(domain.hms(&["run", "bad.so"]).failed(1).starts_with("INVALID_ARGUMENT (3): "));
    let ended = domain.hms(&["run", "--interpreter", "sh", "notes.txt"]);
    assert_eq!(ended.ok(), "");
}
