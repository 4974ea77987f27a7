//! One link: two processes, of which one calls and the other serves.

mod answers;
mod arena;
pub mod caller;
mod calls;
mod crew;
mod doorbell;
pub mod end;
pub(crate) mod everyone;
mod fetching;
mod growth;
pub mod handshake;
pub mod incoming;
mod loan;
mod pace;
mod references;
mod relay;
mod returns;
mod running;
pub mod sending;
pub mod serving;
pub mod terms;
pub mod trial;
mod unsent;
pub mod wire;
