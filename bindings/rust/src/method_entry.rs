//! [`MethodEntry`]: a method with its handler.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use hmsffi_sys::{HMS_METHOD_IDEMPOTENT, HMS_METHOD_LEAF};
#[cfg(feature = "schemars")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "schemars")]
use crate::ErrorData;
use crate::payload::Payload;
#[cfg(feature = "schemars")]
use crate::schema;
use crate::serve::{Answering, Handler};
use crate::stream::ServerStream;
use crate::types::{MethodInfo, StreamType};
use crate::{Error, Result};

/// Where a handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(u32)]
pub enum Dispatch {
    /// The library's choice: on the caller's thread, and on a thread of the server for calls that must end in
    /// time or that nobody waits for at once.
    #[default]
    Default = 0,
    /// On the caller's thread.
    Direct = 1,
    /// On a thread of the server.
    Pool = 2,
}

/// A method with its handler, for [`ServiceHandler::methods`](crate::ServiceHandler::methods) and the macros.
///
/// ```
/// use hmsffi::MethodEntry;
///
/// let entry = MethodEntry::function("half", |n: i64| Ok(n / 2)).description("Half of a number").idempotent();
/// ```
pub struct MethodEntry {
    pub(crate) info: MethodInfo,
    pub(crate) handler: Handler,
    pub(crate) timeout: Option<Duration>,
    pub(crate) dispatch: Dispatch,
    pub(crate) flags: u32,
    /// The handler's name and place, for errors.
    pub(crate) site: String,
    pub(crate) input_schema: Vec<u8>,
    pub(crate) output_schema: Vec<u8>,
    pub(crate) error_schemas: Vec<Vec<u8>>,
    /// Why it cannot be registered.
    pub(crate) refusal: Option<Error>,
}

impl MethodEntry {
    /// A method that an asynchronous function serves: see
    /// [`register_method`](trait.Server.html#method.register_method).
    #[track_caller]
    pub fn new<F, Fut, P, R>(name: impl Into<String>, handler: F) -> MethodEntry
    where
        F: Fn(P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R>> + Send + 'static,
        P: for<'de> Deserialize<'de> + Send + 'static,
        R: Serialize + Send + 'static,
    {
        let serve = move |request: Payload<'_>| -> Result<Answering> {
            let answer = handler(request.decode()?);
            Ok(Box::pin(async move { Payload::encode(&answer.await?) }))
        };
        MethodEntry::with_handler::<F>(name, Handler::Async(Box::new(serve)))
    }

    /// A method that a plain function serves: see
    /// [`register_function`](trait.Server.html#method.register_function).
    #[track_caller]
    pub fn function<F, P, R>(name: impl Into<String>, handler: F) -> MethodEntry
    where
        F: Fn(P) -> Result<R> + Send + Sync + 'static,
        P: for<'de> Deserialize<'de>,
        R: Serialize,
    {
        let serve = move |request: Payload<'_>| -> Result<Payload<'static>> {
            Payload::encode(&handler(request.decode()?)?)
        };
        MethodEntry::with_handler::<F>(name, Handler::Function(Box::new(move |request| serve(request))))
    }

