//! Compiled schemas by the bytes that they were read from, for those who give the same ones again and again.

use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;

use super::{Compiled, read};
use crate::error::Result;

/// Schemas that are kept, those that came last first.
const MOST_KEPT: usize = 64;
/// Bytes of a schema that is kept. What is compiled of it grows with them.
const MOST_BYTES: usize = 64 * 1024;

struct Kept {
    bytes: Box<[u8]>,
    compiled: Arc<Compiled>,
}

/// Has no lock, which the child of a fork could find taken.
static KEPT: LazyLock<ArcSwap<Vec<Arc<Kept>>>> = LazyLock::new(ArcSwap::default);

/// A schema as [`read`] takes it, which refers to nothing outside of itself, compiled now or earlier.
pub fn compiled(bytes: &[u8]) -> Result<Arc<Compiled>> {
    if let Some(known) = KEPT.load().iter().find(|one| *one.bytes == *bytes) {
        return Ok(known.compiled.clone());
    }
    let schema = read("schema", bytes)?;
    let compiled = Compiled::new(&schema, &()).map_err(|errors| errors.into_error("schema"))?;
    let compiled = Arc::new(compiled);
    if bytes.len() <= MOST_BYTES {
        let newest = Arc::new(Kept { bytes: bytes.into(), compiled: compiled.clone() });
        KEPT.rcu(|kept| {
            let others = kept.iter().filter(|one| one.bytes != newest.bytes).take(MOST_KEPT - 1);
            [&newest].into_iter().chain(others).cloned().collect::<Vec<_>>()
        });
    }
    Ok(compiled)
}
