//! The service `bench.rust`: `echo` answers with its request, `four` with the four fields that it read, `patient` and
//! `checked_patient` with the record that they read, of which the second has schemas.

use std::collections::BTreeMap;

use hmsffi::prelude::*;
use serde::{Deserialize, Serialize};

hmsffi::component!(register);

const PATIENT: &str = include_str!("../../../types/patient/schema.json");

#[derive(Serialize, Deserialize)]
struct Four {
    id: i64,
    name: String,
    weight: f64,
    active: bool,
}

#[derive(Serialize, Deserialize)]
struct Patient {
    id: String,
    name: String,
    age: i32,
    gender: String,
    contacts: Vec<Contact>,
    attributes: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Contact {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

fn register(_: &Runtime, server: &mut dyn Server) -> Result<(), Error> {
    let checked = MethodEntry::function("checked_patient", |patient: Patient| Ok(patient));
    let service = Service::new("bench.rust")
        .method(MethodEntry::raw("echo", |body| Ok(body)))
        .method(MethodEntry::function("four", |four: Four| Ok(four)))
        .method(MethodEntry::function("patient", |patient: Patient| Ok(patient)))
        .method(checked.input_schema(PATIENT).output_schema(PATIENT));
    server.register_service(Box::new(service))
}
