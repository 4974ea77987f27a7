//! One call: what is asked, what is answered, and the cell in between that outside code names by id.

mod answer;
pub mod cell;
pub mod context;
pub mod deadline;
pub mod message;
pub mod origin;
mod report;
mod tail;

pub use answer::Answer;
pub use cell::{Call, CallInfo};
pub use context::{Context, Link};
pub use deadline::Deadline;
pub use message::{Metadata, OwnedRequest, Request, Response};
pub use origin::{Lender, Memory, Origin, Sole};
pub use report::Report;

/// What gets the answer of a call that no thread waits for.
pub type OnOutcome = Box<dyn FnOnce(Outcome) + Send>;

/// How a call ended.
pub type Outcome = crate::error::Result<Response>;
