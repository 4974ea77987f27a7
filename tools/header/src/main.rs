//! Writes what other languages know of the C ABI, from its source in `capi/`:
//! `hmsffi-header [ROOT]` writes `include/hmsffi/hmsffi.h` (with cbindgen) and
//! `bindings/rust-sys/src/functions.rs` below ROOT, by default below this repository.

mod declarations;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::args_os().nth(1).map_or_else(|| source.clone(), PathBuf::from);
    let config = cbindgen::Config::from_file(source.join("capi/cbindgen.toml"))?;
    // cbindgen follows the modules of each.
    let crates = ["capi/abi/src/lib.rs", "capi/src/lib.rs"].map(|file| source.join(file));
    let builder = crates
        .iter()
        .fold(cbindgen::Builder::new().with_config(config), |builder, file| builder.with_src(file));
    let header = target.join("include/hmsffi/hmsffi.h");
    fs::create_dir_all(header.parent().ok_or("no folder for the header")?)?;
    builder.generate()?.write_to_file(header);

    let sys = target.join("bindings/rust-sys/src/functions.rs");
    fs::create_dir_all(sys.parent().ok_or("no folder for the declarations")?)?;
    fs::write(sys, declarations::of(&rust_files(&source.join("capi/src"))?)?)?;
    Ok(())
}

/// The Rust files below a folder, in an order that does not depend on the file system.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
