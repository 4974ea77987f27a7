//! What the two ends of a link tell each other, and how it is written.
//!
//! The body of a frame is the number of a loan that it gives back, the extra part, and the payload; each only if there is one.
//! Extra part and payload lie in the frame or, when they are large, in an arena of the sender, with a [`Place`] in the frame
//! that says where.

use prost::Message;

use crate::call::{Link, Metadata, Request};
use crate::codec::Encoding;
use crate::error::{Code, Error, Result};

use std::sync::Arc;

/// Encoding of the payload.
pub const ENCODING: u16 = 0b111;
/// There is an extra part.
pub const EXTRA: u16 = 1 << 3;
/// The payload lies in an arena.
pub const PAYLOAD_PLACED: u16 = 1 << 4;
/// The extra part lies in an arena.
pub const EXTRA_PLACED: u16 = 1 << 5;
/// Nobody waits for the answer on a thread of its own.
pub const DETACHED: u16 = 1 << 7;
/// The call opens a stream.
pub const STREAM: u16 = 1 << 6;
/// The body begins with the number of a loan that the receiver gets back.
pub const GIVES_BACK: u16 = 1 << 8;

/// The calls above one that are taken over; more than stacks and processes allow in earnest.
const MOST_ABOVE: usize = 1024;

/// Where a part of a body lies that is not in the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Number of the sender's arena.
    pub arena: u32,
    /// Number of the loan, by which the receiver gives it back.
    pub loan: u32,
    /// Bytes from the beginning of the arena.
    pub offset: u64,
    /// Bytes.
    pub len: u64,
}

impl Place {
    /// Bytes of a place in a frame.
    pub const SIZE: usize = 24;

    /// As it is in a frame.
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        // In words, as it will be read: what is put together in memory is waited for.
        bytes[0..8].copy_from_slice(&(u64::from(self.arena) | u64::from(self.loan) << 32).to_le_bytes());
        bytes[8..16].copy_from_slice(&self.offset.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.len.to_le_bytes());
        bytes
    }

    /// From a frame.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Place {
        let eight = |at: usize| (0..8).fold(0, |word, byte| word | u64::from(bytes[at + byte]) << (8 * byte));
        Place { arena: eight(0) as u32, loan: (eight(0) >> 32) as u32, offset: eight(8), len: eight(16) }
    }
}

/// What few calls and answers have beside their bytes.
#[derive(Clone, PartialEq, Message)]
pub struct Extra {
    /// Where the encoding is `Other`.
    #[prost(string, optional, tag = "1")]
    pub content_type: Option<String>,
    /// Metadata.
    #[prost(message, repeated, tag = "2")]
    pub metadata: Vec<Pair>,
    /// The calls above this one, the nearest first.
    #[prost(message, repeated, tag = "3")]
    pub chain: Vec<Above>,
}

/// A key and its value.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Pair {
    /// The key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A call of a chain.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Above {
    /// Its id, in the process where it was made.
    #[prost(fixed64, tag = "1")]
    pub call: u64,
    /// `service.method`
    #[prost(string, tag = "2")]
    pub method: String,
    /// The single-threaded executor that its caller blocks; 0 = none.
    #[prost(uint64, tag = "3")]
    pub blocks: u64,
    /// Its caller does not wait for it.
    #[prost(bool, tag = "4")]
    pub detached: bool,
    /// The process where it was made, whose numbers those above are.
    #[prost(fixed64, tag = "5")]
    pub home: u64,
}

/// A failure.
#[derive(Clone, PartialEq, Message)]
pub struct Failure {
    /// Code.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// What happened.
    #[prost(string, tag = "2")]
    pub message: String,
    /// The component that says so.
    #[prost(string, tag = "3")]
    pub source: String,
    /// The stack of the failed handler.
    #[prost(string, tag = "4")]
    pub stack: String,
    /// Details.
    #[prost(message, repeated, tag = "5")]
    pub details: Vec<Pair>,
    /// The error behind it.
    #[prost(message, optional, boxed, tag = "6")]
    pub cause: Option<Box<Failure>>,
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Pair> {
    pairs.map(|(key, value)| Pair { key: key.to_owned(), value: value.to_owned() }).collect()
}

impl Extra {
    /// What a request has beside its bytes, if anything.
    #[inline]
    pub fn of_request(request: &Request<'_>, chain: Option<&Link>, home: u64) -> Option<Extra> {
        let is_plain = request.encoding != Encoding::Other && request.metadata.is_empty() && chain.is_none();
        (!is_plain).then(|| Extra::beside(request, chain, home))
    }

    #[inline(never)]
    fn beside(request: &Request<'_>, chain: Option<&Link>, home: u64) -> Extra {
        let above = std::iter::successors(chain, |link| link.parent.as_deref());
        Extra {
            content_type: (request.encoding == Encoding::Other).then(|| request.content_type.to_owned()),
            metadata: pairs(request.metadata.iter().copied()),
            chain: above.map(|link| Above::of(link, home)).collect(),
        }
    }

    /// What an answer has beside its bytes, if anything.
    pub fn of_answer(content_type: Option<&str>, metadata: &[(String, String)]) -> Option<Extra> {
        if content_type.is_none() && metadata.is_empty() {
            return None;
        }
        Some(Extra {
            content_type: content_type.map(str::to_owned),
            metadata: pairs(metadata.iter().map(|(k, v)| (k.as_str(), v.as_str()))),
            chain: Vec::new(),
        })
    }

