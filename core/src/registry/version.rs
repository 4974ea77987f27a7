//! Names with versions: `billing`, `billing@1.2.3`, `billing@^1.2`.

use std::cmp::Ordering;

use semver::{BuildMetadata, Prerelease, Version, VersionReq};

use crate::error::{Error, Result};

/// Which versions of a service a caller accepts.
#[derive(Debug)]
pub enum Wanted {
    /// The highest release.
    Any,
    /// This one.
    Exactly(Version),
    /// The highest that fits.
    Fitting(VersionReq),
}

/// The version below all others.
pub fn lowest() -> Version {
    Version { pre: Prerelease::new("0").unwrap_or(Prerelease::EMPTY), ..Version::new(0, 0, 0) }
}

/// A service's version; empty = 1.0.0.
pub fn parse(service: &str, version: &str) -> Result<Version> {
    if version.is_empty() {
        return Ok(Version::new(1, 0, 0));
    }
    Version::parse(version).map_err(|e| {
        Error::invalid(format!(
            "service '{service}': version '{version}' is not a semantic version ({e}). Write it as 1.2.3"
        ))
    })
}

/// Splits a query into service id and wanted version.
pub fn query(query: &str) -> Result<(&str, Wanted)> {
    let Some((id, wanted)) = query.rsplit_once('@') else { return Ok((query, Wanted::Any)) };
    if let Ok(version) = Version::parse(wanted) {
        return Ok((id, Wanted::Exactly(version)));
    }
    VersionReq::parse(wanted).map(|req| (id, Wanted::Fitting(req))).map_err(|e| {
        Error::invalid(format!(
            "'{query}': '{wanted}' is not a version ({e}). Write {id}@1.2.3, {id}@^1.2 or {id}"
        ))
    })
}

/// Parts things with an id and a version into those that a query names, and the others. Without a version it names all.
pub(crate) fn fitting<'a, T>(
    all: &'a [T],
    name: &str,
    key: impl Fn(&T) -> (&String, &String),
) -> Result<(Vec<&'a T>, Vec<&'a T>)> {
    let (id, wanted) = query(name)?;
    Ok(all.iter().partition(|one| {
        let (its_id, version) = key(one);
        its_id == id
            && (matches!(wanted, Wanted::Any)
                || parse(its_id, version).is_ok_and(|version| wanted.accepts(&version)))
    }))
}

impl Wanted {
    /// Whether this version will do.
    pub fn accepts(&self, version: &Version) -> bool {
        match self {
            Wanted::Any => version.pre.is_empty(),
            // Build metadata tells no versions apart, unless the caller asks for it.
            Wanted::Exactly(wanted) if wanted.build == BuildMetadata::EMPTY => {
                wanted.cmp_precedence(version) == Ordering::Equal
            }
            Wanted::Exactly(wanted) => wanted == version,
            Wanted::Fitting(wanted) => wanted.matches(version),
        }
    }
}
