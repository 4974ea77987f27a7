//! [`Client`]: finds services.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use crate::async_call::AsyncCall;
use crate::binding::ServiceOptions;
pub use crate::error::Error;
use crate::error::{ErrorCode, Result};
use crate::method::Reply;
use crate::options::CallOptions;
pub use crate::options::ClientOptions;
use crate::payload::Payload;
use crate::raw::handles::ClientHandle;
use crate::runtime::Runtime;
use crate::service_client::Remote;
pub use crate::service_client::ServiceClient;
pub use crate::service_event::{EventType, ServiceEvent};
pub use crate::stream::Stream;
pub use crate::types::{CallStatus, LogLevel, MethodInfo, ServiceInfo, StreamType, TransportType};

/// A client of the runtime that this process shares.
///
/// Errors: UNIMPLEMENTED when the options ask for what this version lacks.
///
/// ```
/// # fn main() -> Result<(), hmsffi::Error> {
/// let client = hmsffi::new_client(hmsffi::ClientOptions::default())?;
/// for service in client.list_services("*")? {
///     println!("{} {}", service.id, service.version);
/// }
/// # Ok(()) }
/// ```
pub fn new_client(options: ClientOptions) -> Result<Box<dyn Client>> {
    Runtime::shared()?.new_client(options)
}

/// Finds services. It may be used by several threads at once.
pub trait Client: Send + Sync {
    /// A client of one service: its id, or an id with the versions that will do, such as `billing@^1.2`.
    /// Nothing is looked up yet, so that the service may come later: a wrong name is found out by the first
    /// call or [`bind`](ServiceClient::bind).
    ///
    /// Errors: INVALID_ARGUMENT when the id is empty.
    fn get_service(&self, service_id: &str) -> Result<Box<dyn ServiceClient>>;

    /// The same of a service that is what this program was made for. Calls go to the highest version that fits, in this process or
    /// another, now and when the registry changes. With the default options it is [`get_service`](Client::get_service).
    ///
    /// Errors: FAILED_PRECONDITION when no version fits: the message names the first differences, with both sides and who must
    /// move; all are in the detail `hms.differences`, as [`compare_services`](crate::compare_services) lists them. NOT_FOUND when
    /// there is no such service, INVALID_ARGUMENT when the definition is none.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hmsffi::Error> {
    /// # let client = hmsffi::new_client(hmsffi::ClientOptions::default())?;
    /// use hmsffi::{Binding, ServiceOptions};
    /// let made_for = std::fs::read("billing.json").map_err(hmsffi::Error::other)?;
    /// let options = ServiceOptions::new().expect(made_for, Binding::Loose);
    /// let billing = client.get_service_with("billing", &options)?;
    /// # Ok(()) }
    /// ```
    fn get_service_with(&self, service_id: &str, options: &ServiceOptions) -> Result<Box<dyn ServiceClient>> {
        let _ = options;
        Err(lacks(&format!("expectations of '{service_id}'")))
    }

    /// The services whose ids match a pattern with `*`, `?` and `[..]`.
    fn list_services(&self, pattern: &str) -> Result<Vec<ServiceInfo>>;

    /// The service that a name means now: an id, or an id with the versions that will do, such as `billing@^1.2`.
    ///
    /// Errors: NOT_FOUND, with the nearest name, when there is none.
    ///
    /// ```
    /// # fn main() -> Result<(), hmsffi::Error> {
    /// let client = hmsffi::new_client(hmsffi::ClientOptions::default())?;
    /// let registry = client.describe_service("hms.ffi.v1.ServiceRegistry")?;
    /// assert!(registry.methods.iter().any(|method| method.name == "ListServices"));
    /// # Ok(()) }
    /// ```
    fn describe_service(&self, service: &str) -> Result<ServiceInfo> {
        Err(lacks(&format!("description of '{service}'")))
    }

