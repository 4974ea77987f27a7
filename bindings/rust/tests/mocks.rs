//! Code that takes any service client may be tried with one of its own.

use hmsffi::prelude::*;
use hmsffi::{Payload, Reply, ServiceClientExt};

/// Answers with the length of what it gets.
struct Lengths;

impl ServiceClient for Lengths {
    fn service_id(&self) -> &str {
        "lengths"
    }

    fn call_payload(
        &self,
        method: &str,
        payload: Payload<'_>,
        _: &CallOptions,
    ) -> Result<Reply<Payload<'static>>, Error> {
        match method {
            "length" => Ok(Reply::new(Payload::encode(&payload.decode::<String>()?.len())?)),
            _ => Err(Error::new(ErrorCode::NotFound, format!("no method {method}"))),
        }
    }

    fn call_payload_async(
        &self,
        method: &str,
        payload: Payload<'_>,
        options: &CallOptions,
    ) -> AsyncCall<Payload<'static>> {
        AsyncCall::ready(self.call_payload(method, payload, options).map(|reply| reply.value))
    }

    fn open_stream(
        &self,
        method: &str,
        _: Payload<'_>,
        _: &CallOptions,
    ) -> Result<Box<dyn Stream<Item = Result<Payload<'static>, Error>>>, Error> {
        Err(Error::new(ErrorCode::NotFound, format!("no stream {method}")))
    }

    fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn total(service: &impl ServiceClient, words: &[&str]) -> Result<usize, Error> {
    words.iter().map(|word| service.call::<_, usize>("length", word)).sum()
}

#[test]
fn generic_code_calls_a_mock_by_the_same_names() {
    assert_eq!(total(&Lengths, &["one", "three"]).unwrap(), 8);
    assert_eq!(pollster::block_on(Lengths.call_async::<_, usize>("length", "four")).unwrap(), 4);
    assert_eq!(Lengths.call::<_, ()>("x", "").unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(Lengths.bind("length").unwrap_err().code, ErrorCode::Unimplemented);
}

#[test]
fn a_mock_is_a_service_client_behind_a_box_too() {
    let service: Box<dyn ServiceClient> = Box::new(Lengths);
    assert_eq!(service.call::<_, usize>("length", "xyz").unwrap(), 3);
}

#[test]
fn handles_may_be_shared_and_sent() {
    fn shared<T: Send + Sync + ?Sized>() {}
    fn sent<T: Send + ?Sized>() {}
    shared::<dyn Client>();
    shared::<dyn Server>();
    shared::<dyn ServiceClient>();
    shared::<hmsffi::Method>();
    shared::<hmsffi::Buffer>();
    shared::<hmsffi::Runtime>();
    shared::<AsyncCall<String>>();
    sent::<dyn Stream<Item = ()>>();
    sent::<Payload<'static>>();
}
