//! Requests and responses: bytes, how they are encoded, and metadata.

use std::borrow::Cow;
use std::sync::Arc;

use super::origin::{Lender, Memory, Origin};
use super::tail::{Extra, Tail};
use crate::buffer::Buffer;
use crate::codec::Encoding;

/// Key and value pairs that travel beside the bytes.
pub type Metadata = Vec<(String, String)>;

/// A request as a view of the caller's memory.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The bytes.
    pub body: &'a [u8],
    /// How they are encoded.
    pub encoding: Encoding,
    /// The content type where `encoding` is `Other`.
    pub content_type: &'a str,
    /// Metadata.
    pub metadata: &'a [(&'a str, &'a str)],
    /// Where it came from; `None` = its caller's stack.
    pub origin: Option<Origin<'a>>,
}

/// A request that outlives its caller's memory.
pub struct OwnedRequest {
    body: Arc<Buffer>,
    encoding: Encoding,
    content_type: String,
    metadata: Metadata,
    lender: Option<Arc<dyn Lender>>,
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// The bytes.
    pub body: Buffer,
    tail: Tail,
}

impl<'a> Request<'a> {
    /// Raw bytes without metadata.
    pub fn bytes(body: &'a [u8]) -> Request<'a> {
        Request { body, encoding: Encoding::Bytes, content_type: "", metadata: &[], origin: None }
    }

    /// The content type as text.
    pub fn content_type(&self) -> &'a str {
        if self.encoding == Encoding::Other { self.content_type } else { self.encoding.content_type() }
    }

    /// The same with memory of its own: a copy, unless the body's memory can be kept.
    pub fn to_owned(&self) -> OwnedRequest {
        let memory = self.origin.and_then(|origin| origin.memory);
        OwnedRequest {
            body: memory.map_or_else(|| Arc::new(Buffer::copy_of(self.body)), Memory::share),
            encoding: self.encoding,
            content_type: self.content_type.to_owned(),
            metadata: self.metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            lender: self.origin.and_then(|origin| origin.lender).cloned(),
        }
    }

    /// The body as a buffer of its own.
    pub fn kept_body(&self) -> Buffer {
        let memory = self.origin.and_then(|origin| origin.memory);
        memory.map_or_else(|| Buffer::copy_of(self.body), |memory| Buffer::sharing(memory.share()))
    }

    /// The same with the body that was completed, if it was.
    #[inline(always)]
    pub(crate) fn completed<'b>(&'b self, body: Option<&'b Arc<Buffer>>) -> Cow<'b, Request<'b>> {
        let Some(body) = body else { return Cow::Borrowed(self) };
        let lender = self.origin.and_then(|origin| origin.lender);
        let origin = Some(Origin { lender, memory: Some(Memory::Shared(body)) });
        Cow::Owned(Request { body: body.as_slice(), origin, ..*self })
    }

    /// The value of a metadata key.
    pub fn metadata(&self, key: &str) -> Option<&'a str> {
        self.metadata.iter().find(|(k, _)| *k == key).map(|(_, v)| *v)
    }
}

impl OwnedRequest {
    /// Runs `f` with a view of this request.
    pub fn with_view<R>(&self, f: impl FnOnce(&Request<'_>) -> R) -> R {
        let metadata: Vec<(&str, &str)> =
            self.metadata.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        f(&Request {
            body: self.body.as_slice(),
            encoding: self.encoding,
            content_type: &self.content_type,
            metadata: &metadata,
            origin: Some(Origin { lender: self.lender.as_ref(), memory: Some(Memory::Shared(&self.body)) }),
        })
    }

    /// The bytes.
    pub fn body(&self) -> &[u8] {
        self.body.as_slice()
    }

    /// How they are encoded.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The content type as text.
    pub fn content_type(&self) -> &str {
        if self.encoding == Encoding::Other { &self.content_type } else { self.encoding.content_type() }
    }

    /// Metadata.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }
}

impl Response {
    /// An answer with this body and encoding.
    #[inline(always)]
    pub fn new(body: Buffer, encoding: Encoding) -> Response {
        Response { body, tail: Tail::plain(encoding) }
    }

    #[inline(always)]
    pub(super) fn into_parts(self) -> (Buffer, Tail) {
        (self.body, self.tail)
    }

    #[inline(always)]
    pub(super) fn from_parts(body: Buffer, tail: Tail) -> Response {
        Response { body, tail }
    }

    /// The same with a content type, for an encoding that is `Other`, and metadata.
    pub fn with(mut self, content_type: Option<Box<str>>, metadata: Metadata) -> Response {
        if content_type.is_some() || !metadata.is_empty() {
            self.tail = Tail::with(Extra { encoding: self.encoding(), content_type, metadata });
        }
        self
    }

    /// An answer with another body and the rest of this one.
    pub fn with_body(&self, body: Buffer) -> Response {
        Response { body, tail: self.tail.clone() }
    }

    /// How the bytes are encoded.
    #[inline(always)]
    pub fn encoding(&self) -> Encoding {
        self.tail.encoding()
    }

    /// Metadata.
    pub fn metadata(&self) -> &[(String, String)] {
        self.tail.extra().map_or(&[], |extra| &extra.metadata)
    }

    /// Takes the metadata out.
    pub fn take_metadata(&mut self) -> Metadata {
        self.tail.extra_mut().map_or_else(Vec::new, |extra| std::mem::take(&mut extra.metadata))
    }

    /// The content type where the encoding is `Other`.
    pub fn own_content_type(&self) -> Option<&str> {
        self.tail.extra().and_then(|extra| extra.content_type.as_deref())
    }

    /// The content type as text.
    pub fn content_type(&self) -> &str {
        match self.own_content_type() {
            Some(text) if self.encoding() == Encoding::Other => text,
            _ => self.encoding().content_type(),
        }
    }
}
