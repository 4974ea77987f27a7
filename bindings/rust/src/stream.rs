//! [`Stream`]: messages that follow each other.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::payload::Payload;
use crate::raw::inbound::Inbound;
use crate::raw::stream::{Received, StreamHandle};
use crate::reactor::Reactor;
use crate::types::StreamType;
use crate::{Error, ErrorCode, Result};

/// One end of a stream.
///
/// The trait holds what an implementation must have; values are sent and received with the methods of `dyn
/// Stream`, which is also an [`Iterator`] and a [`futures_core::Stream`].
///
/// ```no_run
/// # fn main() -> Result<(), hmsffi::Error> {
/// # let client = hmsffi::new_client(Default::default())?;
/// let mut lines = client.get_service("text")?.stream_call::<_, String>("upper", ())?;
/// lines.send("one")?;
/// assert_eq!(lines.receive().transpose()?.as_deref(), Some("ONE"));
/// lines.close()?;
/// # Ok(()) }
/// ```
pub trait Stream: Send + Unpin {
    /// What is received: results.
    type Item;

    /// Receives a message, or arranges for a wake-up when there is one; `None` = the other side sends nothing
    /// more.
    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Option<Self::Item>>;

    /// Receives a message; waits for it, at most `timeout` (`None` = for ever).
    fn wait_receive(&mut self, timeout: Option<Duration>) -> Waited<Self::Item>;

    /// Sends a message, or arranges for a wake-up when there may be room.
    fn poll_send(&mut self, context: &mut Context<'_>, message: &Payload<'_>) -> Poll<Result<()>>;

    /// Sends a message; waits while the other side lags behind by 64 messages or 1 MiB.
    ///
    /// Errors: CANCELLED when the stream was torn down, the handler's error when it has failed.
    fn send_payload(&self, message: Payload<'_>) -> Result<()>;

    /// The request that opened the stream; `None` at the caller's end.
    fn request(&self) -> Option<Payload<'_>>;

    /// Nothing more from this end. Receiving goes on until the other side ends. May be repeated.
    fn close(&self) -> Result<()>;

    /// Tears the stream down: both ends get CANCELLED, and messages on their way are dropped.
    fn cancel(&self) -> Result<()>;

    /// Whether this end can neither send nor receive any more.
    fn is_closed(&self) -> bool;
}

/// What came of waiting for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waited<T> {
    /// A message.
    Item(T),
    /// The other side sends nothing more.
    End,
    /// Nothing in time.
    Pending,
}

/// The handler's end of a stream.
pub type ServerStream = Box<dyn Stream<Item = Result<Payload<'static>>>>;

impl<T> dyn Stream<Item = T> + '_ {
    /// Sends a value; waits while the other side lags behind by 64 messages or 1 MiB.
    pub fn send<V: Serialize + ?Sized>(&self, value: &V) -> Result<()> {
        self.send_payload(Payload::encode(value)?)
    }

    /// Sends a value, without holding up the thread while the other side lags behind.
    pub async fn send_async<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<()> {
        let message = Payload::encode(value)?;
        std::future::poll_fn(|context| self.poll_send(context, &message)).await
    }

    /// Receives the next message; waits for it. `None` = the other side sends nothing more.
    pub fn receive(&mut self) -> Option<T> {
        match self.wait_receive(None) {
            Waited::Item(item) => Some(item),
            Waited::End | Waited::Pending => None,
        }
    }

    /// Receives the next message; waits for it at most this long.
    pub fn receive_timeout(&mut self, timeout: Duration) -> Waited<T> {
        self.wait_receive(Some(timeout))
    }

    /// Receives the next message, without holding up the thread.
    pub async fn receive_async(&mut self) -> Option<T> {
        std::future::poll_fn(|context| self.poll_receive(context)).await
    }

    /// The value that the caller sent when it opened the stream; for handlers.
    ///
    /// Errors: FAILED_PRECONDITION at the caller's end.
    pub fn params<P: for<'de> Deserialize<'de>>(&self) -> Result<P> {
        match self.request() {
            Some(request) => request.decode(),
            None => Err(Error::new(
                ErrorCode::FailedPrecondition,
                "this is the caller's end, which has no request",
            )),
        }
    }
}

