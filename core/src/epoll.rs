//! Waiting for one of several descriptors, by a system call with all of its arguments: rustix leaves the last one unset where there
//! is no signal mask, which valgrind reports.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

/// Events that are fetched at once.
const MOST: usize = 64;

/// The numbers of what is ready, some of it if it is much. Waits at most this long (`None` = for ever) for the first.
pub fn wait(poll: BorrowedFd<'_>, timeout: Option<Duration>) -> io::Result<impl Iterator<Item = u64>> {
    let mut events = [const { MaybeUninit::<libc::epoll_event>::uninit() }; MOST];
    let mut count = fetch(poll, &mut events, timeout);
    // Refused by sandboxes that do not know it.
    if count.as_ref().is_err_and(|e| matches!(e.raw_os_error(), Some(libc::ENOSYS | libc::EPERM))) {
        count = fetch_by_milliseconds(poll, &mut events, timeout);
    }
    let count = count?;
    // SAFETY: the kernel wrote so many.
    Ok(events.into_iter().take(count).map(|event| unsafe { event.assume_init() }.u64))
}

type Events = [MaybeUninit<libc::epoll_event>; MOST];

fn fetch(poll: BorrowedFd<'_>, events: &mut Events, timeout: Option<Duration>) -> io::Result<usize> {
    let timeout = timeout.map(|timeout| libc::timespec {
        tv_sec: timeout.as_secs() as libc::time_t,
        tv_nsec: timeout.subsec_nanos().into(),
    });
    // SAFETY: room for so many events, a time that may be null, no signal mask.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            poll.as_raw_fd(),
            events.as_mut_ptr(),
            MOST,
            timeout.as_ref().map_or(ptr::null(), ptr::from_ref),
            ptr::null::<libc::sigset_t>(),
            0_usize,
        )
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// The same for kernels that only know milliseconds: longer than asked for, never shorter.
fn fetch_by_milliseconds(
    poll: BorrowedFd<'_>,
    events: &mut Events,
    timeout: Option<Duration>,
) -> io::Result<usize> {
    let up = |timeout: Duration| i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
    // SAFETY: room for so many events, no signal mask.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait,
            poll.as_raw_fd(),
            events.as_mut_ptr(),
            MOST as i32,
            timeout.map_or(-1, up),
            ptr::null::<libc::sigset_t>(),
            0_usize,
        )
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::time::Instant;

    use rustix::event::{EventfdFlags, epoll, eventfd};

    use super::*;

    #[test]
    fn who_waits_by_milliseconds_waits_no_less_and_finds_the_same() {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("epoll");
        let mut events = [const { MaybeUninit::uninit() }; MOST];
        let began = Instant::now();
        let least = Duration::from_micros(1_500);
        assert_eq!(fetch_by_milliseconds(poll.as_fd(), &mut events, Some(least)).expect("none"), 0);
        assert!(began.elapsed() >= least);

        let bell = eventfd(1, EventfdFlags::CLOEXEC).expect("eventfd");
        epoll::add(&poll, &bell, epoll::EventData::new_u64(7), epoll::EventFlags::IN).expect("add");
        assert_eq!(fetch_by_milliseconds(poll.as_fd(), &mut events, None).expect("one"), 1);
        // SAFETY: the kernel wrote one.
        let number = unsafe { events[0].assume_init() }.u64;
        assert_eq!(number, 7);
    }
}
