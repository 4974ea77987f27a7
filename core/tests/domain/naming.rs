//! Which domain, and where it is.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use hmsffi_core::domain::Domain;
use hmsffi_core::error::Code;

use super::{base, mode, names};
use crate::process::{again, role};

#[test]
fn names_are_checked() {
    for good in ["a", "default", "Team-1_x.y", &"n".repeat(32)] {
        assert_eq!(Domain::named(good).expect(good).name(), good);
    }
    for bad in ["", ".", "..", ".hidden", "a/b", "a b", "ä", "a\0", &"n".repeat(33)] {
        let refused = Domain::named(bad).expect_err(bad);
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(Domain::within("/nowhere", bad).expect_err(bad), refused);
    }
}

#[test]
fn the_environment_says_which_domain_and_where() {
    if let Some(expected) = role() {
        let found = Domain::from_env().map(|domain| domain.map(|domain| domain.directory()));
        let expected = expected.to_str().expect("text");
        return assert!(format!("{found:?}").contains(expected), "{found:?}");
    }
    // SAFETY: asks for a number.
    let uid = unsafe { libc::geteuid() };
    let cases = [
        (Some("/run/x"), None, r#"Ok(Some("/run/x/hmsffi/default"))"#.to_owned()),
        (Some("/run/x"), Some("team"), r#"Ok(Some("/run/x/hmsffi/team"))"#.to_owned()),
        (Some("/run/x"), Some(""), "Ok(None)".to_owned()),
        (Some("/run/x"), Some("a/b"), "HMSFFI_DOMAIN: 'a/b'".to_owned()),
        (None, None, format!(r#"Ok(Some("/var/x/hmsffi-{uid}/default"))"#)),
        (Some(""), None, format!(r#"Ok(Some("/var/x/hmsffi-{uid}/default"))"#)),
        (Some("not/absolute"), None, format!(r#"Ok(Some("/var/x/hmsffi-{uid}/default"))"#)),
    ];
    for (runtime, named, expected) in cases {
        let mut command = again("naming::the_environment_says_which_domain_and_where", &expected);
        command.env("TMPDIR", "/var/x").env_remove("XDG_RUNTIME_DIR").env_remove("HMSFFI_DOMAIN");
        command.envs(runtime.map(|value| ("XDG_RUNTIME_DIR", value)));
        command.envs(named.map(|value| ("HMSFFI_DOMAIN", value)));
        assert!(command.status().expect("run").success(), "not as expected: {expected}");
    }
}

#[test]
fn the_temporary_folder_serves_without_a_runtime_directory() {
    if role().is_some() {
        let domain = Domain::named("test").expect("a domain");
        let claim = domain.claim().expect("claim");
        assert_eq!(names(&domain), [claim.name()]);
        return assert_eq!(mode(domain.directory().parent().expect("parent")), 0o700);
    }
    let base = base();
    // As `/tmp` is: everybody may write, and nobody but the owner removes.
    fs::set_permissions(base.path(), Permissions::from_mode(0o1777)).expect("chmod");
    let mut command = again("naming::the_temporary_folder_serves_without_a_runtime_directory", "");
    command.env("TMPDIR", base.path()).env_remove("XDG_RUNTIME_DIR");
    assert!(command.status().expect("run").success());
}
