//! A process that registers schemas is killed at any moment: what it acknowledged is in the file.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{count, numbered, opened};
use crate::process::{again, kill, role};

const TEST: &str = "killed::what_was_acknowledged_outlives_a_killed_process";

/// Registers versions without an end, and tells each that was acknowledged.
fn register(path: &Path) {
    let schemas = opened(path);
    let mut told = std::fs::OpenOptions::new().append(true).open("/proc/self/fd/2").expect("standard error");
    for title in count(&schemas, "a").. {
        schemas.register(numbered("a", title)).expect("registered");
        writeln!(told, "acknowledged {}", title + 1).expect("told");
    }
}

#[test]
fn what_was_acknowledged_outlives_a_killed_process() {
    if let Some(path) = role() {
        return register(Path::new(&path));
    }
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("schemas");
    let mut acknowledged = 0;
    for round in 0..20 {
        let mut child = again(TEST, &path).stderr(Stdio::piped()).spawn().expect("another process");
        let mut told = BufReader::new(child.stderr.take().expect("standard error")).lines();
        let mut next = || told.next().map(|line| line.expect("text"));
        let mut hear = |line: Option<String>| {
            let number = line.as_deref().and_then(|line| line.strip_prefix("acknowledged "));
            acknowledged = number.map_or(acknowledged, |number| number.parse().expect("number"));
        };
        hear(next());
        // Not always at the same point of a commit.
        let until = Instant::now() + Duration::from_micros(700 * round);
        while Instant::now() < until {
            hear(next());
        }
        kill(&mut child);
        while let Some(line) = next() {
            hear(Some(line));
        }
        let schemas = opened(&path);
        let kept = count(&schemas, "a");
        // One more may have been written and not yet told.
        assert!(kept == acknowledged || kept == acknowledged + 1, "{acknowledged} acknowledged, {kept} kept");
        for number in 1..=kept {
            let schema = schemas.get(&format!("a@{number}"), false).expect("version");
            assert_eq!(schema.metadata["title"], (number - 1).to_string());
        }
    }
    assert!(acknowledged >= 20);
    eprintln!("{acknowledged} registrations, 20 processes killed");
}
