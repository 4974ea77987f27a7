//! `ServiceClient`: streams, passed on message by message between the caller and the method that it names.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::adapter::{Inbound, decode, decode_body, encode};
use super::asked::{Asked, details, told};
use crate::buffer::Buffer;
use crate::call::{Request, Response};
use crate::client::Binding;
use crate::codec::Encoding;
use crate::error::{Code, Error, Result};
use crate::introspect;
use crate::meta;
use crate::proto::{CallRequest, StreamRequest, StreamResponse, StreamType};
use crate::stream::{Item, Received, Stream};

/// How often the side that waits for its caller looks whether the other side has ended.
const SLICE: Duration = Duration::from_millis(100);

/// `StreamCall`: one request, many answers.
pub fn server_stream(inbound: &Inbound, request: &Request<'_>) -> Result<Response> {
    let request: CallRequest = decode(request)?;
    let asked = Asked::of_call(&request)?;
    let mut outlet = Outlet::new(inbound, inbound.encoding)?;
    let opened = asked.with_request(&request.parameters, |parameters| {
        let binding = bind(inbound, &asked, StreamType::ServerStreaming)?;
        open(inbound, &binding, &asked, parameters)
    });
    let end = opened.and_then(|inner| outlet.pass_on(&inner)?);
    outlet.end(end)
}

/// `ClientStreamCall`: many requests, one answer.
pub fn client_stream(inbound: &Inbound, request: &Request<'_>) -> Result<Response> {
    let mut inlet = Inlet::new(inbound, request)?;
    let asked = inlet.asked()?;
    let opened = bind(inbound, &asked, StreamType::ClientStreaming)
        .and_then(|binding| open_empty(inbound, &binding, &asked));
    let outcome = match opened {
        Err(error) => Err(error),
        Ok(inner) => {
            let answered = Arc::new(AtomicBool::new(false));
            let told = answered.clone();
            inner.when_readable(None, Arc::new(move || told.store(true, Ordering::SeqCst)));
            inlet.pass_on(&asked, &inner, &answered)?;
            answer_of(&inner)
        }
    };
    Ok(Response::new(encode(inlet.encoding, &told(&outcome))?, inlet.encoding))
}

/// `BidirectionalStreamCall`: many each way. One thread more passes on what the caller sends.
pub fn both_ways(inbound: &Inbound, request: &Request<'_>) -> Result<Response> {
    let mut inlet = Inlet::new(inbound, request)?;
    let asked = inlet.asked()?;
    let mut outlet = Outlet::new(inbound, inlet.encoding)?;
    let opened = bind(inbound, &asked, StreamType::BidirectionalStreaming)
        .and_then(|binding| open_empty(inbound, &binding, &asked));
    let inner = match opened {
        Ok(inner) => inner,
        Err(error) => return outlet.end(Err(error)),
    };
    let over = AtomicBool::new(false);
    let end = std::thread::scope(|scope| {
        let feeding = std::thread::Builder::new().name("hms-relay".into()).spawn_scoped(scope, || {
            introspect::THREADS.fetch_add(1, Ordering::SeqCst);
            let fed = inlet.pass_on(&asked, &inner, &over);
            if fed.is_err() {
                inner.cancel();
            }
            introspect::THREADS.fetch_sub(1, Ordering::SeqCst);
            fed
        });
        let feeding = feeding.map_err(|e| {
            Error::exhausted(format!("no thread could be started to pass the stream on: {e}"))
        })?;
        let end = outlet.pass_on(&inner);
        over.store(true, Ordering::SeqCst);
        feeding.join().map_err(|panic| Error::from_panic(&*panic, "passing the stream on"))??;
        end
    })?;
    outlet.end(end)
}

fn bind(inbound: &Inbound, asked: &Asked, wanted: StreamType) -> Result<Binding> {
    let binding = asked.bind(&inbound.runtime)?;
    let method = binding.method();
    let fitting = match method.stream_type {
        has if has == wanted => return Ok(binding),
        StreamType::Unspecified => "Call",
        StreamType::ServerStreaming => "StreamCall",
        StreamType::ClientStreaming => "ClientStreamCall",
        StreamType::BidirectionalStreaming => "BidirectionalStreamCall",
    };
    Err(Error::invalid(format!(
        "{} is not a {} method; use {fitting}",
        method.qualified,
        wanted.as_str_name()
    ))
    .with_source(&*method.qualified))
}

/// Opens the method's stream; it is cancelled with the caller's.
fn open(inbound: &Inbound, binding: &Binding, asked: &Asked, request: &Request<'_>) -> Result<Arc<Stream>> {
    let inner = Arc::new(binding.open_stream(request, &asked.options)?);
    let cancelled = inner.clone();
    inbound.call.on_cancel(Box::new(move || cancelled.cancel()))?;
    Ok(inner)
}

/// The same for a stream whose messages all come later.
fn open_empty(inbound: &Inbound, binding: &Binding, asked: &Asked) -> Result<Arc<Stream>> {
    let nothing: &[u8] = match asked.encoding() {
        Encoding::Cbor => &[0xf6],
        Encoding::Json => b"null",
        _ => b"",
    };
    asked.with_request(nothing, |request| open(inbound, binding, asked, request))
}

