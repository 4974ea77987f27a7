//! From a call to its answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::call::Scope;
use crate::panics::caught;
use crate::payload::Payload;
use crate::raw::inbound::Inbound;
use crate::stream::{HandlerEnd, ServerStream};
use crate::task;
use crate::types::StreamType;
use crate::{Error, ErrorCode, Result};

/// What is still to be done for an answer.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Payload<'static>>> + Send>>;

type Function = dyn for<'a> Fn(Payload<'a>) -> Result<Payload<'a>> + Send + Sync;
type AsyncFunction = dyn Fn(Payload<'_>) -> Result<Answering> + Send + Sync;
type StreamFunction = dyn Fn(ServerStream) -> Answering + Send + Sync;

/// A handler whose types are erased.
pub(crate) enum Handler {
    /// Answers when it returns.
    Function(Box<Function>),
    /// Answers when its future is done.
    Async(Box<AsyncFunction>),
    /// Serves a stream.
    Stream(Box<StreamFunction>),
}

/// Serves a call. Never unwinds.
pub(crate) fn serve(handler: &Handler, call: Inbound, request: Payload<'_>, stream_type: StreamType) {
    let scope = Scope::new(call);
    match handler {
        Handler::Function(function) => {
            let answer = scope.run(|| caught(|| function(request)));
            finish(&scope, answer);
        }
        Handler::Async(function) => {
            let future = scope.run(|| caught(|| function(request)));
            begin(scope, future);
        }
        Handler::Stream(function) => {
            let end = Arc::new(HandlerEnd::new(call, request.into_owned(), stream_type));
            let served = end.clone();
            let future = scope.run(|| caught(|| Ok(function(served.stream()?))));
            let future = future.map(|future| -> Answering {
                Box::pin(async move {
                    future.await?;
                    end.answer()
                })
            });
            begin(scope, future);
        }
    }
}

fn begin(scope: Scope, future: Result<Answering>) {
    match future {
        Ok(future) => task::run(scope, future),
        Err(error) => scope.call.fail(&error),
    }
}

/// Answers a call.
pub(crate) fn finish(scope: &Scope, answer: Result<Payload<'_>>) {
    match answer {
        Ok(payload) => scope.call.reply(payload, &scope.metadata.take()),
        Err(error) => scope.call.fail(&error),
    }
}

/// The error of a handler that the library could not go on with.
pub(crate) fn lost(what: &str) -> Error {
    Error::new(ErrorCode::Internal, what)
}