/// Receives; ends with the stream.
impl<T> Iterator for dyn Stream<Item = T> + '_ {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receive()
    }
}

impl<T> futures_core::Stream for dyn Stream<Item = T> + '_ {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.poll_receive(context)
    }
}

/// An end, without what sets caller and handler apart.
struct End {
    handle: Arc<StreamHandle>,
    /// Where wake-ups for receiving and for sending go.
    readable: Arc<Mutex<Interest>>,
    writable: Arc<Mutex<Interest>>,
    /// An error ends the stream.
    failed: bool,
}

#[derive(Default)]
struct Interest {
    waker: Option<Waker>,
    /// The queue was asked.
    asked: bool,
}

impl End {
    fn new(handle: StreamHandle) -> End {
        End { handle: Arc::new(handle), readable: Arc::default(), writable: Arc::default(), failed: false }
    }

    fn receive(&mut self, timeout: Option<Duration>) -> Waited<Result<Payload<'static>>> {
        if self.failed {
            return Waited::End;
        }
        match self.handle.receive(timeout) {
            Ok(Received::Item(buffer)) => Waited::Item(Ok(Payload::from(buffer))),
            Ok(Received::End) => Waited::End,
            Ok(Received::Pending) => Waited::Pending,
            Err(error) => {
                self.failed = true;
                Waited::Item(Err(error))
            }
        }
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Payload<'static>>>> {
        match self.receive(Some(Duration::ZERO)) {
            Waited::Item(item) => Poll::Ready(Some(item)),
            Waited::End => Poll::Ready(None),
            Waited::Pending => match wake_later(&self.readable, context, |reactor, notify| {
                reactor.wait(notify, |queue, tag| self.handle.when_readable(queue, tag))
            }) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Some(Err(error))),
            },
        }
    }

    fn poll_send(&mut self, context: &mut Context<'_>, message: &Payload<'_>) -> Poll<Result<()>> {
        match self.handle.send(message, Some(Duration::ZERO)) {
            Ok(true) => Poll::Ready(Ok(())),
            Ok(false) => match wake_later(&self.writable, context, |reactor, notify| {
                reactor.wait(notify, |queue, tag| self.handle.when_writable(queue, tag))
            }) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

/// Arranges for a wake-up, through one question to the queue at a time.
fn wake_later(
    interest: &Arc<Mutex<Interest>>,
    context: &mut Context<'_>,
    ask: impl FnOnce(&Reactor, crate::reactor::Notify) -> Result<()>,
) -> Result<()> {
    let mut held = interest.lock().unwrap_or_else(PoisonError::into_inner);
    held.waker = Some(context.waker().clone());
    if held.asked {
        return Ok(());
    }
    held.asked = true;
    // The answer may come before `ask` returns.
    drop(held);
    let told = interest.clone();
    let notify = Box::new(move |_| {
        let mut held = told.lock().unwrap_or_else(PoisonError::into_inner);
        held.asked = false;
        let waker = held.waker.take();
        drop(held);
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    Reactor::get().and_then(|reactor| ask(reactor, notify)).inspect_err(|_| {
        interest.lock().unwrap_or_else(PoisonError::into_inner).asked = false;
    })
}

/// What both ends do in the same way.
macro_rules! delegate {
    ($($end:tt).+) => {
        fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.$($end).+.poll_receive(context)
        }

        fn wait_receive(&mut self, timeout: Option<Duration>) -> Waited<Self::Item> {
            self.$($end).+.receive(timeout)
        }

        fn close(&self) -> Result<()> {
            self.$($end).+.handle.finish()
        }

        fn cancel(&self) -> Result<()> {
            self.$($end).+.handle.cancel()
        }

        fn is_closed(&self) -> bool {
            self.$($end).+.handle.is_closed()
        }
    };
}

fn send_blocking(end: &End, message: &Payload<'_>) -> Result<()> {
    end.handle.send(message, None).map(drop)
}

/// The caller's end. Dropping it cancels the stream if it has not ended.
pub(crate) struct CallerEnd(End);

impl CallerEnd {
    pub fn new(handle: StreamHandle) -> CallerEnd {
        CallerEnd(End::new(handle))
    }
}

impl Stream for CallerEnd {
    type Item = Result<Payload<'static>>;

    delegate!(0);

    fn poll_send(&mut self, context: &mut Context<'_>, message: &Payload<'_>) -> Poll<Result<()>> {
        self.0.poll_send(context, message)
    }

    fn send_payload(&self, message: Payload<'_>) -> Result<()> {
        send_blocking(&self.0, &message)
    }

    fn request(&self) -> Option<Payload<'_>> {
        None
    }
}

/// What a handler's end shares with what answers the call.
pub(crate) struct HandlerEnd {
    call: Inbound,
    request: Payload<'static>,
    /// The one answer of a client stream.
    answer: Option<Mutex<Option<Payload<'static>>>>,
}

impl HandlerEnd {
    pub fn new(call: Inbound, request: Payload<'static>, stream_type: StreamType) -> HandlerEnd {
        let answer = (stream_type == StreamType::ClientStreaming).then(Mutex::default);
        HandlerEnd { call, request, answer }
    }

    /// The stream as its handler gets it.
    pub fn stream(self: Arc<HandlerEnd>) -> Result<ServerStream> {
        let end = End::new(self.call.stream()?);
        Ok(Box::new(Served { end, shared: self }))
    }

    /// How the stream ends well.
    pub fn answer(&self) -> Result<Payload<'static>> {
        match &self.answer {
            None => Ok(Payload::new(Vec::new())),
            Some(answer) => match answer.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(answer) => Ok(answer),
                None => Payload::encode(&()),
            },
        }
    }
}

