//! One link: two processes, of which one calls and the other serves.

mod arena;
pub mod caller;
mod calls;
pub mod end;
pub mod handshake;
mod incoming;
mod loan;
mod pace;
mod relay;
mod running;
pub mod serving;
pub mod terms;
pub mod trial;
mod unsent;
pub mod wire;
