//! [`Error`] and its codes.

use std::collections::HashMap;
use std::fmt;

use crate::raw;

/// What fallible functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Key of [`Error::details`]: the stack of the handler that failed.
pub(crate) const STACK: &str = "hms.stack";
/// Prefix of the keys of [`Error::details`] that hold the error behind this one.
pub(crate) const CAUSE: &str = "hms.cause.";

/// The kinds of failure, numbered as in all languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorCode {
    /// No error.
    Ok = 0,
    /// The operation was cancelled.
    Cancelled = 1,
    /// The application failed with an error that has no code of its own.
    Unknown = 2,
    /// An argument is wrong.
    InvalidArgument = 3,
    /// The deadline passed first.
    DeadlineExceeded = 4,
    /// No such service, method or call.
    NotFound = 5,
    /// The thing to be created exists.
    AlreadyExists = 6,
    /// The caller may not do this.
    PermissionDenied = 7,
    /// A limit was reached.
    ResourceExhausted = 8,
    /// Not in the state that the operation needs.
    FailedPrecondition = 9,
    /// Given up, for example because the call would wait for itself.
    Aborted = 10,
    /// Past the valid range.
    OutOfRange = 11,
    /// Not supported by this version.
    Unimplemented = 12,
    /// A bug: a panic, or a call that was dropped without an answer.
    Internal = 13,
    /// The service cannot be reached now.
    Unavailable = 14,
    /// Data was lost or damaged.
    DataLoss = 15,
    /// No valid credentials.
    Unauthenticated = 16,
}

impl ErrorCode {
    const ALL: [ErrorCode; 17] = [
        ErrorCode::Ok,
        ErrorCode::Cancelled,
        ErrorCode::Unknown,
        ErrorCode::InvalidArgument,
        ErrorCode::DeadlineExceeded,
        ErrorCode::NotFound,
        ErrorCode::AlreadyExists,
        ErrorCode::PermissionDenied,
        ErrorCode::ResourceExhausted,
        ErrorCode::FailedPrecondition,
        ErrorCode::Aborted,
        ErrorCode::OutOfRange,
        ErrorCode::Unimplemented,
        ErrorCode::Internal,
        ErrorCode::Unavailable,
        ErrorCode::DataLoss,
        ErrorCode::Unauthenticated,
    ];

    /// The code with this number.
    pub fn from_number(number: i32) -> Option<ErrorCode> {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index)).copied()
    }
}

/// The name in the specification, such as `NOT_FOUND`.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(raw::error::name(*self as i32))
    }
}

impl From<ErrorCode> for i32 {
    fn from(code: ErrorCode) -> i32 {
        code as i32
    }
}

impl PartialEq<ErrorCode> for i32 {
    fn eq(&self, code: &ErrorCode) -> bool {
        *self == *code as i32
    }
}

/// A failure: of the library, of a handler in any language, or of a handler of yours when you make one.
///
/// A handler's error arrives at its caller with the same code, message and details, whatever the caller's
/// language.
///
/// ```
/// use hmsffi::{Error, ErrorCode};
///
/// let error = Error::new(ErrorCode::OutOfRange, "bmi 99.9 is outside 10..60").with_detail("field", "bmi");
/// assert_eq!(error.code, ErrorCode::OutOfRange);
/// assert_eq!(error.to_string(), "FFI error 11: bmi 99.9 is outside 10..60");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The number of an [`ErrorCode`].
    pub code: i32,
    /// What happened, for people.
    pub message: String,
    /// The component that failed, usually `service.method`; `None` = not known, and for a handler's new error
    /// the library fills in the handler's method.
    pub source: Option<String>,
    /// Further facts. Keys that start with `hms.` are the library's: see [`stack`](Error::stack) and
    /// [`cause`](Error::cause).
    pub details: HashMap<String, String>,
}

impl Error {
    /// An error with an [`ErrorCode`], or with its number.
    pub fn new(code: impl Into<i32>, message: impl Into<String>) -> Error {
        Error { code: code.into(), message: message.into(), source: None, details: HashMap::new() }
    }

    /// An error of the application that has no code of its own: UNKNOWN, with the messages of `error` and of
    /// all sources behind it.
    ///
    /// ```
    /// let error = "x".parse::<u32>().map_err(hmsffi::Error::other).unwrap_err();
    /// assert_eq!(error.message, "invalid digit found in string");
    /// ```
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let error = error.into();
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(behind) = source {
            message = format!("{message}: {behind}");
            source = behind.source();
        }
        Error::new(ErrorCode::Unknown, message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Error {
        Error::new(ErrorCode::InvalidArgument, message)
    }

    /// The same error with a fact more.
    pub fn with_detail(mut self, key: impl Into<String>, value: impl Into<String>) -> Error {
        self.details.insert(key.into(), value.into());
        self
    }

    /// The same error with the error behind it, such as that of a nested call.
    ///
    /// ```
    /// # use hmsffi::{Error, ErrorCode};
    /// let nested = Error::new(ErrorCode::NotFound, "no such patient");
    /// let error = Error::new(ErrorCode::Aborted, "the report is incomplete").with_cause(&nested);
    /// assert_eq!(error.cause(), Some(nested));
    /// ```
    pub fn with_cause(mut self, cause: &Error) -> Error {
        self.set_cause(cause);
        self
    }

    pub(crate) fn set_cause(&mut self, cause: &Error) {
        let mut set = |key: &str, value: String| self.details.insert(format!("{CAUSE}{key}"), value);
        set("code", cause.code.to_string());
        set("message", cause.message.clone());
        if let Some(source) = &cause.source {
            set("source", source.clone());
        }
        for (key, value) in &cause.details {
            // Its own stack and cause keep their short names; anything else must not look like one of them.
            match key.strip_prefix("hms.") {
                Some(own) => set(own, value.clone()),
                None => set(&format!("detail.{key}"), value.clone()),
            };
        }
    }

    /// The code by name; `None` for a number that is no code.
    pub fn kind(&self) -> Option<ErrorCode> {
        ErrorCode::from_number(self.code)
    }

    /// The stack of the handler that failed, as its language prints it.
    pub fn stack(&self) -> Option<&str> {
        self.details.get(STACK).map(String::as_str)
    }

    /// The error behind this one, nearer to where the failure began.
    pub fn cause(&self) -> Option<Error> {
        let code: i32 = self.details.get(&format!("{CAUSE}code"))?.parse().ok()?;
        let mut cause = Error::new(code, "");
        for (key, value) in &self.details {
            let Some(key) = key.strip_prefix(CAUSE) else { continue };
            match key.strip_prefix("detail.") {
                Some(detail) => drop(cause.details.insert(detail.to_owned(), value.clone())),
                None if key == "code" => {}
                None if key == "message" => cause.message.clone_from(value),
                None if key == "source" => cause.source = Some(value.clone()),
                None => drop(cause.details.insert(format!("hms.{key}"), value.clone())),
            }
        }
        Some(cause)
    }
}

/// As the specification prints it: `FFI error 5: ...`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FFI error {}: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}
