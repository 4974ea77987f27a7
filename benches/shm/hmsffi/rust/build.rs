//! The library is found in the tree that built the program.

fn main() {
    println!("cargo:rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/../stage/lib");
    println!("cargo:rerun-if-changed=build.rs");
}
