//! Services and calls between languages.
