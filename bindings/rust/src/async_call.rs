//! [`AsyncCall`]: a call whose result comes later.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde::Deserialize;

use crate::client::Link;
use crate::method::Reply;
use crate::options::CallOptions;
use crate::payload::Payload;
use crate::raw::handles::MethodHandle;
use crate::reactor::Reactor;
use crate::{CallStatus, Error, ErrorCode, Result};

type Outcome = Result<Reply<Payload<'static>>>;

/// A call that was started: await it, or ask for its result by hand.
///
/// It goes on when this is dropped; [`cancel`](AsyncCall::cancel) ends it. Everything about it can also be
/// asked by its [`id`](AsyncCall::id), in any language of the process, for five minutes after it ended.
///
/// ```no_run
/// # async fn example() -> Result<(), hmsffi::Error> {
/// let client = hmsffi::new_client(Default::default())?;
/// let greet = client.get_service("greet")?;
/// let call = greet.call_async::<_, String>("hello", "Ada");
/// println!("{} is on its way", call.id());
/// println!("{}", call.await?);
/// # Ok(()) }
/// ```
pub struct AsyncCall<R> {
    id: String,
    /// None when the call could not be started.
    client: Option<Arc<Link>>,
    state: Arc<Mutex<State>>,
    decode: fn(Payload<'static>) -> Result<R>,
}

#[derive(Default)]
struct State {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AsyncCall<Payload<'static>> {
    pub(crate) fn start(
        client: &Arc<Link>,
        method: &MethodHandle,
        payload: &Payload<'_>,
        options: &CallOptions,
    ) -> AsyncCall<Payload<'static>> {
        let state = Arc::<Mutex<State>>::default();
        let told = state.clone();
        let notify = move |outcome: Option<Result<_>>| {
            let mut state = lock(&told);
            state.outcome =
                outcome.map(|outcome| outcome.map(|(buffer, metadata)| Reply::later(buffer, metadata)));
            let waker = state.waker.take();
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        };
        let submitted = Reactor::get().and_then(|reactor| {
            reactor.wait(Box::new(notify), |queue, tag| method.submit(queue, payload, options, tag))
        });
        match submitted {
            Ok(id) => AsyncCall { id, client: Some(client.clone()), state, decode: Ok },
            Err(error) => AsyncCall::ready(Err(error)),
        }
    }

    /// A call that has ended: for implementations of [`ServiceClient`](crate::ServiceClient) of your own.
    pub fn ready(outcome: Result<Payload<'static>>) -> AsyncCall<Payload<'static>> {
        let outcome = outcome.map(Reply::new);
        let state = State { outcome: Some(outcome), waker: None };
        AsyncCall { id: String::new(), client: None, state: Arc::new(Mutex::new(state)), decode: Ok }
    }

    pub(crate) fn decoded<R: for<'de> Deserialize<'de>>(self) -> AsyncCall<R> {
        let AsyncCall { id, client, state, .. } = self;
        AsyncCall { id, client, state, decode: |payload| payload.decode() }
    }
}

impl<R> AsyncCall<R> {
    /// What the call is known by; empty when it could not be started, which the result tells.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How it is.
    pub fn status(&self) -> Result<CallStatus> {
        match &self.client {
            Some(client) => client.handle.call_status(&self.id),
            None => Ok(match &lock(&self.state).outcome {
                Some(Err(_)) => CallStatus::Failed,
                _ => CallStatus::Ok,
            }),
        }
    }

    /// Ends it with CANCELLED, and lets its handler see that nobody waits. `false` = it had ended before.
    pub fn cancel(&self) -> Result<bool> {
        self.client.as_ref().map_or(Ok(false), |client| client.handle.cancel_call(&self.id))
    }

    /// Waits for the result, for as long as it takes. It can be asked for again.
    pub fn wait(&self) -> Result<R> {
        self.wait_for(None)?.ok_or_else(|| Error::new(ErrorCode::Internal, "the wait ended without a result"))
    }

    /// Waits for the result at most this long; `None` = it still runs.
    pub fn wait_timeout(&self, timeout: Duration) -> Result<Option<R>> {
        self.wait_for(Some(timeout))
    }

    fn wait_for(&self, timeout: Option<Duration>) -> Result<Option<R>> {
        let Some(client) = &self.client else {
            return self.taken().map(Some);
        };
        let result = client.handle.call_result(&self.id, timeout)?;
        result.map(|(buffer, _)| (self.decode)(Payload::from(buffer))).transpose()
    }

    /// The outcome of a call that has no id.
    fn taken(&self) -> Result<R> {
        let outcome = lock(&self.state).outcome.take();
        let gone = || Err(Error::new(ErrorCode::FailedPrecondition, "the result was taken before"));
        outcome.unwrap_or_else(gone).and_then(|reply| (self.decode)(reply.value))
    }

    /// Awaits the result together with the answer's metadata.
    pub async fn reply(mut self) -> Result<Reply<R>> {
        let reply = std::future::poll_fn(|context| self.poll_outcome(context)).await?;
        reply.decoded(self.decode)
    }

    fn poll_outcome(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        let mut state = lock(&self.state);
        match state.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<R> Future for AsyncCall<R> {
    type Output = Result<R>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<R>> {
        let decode = self.decode;
        self.poll_outcome(context).map(|outcome| outcome.and_then(|reply| decode(reply.value)))
    }
}

impl<R> fmt::Debug for AsyncCall<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsyncCall({})", self.id)
    }
}
