//! Options of clients, servers and calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Result;
use crate::call::Parent;
use crate::types::{LogLevel, TransportType};

/// Options of a client. The default is fine.
///
/// ```
/// let options = hmsffi::ClientOptions { timeout: Some(std::time::Duration::from_secs(5)), ..Default::default() };
/// ```
#[derive(Debug, Clone, Default)]
pub struct ClientOptions {
    /// Default time for a call; `None` = 30 s. A handler that runs on the caller's thread, as most do, is not
    /// interrupted by it: it can see how much is left, and an answer that comes late is DEADLINE_EXCEEDED.
    /// The timeout of a single call ([`CallOptions::timeout`]) is kept to, whatever the handler does.
    pub timeout: Option<Duration>,
    /// How often a call is tried again elsewhere when it cannot have reached a handler; `None` = 3.
    pub max_retries: Option<u32>,
    /// The way that calls must take; `None` = the library's choice.
    pub transport: Option<TransportType>,
    /// Sent with each call. Refused with UNIMPLEMENTED in this version.
    pub auth_token: Option<String>,
    /// The least important lines of the library that go to the [`log`] crate; `None` = INFO. It holds for the
    /// whole process, where the client or server that wants most counts.
    pub log_level: Option<LogLevel>,
}

/// Options of a server.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// For logs and errors.
    pub name: String,
    /// Ways in for other processes; empty = all. Callers of the same process need none.
    pub transports: Vec<TransportType>,
    /// Anything but [`AuthType::None`] is refused with UNIMPLEMENTED in this version.
    pub auth_config: Option<AuthConfig>,
    /// Calls served at once; `None` = 100, `usize::MAX` = no limit. More are refused with RESOURCE_EXHAUSTED.
    pub max_concurrent_calls: Option<usize>,
    /// Default time for a call; `None` = 30 s. See [`ClientOptions::timeout`].
    pub call_timeout: Option<Duration>,
    /// Bytes of a request, an answer or a message of a stream; `None` = 1 GiB, the least is 4096. A larger one is
    /// RESOURCE_EXHAUSTED.
    pub max_message_size: Option<u64>,
    /// See [`ClientOptions::log_level`].
    pub log_level: Option<LogLevel>,
}

impl ServerOptions {
    /// The defaults, with a name.
    pub fn named(name: impl Into<String>) -> ServerOptions {
        ServerOptions { name: name.into(), ..ServerOptions::default() }
    }
}

/// Who may call.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// The kind of credentials.
    pub auth_type: AuthType,
    /// Checks a token.
    pub token_validation: Option<TokenValidator>,
    /// Checks a certificate.
    pub cert_validation: Option<CertValidation>,
}

/// The kind of credentials that a server asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthType {
    /// None at all.
    None,
    /// A token.
    Token,
    /// A certificate.
    Cert,
    /// Something else.
    Custom,
}

/// A function that says whether a token is valid.
///
/// ```
/// let validator: hmsffi::TokenValidator = (|token: &str| Ok(token == "secret")).into();
/// assert!(validator.validate("secret").unwrap());
/// ```
#[derive(Clone)]
pub struct TokenValidator(Arc<Validate>);

type Validate = dyn Fn(&str) -> Result<bool> + Send + Sync;

impl TokenValidator {
    /// Asks the function.
    pub fn validate(&self, token: &str) -> Result<bool> {
        (self.0)(token)
    }
}

impl<F: Fn(&str) -> Result<bool> + Send + Sync + 'static> From<F> for TokenValidator {
    fn from(validate: F) -> TokenValidator {
        TokenValidator(Arc::new(validate))
    }
}

impl fmt::Debug for TokenValidator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenValidator(..)")
    }
}

/// How certificates are checked.
#[derive(Debug, Clone, Default)]
pub struct CertValidation {
    /// Certificates of the authorities that are trusted, as PEM.
    pub trusted_cas: Vec<Vec<u8>>,
    /// Whether revocation lists are asked.
    pub check_revocation: bool,
    /// Whether a certificate may vouch for itself.
    pub allow_self_signed: bool,
}

/// Options of one call, stream or asynchronous call.
///
/// ```
/// use std::time::Duration;
/// let options = hmsffi::CallOptions::new().timeout(Duration::from_millis(50)).metadata("tenant", "north");
/// ```
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) parent: Option<Parent>,
    pub(crate) transport: TransportType,
    /// Bits `1 << TransportType`.
    pub(crate) forbidden: u64,
}

impl CallOptions {
    /// The defaults.
    pub fn new() -> CallOptions {
        CallOptions::default()
    }

    /// The time for the whole call. It is kept to whatever the handler does: the handler runs on a thread of
    /// its server, which takes some microseconds, and the caller gets DEADLINE_EXCEEDED in time.
    pub fn timeout(mut self, timeout: Duration) -> CallOptions {
        self.timeout = Some(timeout);
        self
    }

    /// The way that the call must take. UNAVAILABLE when it does not lead to the service.
    pub fn transport(mut self, transport: TransportType) -> CallOptions {
        self.transport = transport;
        self
    }

    /// A way that the call must not take; may be said of several.
    pub fn forbid(mut self, transport: TransportType) -> CallOptions {
        self.forbidden |= 1 << transport as u64;
        self
    }

    /// Sends a pair of text with the request. Keys that start with `hms-` are the library's.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> CallOptions {
        self.metadata.push((key.into(), value.into()));
        self
    }

    /// The call on whose behalf this one is made, where that is not the one whose handler runs on this
    /// thread: in a task that a handler gave to another thread or runtime.
    pub fn parent(mut self, parent: Parent) -> CallOptions {
        self.parent = Some(parent);
        self
    }
}
