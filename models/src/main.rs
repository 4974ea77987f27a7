//! Models of the lane between two processes: its own files, run by loom through all orders of a few threads.
//!
//! `models` runs all of them and tells whether each passes or fails as it must; `models TREE SCENE` runs one.

#![allow(missing_docs)]

mod call;
mod futex;
mod sync;

#[allow(
    dead_code,
    unused_variables,
    reason = "no scene uses all of the lane, and a broken one not all of itself"
)]
mod trees {
    include!(concat!(env!("OUT_DIR"), "/trees.rs"));
}

include!("trees.rs");

/// The scenes of a tree: name, preemption bound, what happens.
pub type Scenes = &'static [(&'static str, usize, fn())];

const TABLE: &[(&str, Scenes)] = include!(concat!(env!("OUT_DIR"), "/table.rs"));

mod run;

fn main() -> std::process::ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    match &asked[..] {
        [tree, scene] => run::one(tree, scene),
        _ => run::all(),
    }
}
