//! Several processes, one file: one has it open, and the others ask that one, until it ends and another opens it.

use std::path::Path;
use std::sync::Arc;

use hmsffi_core::call::Request;
use hmsffi_core::client::{CallOptions, Client, ClientOptions};
use hmsffi_core::codec::Encoding;
use hmsffi_core::domain::Domain;
use hmsffi_core::management::keeper::Keeper;
use hmsffi_core::proto::{
    GetSchemaRequest, GetSchemaResponse, RegisterSchemaRequest, RegisterSchemaResponse,
};
use hmsffi_core::runtime::Runtime;
use hmsffi_core::schema::Resolve;
use prost::Message;

use super::{numbered, opened};
use crate::process::{again, kill, role, stay};
use crate::support::eventually;

/// A runtime in the domain of a folder that keeps its schemas in the file there.
fn runtime(folder: &Path) -> Arc<Runtime> {
    let keeper = Keeper::of_file(folder.join("schemas")).expect("path");
    let domain = Domain::within(folder, "test").expect("domain");
    Runtime::keeping_in_domain("test", keeper, domain).expect("runtime")
}

fn ask<A: Message + Default>(runtime: &Arc<Runtime>, method: &str, request: &impl Message) -> A {
    let client = Client::new(runtime.clone(), ClientOptions::default()).expect("client");
    let binding = client.bind("hms.ffi.v1.SchemaRegistry", method).expect("bound");
    let body = request.encode_to_vec();
    let request = Request { encoding: Encoding::Protobuf, ..Request::bytes(&body) };
    let answer = binding.call(&request, &CallOptions::default()).expect("answer");
    A::decode(answer.body.as_slice()).expect("message")
}

fn register(runtime: &Arc<Runtime>, id: &str, title: usize) -> RegisterSchemaResponse {
    ask(runtime, "RegisterSchema", &RegisterSchemaRequest { schema: Some(numbered(id, title)) })
}

fn get(runtime: &Arc<Runtime>, id: &str) -> GetSchemaResponse {
    ask(runtime, "GetSchema", &GetSchemaRequest { schema_id: id.into(), resolve_refs: false })
}

#[test]
fn a_process_that_has_not_the_file_asks_the_one_that_has() {
    const TEST: &str = "shared::a_process_that_has_not_the_file_asks_the_one_that_has";
    if let Some(folder) = role() {
        let runtime = runtime(Path::new(&folder));
        assert!(register(&runtime, "theirs", 0).success);
        return stay();
    }
    let folder = tempfile::tempdir().expect("folder");
    let mut child = again(TEST, folder.path()).spawn().expect("another process");
    let path = folder.path().join("schemas");
    // Asked before that process has it, this one would be the one.
    eventually("the file is theirs", || path.exists() && is_taken(&path));
    let runtime = runtime(folder.path());
    eventually("theirs is registered", || get(&runtime, "theirs").schema.is_some());
    assert!(register(&runtime, "ours", 0).success);
    let refused = register(&runtime, "a@1", 0);
    assert!(
        refused.error_message.starts_with("INVALID_ARGUMENT (3): schema id 'a@1'"),
        "{}",
        refused.error_message
    );
    assert_eq!(get(&runtime, "our").error_message, "NOT_FOUND (5): no schema 'our'. Did you mean 'ours'?");
    let known = hmsffi_core::management::Known(Arc::downgrade(&runtime));
    assert!(known.schema("theirs").is_some() && known.schema("nobody").is_none());
    assert!(is_taken(&path), "still theirs");

    kill(&mut child);
    // Nothing was lost, and this process goes on with it.
    assert_eq!(get(&runtime, "theirs").schema.expect("schema").metadata["title"], "0");
    assert!(get(&runtime, "ours").schema.is_some());
    assert!(register(&runtime, "ours", 1).success);
    runtime.close(None).expect("closed");
    assert_eq!(opened(&path).get("ours", false).expect("schema").metadata["hms.schema_version"], "2");
}

fn is_taken(path: &Path) -> bool {
    hmsffi_core::schema::registry::Schemas::in_file(path).is_ok_and(|schemas| schemas.is_none())
}

#[test]
fn without_a_common_domain_the_other_process_cannot_be_asked() {
    let folder = tempfile::tempdir().expect("folder");
    let first = runtime(folder.path());
    assert!(register(&first, "a", 0).success);
    let keeper = Keeper::of_file(folder.path().join("schemas")).expect("path");
    let alone = Runtime::keeping("alone", keeper).expect("runtime");
    let answer = get(&alone, "a");
    assert!(
        answer.error_message.starts_with("UNAVAILABLE (14): the schema file "),
        "{}",
        answer.error_message
    );
    assert!(answer.error_message.contains("Processes with one file belong to one domain (HMSFFI_DOMAIN)"));
    first.close(None).expect("closed");
    assert!(get(&alone, "a").schema.is_some(), "nobody has it any more");
}