struct Served {
    end: End,
    shared: Arc<HandlerEnd>,
}

impl Served {
    /// Keeps the one answer of a client stream; gives a message of any other stream back.
    fn keep_answer(&self, message: &Payload<'_>) -> Option<Result<()>> {
        let mut answer = self.shared.answer.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.is_some() {
            return Some(Err(Error::new(
                ErrorCode::FailedPrecondition,
                "a client stream has one answer, and it was sent before",
            )));
        }
        *answer = Some(message.reborrow().into_owned());
        Some(Ok(()))
    }
}

impl Stream for Served {
    type Item = Result<Payload<'static>>;

    delegate!(end);

    fn poll_send(&mut self, context: &mut Context<'_>, message: &Payload<'_>) -> Poll<Result<()>> {
        match self.keep_answer(message) {
            Some(kept) => Poll::Ready(kept),
            None => self.end.poll_send(context, message),
        }
    }

    fn send_payload(&self, message: Payload<'_>) -> Result<()> {
        self.keep_answer(&message).unwrap_or_else(|| send_blocking(&self.end, &message))
    }

    fn request(&self) -> Option<Payload<'_>> {
        Some(self.shared.request.reborrow())
    }
}

/// A stream of payloads as a stream of values.
pub(crate) fn decoded<R: for<'de> Deserialize<'de> + 'static>(
    stream: Box<dyn Stream<Item = Result<Payload<'static>>>>,
) -> Box<dyn Stream<Item = Result<R>>> {
    Box::new(Decoded { stream, value: PhantomData })
}

struct Decoded<R> {
    stream: Box<dyn Stream<Item = Result<Payload<'static>>>>,
    value: PhantomData<fn() -> R>,
}

impl<R: for<'de> Deserialize<'de>> Stream for Decoded<R> {
    type Item = Result<R>;

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        let received = self.stream.poll_receive(context);
        received.map(|item| item.map(|message| message.and_then(|message| message.decode())))
    }

    fn wait_receive(&mut self, timeout: Option<Duration>) -> Waited<Result<R>> {
        match self.stream.wait_receive(timeout) {
            Waited::Item(message) => Waited::Item(message.and_then(|message| message.decode())),
            Waited::End => Waited::End,
            Waited::Pending => Waited::Pending,
        }
    }

    fn poll_send(&mut self, context: &mut Context<'_>, message: &Payload<'_>) -> Poll<Result<()>> {
        self.stream.poll_send(context, message)
    }

    fn send_payload(&self, message: Payload<'_>) -> Result<()> {
        self.stream.send_payload(message)
    }

    fn request(&self) -> Option<Payload<'_>> {
        self.stream.request()
    }

    fn close(&self) -> Result<()> {
        self.stream.close()
    }

    fn cancel(&self) -> Result<()> {
        self.stream.cancel()
    }

    fn is_closed(&self) -> bool {
        self.stream.is_closed()
    }
}
