use hmsffi_core::binding::{self, Mode};
use hmsffi_core::client::Binding;
use hmsffi_core::proto::{ServiceDefinition, TransportType};
use hmsffi_core::schema;
use hmsffi_core::service::{MethodSpec, ServiceSpec};
use hmsffi_core::{Code, Result};

use super::{beside, call};
use crate::support::{World, method, reply};

const AT_LEAST_FIVE: &str = r#"{"type": "INTEGER", "constraints": {"minimum": 5}}"#;
const ANY: &str = r#"{"type": "INTEGER"}"#;

fn serve(world: &World) {
    host(world, &[("1.2.0", ANY), ("1.3.0", AT_LEAST_FIVE)]);
}

fn host(world: &World, versions: &[(&'static str, &str)]) {
    for (version, input) in versions.iter().copied() {
        let charge = method("charge", move |call, _| reply(call, version.as_bytes()));
        let input_schema = Some(schema::read("schema", input.as_bytes()).expect("schema"));
        let definition = ServiceDefinition {
            service_id: "billing".into(),
            version: version.into(),
            metadata: [("hms.validate".into(), "never".into())].into(),
            ..ServiceDefinition::default()
        };
        let methods = vec![MethodSpec { input_schema, ..charge }];
        world.server.register(ServiceSpec { definition, methods }).expect("register");
    }
}

fn bound(world: &World, version: &str, input: &str) -> Result<Binding> {
    let definition =
        format!(r#"{{"version": "{version}", "methods": [{{"name": "charge", "input_schema": {input}}}]}}"#);
    let definition = binding::read("definition", definition.as_bytes()).expect("definition");
    let expectation = world.client.expectation(definition, Mode::Loose).expect("expectation");
    world.client.bind_expecting("billing", "charge", expectation)
}

#[test]
fn a_caller_gets_the_version_that_it_was_made_for_from_another_process() {
    beside(
        "fitting::a_caller_gets_the_version_that_it_was_made_for_from_another_process",
        serve,
        |world, _, _| {
            let made_for = |version: &str, input: &str| {
                let definition = format!(
                    r#"{{"version": "{version}", "methods": [{{"name": "charge", "input_schema": {input}}}]}}"#
                );
                let definition = binding::read("definition", definition.as_bytes()).expect("definition");
                world.client.expectation(definition, Mode::Loose).expect("expectation")
            };
            let bound =
                |version, input| world.client.bind_expecting("billing", "charge", made_for(version, input));
            crate::support::eventually("the other process serves", || bound("1.0.0", ANY).is_ok());
            assert_eq!(call(&bound("1.0.0", ANY).expect("bound"), b""), "1.2.0");
            assert_eq!(call(&bound("1.0.0", AT_LEAST_FIVE).expect("bound"), b""), "1.3.0");
            let refused = bound("2.0.0", ANY).err().expect("refused");
            assert_eq!(refused.code(), Code::FailedPrecondition);
            assert!(refused.message().ends_with("(the provider must move)"), "{refused}");
        },
    );
}

#[test]
fn a_replica_that_was_left_out_is_found_by_callers_that_were_made_for_it() {
    beside(
        "fitting::a_replica_that_was_left_out_is_found_by_callers_that_were_made_for_it",
        serve,
        |world, _, _| {
            // Its 1.2.0 is another than that here, and set aside.
            host(world, &[("1.2.0", AT_LEAST_FIVE), ("1.3.0", AT_LEAST_FIVE)]);
            world.server.start().expect("start");
            crate::support::eventually("the other process serves", || bound(world, "1.0.0", ANY).is_ok());
            let transport = |input| bound(world, "1.0.0", input).expect("bound").method().transport();
            assert_eq!(transport(ANY), TransportType::SharedMemory);
            assert_eq!(transport(AT_LEAST_FIVE), TransportType::InProcess);
            let plain = world.client.bind("billing@1.2.0", "charge").expect("bound");
            assert_eq!(plain.method().transport(), TransportType::InProcess);
        },
    );
}
