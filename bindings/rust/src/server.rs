//! [`Server`]: hosts services.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use crate::error::Error;
use crate::error::Result;
use crate::interceptor::Interceptor;
use crate::method_entry::{MethodEntry, StreamHandler};
pub use crate::options::{AuthConfig, AuthType, CertValidation, ServerOptions};
use crate::payload::Payload;
use crate::raw::handles::ServerHandle;
use crate::runtime::Runtime;
pub use crate::stream::Stream;
pub use crate::types::{CallStatus, LogLevel, MethodInfo, ServiceInfo, StreamType, TransportType};

/// A server in the runtime that this process shares. It serves calls from [`start`](Server::start) on.
///
/// Errors: UNIMPLEMENTED when the options ask for what this version lacks.
pub fn new_server(options: ServerOptions) -> Result<Box<dyn Server>> {
    Runtime::shared()?.new_server(options)
}

/// Describes a service, and brings its methods along.
pub trait ServiceHandler: Send + Sync {
    /// What the service is.
    fn service_info(&self) -> ServiceInfo;

    /// Its methods with their handlers; more can be registered with the server by name.
    fn methods(&self) -> Vec<MethodEntry> {
        Vec::new()
    }
}

/// Hosts services. The services of a server that is dropped are withdrawn.
pub trait Server: Send + Sync {
    /// Hosts a service.
    ///
    /// Errors: ALREADY_EXISTS when its id and version are taken by another definition (the message names the
    /// difference).
    fn register_service(&mut self, handler: Box<dyn ServiceHandler>) -> Result<()>;

    /// Adds a method to a service. A service that this server does not host yet becomes one of version
    /// `1.0.0`.
    fn register_entry(&mut self, service_id: &str, entry: MethodEntry) -> Result<()>;

    /// Puts user code around every call of this server from now on: inside the interceptors that were added before, around the
    /// handler. There is no way to take one out.
    fn intercept(&mut self, interceptor: Box<dyn Interceptor>) -> Result<()>;

    /// Stops offering a service.
    ///
    /// Errors: NOT_FOUND when this server hosts no such service.
    fn unregister_service(&mut self, service_id: &str) -> Result<()>;

    /// The ids of the services that this server hosts; one that was registered without an id has got one.
    fn service_ids(&self) -> Vec<String>;

    /// Serves calls from now on.
    fn start(&mut self) -> Result<()>;

    /// Takes no more calls and waits for those inside, for as long as they take. Called by a handler it does
    /// not wait. The server can be started again.
    fn stop(&mut self) -> Result<()>;

    /// As [`stop`](Server::stop), but waits at most `timeout`.
    ///
    /// Errors: DEADLINE_EXCEEDED when calls still run; the server is stopped all the same.
    fn stop_timeout(&mut self, timeout: Duration) -> Result<()>;

    /// Whether it serves calls.
    fn is_running(&self) -> bool;

    /// Waits until the server is stopped, at most `timeout` (`None` = for ever). `false` when the time was
    /// over first.
    fn wait(&self, timeout: Option<Duration>) -> Result<bool>;
}

