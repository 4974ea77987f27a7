//! `SchemaRegistry`: registering, finding and listing schemas, and validating with them.

use std::sync::Arc;

use super::Held;
use super::adapter::{Inbound, Message, Refusal, refusable, unary};
use crate::codec::Encoding;
use crate::error::{Error, Result};
use crate::meta;
use crate::proto::{
    GetSchemaRequest, GetSchemaResponse, ListSchemasRequest, ListSchemasResponse, RegisterSchemaRequest,
    RegisterSchemaResponse, ValidateSchemaRequest, ValidateSchemaResponse,
};
use crate::registry;
use crate::schema::registry::{Schemas, is_described};
use crate::schema::{self, Compiled, Resolve, Schema};
use crate::service::MethodSpec;

const REGISTER: &str = "RegisterSchema";
const GET: &str = "GetSchema";
const LIST: &str = "ListSchemas";
const VALIDATE: &str = "ValidateSchema";

/// The service of each runtime.
pub fn methods(runtime: &Held) -> Vec<MethodSpec> {
    vec![
        MethodSpec { idempotent: true, ..refusable(runtime, REGISTER, register) },
        MethodSpec { idempotent: true, ..refusable(runtime, GET, passed(GET, get)) },
        MethodSpec { idempotent: true, ..unary(runtime, LIST, passed(LIST, list)) },
        MethodSpec { idempotent: true, ..unary(runtime, VALIDATE, passed(VALIDATE, validate)) },
    ]
}

/// The same for other processes, of schemas that this one keeps. Errors are those of the call.
pub fn of(runtime: &Held, schemas: &Arc<Schemas>) -> Vec<MethodSpec> {
    vec![
        kept(runtime, schemas, REGISTER, add),
        kept(runtime, schemas, GET, get),
        kept(runtime, schemas, LIST, list),
        kept(runtime, schemas, VALIDATE, validate),
    ]
}

fn kept<Q: Message + 'static, A: Message + 'static>(
    runtime: &Held,
    schemas: &Arc<Schemas>,
    name: &str,
    serve: fn(&Schemas, Q) -> Result<A>,
) -> MethodSpec {
    let schemas = schemas.clone();
    MethodSpec { idempotent: true, ..unary(runtime, name, move |_, request: Q| serve(&schemas, request)) }
}

fn passed<Q: Message + Clone, A: Message>(
    name: &'static str,
    serve: fn(&Schemas, Q) -> Result<A>,
) -> impl Fn(&Inbound, Q) -> Result<A> {
    move |inbound, request| inbound.runtime.schemas().serve(&inbound.runtime, name, request, serve)
}

/// An id is generated here, so that a request which is sent again after a process died registers nothing twice.
fn register(inbound: &Inbound, mut request: RegisterSchemaRequest) -> Result<RegisterSchemaResponse> {
    let needs_id = |schema: &&mut Schema| schema.schema_id.is_empty() && !is_described(schema);
    if let Some(schema) = request.schema.as_mut().filter(needs_id) {
        schema.schema_id = registry::generated_id("schema")?;
    }
    passed(REGISTER, add)(inbound, request)
}

fn add(schemas: &Schemas, request: RegisterSchemaRequest) -> Result<RegisterSchemaResponse> {
    let schema = request.schema.ok_or_else(missing)?;
    let schema_id = schemas.register(schema)?;
    Ok(RegisterSchemaResponse { success: true, schema_id, ..Default::default() })
}

fn get(schemas: &Schemas, request: GetSchemaRequest) -> Result<GetSchemaResponse> {
    let schema = schemas.get(&request.schema_id, request.resolve_refs)?;
    Ok(GetSchemaResponse { schema: Some(schema), ..Default::default() })
}

fn list(schemas: &Schemas, request: ListSchemasRequest) -> Result<ListSchemasResponse> {
    schemas.list(&request)
}

fn validate(schemas: &Schemas, request: ValidateSchemaRequest) -> Result<ValidateSchemaResponse> {
    let mut schema = request.schema.ok_or_else(missing)?;
    let encoding = encoding_of_data(&mut schema, &request.data)?;
    let compiled = Compiled::new(&schema, schemas).map_err(|errors| errors.into_error("the schema"))?;
    let errors = compiled.validate(&request.data, encoding);
    Ok(ValidateSchemaResponse { valid: errors.is_empty(), errors })
}

/// As the schema's label says. Defaults are never in Protobuf, so that the label says it of the data alone then.
fn encoding_of_data(schema: &mut Schema, data: &[u8]) -> Result<Encoding> {
    let label = schema.metadata.get(meta::ENCODING).map(String::as_str);
    if label.map(Encoding::from_content_type) == Some(Encoding::Protobuf) {
        schema.metadata.remove(meta::ENCODING);
        return Ok(Encoding::Protobuf);
    }
    schema::encoding(label, data)
        .map_err(|why| Error::invalid(format!("the data {why}; data may be application/protobuf, too")))
}

fn missing() -> Error {
    Error::invalid("schema is missing: give one, or a REF to one that is registered")
}

/// The schemas of a runtime, wherever they are kept.
pub struct Known(pub Held);

impl Resolve for Known {
    fn schema(&self, id: &str) -> Option<Schema> {
        let request = GetSchemaRequest { schema_id: id.to_owned(), resolve_refs: false };
        let runtime = self.0.upgrade()?;
        let mut schema = runtime.schemas().serve(&runtime, GET, request, get).ok()?.schema?;
        schema.metadata.remove(meta::SCHEMA_VERSION);
        Some(schema)
    }
}

impl Refusal for RegisterSchemaResponse {
    fn refused(error_message: String) -> Self {
        RegisterSchemaResponse { error_message, ..Default::default() }
    }
}

impl Refusal for GetSchemaResponse {
    fn refused(error_message: String) -> Self {
        GetSchemaResponse { error_message, ..Default::default() }
    }
}
