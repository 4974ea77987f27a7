//! A control group that leaves a process too little memory: what the kernel does to it harms nobody else.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use hmsffi_core::call::{Call, Outcome, Request, Response};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::{Code, Error};

use crate::bystander::{self, Bystander};
use crate::linked::{call, found, world_in};
use crate::support::{World, eventually, method, reply};
use crate::{Role, in_roles, process, start};

/// Bytes that the group may have: plenty for small calls.
const LIMIT: usize = 16 << 20;
/// Does not fit.
const LARGE: usize = 20 << 20;

/// A control group with a limit of memory; removed when its last process is gone.
struct Group(PathBuf);

impl Group {
    /// `None` where this process may not make one.
    fn limited() -> Option<Group> {
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let path = |prefix: fn(&str) -> bool| {
            let line = own.lines().find(|line| prefix(line))?;
            Some(line.splitn(3, ':').nth(2)?.trim_start_matches('/').to_owned())
        };
        let unified = Path::new("/sys/fs/cgroup");
        let within = |path: Option<String>, root: &Path| Some(root.join(path?));
        // In the unified hierarchy a group with processes has none below that is limited, so there the root is tried too.
        let places = [
            (
                within(path(|line| line.contains(":memory:")), &unified.join("memory")),
                "memory.limit_in_bytes",
            ),
            (within(path(|line| line.starts_with("0::")), unified), "memory.max"),
            (Some(unified.to_owned()), "memory.max"),
        ];
        places.into_iter().find_map(|(place, limit)| {
            let group = Group(place?.join(format!("hmsffi-test-{}", std::process::id())));
            fs::create_dir(&group.0).ok()?;
            // No such file: memory is not limited here. Dropped, it is removed.
            let exists = group.0.join(limit).exists();
            (exists && fs::write(group.0.join(limit), LIMIT.to_string()).is_ok()).then_some(group)
        })
    }

    fn take(&self, child: &Child) {
        fs::write(self.0.join("cgroup.procs"), child.id().to_string()).expect("moved");
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The kernel takes a moment to see that it is empty.
        let is_removed = |_| {
            std::thread::sleep(Duration::from_millis(10));
            fs::remove_dir(&self.0).is_ok()
        };
        let _ = (0..500).any(is_removed);
    }
}

fn length(call: Call, request: &Request<'_>) {
    reply(call, request.body.len().to_string().as_bytes());
}

fn limited(world: &World) {
    let client = world.client.clone();
    let send = move |call: Call, _: &Request<'_>| {
        let home = found(&client, "home", "length");
        let outcome = home.call(&Request::bytes(&vec![2; LARGE]), &CallOptions::default());
        reply(call, outcome.map_or_else(|e| e.to_string(), |_| "sent".to_owned()).as_bytes());
    };
    let make = |call: Call, _: &Request<'_>| match call.loan(LARGE) {
        Ok(lent) => drop(call.answer(Ok(Response::new(lent, Encoding::Bytes)))),
        Err(refused) => drop(call.answer(Err(refused))),
    };
    world.host("limited", vec![method("length", length), method("make", make), method("send", send)]);
    world.server.start().expect("start");
}

const ROLES: [Role; 2] = [bystander::ROLE, ("limited", limited)];

/// What became of a call that takes more than there is; true if the process has survived it.
fn ends_well(what: &str, outcome: Outcome, child: &mut Child) -> bool {
    let what_failed = outcome.as_ref().err().map(Error::code);
    let text = match outcome {
        Ok(answer) if answer.body.as_slice().len() == LARGE => "it works".to_owned(),
        Ok(answer) => String::from_utf8_lossy(answer.body.as_slice()).into_owned(),
        Err(error) => {
            assert!([Code::ResourceExhausted, Code::Unavailable].contains(&error.code()), "{error}");
            error.to_string()
        }
    };
    let ended = match what_failed {
        // Its socket is gone before the kernel is done with it.
        Some(Code::Unavailable) => {
            eventually("it has ended", || child.try_wait().expect("wait").is_some());
            child.try_wait().expect("wait")
        }
        _ => {
            std::thread::sleep(Duration::from_millis(50));
            child.try_wait().expect("wait")
        }
    };
    eprintln!("{what} of {LARGE} bytes in a group of {LIMIT}: {text}; {ended:?}");
    if let Some(status) = ended {
        assert_eq!(status.signal(), Some(libc::SIGKILL), "only the kernel may end it, for want of memory");
    }
    ended.is_none()
}

#[test]
fn a_process_whose_control_group_has_too_little_memory_harms_nobody_else() {
    const TEST: &str = "grouped::a_process_whose_control_group_has_too_little_memory_harms_nobody_else";
    let alone = |directory: &Path| {
        let Some(group) = Group::limited() else {
            return eprintln!("{TEST}: this process may not make control groups");
        };
        let world = world_in(directory, ServerOptions::default());
        world.host("home", vec![method("length", length)]);
        world.server.start().expect("start");
        let bystander = Bystander::start(TEST, directory, &world);
        for large in ["make", "send"] {
            let mut child = start(TEST, "limited", directory);
            let ask = |name: &str, body: &[u8]| {
                found(&world.client, "limited", name).call(&Request::bytes(body), &CallOptions::default())
            };
            let works = || call(&found(&world.client, "limited", "length"), b"x") == "1";
            eventually("it is called", works);
            group.take(&child);
            let read = ask("length", &vec![3; LARGE]).expect("what others lend is read in place");
            assert_eq!(read.body.as_slice(), LARGE.to_string().as_bytes());
            if ends_well(large, ask(large, b""), &mut child) {
                assert!(works(), "small calls go on");
            }
            bystander.goes_on();
            process::kill(&mut child);
            world.runtime.look_around();
        }
        bystander.end();
    };
    in_roles(TEST, alone, &ROLES, &[]);
}
