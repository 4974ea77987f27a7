//! Processes of one user, or of a group, find each other in a directory.
#![cfg(target_os = "linux")]

mod process;

#[path = "domain/claiming.rs"]
mod claiming;
#[path = "domain/dying.rs"]
mod dying;
#[path = "domain/naming.rs"]
mod naming;
#[path = "domain/refusing.rs"]
mod refusing;
#[path = "domain/sharing.rs"]
mod sharing;
#[path = "domain/watching.rs"]
mod watching;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use hmsffi_core::domain::Domain;
use tempfile::TempDir;

fn base() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn domain(base: &Path) -> Domain {
    Domain::within(base, "test").expect("a domain")
}

fn files(domain: &Domain) -> Vec<String> {
    let listed = fs::read_dir(domain.directory()).expect("the directory");
    let mut names: Vec<_> =
        listed.map(|file| file.expect("a file").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

fn names(domain: &Domain) -> Vec<String> {
    domain.entries().expect("entries").iter().map(|entry| entry.name().to_owned()).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o7777
}
