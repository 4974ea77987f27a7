//! [`TypedStream`]: a stream whose messages have types, both ways.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;

use crate::stream::Stream;
use crate::{Error, ErrorCode, Result};

/// The caller's end of a stream on which values of one type go and those of another come; what `hms stubs` writes gives it.
/// As an iterator it gives those that come.
///
/// ```no_run
/// # fn main() -> Result<(), hmsffi::Error> {
/// # let client = hmsffi::new_client(Default::default())?;
/// let lines = client.get_service("text")?.stream_call::<_, String>("upper", ())?;
/// let mut lines = hmsffi::TypedStream::<str, String>::new(lines);
/// lines.send("one")?;
/// lines.close()?;
/// assert_eq!(lines.next().transpose()?.as_deref(), Some("ONE"));
/// # Ok(()) }
/// ```
pub struct TypedStream<Sent: ?Sized, Received> {
    stream: Box<dyn Stream<Item = Result<Received>>>,
    sent: PhantomData<fn(&Sent)>,
}

impl<Sent: Serialize + ?Sized, Received> TypedStream<Sent, Received> {
    /// Gives a stream the type of what is sent.
    pub fn new(stream: Box<dyn Stream<Item = Result<Received>>>) -> TypedStream<Sent, Received> {
        TypedStream { stream, sent: PhantomData }
    }

    /// Sends a value; waits while the other side lags behind by 64 messages or 1 MiB.
    pub fn send(&self, message: &Sent) -> Result<()> {
        self.stream.send(message)
    }

    /// Nothing more from this end. Receiving goes on until the other side ends. May be repeated.
    pub fn close(&self) -> Result<()> {
        self.stream.close()
    }

    /// Closes this end and gives the one answer of a client stream.
    ///
    /// Errors: the handler's; FAILED_PRECONDITION when it gave none.
    pub fn result(mut self) -> Result<Received> {
        self.close()?;
        self.stream.receive().unwrap_or_else(|| {
            Err(Error::new(ErrorCode::FailedPrecondition, "the stream ended without a message"))
        })
    }

    /// The stream without the type of what is sent: with timeouts, for asynchronous code, to be cancelled.
    pub fn into_inner(self) -> Box<dyn Stream<Item = Result<Received>>> {
        self.stream
    }
}

/// Receives; ends with the stream.
impl<Sent: ?Sized, Received> Iterator for TypedStream<Sent, Received> {
    type Item = Result<Received>;

    fn next(&mut self) -> Option<Result<Received>> {
        self.stream.receive()
    }
}

impl<Sent: ?Sized, Received> fmt::Debug for TypedStream<Sent, Received> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedStream").finish_non_exhaustive()
    }
}
