//! The metadata keys that are the library's own: `hms-` on a call, `hms.` in stored records.

/// Label of a method: where its handler runs (`direct`, `pool`, `hop`).
pub const DISPATCH: &str = "hms.dispatch";
/// Label of a method: two calls do no more than one.
pub const IDEMPOTENT: &str = "hms.idempotent";
/// Label of a method: short, and never calls back.
pub const LEAF: &str = "hms.leaf";
/// Label of a watched service: its status.
pub const STATUS: &str = "hms.status";
/// Label of a watched service: the revision of the registry, for resuming.
pub const REVISION: &str = "hms.revision";
/// Prefix of keys on a call that callers must not set.
pub const CALL_PREFIX: &str = "hms-";
