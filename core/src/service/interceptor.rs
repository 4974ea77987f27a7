//! User code around every call of a server: it may refuse a call before its handler runs, and sees how it ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Method, Service};
use crate::call::deadline::now;
use crate::call::{Outcome, Request};
use crate::error::{Code, Result};

/// User code around calls. Runs on the caller's thread before, and where the answer arrives after.
pub trait Interceptor: Send + Sync {
    /// Before the handler. An error is the answer; the handler does not run then.
    fn before(&self, method: &Method, request: &Request<'_>) -> Result<()>;
    /// After a call that every interceptor let pass: its code, and how long it took in nanoseconds.
    fn after(&self, method: &Method, code: Code, duration_ns: u64);
}

type List = Arc<Vec<Arc<dyn Interceptor>>>;

/// The interceptors of a server, in the order in which they were added; its services share them.
#[derive(Default)]
pub(super) struct Interceptors {
    /// Most servers have none, and their calls need no lock to know it.
    any: AtomicBool,
    list: Mutex<List>,
}

impl Interceptors {
    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(super) fn add(&self, interceptor: Arc<dyn Interceptor>) {
        let mut list = self.list();
        *list = Arc::new(list.iter().cloned().chain([interceptor]).collect());
        self.any.store(true, Ordering::Release);
    }

    #[inline(always)]
    fn get(&self) -> Option<List> {
        self.any.load(Ordering::Acquire).then(|| self.list().clone())
    }
}

/// A call that interceptors let pass and will see the end of.
pub(crate) struct Observed {
    interceptors: List,
    method: Arc<Method>,
    began: u64,
}

impl Service {
    /// Whether interceptors stand around its calls.
    pub fn is_intercepted(&self) -> bool {
        self.interceptors.any.load(Ordering::Acquire)
    }

    /// Asks the interceptors whether a call may pass.
    pub(crate) fn observe(&self, method: &Arc<Method>, request: &Request<'_>) -> Result<Option<Observed>> {
        self.interceptors.get().map(|interceptors| ask(interceptors, method, request)).transpose()
    }
}

fn ask(interceptors: List, method: &Arc<Method>, request: &Request<'_>) -> Result<Observed> {
    for interceptor in interceptors.iter() {
        interceptor.before(method, request).map_err(|error| match error.source() {
            "" => error.with_source(&*method.qualified),
            _ => error,
        })?;
    }
    Ok(Observed { interceptors, method: method.clone(), began: now() })
}

impl Observed {
    /// Tells the interceptors how the call ended, the last one first.
    pub fn ended(self, outcome: &Outcome) {
        let code = outcome.as_ref().map_or_else(|error| error.code(), |_| Code::Ok);
        let duration = now().saturating_sub(self.began);
        for interceptor in self.interceptors.iter().rev() {
            interceptor.after(&self.method, code, duration);
        }
    }
}
