//! Gives the shared library its identity: cargo sets no SONAME by itself.

/// Changes only when the ABI breaks; see docs/abi.md.
const ABI_MAJOR: u32 = 0;

fn main() {
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libhmsffi.so.{ABI_MAJOR}");
            // Thread-local destructors outlive dlclose.
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
        Ok("macos") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libhmsffi.{ABI_MAJOR}.dylib")
        }
        _ => {}
    }
    println!("cargo:rerun-if-changed=build.rs");
}
