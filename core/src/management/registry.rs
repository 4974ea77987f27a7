//! `ServiceRegistry`: registering, finding and watching services.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded, select};

use super::Held;
use super::adapter::{Inbound, Refusal, decode, encode, method, refusable, unary};
use crate::buffer::Buffer;
use crate::call::{Request, Response};
use crate::error::{Error, Result};
use crate::meta;
use crate::proto::{
    GetServiceRequest, GetServiceResponse, ListServicesRequest, ListServicesResponse, RegisterServiceRequest,
    RegisterServiceResponse, ServiceEvent, StreamType, UnregisterServiceRequest, UnregisterServiceResponse,
    WatchServicesRequest,
};
use crate::service::{MethodSpec, Service};
use crate::stream::Item;

/// How often a watch whose receiver lags behind looks whether its runtime is still open.
const SLICE: Duration = Duration::from_millis(100);

pub fn methods(runtime: &Held) -> Vec<MethodSpec> {
    vec![
        refusable(runtime, "RegisterService", register),
        refusable(runtime, "UnregisterService", unregister),
        MethodSpec { idempotent: true, ..refusable(runtime, "GetService", get) },
        MethodSpec { idempotent: true, ..unary(runtime, "ListServices", list) },
        method(runtime, "WatchServices", StreamType::ServerStreaming, watch),
    ]
}

/// Keeps a definition that nobody serves here: calls to it are UNAVAILABLE.
fn register(inbound: &Inbound, request: RegisterServiceRequest) -> Result<RegisterServiceResponse> {
    let mut definition =
        request.service.ok_or_else(|| Error::invalid("service is missing: give its definition"))?;
    let unsupported = |key: &&String| *key == meta::LEASE || key.starts_with(meta::ENDPOINT_PREFIX);
    if let Some(key) = request.metadata.keys().filter(unsupported).min() {
        return Err(Error::unimplemented(format!(
            "metadata '{key}' asks for what this version cannot do: it calls services of its own process only, which \
             need no endpoint and no lease"
        )));
    }
    definition.metadata.extend(request.metadata);
    let service = inbound.runtime.store(definition)?;
    Ok(RegisterServiceResponse { success: true, service_id: service.id.clone(), ..Default::default() })
}

/// Takes back what was registered here (B25): definitions that were stored, otherwise services that servers host.
fn unregister(inbound: &Inbound, request: UnregisterServiceRequest) -> Result<UnregisterServiceResponse> {
    let resolved = inbound.runtime.registry.resolve(&request.service_id)?;
    let instances: Vec<Arc<Service>> = resolved
        .instances
        .into_iter()
        .map(|(service, _)| service)
        .filter(|service| !service.is_elsewhere())
        .collect();
    if instances.is_empty() {
        return Err(Error::precondition(format!(
            "service '{}' is hosted by another process: unregister it there",
            request.service_id
        )));
    }
    let is_own = |service: &&Arc<Service>| {
        service.server().zip(inbound.runtime.management()).is_some_and(|(a, b)| Arc::ptr_eq(&a, b))
    };
    if instances.iter().any(|service| is_own(&service)) {
        return Err(Error::precondition(format!(
            "'{}' is part of every runtime and cannot be unregistered",
            request.service_id
        )));
    }
    let (hosted, stored): (Vec<_>, Vec<_>) = instances.into_iter().partition(|service| service.is_hosted());
    for service in if stored.is_empty() { hosted } else { stored } {
        match service.server() {
            Some(server) => server.withdraw(&service)?,
            None => {
                inbound.runtime.withdraw(&service);
                service.close();
            }
        }
    }
    Ok(UnregisterServiceResponse { success: true, ..Default::default() })
}

fn get(inbound: &Inbound, request: GetServiceRequest) -> Result<GetServiceResponse> {
    inbound.runtime.look_around();
    let (definition, status) = inbound.runtime.registry.get(&request.service_id)?;
    let service = Some(Arc::unwrap_or_clone(definition));
    Ok(GetServiceResponse { service, status: status as i32, ..Default::default() })
}

fn list(inbound: &Inbound, request: ListServicesRequest) -> Result<ListServicesResponse> {
    inbound.runtime.look_around();
    inbound.runtime.registry.list(&request)
}

/// Sends events until the caller goes away or the runtime is closed.
fn watch(inbound: &Inbound, request: &Request<'_>) -> Result<Response> {
    inbound.runtime.look_around();
    let watch = inbound.runtime.registry.watch(&decode::<WatchServicesRequest>(request)?)?;
    let events: &Receiver<ServiceEvent> = &watch;
    let (present, gone) = bounded::<()>(0);
    inbound.call.on_cancel(Box::new(move || drop(present)))?;
    loop {
        let event = select! {
            recv(events) -> event => event.map_err(|_| closed(inbound))?,
            recv(gone) -> _ => return Ok(Response::new(Buffer::copy_of(&[]), inbound.encoding)),
        };
        tell(inbound, &event)?;
    }
}

fn tell(inbound: &Inbound, event: &ServiceEvent) -> Result<()> {
    let (stream, encoding) = (inbound.call.stream()?, inbound.encoding);
    let mut item = Some(Item { body: encode(encoding, event)?, encoding, content_type: None });
    while let Some(unsent) = item.take() {
        item = stream.send(unsent, Some(SLICE))?;
        if item.is_some() && inbound.runtime.is_closed() {
            return Err(closed(inbound));
        }
    }
    Ok(())
}

fn closed(inbound: &Inbound) -> Error {
    Error::unavailable(format!("runtime '{}' was closed", inbound.runtime.name()))
}

impl Refusal for RegisterServiceResponse {
    fn refused(error_message: String) -> Self {
        RegisterServiceResponse { error_message, ..Default::default() }
    }
}

impl Refusal for UnregisterServiceResponse {
    fn refused(error_message: String) -> Self {
        UnregisterServiceResponse { error_message, ..Default::default() }
    }
}

impl Refusal for GetServiceResponse {
    fn refused(error_message: String) -> Self {
        GetServiceResponse { error_message, ..Default::default() }
    }
}
