//! Which ways a call may take.

use std::fmt;

use crate::proto::TransportType;

/// Ways that this version has, in the order in which they are chosen.
pub const BUILT: [TransportType; 2] = [TransportType::InProcess, TransportType::SharedMemory];

/// A set of ways. The default is all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doors(u32);

impl Default for Doors {
    fn default() -> Doors {
        Doors::ALL
    }
}

impl Doors {
    /// Whatever there is.
    pub const ALL: Doors = Doors(u32::MAX);

    /// Not one.
    pub const NONE: Doors = Doors(0);

    /// Nothing but this one.
    pub fn only(transport: TransportType) -> Doors {
        Doors(1 << transport as u32)
    }

    /// These without those whose bits, `1 << TransportType`, are set.
    pub fn without(self, forbidden: u32) -> Doors {
        Doors(self.0 & !forbidden)
    }

    /// Those that are in either.
    pub fn or(self, other: Doors) -> Doors {
        Doors(self.0 | other.0)
    }

    /// Those that are in both.
    pub fn and(self, other: Doors) -> Doors {
        Doors(self.0 & other.0)
    }

    /// Whether a way is among them.
    pub fn allow(self, transport: TransportType) -> bool {
        self.0 & 1 << transport as u32 != 0
    }
}

impl fmt::Display for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = BUILT.iter().filter(|transport| self.allow(**transport)).map(|t| t.as_str_name());
        match names.next() {
            None => f.write_str("no way that this version has"),
            Some(first) => {
                f.write_str(first)?;
                names.try_for_each(|name| write!(f, ", {name}"))
            }
        }
    }
}
