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
