//! Page tokens: the last key of a page, so that changes in between neither repeat nor skip other services.

use semver::Version;

use super::entry::Key;
use crate::error::{Error, Result};

/// How many are on a page; 0 = all.
pub fn limit(limit: i32) -> Result<usize> {
    match usize::try_from(limit) {
        Ok(0) => Ok(usize::MAX),
        Ok(limit) => Ok(limit),
        Err(_) => Err(Error::invalid(format!("limit is {limit}; it must be 0 (no limit) or more"))),
    }
}

/// The token for the page after this key.
pub fn token(key: &Key) -> String {
    format!("{}@{}", key.0, key.1)
}

/// The key that a token names, whether or not it is still there; an empty token names none.
pub fn after(token: &str) -> Result<Option<Key>> {
    if token.is_empty() {
        return Ok(None);
    }
    let bad = || Error::invalid(format!("page_token '{token}' is not one that this registry gave"));
    let (id, version) = token.rsplit_once('@').filter(|(id, _)| !id.is_empty()).ok_or_else(bad)?;
    Ok(Some((id.to_owned(), Version::parse(version).map_err(|_| bad())?)))
}
