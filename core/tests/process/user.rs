//! Other users, for tests that run as root.

/// Whether this process can become another user.
pub fn can_change() -> bool {
    // SAFETY: asks for a number.
    unsafe { libc::geteuid() == 0 }
}

/// Makes this process one of another user for good, with a group of its own and these.
pub fn become_user(uid: u32, groups: &[u32]) {
    // SAFETY: the list is as long as it is said to be; all threads of the process change.
    let done = unsafe {
        libc::setgroups(groups.len(), groups.as_ptr()) == 0
            && libc::setgid(uid) == 0
            && libc::setuid(uid) == 0
    };
    assert!(done, "cannot become user {uid}: {}", std::io::Error::last_os_error());
}
