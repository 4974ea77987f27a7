//! The examples of the README do what it says.

mod support;

use std::{env, fs};

use support::{Domain, HMS, has, python};

const README: &str = include_str!("../README.md");

/// The contents of the first block in this language.
fn block(language: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("```{language}\n")).expect(language);
    rest.split_once("```").expect("the end of the block").0
}

/// Numbers of processes differ, and with them the width of columns.
fn comparable(text: &str) -> Vec<String> {
    let word = |word: &str| {
        if word.len() > 2 && word.bytes().all(|c| c.is_ascii_digit()) { "4127" } else { word }.to_owned()
    };
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<String> = line.split_whitespace().map(|one| word(one.trim_end_matches(':'))).collect();
        lines.push(words.join(" "));
    }
    lines
}

#[test]
fn examples_print_what_the_readme_says() {
    if !has("python") {
        return;
    }
    let domain = Domain::new();
    fs::write(domain.folder.path().join("service.py"), block("python")).unwrap();
    let folders = [python(), HMS.into()].map(|program| program.parent().expect("a folder").to_owned());
    let inherited = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(folders.into_iter().chain(env::split_paths(&inherited))).unwrap();

    let mut run = domain.start(domain.command(HMS).env("PATH", &path).args(["run", "service.py"]));
    assert!(run.line().starts_with("greet 1.2.0 is hosted by process "));
    let mut shown = 0;
    for example in block("console").split_terminator("$ ").filter(|example| !example.is_empty()) {
        let (command, expected) = example.split_once('\n').expect("a command and what it prints");
        let done = domain
            .command("sh")
            .env("PATH", &path)
            .args(["-c", &format!("{command} 2>&1")])
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&done.stdout);
        assert_eq!(comparable(&printed), comparable(expected), "{command}");
        shown += 1;
    }
    assert!(shown >= 9, "{shown}");
    run.signal("TERM");
    run.end();
}