    /// The metadata.
    pub fn into_metadata(self) -> Metadata {
        self.metadata.into_iter().map(|pair| (pair.key, pair.value)).collect()
    }

    /// The calls above, as the process with this number sees them. Those beyond [`MOST_ABOVE`] are left out: links are
    /// dropped one inside the other.
    pub fn chain(&mut self, home: u64) -> Option<Arc<Link>> {
        self.chain.truncate(MOST_ABOVE);
        let above = std::mem::take(&mut self.chain);
        above.into_iter().rev().fold(None, |parent, above| {
            Some(Arc::new(Link {
                call: above.call,
                method: above.method.into(),
                blocks: above.blocks,
                detached: above.detached,
                home: if above.home == home { 0 } else { above.home },
                parent,
            }))
        })
    }
}

impl Above {
    /// A link of the process with this number.
    fn of(link: &Link, home: u64) -> Above {
        Above {
            call: link.call,
            method: link.method.to_string(),
            blocks: link.blocks,
            detached: link.detached,
            home: if link.is_here() { home } else { link.home },
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Failure {
        Failure {
            code: error.code() as i32,
            message: error.message().to_owned(),
            source: error.source().to_owned(),
            stack: error.stack().to_owned(),
            details: pairs(error.details().iter().map(|(k, v)| (k.as_str(), v.as_str()))),
            cause: error.cause().map(|cause| Box::new(Failure::from(cause))),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        let code = Code::from_number(failure.code).filter(|code| *code != Code::Ok).unwrap_or(Code::Unknown);
        let mut error =
            Error::new(code, failure.message).with_source(failure.source).with_stack(failure.stack);
        for detail in failure.details {
            error = error.with_detail(detail.key, detail.value);
        }
        match failure.cause {
            Some(cause) => error.with_cause(Error::from(*cause)),
            None => error,
        }
    }
}

/// What travels on the control socket.
#[derive(Clone, PartialEq, Message)]
pub struct Packet {
    /// One of them.
    #[prost(oneof = "Control", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9")]
    pub control: Option<Control>,
}

/// A message on the control socket.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Control {
    /// The first packet of the caller, with its segment.
    #[prost(message, tag = "1")]
    Hello(Hello),
    /// The answer, with the server's segment.
    #[prost(message, tag = "2")]
    Accept(Hello),
    /// The answer instead: why not.
    #[prost(message, tag = "3")]
    Refuse(Failure),
    /// A further arena of the sender.
    #[prost(message, tag = "4")]
    Arena(Arena),
    /// The arena with this number was mapped: places in it may be sent.
    #[prost(uint32, tag = "5")]
    ArenaOk(u32),
    /// The arena with this number could not be mapped.
    #[prost(uint32, tag = "6")]
    ArenaFailed(u32),
    /// The services of the sender have changed; the number is their revision.
    #[prost(uint64, tag = "7")]
    ServicesChanged(u64),
    /// An eventfd that wakes the event loops of the sender. The number says nothing.
    #[prost(uint32, tag = "8")]
    Doorbell(u32),
    /// It cannot be used: the receiver has no room for it.
    #[prost(uint32, tag = "9")]
    DoorbellFailed(u32),
}

/// Who an end is.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Hello {
    /// Always [`Hello::MAGIC`]: tells byte order and protocol.
    #[prost(fixed32, tag = "1")]
    pub magic: u32,
    /// Version of what is written here and in segments.
    #[prost(uint32, tag = "2")]
    pub version: u32,
    /// A number that no other process has.
    #[prost(fixed64, tag = "3")]
    pub home: u64,
    /// Bytes of the segment.
    #[prost(uint64, tag = "4")]
    pub segment: u64,
    /// How a named segment is found.
    #[prost(bytes = "vec", tag = "5")]
    pub ticket: Vec<u8>,
    /// Back end of the segment.
    #[prost(string, tag = "6")]
    pub backend: String,
    /// Calls that the sender takes at once.
    #[prost(uint32, tag = "7")]
    pub max_calls: u32,
    /// Inode of the time namespace: deadlines are points in its time.
    #[prost(uint64, tag = "8")]
    pub time_namespace: u64,
    /// Name of the runtime, for people.
    #[prost(string, tag = "9")]
    pub name: String,
    /// Tells the runtimes of the process apart; 0 = not said.
    #[prost(uint64, tag = "10")]
    pub runtime: u64,
}

impl Hello {
    /// `hms1`
    pub const MAGIC: u32 = 0x686d_7331;
    /// Both ends must have the same.
    pub const VERSION: u32 = 4;
}

/// An arena that is announced.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Arena {
    /// Its number.
    #[prost(uint32, tag = "1")]
    pub number: u32,
    /// Bytes.
    #[prost(uint64, tag = "2")]
    pub len: u64,
    /// How a named segment is found.
    #[prost(bytes = "vec", tag = "3")]
    pub ticket: Vec<u8>,
}

/// What a caller asks about a service before its first call.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Resolve {
    /// Id.
    #[prost(string, tag = "1")]
    pub service: String,
    /// Version.
    #[prost(string, tag = "2")]
    pub version: String,
    /// Method.
    #[prost(string, tag = "3")]
    pub method: String,
}

/// The bytes of a message that cannot fail to be written.
pub fn bytes(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec()
}

/// The message in these bytes; a peer that sends others has broken the rules.
pub fn read<M: Message + Default>(bytes: &[u8]) -> Result<M> {
    M::decode(bytes)
        .map_err(|e| Error::new(Code::DataLoss, format!("a message of the peer cannot be read: {e}")))
}
