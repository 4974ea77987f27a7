//! Calls between processes of one machine, through memory that both have mapped.

pub mod attend;
pub mod biased;
pub mod budget;
pub mod control;
mod cpu;
pub mod futex;
pub mod lane;
pub mod layout;
pub mod lead;
mod line;
pub mod link;
pub mod mapped;
pub mod memory;
pub mod ring;
pub mod segment;
pub mod spin;
pub mod sync;
pub mod tempo;
