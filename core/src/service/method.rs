//! A method of a hosted service, and the handler behind it.

use std::cell::UnsafeCell;
use std::fmt;
use std::sync::{Arc, Weak};

use super::{Contract, Service};
use crate::call::{Call, Request};
use crate::dispatch::{Door, Queue};
use crate::proto::{MethodDefinition, Schema, StreamType, TransportType};

/// Serves calls.
pub trait Handler: Send + Sync {
    /// Serves one call: answers it once, now or, after [`Call::retain`], later. May run on any thread.
    fn serve(&self, call: Call, request: &Request<'_>);
}

impl<F: Fn(Call, &Request<'_>) + Send + Sync> Handler for F {
    fn serve(&self, call: Call, request: &Request<'_>) {
        self(call, request);
    }
}

/// Where a handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u32)]
pub enum Dispatch {
    /// On the caller's thread, on its stack.
    #[default]
    Direct = 1,
    /// On one of the server's handler threads.
    Pool = 2,
    /// On an executor of its own, which takes calls from a queue.
    Hop = 3,
}

impl Dispatch {
    /// The value of the label `hms.dispatch`.
    pub fn label(self) -> &'static str {
        match self {
            Dispatch::Direct => "direct",
            Dispatch::Pool => "pool",
            Dispatch::Hop => "hop",
        }
    }
}

/// A method to be hosted.
#[derive(Default)]
pub struct MethodSpec {
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
    /// Streaming, or not.
    pub stream_type: StreamType,
    /// Where its handler runs.
    pub dispatch: Dispatch,
    /// Time for a call in nanoseconds; 0 = the server's.
    pub timeout_ns: u64,
    /// Two calls do no more than one.
    pub idempotent: bool,
    /// Short, and never calls back.
    pub leaf: bool,
    /// Labels.
    pub metadata: Vec<(String, String)>,
    /// What callers send; of a stream that they send on, each message.
    pub input_schema: Option<Schema>,
    /// What the handler answers; of a stream that it sends on, each message.
    pub output_schema: Option<Schema>,
    /// Errors with data that it may answer, each with the id by which they name it.
    pub error_schemas: Vec<Schema>,
    /// Name and place of the handler for stacks, such as `convert (units.go:41)`.
    pub site: String,
    /// With hop dispatch: the queue that collects the calls, and their tag.
    pub queue: Option<(Arc<Queue>, u64)>,
    /// Hosted elsewhere: the way there.
    pub door: Option<Arc<dyn Door>>,
    /// Serves the calls; without one, without a queue and without a door, they are UNAVAILABLE.
    pub handler: Option<Box<dyn Handler>>,
}

impl MethodSpec {
    /// A method as a definition has it, that nobody serves.
    pub(crate) fn without_handler(definition: &MethodDefinition) -> MethodSpec {
        MethodSpec {
            name: definition.name.clone(),
            stream_type: definition.stream_type(),
            timeout_ns: u64::try_from(definition.timeout_ms).unwrap_or(0) * 1_000_000,
            ..MethodSpec::default()
        }
    }
}

/// A method of a hosted service.
pub struct Method {
    /// Its name.
    pub name: String,
    /// `service.method`
    pub qualified: Arc<str>,
    /// Streaming, or not.
    pub stream_type: StreamType,
    /// Where its handler runs.
    pub dispatch: Dispatch,
    /// Time for a call in nanoseconds; 0 = the server's.
    pub timeout_ns: u64,
    /// Bytes of one message that the server takes.
    pub(super) max_message_size: u64,
    /// Two calls do no more than one.
    pub idempotent: bool,
    /// Short, and never calls back.
    pub leaf: bool,
    /// Name and place of the handler.
    pub site: String,
    /// With hop dispatch: the queue that collects the calls, and their tag.
    pub queue: Option<(Arc<Queue>, u64)>,
    /// Hosted elsewhere: the way there.
    pub(crate) door: Option<Arc<dyn Door>>,
    /// Its schemas, as far as something is checked against them.
    pub(crate) contract: Option<Arc<Contract>>,
    service: Weak<Service>,
    has_handler: bool,
    handler: UnsafeCell<Option<Box<dyn Handler>>>,
}

// SAFETY: the handler is read by those inside the gate and taken only when nobody is.
unsafe impl Sync for Method {}
// SAFETY: handlers are Send.
unsafe impl Send for Method {}

impl Method {
    /// The way to its handler.
    pub fn transport(&self) -> TransportType {
        self.door.as_ref().map_or(TransportType::InProcess, |door| door.transport())
    }

    pub(super) fn new(
        service: Weak<Service>,
        (service_id, max_message_size): (&str, u64),
        spec: MethodSpec,
        contract: Option<Contract>,
    ) -> Method {
        Method {
            max_message_size,
            qualified: format!("{service_id}.{}", spec.name).into(),
            name: spec.name,
            stream_type: spec.stream_type,
            dispatch: spec.dispatch,
            timeout_ns: spec.timeout_ns,
            idempotent: spec.idempotent,
            leaf: spec.leaf,
            site: spec.site,
            queue: spec.queue,
            door: spec.door,
            contract: contract.map(Arc::new),
            service,
            has_handler: spec.handler.is_some(),
            handler: UnsafeCell::new(spec.handler),
        }
    }

    /// The service it belongs to.
    pub fn service(&self) -> Option<Arc<Service>> {
        self.service.upgrade()
    }

    /// Whether calls open streams.
    #[inline]
    pub fn is_stream(&self) -> bool {
        self.stream_type != StreamType::Unspecified
    }

    /// Whether the handler can run on the caller's thread.
    pub(crate) fn runs_directly(&self) -> bool {
        self.has_handler
    }

    /// The handler.
    ///
    /// # Safety
    /// The caller must be inside the service's gate for as long as it uses the handler.
    #[inline]
    pub(crate) unsafe fn handler(&self) -> Option<&dyn Handler> {
        // SAFETY: taken only when nobody is inside.
        unsafe { (*self.handler.get()).as_deref() }
    }

    /// Takes the handler out.
    ///
    /// # Safety
    /// The service's gate must be closed for good, with nobody inside.
    pub(super) unsafe fn take_handler(&self) -> Option<Box<dyn Handler>> {
        // SAFETY: promised above.
        unsafe { (*self.handler.get()).take() }
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Method").field("name", &self.qualified).field("dispatch", &self.dispatch).finish()
    }
}
