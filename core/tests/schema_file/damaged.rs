//! Files that are torn or hold something else are refused with a clear error, or what they give is what was put in.

use std::fs;
use std::path::Path;

use hmsffi_core::Code;
use hmsffi_core::schema::registry::Schemas;

use super::{count, numbered, opened};

const VERSIONS: usize = 20;

/// A file with some versions, as bytes.
fn written(path: &Path) -> Vec<u8> {
    let schemas = opened(path);
    for title in 0..VERSIONS {
        schemas.register(numbered("a", title)).expect("registered");
    }
    drop(schemas);
    fs::read(path).expect("bytes")
}

/// What opening gives: the number of versions, each of which is what it was; or the code of a refusal that names the file.
fn outcome(path: &Path) -> Result<usize, Code> {
    match Schemas::in_file(path) {
        Ok(schemas) => {
            let schemas = schemas.expect("nobody has it");
            let count = count(&schemas, "a");
            for number in 1..=count {
                let schema = schemas.get(&format!("a@{number}"), false).expect("version");
                assert_eq!(schema.metadata["title"], (number - 1).to_string());
            }
            Ok(count)
        }
        Err(error) => {
            assert!(error.message().contains(&path.display().to_string()), "{error}");
            Err(error.code())
        }
    }
}

#[test]
fn what_was_registered_is_there_again() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("schemas");
    written(&path);
    assert_eq!(outcome(&path), Ok(VERSIONS));
    let schemas = opened(&path);
    schemas.register(numbered("b", 0)).expect("registered");
    drop(schemas);
    assert_eq!((outcome(&path), count(&opened(&path), "b")), (Ok(VERSIONS), 1));
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("schemas");
    let whole = written(&path);
    for length in (1..whole.len()).step_by(whole.len() / 40) {
        fs::write(&path, &whole[..length]).expect("cut off");
        assert_eq!(outcome(&path), Err(Code::DataLoss), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn a_file_with_other_bytes_in_it_is_refused_or_gives_what_was_put_in() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("schemas");
    let whole = written(&path);
    let mut refused = 0;
    for start in (0..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        let end = (start + 512).min(bytes.len());
        bytes[start..end].iter_mut().for_each(|byte| *byte ^= 0x5a);
        fs::write(&path, bytes).expect("damaged");
        match outcome(&path) {
            Ok(count) => assert!(count == VERSIONS, "{count} versions after damage at {start}"),
            Err(code) => {
                assert_eq!(code, Code::DataLoss, "damage at {start}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
}

#[test]
fn what_is_no_schema_file_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("schemas");
    fs::write(&path, "my diary\n".repeat(1000)).expect("text");
    assert_eq!(outcome(&path), Err(Code::DataLoss));
    assert_eq!(fs::read_to_string(&path).expect("text"), "my diary\n".repeat(1000), "it is left as it was");
    assert_eq!(outcome(&folder.path().join("nowhere/schemas")), Err(Code::FailedPrecondition));
    assert_eq!(outcome(folder.path()), Err(Code::FailedPrecondition));
}