impl dyn Server + '_ {
    /// Adds a method that an asynchronous function serves.
    ///
    /// Its first step runs on the caller's thread. A function that never waits answers from there; otherwise
    /// it goes on on a thread of this crate, so that its futures must not need the context of a runtime:
    /// spawn what does on that runtime and await the handle. When the caller stops waiting the future is
    /// dropped.
    ///
    /// ```
    /// # fn main() -> Result<(), hmsffi::Error> {
    /// # let mut server = hmsffi::Runtime::private("doc")?.new_server(Default::default())?;
    /// server.register_method("calc", "add", |(a, b): (i64, i64)| async move { Ok(a + b) })?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn register_method<F, Fut, P, R>(&mut self, service_id: &str, method: &str, handler: F) -> Result<()>
    where
        F: Fn(P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R>> + Send + 'static,
        P: for<'de> Deserialize<'de> + Send + 'static,
        R: Serialize + Send + 'static,
    {
        self.register_entry(service_id, MethodEntry::new(method, handler))
    }

    /// Adds a method that a plain function serves, on the caller's thread.
    ///
    /// ```
    /// # fn main() -> Result<(), hmsffi::Error> {
    /// # let mut server = hmsffi::Runtime::private("doc")?.new_server(Default::default())?;
    /// server.register_function("calc", "half", |n: i64| match n % 2 {
    ///     0 => Ok(n / 2),
    ///     _ => Err(hmsffi::Error::new(hmsffi::ErrorCode::InvalidArgument, format!("{n} is odd"))),
    /// })?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn register_function<F, P, R>(&mut self, service_id: &str, method: &str, handler: F) -> Result<()>
    where
        F: Fn(P) -> Result<R> + Send + Sync + 'static,
        P: for<'de> Deserialize<'de>,
        R: Serialize,
    {
        self.register_entry(service_id, MethodEntry::function(method, handler))
    }

    /// Adds a method that takes and gives payloads as they are: the fast way for raw bytes. An answer without
    /// a content type has that of the request.
    ///
    /// ```
    /// # fn main() -> Result<(), hmsffi::Error> {
    /// # let mut server = hmsffi::Runtime::private("doc")?.new_server(Default::default())?;
    /// server.register_raw("bytes", "echo", |request| Ok(request))?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn register_raw<F>(&mut self, service_id: &str, method: &str, handler: F) -> Result<()>
    where
        F: for<'a> Fn(Payload<'a>) -> Result<Payload<'a>> + Send + Sync + 'static,
    {
        self.register_entry(service_id, MethodEntry::raw(method, handler))
    }

    /// Adds a streaming method. Its type is the one that the service's [`ServiceInfo`] gives to a method of
    /// this name, else bidirectional. The handler, plain or asynchronous, runs on a thread of the server.
    ///
    /// The stream ends when the handler does. What the handler of a client stream sends is the one answer.
    ///
    /// ```
    /// # fn main() -> Result<(), hmsffi::Error> {
    /// # let mut server = hmsffi::Runtime::private("doc")?.new_server(Default::default())?;
    /// use hmsffi::ServerStream;
    ///
    /// server.register_stream_method("text", "upper", |mut stream: ServerStream| {
    ///     while let Some(line) = stream.receive() {
    ///         stream.send(&line?.decode::<String>()?.to_uppercase())?;
    ///     }
    ///     Ok(())
    /// })?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn register_stream_method<F, Kind>(
        &mut self,
        service_id: &str,
        method: &str,
        handler: F,
    ) -> Result<()>
    where
        F: StreamHandler<Kind>,
    {
        self.register_entry(service_id, MethodEntry::stream(method, handler))
    }
}

struct Local {
    // Closed before the runtime.
    handle: ServerHandle,
    /// What each service said of its methods.
    hosted: HashMap<String, Vec<MethodInfo>>,
    _runtime: Runtime,
}

pub(crate) fn open(runtime: &Runtime, options: &ServerOptions) -> Result<Box<dyn Server>> {
    let handle = runtime.handle().server(options)?;
    Ok(Box::new(Local { handle, hosted: HashMap::new(), _runtime: runtime.clone() }))
}

impl Local {
    fn host(&mut self, info: ServiceInfo, entries: Vec<MethodEntry>) -> Result<()> {
        let entries = entries.into_iter().map(|entry| entry.described(&info.methods)).collect();
        let id = self.handle.register(&info, entries)?;
        self.hosted.insert(id, info.methods);
        Ok(())
    }
}

impl Server for Local {
    fn register_service(&mut self, handler: Box<dyn ServiceHandler>) -> Result<()> {
        self.host(handler.service_info(), handler.methods())
    }

    fn register_entry(&mut self, service_id: &str, entry: MethodEntry) -> Result<()> {
        if service_id.is_empty() {
            return Err(Error::invalid("the service id is empty"));
        }
        match self.hosted.get(service_id) {
            Some(methods) => self.handle.add_method(service_id, entry.described(methods)),
            None => {
                let info = ServiceInfo { id: service_id.to_owned(), ..ServiceInfo::default() };
                self.host(info, vec![entry])
            }
        }
    }

    fn intercept(&mut self, interceptor: Box<dyn Interceptor>) -> Result<()> {
        self.handle.intercept(interceptor)
    }

    fn unregister_service(&mut self, service_id: &str) -> Result<()> {
        self.handle.unregister(service_id)?;
        self.hosted.remove(service_id);
        Ok(())
    }

    fn service_ids(&self) -> Vec<String> {
        self.hosted.keys().cloned().collect()
    }

    fn start(&mut self) -> Result<()> {
        self.handle.start()
    }

    fn stop(&mut self) -> Result<()> {
        self.handle.stop(None)
    }

    fn stop_timeout(&mut self, timeout: Duration) -> Result<()> {
        self.handle.stop(Some(timeout))
    }

    fn is_running(&self) -> bool {
        self.handle.is_running()
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<bool> {
        self.handle.wait(timeout)
    }
}
