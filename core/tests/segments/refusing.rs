//! Segments that are not what they must be.