    /// [`function`](MethodEntry::function) with the types of the function as schemas: what does not fit `P` is refused before the
    /// function runs, and callers of all languages can see what to send ([`schema::input_of`]).
    ///
    /// ```
    /// use hmsffi::MethodEntry;
    ///
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Order {
    ///     #[schemars(range(min = 1))]
    ///     amount: u32,
    /// }
    ///
    /// let entry = MethodEntry::typed("charge", |order: Order| Ok(order.amount));
    /// ```
    #[cfg(feature = "schemars")]
    #[track_caller]
    pub fn typed<F, P, R>(name: impl Into<String>, handler: F) -> MethodEntry
    where
        F: Fn(P) -> Result<R> + Send + Sync + 'static,
        P: for<'de> Deserialize<'de> + JsonSchema,
        R: Serialize + JsonSchema,
    {
        MethodEntry::function(name, handler).input_type::<P>().output_type::<R>()
    }

    /// [`new`](MethodEntry::new) with the types of the function as schemas: see [`typed`](MethodEntry::typed).
    #[cfg(feature = "schemars")]
    #[track_caller]
    pub fn typed_async<F, Fut, P, R>(name: impl Into<String>, handler: F) -> MethodEntry
    where
        F: Fn(P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R>> + Send + 'static,
        P: for<'de> Deserialize<'de> + JsonSchema + Send + 'static,
        R: Serialize + JsonSchema + Send + 'static,
    {
        MethodEntry::new(name, handler).input_type::<P>().output_type::<R>()
    }

    /// A method that takes and gives payloads as they are: see
    /// [`register_raw`](trait.Server.html#method.register_raw).
    #[track_caller]
    pub fn raw<F>(name: impl Into<String>, handler: F) -> MethodEntry
    where
        F: for<'a> Fn(Payload<'a>) -> Result<Payload<'a>> + Send + Sync + 'static,
    {
        MethodEntry::with_handler::<F>(name, Handler::Function(Box::new(handler)))
    }

    /// A streaming method: see [`register_stream_method`](trait.Server.html#method.register_stream_method).
    #[track_caller]
    pub fn stream<F, Kind>(name: impl Into<String>, handler: F) -> MethodEntry
    where
        F: StreamHandler<Kind>,
    {
        let serve = Box::new(move |stream| handler.serve(stream));
        MethodEntry::with_handler::<F>(name, Handler::Stream(serve)).stream_type(StreamType::Bidirectional)
    }

    #[track_caller]
    fn with_handler<F>(name: impl Into<String>, handler: Handler) -> MethodEntry {
        let place = Location::caller();
        let file = place.file().rsplit('/').next().unwrap_or_default();
        MethodEntry {
            info: MethodInfo { name: name.into(), ..MethodInfo::default() },
            handler,
            timeout: None,
            dispatch: Dispatch::Default,
            flags: 0,
            site: format!("{} ({file}:{})", std::any::type_name::<F>(), place.line()),
            input_schema: Vec::new(),
            output_schema: Vec::new(),
            error_schemas: Vec::new(),
            refusal: None,
        }
    }

    /// Describes the method for people.
    pub fn description(mut self, description: impl Into<String>) -> MethodEntry {
        self.info.description = description.into();
        self
    }

    /// Adds a label.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> MethodEntry {
        self.info.metadata.insert(key.into(), value.into());
        self
    }

    /// Sets how the messages of a streaming method flow.
    pub fn stream_type(mut self, stream_type: StreamType) -> MethodEntry {
        self.info.stream_type = stream_type;
        self.info.is_streaming = stream_type != StreamType::Unknown;
        self
    }

    /// Sets the time for a call; the server's default otherwise.
    pub fn timeout(mut self, timeout: Duration) -> MethodEntry {
        self.timeout = Some(timeout);
        self
    }

    /// Sets where the handler runs.
    pub fn dispatch(mut self, dispatch: Dispatch) -> MethodEntry {
        self.dispatch = dispatch;
        self
    }

    /// Promises that two calls with the same arguments do no more than one.
    pub fn idempotent(mut self) -> MethodEntry {
        self.flags |= HMS_METHOD_IDEMPOTENT;
        self
    }

    /// Promises that the handler is short and never calls back, which makes calls from Python cheaper.
    pub fn leaf(mut self) -> MethodEntry {
        self.flags |= HMS_METHOD_LEAF;
        self
    }

    /// Sets the schema of what callers send: JSON such as `{"type": "STRING"}`, or a Protobuf message `hms.ffi.v1.Schema`. What does
    /// not fit is INVALID_ARGUMENT, and the handler does not see it.
    pub fn input_schema(mut self, schema: impl AsRef<[u8]>) -> MethodEntry {
        self.input_schema = schema.as_ref().to_vec();
        self
    }

    /// Sets the schema of what the handler answers. It is checked where the service has the label `hms.validate` = `always`.
    pub fn output_schema(mut self, schema: impl AsRef<[u8]>) -> MethodEntry {
        self.output_schema = schema.as_ref().to_vec();
        self
    }