    /// What happens to the services whose ids match a pattern: first those that are there, as added, then every change,
    /// in order. It ends with the runtime; [`Stream::cancel`] ends it before.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hmsffi::Error> {
    /// # let client = hmsffi::new_client(hmsffi::ClientOptions::default())?;
    /// for event in client.watch_services("billing*")? {
    ///     let event = event?;
    ///     println!("{:?} {}", event.event_type, event.service.id);
    /// }
    /// # Ok(()) }
    /// ```
    fn watch_services(&self, pattern: &str) -> Result<Box<dyn Stream<Item = Result<ServiceEvent>>>> {
        Err(lacks(&format!("watch on '{pattern}'")))
    }

    /// How an asynchronous call is, also one that was started elsewhere or in another language.
    ///
    /// Errors: NOT_FOUND when there is no such call, or it ended more than five minutes ago.
    fn call_status(&self, call_id: &str) -> Result<CallStatus>;

    /// Cancels an asynchronous call, wherever it was started. `false` = it had ended before.
    fn cancel_call(&self, call_id: &str) -> Result<bool>;

    /// The result of an asynchronous call, wherever it was started: waits at most `timeout` (`None` = for
    /// ever); `None` = it still runs. Errors: the call's own, and as for
    /// [`call_status`](Client::call_status).
    fn call_result_payload(
        &self,
        call_id: &str,
        timeout: Option<Duration>,
    ) -> Result<Option<Reply<Payload<'static>>>>;

    /// Closes the client: it and its service clients answer FAILED_PRECONDITION from now on; calls that run
    /// end as they will. Dropping the client and all its service clients closes it too.
    fn close(&self) -> Result<()>;
}

impl dyn Client + '_ {
    /// The result of an asynchronous call as a value: see
    /// [`call_result_payload`](Client::call_result_payload).
    pub fn call_result<R: for<'de> Deserialize<'de>>(
        &self,
        call_id: &str,
        timeout: Option<Duration>,
    ) -> Result<Option<R>> {
        let reply = self.call_result_payload(call_id, timeout)?;
        reply.map(|reply| reply.value.decode()).transpose()
    }
}

/// What a mock may leave out.
fn lacks(what: &str) -> Error {
    Error::new(ErrorCode::Unimplemented, format!("this client has no {what}"))
}

/// A client's handle, and the runtime that it needs.
#[derive(Debug)]
pub(crate) struct Link {
    // Closed before the runtime.
    pub handle: ClientHandle,
    _runtime: Runtime,
}

struct Local(Arc<Link>);

pub(crate) fn open(runtime: &Runtime, options: &ClientOptions) -> Result<Box<dyn Client>> {
    let handle = runtime.handle().client(options)?;
    Ok(Box::new(Local(Arc::new(Link { handle, _runtime: runtime.clone() }))))
}

impl Client for Local {
    fn get_service(&self, service_id: &str) -> Result<Box<dyn ServiceClient>> {
        self.get_service_with(service_id, &ServiceOptions::new())
    }

    fn get_service_with(&self, service_id: &str, options: &ServiceOptions) -> Result<Box<dyn ServiceClient>> {
        if service_id.is_empty() {
            return Err(Error::invalid("the service id is empty"));
        }
        if options.binding.is_some() {
            self.0.handle.check_fit(service_id, options)?;
        }
        Ok(Box::new(Remote::new(self.0.clone(), service_id, options.clone())))
    }

    fn list_services(&self, pattern: &str) -> Result<Vec<ServiceInfo>> {
        let registry = self.get_service(REGISTRY)?;
        let mut request = ListServicesRequest {
            name_pattern: pattern.to_owned(),
            metadata_filter: HashMap::new(),
            limit: 0,
            page_token: String::new(),
        };
        let mut found = Vec::new();
        loop {
            let page: ListServicesResponse = registry.call("ListServices", &request)?;
            found.extend(page.services.into_iter().map(ServiceInfo::from));
            if page.next_page_token.is_empty() {
                return Ok(found);
            }
            request.page_token = page.next_page_token;
        }
    }

