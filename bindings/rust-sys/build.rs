//! Finds the shared library, unless the core is linked in.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=HMSFFI_LIB_DIR");
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    if std::env::var_os("CARGO_FEATURE_STATIC").is_some() {
        return;
    }
    let dir = std::env::var("HMSFFI_LIB_DIR").ok().or_else(from_pkg_config);
    let Some(dir) = dir else {
        panic!(
            "libhmsffi was not found: set HMSFFI_LIB_DIR to the folder that holds libhmsffi.so, or PKG_CONFIG_PATH to the \
             one that holds hmsffi.pc (`python -m hmsffi --pkgconfig-dir` prints that of the wheel)"
        );
    };
    println!("cargo:rustc-link-search=native={dir}");
    // For the crates that link the final file: they add the rpath, which does not propagate from here.
    println!("cargo:lib_dir={dir}");
}

fn from_pkg_config() -> Option<String> {
    let output = Command::new("pkg-config").args(["--variable=libdir", "hmsffi"]).output().ok()?;
    let dir = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !dir.is_empty()).then_some(dir)
}
