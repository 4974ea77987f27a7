//! The 17 codes of the specification (section 6.1) and the error that carries one.

use std::fmt;

/// Error codes, numbered as in section 6.1 of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
pub enum Code {
    /// No error.
    Ok = 0,
    /// The operation was cancelled.
    Cancelled = 1,
    /// An error raised by the application without a code of its own.
    Unknown = 2,
    /// The caller gave an argument that is wrong whatever the state of the system.
    InvalidArgument = 3,
    /// The deadline passed first.
    DeadlineExceeded = 4,
    /// The service, method or call does not exist.
    NotFound = 5,
    /// The thing to be created exists.
    AlreadyExists = 6,
    /// The caller may not do this.
    PermissionDenied = 7,
    /// A limit was reached.
    ResourceExhausted = 8,
    /// The system is not in the state that the operation needs.
    FailedPrecondition = 9,
    /// The operation was given up, for example because it would wait for itself.
    Aborted = 10,
    /// Past the valid range.
    OutOfRange = 11,
    /// Not implemented or not supported here.
    Unimplemented = 12,
    /// A bug: a panic, or a call dropped without an answer.
    Internal = 13,
    /// The service cannot be reached now.
    Unavailable = 14,
    /// Data was lost or damaged.
    DataLoss = 15,
    /// No valid credentials.
    Unauthenticated = 16,
}

impl Code {
    /// All codes, at the index of their number.
    pub const ALL: [Code; 17] = [
        Code::Ok,
        Code::Cancelled,
        Code::Unknown,
        Code::InvalidArgument,
        Code::DeadlineExceeded,
        Code::NotFound,
        Code::AlreadyExists,
        Code::PermissionDenied,
        Code::ResourceExhausted,
        Code::FailedPrecondition,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
        Code::Unauthenticated,
    ];

    /// The code with this number, if there is one.
    pub fn from_number(number: i32) -> Option<Code> {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index).copied())
    }

    /// The name in the specification, such as `NOT_FOUND`.
    pub fn name(self) -> &'static str {
        const NAMES: [&str; 17] = [
            "OK",
            "CANCELLED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ];
        NAMES[self as usize]
    }
}

/// What went wrong: code, message, the component that says so, details and stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Body>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    code: Code,
    message: String,
    source: String,
    stack: String,
    details: Vec<(String, String)>,
    cause: Option<Error>,
}

/// `Result` with this crate's error.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with a code and a message; the rest is empty.
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        Error(Box::new(Body {
            code,
            message: message.into(),
            source: String::new(),
            stack: String::new(),
            details: Vec::new(),
            cause: None,
        }))
    }

    /// The component that generated the error.
    pub fn with_source(mut self, source: impl Into<String>) -> Error {
        self.0.source = source.into();
        self
    }

    /// The stack of the failed handler, as its language prints it.
    pub fn with_stack(mut self, stack: impl Into<String>) -> Error {
        self.0.stack = stack.into();
        self
    }

    /// Says where it failed, as far as the error itself does not.
    pub fn or_at(mut self, source: &str, stack: &str) -> Error {
        for (own, known) in [(&mut self.0.source, source), (&mut self.0.stack, stack)] {
            if own.is_empty() {
                known.clone_into(own);
            }
        }
        self
    }

    /// Adds or replaces a detail.
    pub fn with_detail(mut self, key: impl Into<String>, value: impl Into<String>) -> Error {
        let (key, value) = (key.into(), value.into());
        match self.0.details.iter_mut().find(|(k, _)| *k == key) {
            Some(entry) => entry.1 = value,
            None => self.0.details.push((key, value)),
        }
        self
    }

    /// The error behind this one, nearer to where the failure began.
    pub fn with_cause(mut self, cause: Error) -> Error {
        self.0.cause = Some(cause);
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The message, without the code.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The component that generated the error; empty when not known.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The stack of the failed handler; empty when there is none.
    pub fn stack(&self) -> &str {
        &self.0.stack
    }

    /// The details in the order in which they were added.
    pub fn details(&self) -> &[(String, String)] {
        &self.0.details
    }

    /// The value of a detail.
    pub fn detail(&self, key: &str) -> Option<&str> {
        self.0.details.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The error behind this one.
    pub fn cause(&self) -> Option<&Error> {
        self.0.cause.as_ref()
    }

    /// Gives the error away as a pointer.
    pub(crate) fn into_raw(self) -> *mut Body {
        Box::into_raw(self.0)
    }

    /// Takes an error back.
    ///
    /// # Safety
    /// Given by [`Error::into_raw`], and taken once.
    pub(crate) unsafe fn from_raw(raw: *mut Body) -> Error {
        // SAFETY: promised above.
        Error(unsafe { Box::from_raw(raw) })
    }

    /// What a caught panic says, as INTERNAL.
    pub fn from_panic(payload: &(dyn std::any::Any + Send), place: &str) -> Error {
        let text = payload
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".to_owned());
        Error::new(Code::Internal, format!("{place} panicked: {text}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code().name(), self.code() as i32, self.message())
    }
}

impl std::error::Error for Error {}

macro_rules! shorthand {
    ($($(#[$doc:meta])* $name:ident => $code:ident),* $(,)?) => {
        impl Error {
            $($(#[$doc])* pub fn $name(message: impl Into<String>) -> Error {
                Error::new(Code::$code, message)
            })*
        }
    };
}

shorthand! {
    /// INVALID_ARGUMENT with this message.
    invalid => InvalidArgument,
    /// NOT_FOUND with this message.
    not_found => NotFound,
    /// FAILED_PRECONDITION with this message.
    precondition => FailedPrecondition,
    /// UNIMPLEMENTED with this message.
    unimplemented => Unimplemented,
    /// UNAVAILABLE with this message.
    unavailable => Unavailable,
    /// INTERNAL with this message.
    internal => Internal,
    /// RESOURCE_EXHAUSTED with this message.
    exhausted => ResourceExhausted,
    /// DEADLINE_EXCEEDED with this message.
    deadline => DeadlineExceeded,
    /// ABORTED with this message.
    aborted => Aborted,
}
