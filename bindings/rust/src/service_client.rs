//! [`ServiceClient`]: calls the methods of one service.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::async_call::AsyncCall;
use crate::binding::ServiceOptions;
use crate::client::Link;
use crate::method::{Method, Reply};
use crate::options::CallOptions;
use crate::payload::Payload;
use crate::stream::{self, Stream};
use crate::{Error, ErrorCode, Result};

/// Calls the methods of one service. It may be used by several threads at once.
///
/// The trait holds what a mock of a service must have; `call`, `call_async`, `call_with` and `stream_call`
/// are methods of `dyn ServiceClient`, and of [`ServiceClientExt`] for concrete types.
pub trait ServiceClient: Send + Sync {
    /// The id that the service was asked for by.
    fn service_id(&self) -> &str;

    /// Resolves a method once, for many calls.
    ///
    /// Errors: NOT_FOUND, with the nearest name, when there is no such service or method.
    fn bind(&self, method: &str) -> Result<Method> {
        Err(Error::new(
            ErrorCode::Unimplemented,
            format!("{}: this client of {} has no methods to bind", method, self.service_id()),
        ))
    }

    /// Calls a method with a payload as it is.
    fn call_payload(
        &self,
        method: &str,
        payload: Payload<'_>,
        options: &CallOptions,
    ) -> Result<Reply<Payload<'static>>>;

    /// Starts a call of a method with a payload as it is.
    fn call_payload_async(
        &self,
        method: &str,
        payload: Payload<'_>,
        options: &CallOptions,
    ) -> AsyncCall<Payload<'static>>;

    /// Opens a stream of a method with a payload as it is.
    fn open_stream(
        &self,
        method: &str,
        payload: Payload<'_>,
        options: &CallOptions,
    ) -> Result<Box<dyn Stream<Item = Result<Payload<'static>>>>>;

    /// Closes the methods that were resolved. The client stays open.
    fn close(&self) -> Result<()>;
}

/// The methods that take and give values, in one place for `dyn ServiceClient` and for concrete types.
macro_rules! typed_calls {
    ($($visibility:ident)?) => {
        /// Calls a method and waits for the answer.
        ///
        /// How the value travels is decided by its type: bytes as they are, [`Proto`](crate::Proto) as
        /// Protobuf, anything else as CBOR.
        ///
        /// Errors: what the handler answered, or why it could not; INVALID_ARGUMENT or OUT_OF_RANGE with the
        /// place of what does not fit `R`.
        $($visibility)? fn call<P, R>(&self, method: &str, params: P) -> Result<R>
        where
            P: Serialize,
            R: for<'de> Deserialize<'de>,
        {
            let reply = self.call_payload(method, Payload::encode(&params)?, &CallOptions::new())?;
            reply.value.decode()
        }

        /// Calls a method with options, and gives the answer with its metadata.
        $($visibility)? fn call_with<P, R>(&self, method: &str, params: P, options: &CallOptions) -> Result<Reply<R>>
        where
            P: Serialize,
            R: for<'de> Deserialize<'de>,
        {
            self.call_payload(method, Payload::encode(&params)?, options)?.decoded(|value| value.decode())
        }

        /// Starts a call. The handler runs on a thread of its server.
        $($visibility)? fn call_async<P, R>(&self, method: &str, params: P) -> AsyncCall<R>
        where
            P: Serialize,
            R: for<'de> Deserialize<'de>,
        {
            self.call_async_with(method, params, &CallOptions::new())
        }

        /// Starts a call with options.
        $($visibility)? fn call_async_with<P, R>(&self, method: &str, params: P, options: &CallOptions) -> AsyncCall<R>
        where
            P: Serialize,
            R: for<'de> Deserialize<'de>,
        {
            match Payload::encode(&params) {
                Ok(payload) => self.call_payload_async(method, payload, options).decoded(),
                Err(error) => AsyncCall::ready(Err(error)).decoded(),
            }
        }

        /// Opens a stream of a streaming method. `params` are the request of a server stream; the other kinds
        /// may take some too.
        $($visibility)? fn stream_call<P, R>(
            &self,
            method: &str,
            params: P,
        ) -> Result<Box<dyn Stream<Item = Result<R>>>>
        where
            P: Serialize,
            R: for<'de> Deserialize<'de> + 'static,
        {
            self.stream_call_with(method, params, &CallOptions::new())
        }

        /// Opens a stream with options. The timeout is that of the whole stream.
        $($visibility)? fn stream_call_with<P, R>(
            &self,
            method: &str,
            params: P,
            options: &CallOptions,
        ) -> Result<Box<dyn Stream<Item = Result<R>>>>
        where
            P: Serialize,
            R: for<'de> Deserialize<'de> + 'static,
        {
            let stream = self.open_stream(method, Payload::encode(&params)?, options)?;
            Ok(stream::decoded(stream))
        }
    };
}

impl dyn ServiceClient + '_ {
    typed_calls!(pub);
}

/// The methods of `dyn ServiceClient` for concrete types, so that code may be generic over a mock.
pub trait ServiceClientExt: ServiceClient {
    typed_calls!();
}

impl<S: ServiceClient> ServiceClientExt for S {}

/// A service that is reached through the library.
pub(crate) struct Remote {
    client: Arc<Link>,
    id: String,
    options: ServiceOptions,
    /// The methods called by name, resolved at their first call.
    methods: RwLock<HashMap<String, Method>>,
}

impl Remote {
    pub fn new(client: Arc<Link>, id: &str, options: ServiceOptions) -> Remote {
        Remote { client, id: id.to_owned(), options, methods: RwLock::default() }
    }

    fn named<R>(&self, name: &str, f: impl FnOnce(&Method) -> R) -> Result<R> {
        if let Some(method) = self.methods.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned() {
            return Ok(f(&method));
        }
        let method = self.bind(name)?;
        self.methods.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), method.clone());
        Ok(f(&method))
    }
}

impl ServiceClient for Remote {
    fn service_id(&self) -> &str {
        &self.id
    }

    fn bind(&self, method: &str) -> Result<Method> {
        Method::new(self.client.clone(), &self.id, method, &self.options)
    }

    fn call_payload(
        &self,
        method: &str,
        payload: Payload<'_>,
        options: &CallOptions,
    ) -> Result<Reply<Payload<'static>>> {
        self.named(method, |method| method.call_payload(payload, options))?
    }

    fn call_payload_async(
        &self,
        method: &str,
        payload: Payload<'_>,
        options: &CallOptions,
    ) -> AsyncCall<Payload<'static>> {
        self.named(method, |method| method.call_payload_async(payload, options))
            .unwrap_or_else(|error| AsyncCall::ready(Err(error)))
    }

    fn open_stream(
        &self,
        method: &str,
        payload: Payload<'_>,
        options: &CallOptions,
    ) -> Result<Box<dyn Stream<Item = Result<Payload<'static>>>>> {
        self.named(method, |method| method.open_stream(payload, options))?
    }

    fn close(&self) -> Result<()> {
        self.methods.write().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }
}
