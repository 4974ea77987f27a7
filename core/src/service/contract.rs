//! The schemas of a method, compiled, and what is told of payloads that break them.

use crate::buffer::Buffer;
use crate::codec::Encoding;
use crate::error::{Code, Error, Result};
use crate::meta;
use crate::proto::{MethodDefinition, Schema, ServiceDefinition};
use crate::schema::{Compiled, Resolve, Violation};

/// Which payloads of a service are checked against the schemas of its methods: its label `hms.validate`.
#[derive(Clone, Copy, PartialEq)]
enum Validate {
    /// What callers send.
    Inputs,
    /// What callers send, and what handlers answer.
    Always,
    /// Nothing. Schemas are for those who read them.
    Never,
}

impl Validate {
    fn of(definition: &ServiceDefinition) -> Result<Validate> {
        match definition.metadata.get(meta::VALIDATE).map(String::as_str) {
            None | Some("inputs") => Ok(Validate::Inputs),
            Some("always") => Ok(Validate::Always),
            Some("never") => Ok(Validate::Never),
            Some(other) => Err(Error::invalid(format!(
                "service '{}' has {} = '{other}'. Set it to inputs, always or never",
                definition.service_id,
                meta::VALIDATE
            ))),
        }
    }
}

/// What a method takes and gives, as far as it is checked.
#[derive(Debug)]
pub(crate) struct Contract {
    method: String,
    input: Option<Compiled>,
    output: Option<Compiled>,
    /// Typed errors by the id of their schema; `None` = any.
    errors: Option<Vec<(String, Compiled)>>,
}

/// Where the schemas of a service find those that they refer to: beside them, then among those that are registered.
pub(crate) struct Scope<'a> {
    pub definition: &'a ServiceDefinition,
    pub registered: &'a dyn Resolve,
}

impl Resolve for Scope<'_> {
    fn schema(&self, id: &str) -> Option<Schema> {
        let schemas = self.definition.methods.iter().flat_map(|method| {
            method.input_schema.iter().chain(&method.output_schema).chain(&method.error_schemas)
        });
        let mut beside = schemas.filter(|schema| schema.schema_id == id);
        beside.next().cloned().or_else(|| self.registered.schema(id))
    }
}

impl Contract {
    /// Compiles the schemas of each method of a service; `None` = a method of which nothing is checked. Schemas that are none are
    /// refused, whether they are checked or not.
    pub fn of_service(
        definition: &ServiceDefinition,
        registered: &dyn Resolve,
    ) -> Result<Vec<Option<Contract>>> {
        let validate = Validate::of(definition)?;
        let scope = Scope { definition, registered };
        let id = &definition.service_id;
        definition.methods.iter().map(|method| Contract::of(id, method, validate, &scope)).collect()
    }

    fn of(
        service: &str,
        method: &MethodDefinition,
        validate: Validate,
        scope: &Scope<'_>,
    ) -> Result<Option<Contract>> {
        let compile = |what: &str, schema: &Schema| {
            Compiled::new(schema, scope)
                .map_err(|errors| errors.into_error(&format!("{what} of method '{service}.{}'", method.name)))
        };
        let one = |what: &str, schema: &Option<Schema>| schema.as_ref().map(|s| compile(what, s)).transpose();
        let input = one("input_schema", &method.input_schema)?;
        let output = one("output_schema", &method.output_schema)?;
        let mut errors = Vec::with_capacity(method.error_schemas.len());
        for (index, schema) in method.error_schemas.iter().enumerate() {
            let compiled = compile(&format!("error_schemas[{index}]"), schema)?;
            errors.push((schema.schema_id.clone(), compiled));
        }
        let (sent, answered) = (validate != Validate::Never, validate == Validate::Always);
        let contract = Contract {
            method: format!("{service}.{}", method.name),
            input: input.filter(|_| sent),
            output: output.filter(|_| answered),
            errors: (answered && !errors.is_empty()).then_some(errors),
        };
        let checks = contract.input.is_some() || contract.checks_answers();
        Ok(checks.then_some(contract))
    }

    /// Whether answers and errors are looked at.
    pub fn checks_answers(&self) -> bool {
        self.output.is_some() || self.errors.is_some()
    }

    /// Refuses what does not fit the input schema. `Some` = the same with the defaults that it left out.
    pub fn check_input(&self, body: &[u8], encoding: Encoding) -> Result<Option<Buffer>> {
        let Some(input) = &self.input else { return Ok(None) };
        let completed = input
            .complete(body, encoding)
            .map_err(|violations| self.told(Code::InvalidArgument, String::new(), &violations))?;
        Ok(completed.map(Buffer::from))
    }

    /// Refuses what the handler must not answer.
    pub fn check_output(&self, body: &[u8], encoding: Encoding) -> Result<()> {
        let Some(output) = &self.output else { return Ok(()) };
        let violations = output.validate(body, encoding);
        if violations.is_empty() {
            return Ok(());
        }
        let what = "the handler broke its output schema: ".to_owned();
        Err(self.told(Code::Internal, what, &violations))
    }

    /// The error of a handler, or what is wrong with it: a typed one must be one of those that the method has.
    pub fn checked_error(&self, error: Error) -> Error {
        let (Some(errors), Some(id)) = (&self.errors, error.detail(meta::ERROR_SCHEMA)) else { return error };
        let wrong = |why: String| {
            let what = format!("{}: the handler broke its error schemas: {why}", self.method);
            Error::internal(what).with_source(&*self.method).with_cause(error.clone())
        };
        let Some((_, schema)) = errors.iter().find(|(known, _)| known == id) else {
            return wrong(format!("it has no error '{id}'"));
        };
        let data = match error.data() {
            Ok(data) => data.map(|(_, data)| data).unwrap_or_default(),
            Err(lost) => return wrong(lost.message().to_owned()),
        };
        match schema.validate(&data, Encoding::Cbor).as_slice() {
            [] => error,
            violations => {
                let what = format!("the handler broke the schema of its error '{id}': ");
                self.told(Code::Internal, what, violations).with_cause(error)
            }
        }
    }

    #[cold]
    fn told(&self, code: Code, what: String, violations: &[Violation]) -> Error {
        crate::schema::error(code, &format!("{}: {what}", self.method), violations).with_source(&*self.method)
    }
}