    /// Makes a type the schema of what callers send: see [`schema::input_of`]. Of a stream on which they send, each message.
    #[cfg(feature = "schemars")]
    pub fn input_type<P: JsonSchema>(mut self) -> MethodEntry {
        match schema::input_of::<P>() {
            Ok(converted) => self.input_schema = converted.schema.to_vec(),
            Err(error) => self.refusal = Some(error),
        }
        self
    }

    /// Makes a type the schema of what the handler answers: see [`schema::output_of`]. Of a stream on which it sends, each message.
    #[cfg(feature = "schemars")]
    pub fn output_type<R: JsonSchema>(mut self) -> MethodEntry {
        match schema::output_of::<R>() {
            Ok(converted) => self.output_schema = converted.schema.to_vec(),
            Err(error) => self.refusal = Some(error),
        }
        self
    }

    /// Adds the schema of an error with data, with the id by which the error names it.
    pub fn error_schema(mut self, schema: impl AsRef<[u8]>) -> MethodEntry {
        self.error_schemas.push(schema.as_ref().to_vec());
        self
    }

    /// Adds a type of data that the method fails with: see [`ErrorData`] and [`schema::error_of`].
    ///
    /// ```
    /// use hmsffi::{Error, ErrorCode, ErrorData, MethodEntry};
    ///
    /// #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    /// struct OutOfStock {
    ///     left: u32,
    /// }
    ///
    /// impl ErrorData for OutOfStock {
    ///     const SCHEMA: &'static str = "OutOfStock";
    /// }
    ///
    /// fn order(amount: u32) -> hmsffi::Result<u32> {
    ///     let left = 3_u32;
    ///     left.checked_sub(amount).ok_or_else(|| {
    ///         Error::new(ErrorCode::FailedPrecondition, "too few").with_data(&OutOfStock { left })
    ///     })
    /// }
    ///
    /// let entry = MethodEntry::typed("order", order).error_type::<OutOfStock>();
    /// ```
    #[cfg(feature = "schemars")]
    pub fn error_type<T: ErrorData + JsonSchema>(mut self) -> MethodEntry {
        match schema::error_of::<T>() {
            Ok(converted) => self.error_schemas.push(converted.schema.to_vec()),
            Err(error) => self.refusal = Some(error),
        }
        self
    }

    /// Takes over what the service says of the method, where the entry says nothing itself.
    pub(crate) fn described(mut self, methods: &[MethodInfo]) -> MethodEntry {
        let Some(info) = methods.iter().find(|info| info.name == self.info.name) else { return self };
        if self.info.description.is_empty() {
            self.info.description.clone_from(&info.description);
        }
        for (key, value) in &info.metadata {
            self.info.metadata.entry(key.clone()).or_insert_with(|| value.clone());
        }
        if matches!(self.handler, Handler::Stream(_)) && info.stream_type != StreamType::Unknown {
            self = self.stream_type(info.stream_type);
        }
        self
    }
}

impl fmt::Debug for MethodEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MethodEntry({}, {})", self.info.name, self.site)
    }
}

/// A function that serves a stream: `Fn(ServerStream) -> Result<(), Error>`, plain or asynchronous.
///
/// `Kind` tells the two apart and is always inferred.
pub trait StreamHandler<Kind>: Send + Sync + 'static {
    /// Serves a stream; it ends with the future.
    fn serve(&self, stream: ServerStream) -> Answering;
}

/// The kind of a plain function.
pub struct Plain;

/// The kind of an asynchronous function.
pub struct Asynchronous;

impl<F> StreamHandler<Plain> for F
where
    F: Fn(ServerStream) -> Result<()> + Send + Sync + 'static,
{
    fn serve(&self, stream: ServerStream) -> Answering {
        let result = self(stream);
        Box::pin(async { result.map(|()| Payload::new(Vec::new())) })
    }
}

impl<F, Fut> StreamHandler<Asynchronous> for F
where
    F: Fn(ServerStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    fn serve(&self, stream: ServerStream) -> Answering {
        let future = self(stream);
        Box::pin(async { future.await.map(|()| Payload::new(Vec::new())) })
    }
}
