//! No name is left by a process that ends, however it ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use hmsffi_core::shm::segment::{Backend, OwnSegment, PeerSegment, Purpose, Received, sweep};

use super::RING;
use super::process::{alone, passes, role, start};

/// The file of the name in a ticket.
fn path(ticket: &str) -> String {
    format!("/dev/shm{}", ticket.split(' ').next().unwrap())
}

/// Files of whoever made the name in a ticket.
fn of_creator(ticket: &str) -> usize {
    let of_creator = &path(ticket)[.."/dev/shm/hmsffi-".len() + 8];
    let folder = std::fs::read_dir("/dev/shm").unwrap();
    folder.filter(|file| file.as_ref().unwrap().path().to_str().unwrap().starts_with(of_creator)).count()
}

fn named() -> (OwnSegment, String) {
    let own = OwnSegment::create(Backend::Named, RING, Purpose::Ring).unwrap();
    let text = String::from_utf8(own.ticket().text).unwrap();
    (own, text)
}

#[test]
fn nothing_named_is_left_after_the_last_segment() {
    alone("leaving::nothing_named_is_left_after_the_last_segment", || {
        let (first, text) = named();
        let (second, _) = named();
        assert_eq!(of_creator(&text), 3, "two segments and the lock");
        first.opened_by_peer();
        assert_eq!(of_creator(&text), 2);
        drop(second);
        assert_eq!(of_creator(&text), 0);
        let (_third, text) = named();
        assert_eq!(of_creator(&text), 2, "a new creator");
    });
}

#[test]
fn a_killed_creator_is_swept_and_a_living_one_is_not() {
    const TEST: &str = "leaving::a_killed_creator_is_swept_and_a_living_one_is_not";
    if role().is_some() {
        let (_own, text) = named();
        println!("ticket {text}");
        // Until it is killed.
        std::io::stdin().read_line(&mut String::new()).unwrap();
        panic!("nobody killed it");
    }
    let mut child = start(TEST, "creator", Stdio::piped(), &[]);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.into_iter().find_map(|line| line.split_once("ticket ").map(|(_, text)| text.to_owned()));
    let text = line.unwrap();
    sweep();
    assert!(Path::new(&path(&text)).exists(), "a living one was swept");
    child.kill().unwrap();
    child.wait().unwrap();
    // Another process of these tests may be sweeping just now, and is not done yet.
    let end = Instant::now() + Duration::from_secs(10);
    while of_creator(&text) > 0 && Instant::now() < end {
        sweep();
    }
    assert_eq!(of_creator(&text), 0);
}

#[test]
fn names_of_others_are_not_swept() {
    let others =
        ["hmsffi-readme", "hmsffi-AAAAAAAA", "hms-AAAAAAAAAAAAAAAAAAAAAA", "hmsffi-AAAAAAAA.lock.old"];
    let others = others.map(|name| format!("/dev/shm/{name}.{}", std::process::id()));
    others.iter().for_each(|path| std::fs::write(path, "theirs").unwrap());
    sweep();
    let left = others.each_ref().map(|path| std::fs::remove_file(path).is_ok());
    assert_eq!(left, [true; 4]);
}

fn is_mapped(at: *mut u8) -> bool {
    let mut resident = 0;
    // SAFETY: only asks whether something is mapped there.
    unsafe { libc::mincore(at.cast(), 1, &mut resident) == 0 }
}

/// Maps a page where nothing is mapped.
fn place(at: *mut u8) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
    // SAFETY: replaces nothing.
    unsafe { libc::mmap(at.cast(), 4096, libc::PROT_READ, flags, -1, 0) == at.cast() }
}

#[test]
fn a_forked_child_takes_nothing_from_its_parent() {
    alone("leaving::a_forked_child_takes_nothing_from_its_parent", || {
        let (named, text) = named();
        let sealed = OwnSegment::create(Backend::Memfd, RING, Purpose::Ring).unwrap();
        let view = OwnSegment::create(Backend::Memfd, RING, Purpose::Arena).unwrap();
        super::write(&view, 0, &9_u32.to_le_bytes());
        let arena = super::open(Backend::Memfd, &view, Purpose::Arena).unwrap();
        let len = named.len();
        // SAFETY: the child does little, and ends without handlers.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let refuses = OwnSegment::create(Backend::Memfd, RING, Purpose::Ring).is_err();
            let reads = arena.word(0) == 9;
            let own = [named.as_ptr(), sealed.as_ptr(), view.as_ptr()];
            let absent = own.iter().all(|at| !is_mapped(*at));
            // What the child has mapped there since is its own.
            let placed = own.iter().all(|at| place(*at));
            drop((named, sealed, view, arena));
            let kept = own.iter().all(|at| is_mapped(*at));
            // SAFETY: ends the child.
            unsafe { libc::_exit(i32::from(!(refuses && reads && absent && placed && kept))) };
        }
        let mut status = 0;
        // SAFETY: waits for the child.
        unsafe { libc::waitpid(pid, &mut status, 0) };
        assert_eq!(status, 0, "the child has more, or less, than it may");
        let received = Received { descriptor: None, text: text.as_bytes() };
        assert!(PeerSegment::open(Backend::Named, received, len, Purpose::Ring).is_ok(), "the name is gone");
        super::write(&named, 0, b"still mapped");
    });
}

#[test]
fn the_environment_chooses_the_back_end() {
    const TEST: &str = "leaving::the_environment_chooses_the_back_end";
    match role().as_deref() {
        Some("wrong") => {
            let error = Backend::from_env().unwrap_err();
            assert_eq!(error.code(), hmsffi_core::Code::InvalidArgument);
            for part in ["HMSFFI_SHM_BACKEND", "'tmpfs'", "'memfd'", "'named'"] {
                assert!(error.message().contains(part), "{error}");
            }
        }
        Some(wanted) => assert_eq!(Backend::from_env().unwrap().name(), wanted),
        None => {
            for (role, value) in [("memfd", "memfd"), ("named", "named"), ("wrong", "tmpfs")] {
                passes(start(TEST, role, Stdio::null(), &[("HMSFFI_SHM_BACKEND", value)]));
            }
        }
    }
}
