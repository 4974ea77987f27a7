//! A client gets the version of a service that it was made for, or is told why there is none.

mod support;

use hmsffi::prelude::*;
use hmsffi::{Binding, ServiceOptions};
use support::world;

fn amount(minimum: u32) -> String {
    format!(r#"{{"type": "INTEGER", "constraints": {{"minimum": {minimum}}}}}"#)
}

/// A version of `billing` whose `charge` says which it is.
fn billing(version: &'static str, minimum: u32) -> Box<Service> {
    let charge = MethodEntry::function("charge", move |_: i64| Ok(version)).input_schema(amount(minimum));
    Box::new(Service::new("billing").version(version).method(charge))
}

/// Made for this version, in which any amount could be charged.
fn made_for(version: &str, binding: Binding) -> ServiceOptions {
    let charge = format!(r#"{{"name": "charge", "input_schema": {}}}"#, amount(0));
    let definition = format!(r#"{{"service_id": "billing", "version": "{version}", "methods": [{charge}]}}"#);
    ServiceOptions::new().expect(definition, binding)
}

#[test]
fn calls_go_to_the_highest_version_that_fits() {
    let world = world(|server| {
        for (version, minimum) in [("1.2.0", 0), ("1.3.0", 0), ("1.4.0", 5)] {
            server.register_service(billing(version, minimum)).unwrap();
        }
    });
    let charged = |options: &ServiceOptions| {
        let billing = world.client.get_service_with("billing", options).unwrap();
        billing.call::<_, String>("charge", 7).unwrap()
    };
    assert_eq!(charged(&made_for("1.2.0", Binding::Loose)), "1.3.0");
    assert_eq!(charged(&made_for("1.2.0", Binding::Strict)), "1.2.0");
    assert_eq!(charged(&ServiceOptions::new()), "1.4.0");
}

#[test]
fn what_does_not_fit_is_refused_with_each_difference() {
    let world = world(|server| server.register_service(billing("1.4.0", 5)).unwrap());
    let refused = world.client.get_service_with("billing", &made_for("1.2.0", Binding::Loose));
    let refused = refused.err().expect("refused");
    assert_eq!(refused.code, ErrorCode::FailedPrecondition);
    let told = "charge input_schema $ minimum: expected 0, provided 5 (the caller must move)";
    assert!(refused.message.ends_with(told), "{refused}");
    assert!(refused.details["hms.differences"].contains(r#""must_move":"caller""#));
    let refused = world.client.get_service_with("payments", &made_for("1.2.0", Binding::Loose));
    assert_eq!(refused.err().expect("refused").code, ErrorCode::NotFound);
    let refused =
        world.client.get_service_with("billing", &ServiceOptions::new().expect("{", Binding::Strict));
    assert_eq!(refused.err().expect("refused").code, ErrorCode::InvalidArgument);
}
