//! Runs models, each in a process of its own: a failed one is ended by a panic that may come out of any thread.

use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::{Scene, TABLE, TREES, scheduler};

/// Exit code of a model that failed.
const FAILED: i32 = 1;
/// Seconds of a model, unless `LONGEST` says otherwise. One that takes longer has not passed.
const LONGEST: u64 = 300;

static EXECUTIONS: AtomicUsize = AtomicUsize::new(0);

/// Runs one scene in one tree.
pub fn one(tree: &str, scene: &str) -> ExitCode {
    let Some((_, bound, act)) = scenes(tree).find(|(name, ..)| *name == scene) else {
        eprintln!("there is no scene {scene} in a tree {tree}");
        return ExitCode::from(2);
    };
    let began = Instant::now();
    std::panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str().unwrap_or("a panic").lines().next().unwrap_or_default();
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        report(&format!("fails: {text} ({})", at.rsplit('/').next().unwrap_or_default()), began);
        std::process::exit(FAILED);
    }));
    let bound = from_environment("BOUND").map_or(bound, |bound| bound as usize);
    let longest = Duration::from_secs(from_environment("LONGEST").unwrap_or(LONGEST));
    let all = scheduler::explore(bound, longest, move || {
        EXECUTIONS.fetch_add(1, Ordering::Relaxed);
        act();
    });
    if !all {
        report("did not come to an end", began);
        return ExitCode::from(3);
    }
    report("passes", began);
    ExitCode::SUCCESS
}

/// The scenes of a tree that this scheduler runs.
fn scenes(tree: &str) -> impl Iterator<Item = Scene> {
    let of_tree = TABLE.iter().filter(move |(name, ..)| *name == tree);
    of_tree.flat_map(|(_, short, long)| {
        let long = if scheduler::RUNS_LONG_SCENES { long } else { &[][..] };
        short.iter().chain(long).copied()
    })
}

pub fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn report(how: &str, began: Instant) {
    let executions = EXECUTIONS.load(Ordering::Relaxed);
    println!("{executions:>8} executions {:>6.1} s  {how}", began.elapsed().as_secs_f32());
}

/// Runs every scene of the lane as it is, which must pass, and of each broken one those that must fail.
pub fn all() -> ExitCode {
    let mut wrong = 0;
    for tree in TREES.iter().filter(|tree| scheduler::HAS_WEAK_MEMORY || !tree.is_weak) {
        let is_sound = tree.changes.is_empty();
        let names =
            scenes(tree.name).map(|(name, ..)| name).filter(|name| is_sound || tree.fails.contains(name));
        for scene in names {
            print!("{:<32} {scene:<32}", tree.name);
            let run = std::env::current_exe()
                .and_then(|me| Command::new(me).args([tree.name, scene]).stderr(Stdio::null()).output());
            let (text, code) = match &run {
                Ok(output) => (String::from_utf8_lossy(&output.stdout), output.status.code()),
                Err(error) => (error.to_string().into(), None),
            };
            print!("{}", text);
            let wanted = if is_sound { 0 } else { FAILED };
            if code != Some(wanted) {
                println!("    ^ wrong: it must {}", if is_sound { "pass" } else { "fail" });
                wrong += 1;
            }
        }
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
