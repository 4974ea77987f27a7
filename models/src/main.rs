//! Models of the lane between two processes: its own files, run through orders of a few threads; through all by loom, with the
//! feature `shuttle` through some of longer scenes.
//!
//! `models` runs all of them and tells whether each passes or fails as it must; `models TREE SCENE` runs one.

#![allow(missing_docs)]

mod barrier;
mod call;
mod futex;
mod lock;
mod scheduler;
mod sync;
mod thread;

#[allow(
    dead_code,
    unused_variables,
    reason = "no scene uses all of the lane, and a broken one not all of itself"
)]
mod trees {
    include!(concat!(env!("OUT_DIR"), "/trees.rs"));
}

include!("trees.rs");

/// Its name, how often a thread may be stopped in the middle of what it does, and what happens.
pub type Scene = (&'static str, usize, fn());
/// The scenes of a tree.
pub type Scenes = &'static [Scene];

/// Each tree with its short scenes and its long ones.
const TABLE: &[(&str, Scenes, Scenes)] = include!(concat!(env!("OUT_DIR"), "/table.rs"));

mod run;

fn main() -> std::process::ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    match &asked[..] {
        [tree, scene] => run::one(tree, scene),
        _ => run::all(),
    }
}