    fn describe_service(&self, service: &str) -> Result<ServiceInfo> {
        let request = GetServiceRequest { service_id: service.to_owned() };
        let reply: Reply<GetServiceResponse> =
            self.get_service(REGISTRY)?.call_with("GetService", request, &CallOptions::new())?;
        let refused = reply.metadata.get("hms-error-code").and_then(|code| code.parse::<i32>().ok());
        let GetServiceResponse { service: found, status, error_message } = reply.value;
        match (refused, found) {
            (None, Some(found)) => {
                let mut found = ServiceInfo::from(found);
                let status = STATUS_NAMES.get(status).unwrap_or(&STATUS_NAMES[0]);
                found.metadata.insert("hms.status".into(), (*status).into());
                Ok(found)
            }
            // The message begins with the code, as everywhere in answers that refuse.
            (Some(code), _) => {
                let message = error_message.split_once("): ").map_or(&*error_message, |(_, text)| text);
                Err(Error::new(code, message))
            }
            (None, None) => Err(Error::new(ErrorCode::NotFound, format!("no service '{service}'"))),
        }
    }

    fn watch_services(&self, pattern: &str) -> Result<Box<dyn Stream<Item = Result<ServiceEvent>>>> {
        let request =
            WatchServicesRequest { name_pattern: pattern.to_owned(), metadata_filter: HashMap::new() };
        self.get_service(REGISTRY)?.stream_call("WatchServices", request)
    }

    fn call_status(&self, call_id: &str) -> Result<CallStatus> {
        self.0.handle.call_status(call_id)
    }

    fn cancel_call(&self, call_id: &str) -> Result<bool> {
        self.0.handle.cancel_call(call_id)
    }

    fn call_result_payload(
        &self,
        call_id: &str,
        timeout: Option<Duration>,
    ) -> Result<Option<Reply<Payload<'static>>>> {
        let result = self.0.handle.call_result(call_id, timeout)?;
        Ok(result.map(|(buffer, metadata)| Reply::later(buffer, metadata)))
    }

    fn close(&self) -> Result<()> {
        self.0.handle.close()
    }
}

const REGISTRY: &str = "hms.ffi.v1.ServiceRegistry";

/// The names of `ServiceStatus`, by number.
const STATUS_NAMES: [&str; 4] = ["STATUS_UNSPECIFIED", "AVAILABLE", "UNAVAILABLE", "DEGRADED"];

/// Field names of the specification, here and below.
#[derive(Serialize)]
struct GetServiceRequest {
    service_id: String,
}

#[derive(Deserialize)]
struct GetServiceResponse {
    service: Option<ServiceDefinition>,
    status: usize,
    error_message: String,
}

#[derive(Serialize)]
struct WatchServicesRequest {
    name_pattern: String,
    metadata_filter: HashMap<String, String>,
}

#[derive(Serialize)]
struct ListServicesRequest {
    name_pattern: String,
    metadata_filter: HashMap<String, String>,
    limit: i32,
    page_token: String,
}

#[derive(Deserialize)]
struct ListServicesResponse {
    services: Vec<ServiceDefinition>,
    next_page_token: String,
}

#[derive(Deserialize)]
pub(crate) struct ServiceDefinition {
    service_id: String,
    display_name: String,
    description: String,
    version: String,
    methods: Vec<MethodDefinition>,
    metadata: HashMap<String, String>,
}

#[derive(Deserialize)]
struct MethodDefinition {
    name: String,
    description: String,
    is_streaming: bool,
    stream_type: u32,
    metadata: HashMap<String, String>,
}

impl From<ServiceDefinition> for ServiceInfo {
    fn from(service: ServiceDefinition) -> ServiceInfo {
        ServiceInfo {
            id: service.service_id,
            name: service.display_name,
            description: service.description,
            version: service.version,
            methods: service.methods.into_iter().map(MethodInfo::from).collect(),
            metadata: service.metadata,
        }
    }
}

impl From<MethodDefinition> for MethodInfo {
    fn from(method: MethodDefinition) -> MethodInfo {
        MethodInfo {
            name: method.name,
            description: method.description,
            is_streaming: method.is_streaming,
            stream_type: StreamType::from_number(method.stream_type),
            metadata: method.metadata,
        }
    }
}
