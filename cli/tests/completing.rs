//! Shell completion knows services and methods.

mod support;

use support::{Domain, HMS};

fn offered(domain: &Domain, line: &[&str]) -> Vec<String> {
    let mut words = vec!["__complete", "--"];
    words.extend(line);
    let done = domain.hms(&words);
    done.ok().lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn commands_services_and_methods_are_offered() {
    let domain = Domain::new();
    let _services = domain.serve();
    assert_eq!(offered(&domain, &["hms", "ca"]), ["call"]);
    assert_eq!(offered(&domain, &["hms", "call", "g"]), ["greet"]);
    assert_eq!(offered(&domain, &["hms", "info", "f"]), ["flow"]);
    assert_eq!(offered(&domain, &["hms", "stu"]), ["stubs"]);
    assert_eq!(offered(&domain, &["hms", "stubs", "--lang", "go", "f"]), ["flow"]);
    assert_eq!(offered(&domain, &["hms", "stubs", "--lang", "py"]), ["python"]);
    assert_eq!(offered(&domain, &["hms", "call", "greet", "h"]), ["hello"]);
    assert_eq!(offered(&domain, &["hms", "stream", "--timeout", "5s", "flow", "t"]), ["total"]);
    assert_eq!(offered(&domain, &["hms", "be"]), ["bench"]);
    assert_eq!(offered(&domain, &["hms", "de"]), ["demo"]);
    assert_eq!(offered(&domain, &["hms", "bench", "greet", "h"]), ["hello"]);
    assert_eq!(offered(&domain, &["hms", "bench", "greet.echo", "--against", "greet.h"]), ["greet.hello"]);
    assert_eq!(offered(&domain, &["hms", "--domain", "elsewhere", "call", "g"]), [""; 0]);
    assert!(offered(&domain, &["hms", "call", "--time"]).contains(&"--timeout".to_owned()));
    assert!(!offered(&domain, &["hms", ""]).contains(&"__complete".to_owned()));
}

#[test]
fn the_script_of_bash_asks_for_them() {
    let domain = Domain::new();
    let _services = domain.serve();
    let folder = std::path::Path::new(HMS).parent().unwrap().display();
    let script = format!(
        "PATH='{folder}':$PATH; source <(hms completion bash) || exit; \
         COMP_WORDS=(hms call greet he); COMP_CWORD=3; _hms; echo \"${{COMPREPLY[@]}}\"; complete -p hms"
    );
    let done = domain.command("bash").args(["-c", &script]).output().unwrap();
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(out.lines().next(), Some("hello"), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(out.contains("-F _hms hms"));
    for shell in ["zsh", "fish"] {
        assert!(domain.hms(&["completion", shell]).ok().contains("__complete"));
        let described = domain.hms(&["completion", shell, "--json"]).json();
        assert!(described["script"].as_str().unwrap().contains("__complete"));
    }
}

#[test]
fn every_command_has_an_example() {
    let domain = Domain::new();
    let help = domain.hms(&["--help"]);
    let listed =
        help.ok().lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> = listed
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() >= 12, "{commands:?}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let help = domain.hms(&[command, "--help"]);
        assert!(help.ok().contains(&format!("hms {command}")) && help.out.contains("Example"), "{command}");
    }
}
