//! Copies the lane's files once for each tree, with the constants that a model can bear and the change that the tree is
//! about. A change that no longer fits the code, or fits it twice, ends the build.

use std::{env, fs};

include!("src/trees.rs");

const FILES: [&str; 9] = ["attend", "biased", "cpu", "lane", "layout", "lead", "memory", "ring", "spin"];

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo says where");
    let out = env::var("OUT_DIR").expect("cargo says where to");
    let shm = format!("{here}/../core/src/shm");
    println!("cargo::rerun-if-changed={shm}");
    println!("cargo::rerun-if-changed={here}/src");
    let mut trees = String::new();
    let mut table = String::new();
    for tree in TREES {
        let folder = format!("{out}/{}", tree.name);
        fs::create_dir_all(&folder).expect("a folder");
        let mut modules = format!("    #[path = \"{here}/src/scenes/mod.rs\"]\n    pub mod scenes;\n");
        for file in FILES {
            let text = fs::read_to_string(format!("{shm}/{file}.rs")).expect("a file of the lane");
            let path = format!("{folder}/{file}.rs");
            fs::write(&path, changed(tree, file, text)).expect("a copy");
            modules += &format!("    #[path = \"{path}\"]\n    pub mod {file};\n");
        }
        let name = tree.name;
        trees += &format!("pub mod {name} {{\n    use crate::{{futex, lock, sync}};\n{modules}}}\n");
        table +=
            &format!("(\"{name}\", trees::{name}::scenes::SCENES, trees::{name}::scenes::LONG_SCENES),\n");
    }
    fs::write(format!("{out}/trees.rs"), trees).expect("the modules");
    fs::write(format!("{out}/table.rs"), format!("&[{table}]")).expect("the table");
}

fn changed(tree: &Tree, file: &str, mut text: String) -> String {
    for change in SMALL.iter().chain(tree.changes).filter(|change| change.file == file) {
        let found = text.matches(change.from).count();
        assert_eq!(
            found, 1,
            "tree {}: {file}.rs has this {found} times, not once: {}",
            tree.name, change.from
        );
        text = text.replace(change.from, change.to);
    }
    text
}
