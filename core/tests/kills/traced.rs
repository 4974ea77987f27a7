//! Processes that run one instruction, or one call of the system, at a time.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

/// What a traced process raises where the part begins that is of interest, and where it ends.
const MARK: Signal = Signal::SIGUSR1;
/// A process that may have nothing to do, and makes no call of the system for so long, has nothing to do.
const QUIET: Duration = Duration::from_millis(300);
/// Longer than any instruction or call of the system may take.
const HANG: Duration = Duration::from_secs(20);

/// Says to the tracer that the part of interest begins or ends. Without a tracer it ends the process.
pub fn mark() {
    raise(MARK).expect("a signal");
}

/// Whether a process may trace its children here. If not, that is said.
pub fn is_allowed() -> bool {
    // SAFETY: the child makes one call of the system and ends without handlers.
    let ends = match unsafe { fork() }.expect("fork") {
        ForkResult::Child => {
            let is_refused = ptrace::traceme().is_err();
            // SAFETY: ends the child.
            unsafe { libc::_exit(i32::from(is_refused)) }
        }
        ForkResult::Parent { child } => waitpid(child, None).expect("wait"),
    };
    let is_allowed = matches!(ends, WaitStatus::Exited(_, 0));
    if !is_allowed {
        eprintln!("NOT TESTED: ptrace is forbidden here, so no process is killed step by step");
    }
    is_allowed
}

/// What a step of a traced process came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It has taken it.
    Taken,
    /// It sleeps in the middle of it.
    Asleep,
    /// The part of interest is over.
    Over,
}

/// A forked child that does something one instruction at a time. Killed when it is dropped.
pub struct Stepped {
    pid: Pid,
    is_over: bool,
}

impl Stepped {
    /// A child that is about to do this. It must need nothing that another thread may hold.
    pub fn fork(act: impl FnOnce()) -> Stepped {
        // SAFETY: promised by the caller; it ends without handlers.
        match unsafe { fork() }.expect("fork") {
            ForkResult::Child => {
                ptrace::traceme().expect("a tracer");
                mark();
                let acted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
                if acted.is_ok() {
                    mark();
                }
                // SAFETY: ends the child.
                unsafe { libc::_exit(1) }
            }
            ForkResult::Parent { child } => {
                let began = waitpid(child, None).expect("wait");
                assert_eq!(began, WaitStatus::Stopped(child, MARK));
                Stepped { pid: child, is_over: false }
            }
        }
    }

    /// Lets it take one step, in which it does not sleep.
    pub fn step(&mut self) -> Step {
        ptrace::step(self.pid, None).expect("a step");
        self.wake()
    }

    /// Lets it take one step, in the middle of which it may sleep.
    pub fn step_or_sleep(&mut self) -> Step {
        ptrace::step(self.pid, None).expect("a step");
        let begun = Instant::now();
        loop {
            match waitpid(self.pid, Some(WaitPidFlag::WNOHANG)).expect("wait") {
                WaitStatus::StillAlive if sleeps(self.pid) => return Step::Asleep,
                WaitStatus::StillAlive => std::thread::yield_now(),
                status => return taken(status),
            }
            assert!(begun.elapsed() < HANG, "the victim takes no step");
        }
    }

    /// Waits for the end of a step in the middle of which it slept.
    pub fn wake(&mut self) -> Step {
        taken(waitpid(self.pid, None).expect("wait"))
    }

    /// Kills it, and waits until it is gone.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if !std::mem::replace(&mut self.is_over, true) {
            let _ = kill(self.pid, Signal::SIGKILL);
            while !matches!(waitpid(self.pid, None), Ok(WaitStatus::Signaled(..)) | Err(Errno::ECHILD)) {}
        }
    }
}

impl Drop for Stepped {
    fn drop(&mut self) {
        self.end();
    }
}

fn taken(status: WaitStatus) -> Step {
    match status {
        WaitStatus::Stopped(_, Signal::SIGTRAP) => Step::Taken,
        WaitStatus::Stopped(_, MARK) => Step::Over,
        other => panic!("the victim: {other:?}"),
    }
}

/// Whether a thread waits in the kernel for something to happen.
fn sleeps(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
}

