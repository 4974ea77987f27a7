//! [`Method`]: one method of one service, resolved.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::async_call::AsyncCall;
use crate::binding::ServiceOptions;
use crate::client::Link;
use crate::options::CallOptions;
use crate::payload::Payload;
use crate::raw::buffer::Buffer;
use crate::raw::handles::MethodHandle;
use crate::raw::loan::Loan;
use crate::stream::{self, CallerEnd, Stream};
use crate::types::TransportType;

/// An answer with its metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply<R> {
    /// The answer.
    pub value: R,
    /// The pairs of text that the handler sent along.
    pub metadata: HashMap<String, String>,
    /// What the call took; nothing for an asynchronous one.
    pub report: CallReport,
}

/// What a call took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CallReport {
    /// The way that it took.
    pub transport: TransportType,
    /// Bytes of request and answer that the library copied, in both processes.
    pub bytes_copied: u64,
}

impl<R> Deref for Reply<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.value
    }
}

impl<R> Reply<R> {
    /// The same with another value.
    pub(crate) fn decoded<S>(self, decode: impl FnOnce(R) -> Result<S>) -> Result<Reply<S>> {
        Ok(Reply { value: decode(self.value)?, metadata: self.metadata, report: self.report })
    }
}

impl Reply<Payload<'static>> {
    /// The answer of an asynchronous call.
    pub(crate) fn later(buffer: Buffer, metadata: HashMap<String, String>) -> Reply<Payload<'static>> {
        Reply { value: Payload::from(buffer), metadata, report: CallReport::default() }
    }

    /// An answer: for implementations of [`ServiceClient`](crate::ServiceClient) of your own.
    pub fn new(payload: Payload<'static>) -> Reply<Payload<'static>> {
        Reply { value: payload, metadata: HashMap::new(), report: CallReport::default() }
    }
}

/// One method of one service, resolved once: the fast way to call. It follows its service when that is
/// registered anew. Clones share it, and several threads may use it at once.
///
/// ```no_run
/// # fn main() -> Result<(), hmsffi::Error> {
/// # let client = hmsffi::new_client(Default::default())?;
/// let shout = client.get_service("text")?.bind("upper")?;
/// for line in ["one", "two"] {
///     let loud: String = shout.call(line)?;
///     println!("{loud}");
/// }
/// let raw = shout.call_bytes(b"three")?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Method {
    handle: Arc<MethodHandle>,
    client: Arc<Link>,
    name: Arc<str>,
}

impl Method {
    pub(crate) fn new(
        client: Arc<Link>,
        service: &str,
        method: &str,
        options: &ServiceOptions,
    ) -> Result<Method> {
        let handle = Arc::new(client.handle.bind(service, method, options)?);
        Ok(Method { handle, client, name: format!("{service}.{method}").into() })
    }

    /// Calls the method and waits for the answer.
    ///
    /// Errors: what the handler answered or why it could not; INVALID_ARGUMENT or OUT_OF_RANGE with the place
    /// of what does not fit `R`.
    pub fn call<P, R>(&self, params: P) -> Result<R>
    where
        P: Serialize,
        R: for<'de> Deserialize<'de>,
    {
        let answer = self.handle.call(&Payload::encode(&params)?, &CallOptions::new())?;
        Payload::from(answer).decode()
    }

    /// Calls the method with options, and gives the answer with its metadata.
    pub fn call_with<P, R>(&self, params: P, options: &CallOptions) -> Result<Reply<R>>
    where
        P: Serialize,
        R: for<'de> Deserialize<'de>,
    {
        self.call_payload(Payload::encode(&params)?, options)?.decoded(|value| value.decode())
    }

    /// Memory of `len` bytes for a request to this method; see [`Loan`]. Send it, or a part of it, with any call of this
    /// method. Take a new one for each request.
    pub fn loan(&self, len: usize) -> Result<Loan> {
        self.handle.loan(len)
    }

    /// Calls the method with raw bytes. Neither they nor the answer are copied by this crate.
    #[inline]
    pub fn call_bytes(&self, body: &[u8]) -> Result<Buffer> {
        self.handle.call_bytes(body)
    }

    /// Calls the method with a payload as it is.
    pub fn call_payload(
        &self,
        payload: Payload<'_>,
        options: &CallOptions,
    ) -> Result<Reply<Payload<'static>>> {
        self.handle.call_for_reply(&payload, options)
    }

    /// Starts a call. The handler runs on a thread of its server.
    pub fn call_async<P, R>(&self, params: P) -> AsyncCall<R>
    where
        P: Serialize,
        R: for<'de> Deserialize<'de>,
    {
        self.call_async_with(params, &CallOptions::new())
    }

    /// Starts a call with options.
    pub fn call_async_with<P, R>(&self, params: P, options: &CallOptions) -> AsyncCall<R>
    where
        P: Serialize,
        R: for<'de> Deserialize<'de>,
    {
        match Payload::encode(&params) {
            Ok(payload) => self.call_payload_async(payload, options).decoded(),
            Err(error) => AsyncCall::ready(Err(error)).decoded(),
        }
    }

    /// Starts a call with a payload as it is.
    pub fn call_payload_async(
        &self,
        payload: Payload<'_>,
        options: &CallOptions,
    ) -> AsyncCall<Payload<'static>> {
        AsyncCall::start(&self.client, &self.handle, &payload, options)
    }

    /// Opens a stream of a streaming method. `params` are the request of a server stream; the other kinds may
    /// take some too.
    pub fn stream_call<P, R>(&self, params: P) -> Result<Box<dyn Stream<Item = Result<R>>>>
    where
        P: Serialize,
        R: for<'de> Deserialize<'de> + 'static,
    {
        Ok(stream::decoded(self.open_stream(Payload::encode(&params)?, &CallOptions::new())?))
    }

    /// Opens a stream with a payload as it is.
    pub fn open_stream(
        &self,
        payload: Payload<'_>,
        options: &CallOptions,
    ) -> Result<Box<dyn Stream<Item = Result<Payload<'static>>>>> {
        Ok(Box::new(CallerEnd::new(self.handle.open_stream(&payload, options)?)))
    }

    /// Closes the method for all its clones. Dropping them does too.
    pub fn close(&self) -> Result<()> {
        self.handle.close()
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Method({})", self.name)
    }
}
