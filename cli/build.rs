//! The library is found beside the program: in `make install`'s prefix, in the Python package, or in the tree that built it.

fn main() {
    println!("cargo:rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/../lib:$ORIGIN/../_lib:$ORIGIN/../stage/lib");
    println!("cargo:rustc-link-arg-examples=-Wl,-rpath,$ORIGIN/../../stage/lib");
    println!("cargo:rerun-if-changed=build.rs");
}