/// The one answer of a client stream.
fn answer_of(inner: &Stream) -> Result<Response> {
    match inner.receive(None)? {
        Received::Item(item) => {
            Ok(Response::new(item.body, item.encoding).with(item.content_type, Vec::new()))
        }
        Received::End | Received::Pending => Err(Error::internal("the stream ended without its answer")),
    }
}

/// What the caller sends.
struct Inlet {
    stream: Stream,
    /// How the first message is encoded; answers are encoded likewise.
    encoding: Encoding,
    /// The message that was read to know which method is meant.
    first: Option<StreamRequest>,
    expected: i64,
}

impl Inlet {
    /// The first message is the request that opened the stream, unless that says nothing.
    fn new(inbound: &Inbound, request: &Request<'_>) -> Result<Inlet> {
        let mut inlet =
            Inlet { stream: inbound.call.stream()?, encoding: inbound.encoding, first: None, expected: 0 };
        if !request.body.is_empty() {
            inlet.first =
                Some(decode::<StreamRequest>(request)?).filter(|first| *first != StreamRequest::default());
        }
        if inlet.first.is_none()
            && let Received::Item(item) = inlet.stream.receive(None)?
        {
            inlet.encoding = item.encoding;
            inlet.first = Some(decoded(&item)?);
        }
        Ok(inlet)
    }

    fn asked(&self) -> Result<Asked> {
        let nothing = || Error::invalid("the stream ended before a message named service_id and method");
        Asked::of_stream(self.first.as_ref().ok_or_else(nothing)?)
    }

    /// Passes messages on until the caller has finished, or `over`. Errors are about the caller's messages.
    fn pass_on(&mut self, asked: &Asked, inner: &Stream, over: &AtomicBool) -> Result<()> {
        while let Some(message) = self.next(over)? {
            self.check_sequence(&message)?;
            let is_last = message.end_of_stream;
            // When this fails, what the method answered says why.
            if !(is_last && message.data.is_empty()) && inner.send(asked.item(&message.data), None).is_err() {
                return Ok(());
            }
            if is_last {
                break;
            }
        }
        inner.finish();
        Ok(())
    }

    fn next(&mut self, over: &AtomicBool) -> Result<Option<StreamRequest>> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        while !over.load(Ordering::SeqCst) {
            match self.stream.receive(Some(SLICE))? {
                Received::Item(item) => return decoded(&item).map(Some),
                Received::End => break,
                Received::Pending => {}
            }
        }
        Ok(None)
    }

    /// Sequence numbers begin at 0 and go up by one (B16).
    fn check_sequence(&mut self, message: &StreamRequest) -> Result<()> {
        let (got, expected) = (i64::from(message.sequence), self.expected);
        self.expected += 1;
        let (code, what) = match got.cmp(&expected) {
            std::cmp::Ordering::Equal => return Ok(()),
            std::cmp::Ordering::Less => (Code::InvalidArgument, "was there before, or is negative"),
            std::cmp::Ordering::Greater => (Code::DataLoss, "leaves a gap"),
        };
        Err(Error::new(code, format!("sequence {got} {what}: {expected} comes next")))
    }
}

fn decoded(item: &Item) -> Result<StreamRequest> {
    let content_type = item.content_type.as_deref().unwrap_or(item.encoding.content_type());
    decode_body(item.encoding, content_type, item.body.as_slice())
}

/// What the caller gets.
struct Outlet {
    stream: Stream,
    encoding: Encoding,
    sequence: i32,
}

impl Outlet {
    fn new(inbound: &Inbound, encoding: Encoding) -> Result<Outlet> {
        Ok(Outlet { stream: inbound.call.stream()?, encoding, sequence: 0 })
    }

    fn send(&mut self, message: StreamResponse) -> Result<()> {
        let message = StreamResponse { sequence: self.sequence, ..message };
        let (body, encoding) = (encode(self.encoding, &message)?, self.encoding);
        self.stream.send(Item { body, encoding, content_type: None }, None)?;
        let past = || Error::new(Code::OutOfRange, "the stream has no sequence numbers left");
        self.sequence = self.sequence.checked_add(1).ok_or_else(past)?;
        Ok(())
    }

    /// Passes messages on until the method ends its stream; gives how it did. Errors say that the caller is gone.
    fn pass_on(&mut self, inner: &Stream) -> Result<Result<()>> {
        loop {
            match inner.receive(None) {
                Ok(Received::Item(item)) => {
                    let content_type = item.content_type.as_deref().unwrap_or(item.encoding.content_type());
                    let metadata = [(meta::CONTENT_TYPE.to_owned(), content_type.to_owned())].into();
                    let data = item.body.as_slice().to_vec();
                    self.send(StreamResponse { data, metadata, ..StreamResponse::default() })?;
                }
                Ok(Received::Pending) => {}
                Ok(Received::End) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    /// Tells how the method ended.
    fn end(&mut self, end: Result<()>) -> Result<Response> {
        let error = end.err().map(|error| details(&error));
        self.send(StreamResponse { end_of_stream: true, error, ..StreamResponse::default() })?;
        Ok(Response::new(Buffer::copy_of(&[]), self.encoding))
    }
}
