//! Where processes of one user, or of a group, find each other: a directory with a socket for each process that serves.
//!
//! A process claims a random name of 64 bits: a lock file, held for as long as it lives, and beside it the socket.
//! The lock is there before the socket and goes after it, and the kernel lets it go when the process dies, so a
//! name whose lock nobody holds is stale and whoever sees it removes it. No name is ever used again.
//!
//! The system calls come from `rustix`: it is maintained, was in the tree already, and leaves next to no `unsafe` here.

mod access;
mod claim;
mod directory;
mod entry;
mod failure;
mod listener;
mod listing;
mod watch;

use std::env;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::net;

use crate::error::{Error, Result};
use crate::shm::control::Credentials;
use directory::{Directory, Place};
use entry::Role;
use failure::failed;

pub use claim::Claim;
pub use entry::Entry;
pub use watch::Watch;

/// Names the domain of a process, or its directory; set to nothing, it belongs to none.
pub const VARIABLE: &str = "HMSFFI_DOMAIN";

const DEFAULT: &str = "default";
const LONGEST_NAME: usize = 32;

/// Processes that see each other: those of one user, or of the group that a directory lets in.
#[derive(Debug, Clone)]
pub struct Domain {
    name: String,
    place: Place,
}

impl Domain {
    /// The domain with this name, or with this directory when it is an absolute path. Looks at the environment, not at the
    /// file system.
    pub fn named(name: &str) -> Result<Domain> {
        if Path::new(name).is_absolute() {
            return Ok(Domain { name: name.to_owned(), place: Place::Given(name.into()) });
        }
        let name = checked(name)?;
        Ok(Domain { place: Place::from_env(name.clone()), name })
    }

    /// The domain with this name below `base`, in place of the directory that the environment says.
    pub fn within(base: impl Into<PathBuf>, name: &str) -> Result<Domain> {
        let name = checked(name)?;
        Ok(Domain { place: Place::private(base.into(), name.clone()), name })
    }

    /// The domain that `HMSFFI_DOMAIN` names: `default` when it is not set, none when it is empty.
    pub fn from_env() -> Result<Option<Domain>> {
        let Some(name) = env::var_os(VARIABLE) else { return Domain::named(DEFAULT).map(Some) };
        if name.is_empty() {
            return Ok(None);
        }
        let named = Domain::named(&name.to_string_lossy());
        named.map(Some).map_err(|e| Error::new(e.code(), format!("{VARIABLE}: {}", e.message())))
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its processes meet. It may not exist yet.
    pub fn directory(&self) -> PathBuf {
        self.place.path()
    }

    /// Opens a socket that the other processes of the domain find. Makes the directory where it is missing.
    pub fn claim(&self) -> Result<Claim> {
        Claim::new(self.make()?)
    }

    /// The processes that are there now. Removes what dead ones left behind.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        match self.open()? {
            Some(directory) => listing::entries(&directory),
            None => Ok(Vec::new()),
        }
    }

    /// A connection to a process, non-blocking. UNAVAILABLE when it does not listen.
    pub fn connect(&self, entry: &Entry) -> Result<OwnedFd> {
        let unreachable = |why: &str| {
            let name = &self.name;
            Error::unavailable(format!("process {entry} of domain '{name}' cannot be reached: {why}"))
        };
        let Some(directory) = self.open()? else { return Err(unreachable("its directory is gone")) };
        let file = entry.file(Role::Socket);
        let failure = |e| failed("cannot connect to", &directory.path.join(&file), e);
        let socket = socket().map_err(failure)?;
        match net::connect(&socket, &directory.address(&file)?) {
            Ok(()) if !listener::ended(&socket) => Ok(socket),
            Ok(()) => {
                Err(unreachable("it ended. A child that it forked keeps its socket open: end that too"))
            }
            Err(Errno::NOENT | Errno::CONNREFUSED) => Err(unreachable("it ended. Start it again")),
            Err(Errno::AGAIN) => Err(unreachable("too many wait for it to accept them; try again")),
            Err(e) => Err(failure(e)),
        }
    }

    /// Refuses a process that may not be in the domain: one of another user, unless the directory lets its group in.
    pub fn admit(&self, connection: BorrowedFd<'_>, from: &Credentials) -> Result<()> {
        let gone = || Error::unavailable(format!("the directory of domain '{}' is gone", self.name));
        self.open()?.ok_or_else(gone)?.access.admit(connection, from)
    }

    /// Tells when processes come or go. Makes the directory where it is missing.
    pub fn watch(&self) -> Result<Watch> {
        Watch::new(self.clone())
    }

    fn open(&self) -> Result<Option<Directory>> {
        Directory::open(&self.place)
    }

    fn make(&self) -> Result<Directory> {
        Directory::make(&self.place)
    }
}

/// A socket for packets, as both sides need it.
fn socket() -> rustix::io::Result<OwnedFd> {
    use net::{AddressFamily, SocketFlags, SocketType};
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
}

fn checked(name: &str) -> Result<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && name.len() <= LONGEST_NAME && !name.starts_with('.') && name.chars().all(fits) {
        return Ok(name.to_owned());
    }
    Err(Error::invalid(format!(
        "'{}' cannot name a domain: it takes 1 to {LONGEST_NAME} of the letters a-z and A-Z, digits, '-', '_' and '.', \
         and does not begin with '.'. The path of a directory begins with '/'",
        name.escape_debug()
    )))
}