/// A process all of whose threads stop before and after each call of the system, from its first mark on.
/// To be used on the thread that has started it, which must have no other children.
pub struct Watched {
    process: Pid,
    /// Its threads that have not yet been told to go on.
    stopped: Vec<(Pid, Option<Signal>)>,
}

/// Where a process is before or after a call of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// What is called with what; none after the call.
    pub call: Option<(u64, [u64; 6])>,
}

impl Watched {
    /// Starts it and lets it run to its first mark.
    pub fn start(command: &mut Command) -> (Watched, Child) {
        // SAFETY: one call of the system.
        let command = unsafe { command.pre_exec(|| ptrace::traceme().map_err(io::Error::from)) };
        let child = command.spawn().expect("a process");
        let process = Pid::from_raw(child.id() as i32);
        let began = waitpid(process, None).expect("wait");
        assert_eq!(began, WaitStatus::Stopped(process, Signal::SIGTRAP), "at its first instruction");
        let options =
            Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL;
        ptrace::setoptions(process, options).expect("options");
        let mut watched = Watched { process, stopped: Vec::new() };
        ptrace::cont(process, None).expect("go on");
        loop {
            let (thread, signal) = match next(|| false).expect("its mark") {
                WaitStatus::Stopped(thread, MARK) => {
                    watched.stopped.push((thread, None));
                    return (watched, child);
                }
                status => passing(status).unwrap_or_else(|status| panic!("before its mark: {status:?}")),
            };
            let _ = ptrace::cont(thread, signal);
        }
    }

    /// Lets it run to its next call of the system, or to the end of one. `None` = it has ended, or has reached its next
    /// mark, or it does nothing and `is_idle` says that it has nothing to do.
    pub fn next(&mut self, is_idle: impl Fn() -> bool) -> Option<Stop> {
        loop {
            for (thread, signal) in self.stopped.drain(..) {
                // Gone if the process ends meanwhile.
                let _ = ptrace::syscall(thread, signal);
            }
            let status = next(&is_idle)?;
            match status {
                WaitStatus::PtraceSyscall(thread) => {
                    self.stopped.push((thread, None));
                    return Some(Stop { call: entered(thread) });
                }
                WaitStatus::Stopped(_, MARK) => return None,
                WaitStatus::Exited(process, _) | WaitStatus::Signaled(process, ..)
                    if process == self.process =>
                {
                    return None;
                }
                status => self.stopped.extend(passing(status).ok()),
            }
        }
    }

    /// Kills it, and waits until all its threads are gone.
    pub fn kill(self) {
        let _ = kill(self.process, Signal::SIGKILL);
        while next(|| false).is_some() {}
    }
}

/// What a thread calls, if it is about to.
fn entered(thread: Pid) -> Option<(u64, [u64; 6])> {
    let info = ptrace::syscall_info(thread).ok()?;
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return None;
    }
    // SAFETY: as `op` says.
    let entry = unsafe { info.u.entry };
    Some((entry.nr, entry.args))
}

/// The next that happens to a child of this thread; `None` = there is none, or nothing happens and nothing will.
fn next(is_idle: impl Fn() -> bool) -> Option<WaitStatus> {
    let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
    let begun = Instant::now();
    loop {
        match waitpid(None, Some(flags | WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => {}
            Ok(status) => return Some(status),
            Err(Errno::ECHILD) => return None,
            Err(e) => panic!("wait: {e}"),
        }
        if begun.elapsed() > QUIET && is_idle() {
            return None;
        }
        assert!(begun.elapsed() < HANG, "nothing happens to the victim");
        std::thread::yield_now();
    }
}

/// A thread that has stopped for something that is of no interest, and the signal that it is to get.
fn passing(status: WaitStatus) -> Result<(Pid, Option<Signal>), WaitStatus> {
    match status {
        // That of a new thread, which it does not expect.
        WaitStatus::Stopped(thread, Signal::SIGSTOP) => Ok((thread, None)),
        WaitStatus::Stopped(thread, signal) => Ok((thread, Some(signal))),
        WaitStatus::PtraceEvent(thread, ..) | WaitStatus::PtraceSyscall(thread) => Ok((thread, None)),
        other => Err(other),
    }
}
