//! The domain: where processes find each other.

use std::env;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Finding, State};
use crate::failure::Failure;
use crate::services;

pub fn findings() -> Vec<Finding> {
    let name = env::var("HMSFFI_DOMAIN").unwrap_or_else(|_| "default".into());
    if name.is_empty() {
        return vec![
            Finding::new(
                "domain",
                State::Weak,
                "none: HMSFFI_DOMAIN is empty, so that no other process is seen",
            )
            .advise("unset HMSFFI_DOMAIN"),
        ];
    }
    vec![Finding::ok("domain", name.clone()), directory(&folder().join(name)), reachable()]
}

/// Where domains are: what `core/src/domain/directory.rs` chooses.
fn folder() -> PathBuf {
    match env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute()) {
        Some(root) => root.join("hmsffi"),
        None => env::temp_dir().join(format!("hmsffi-{}", rustix::process::geteuid().as_raw())),
    }
}

fn directory(path: &Path) -> Finding {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(found) => {
            let mode = found.permissions().mode() & 0o7777;
            Finding::ok("domain directory", format!("{shown}, mode {mode:04o}, user {}", found.uid()))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Finding::ok("domain directory", format!("{shown}, made by the first process that needs it"))
        }
        Err(e) => Finding::new("domain directory", State::Broken, format!("{shown}: {e}")),
    }
}

/// What a client sees: the library itself says what is wrong with the directory.
fn reachable() -> Finding {
    let listed = services::client().and_then(|client| services::listed(&*client, "*", false));
    match listed {
        Ok(found) => {
            let mut pids: Vec<u32> = found.iter().flat_map(services::pids).collect();
            pids.sort_unstable();
            pids.dedup();
            Finding::ok("services", format!("{} in {} processes", found.len(), pids.len()))
        }
        Err(Failure::Call(error)) => Finding::new("services", State::Broken, error.message),
        Err(other) => Finding::new("services", State::Broken, format!("{other:?}")),
    }
}
