//! Directories that are not safe are refused, with what mends them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use hmsffi_core::domain::Domain;
use hmsffi_core::error::{Code, Error};

use super::{base, domain};

fn refusal(domain: &Domain) -> Error {
    let refused = domain.claim().expect_err("a refusal");
    for other in [domain.entries().map(drop), domain.watch().map(drop)] {
        assert_eq!(other.expect_err("the same refusal"), refused);
    }
    refused
}

#[test]
fn a_directory_that_others_can_write_to_is_refused() {
    let base = base();
    let domain = domain(base.path());
    drop(domain.claim().expect("claim"));
    let directory = domain.directory();
    for level in [&*directory, directory.parent().expect("parent"), base.path()] {
        for open in [0o777, 0o720, 0o702] {
            fs::set_permissions(level, Permissions::from_mode(open)).expect("chmod");
            let refused = refusal(&domain);
            assert_eq!(refused.code(), Code::FailedPrecondition);
            assert!(refused.message().contains(&format!("chmod 700 '{}'", level.display())), "{refused}");
        }
        fs::set_permissions(level, Permissions::from_mode(0o700)).expect("chmod");
    }
    domain.claim().expect("mended as it was told");
}

#[test]
fn what_is_no_directory_is_refused() {
    let base = base();
    let domain = domain(base.path());
    let folder = base.path().join("hmsffi");
    fs::create_dir(base.path().join("elsewhere")).expect("folder");
    for put in [|at: &Path| symlink("elsewhere", at), |at: &Path| fs::write(at, "")] {
        put(&folder).expect("something in the way");
        let refused = refusal(&domain);
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.message().contains(&format!("mv '{}'", folder.display())), "{refused}");
        fs::remove_file(&folder).expect("remove");
    }
}

#[test]
fn a_directory_of_another_user_is_refused() {
    let base = base();
    let domain = domain(base.path());
    drop(domain.claim().expect("claim"));
    if std::os::unix::fs::chown(domain.directory(), Some(12345), None).is_err() {
        return eprintln!(
            "refusing::a_directory_of_another_user_is_refused: only root can give a directory away"
        );
    }
    let refused = refusal(&domain);
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("belongs to user 12345"), "{refused}");
}
