//! A watch tells when processes come or go.

use std::fs;

use super::dying::claimant;
use super::{base, domain, names};
use crate::process::readable;

#[test]
fn a_watch_sees_coming_and_going() {
    let base = base();
    let domain = domain(base.path());
    let watch = domain.watch().expect("watch");
    assert!(!watch.drain().expect("drain"));

    let claim = domain.claim().expect("claim");
    readable(&watch);
    assert!(watch.drain().expect("drain"));
    assert!(!watch.drain().expect("drain"), "told twice");

    fs::write(domain.directory().join("notes.txt"), "of somebody").expect("write");
    names(&domain);
    assert!(!watch.drain().expect("drain"), "nothing came or went");

    drop(claim);
    readable(&watch);
    assert!(watch.drain().expect("drain"));
}

#[test]
fn a_watch_sees_a_killed_process_go() {
    let base = base();
    let (mut child, watch) = claimant(base.path());
    watch.drain().expect("drain");
    crate::process::kill(&mut child);
    readable(&watch);
    assert!(watch.drain().expect("drain"));
    assert_eq!(names(&domain(base.path())), [""; 0]);
}

#[test]
fn a_watch_goes_on_when_the_directory_is_made_anew() {
    let base = base();
    let domain = domain(base.path());
    let watch = domain.watch().expect("watch");
    fs::remove_dir(domain.directory()).expect("remove");
    readable(&watch);
    assert!(watch.drain().expect("drain"));
    let claim = domain.claim().expect("claim");
    readable(&watch);
    assert!(watch.drain().expect("drain"));
    assert_eq!(names(&domain), [claim.name()]);
}
