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
    let functions = rust_files(&source.join("capi/src"))?;
    let types = rust_files(&source.join("capi/abi/src"))?;

    let config = cbindgen::Config::from_file(source.join("capi/cbindgen.toml"))?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in types.iter().chain(&functions) {
        builder = builder.with_src(file);
    }
    let header = target.join("include/hmsffi/hmsffi.h");
    fs::create_dir_all(header.parent().ok_or("no folder for the header")?)?;
    builder.generate()?.write_to_file(header);

    let sys = target.join("bindings/rust-sys/src/functions.rs");
    fs::create_dir_all(sys.parent().ok_or("no folder for the declarations")?)?;
    fs::write(sys, declarations::of(&functions)?)?;
    Ok(())
}

/// The Rust files of a folder, in an order that does not depend on the file system.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .filter(|path| path.as_ref().map_or(true, |path| path.extension().is_some_and(|e| e == "rs")))
        .collect::<Result<Vec<_>, _>>()?;
    files.sort();
    Ok(files)
}
