//! Where a call stands: its deadline, how deep it is nested, and the chain of calls above it.

use std::cell::OnceCell;
use std::ptr;
use std::sync::Arc;

use super::cell::Call;
use super::deadline::Deadline;
use crate::service::Method;

/// One call of a chain, with those above it.
#[derive(Debug)]
pub struct Link {
    /// The call's id.
    pub call: u64,
    /// The process where it was made; 0 = this one.
    pub home: u64,
    /// `service.method`
    pub method: Arc<str>,
    /// The single-threaded executor that its caller blocks while it waits for this call; 0 = none.
    pub blocks: u64,
    /// Its caller does not wait for it: what the callers above block does not concern it.
    pub detached: bool,
    /// The call that made this one.
    pub parent: Option<Arc<Link>>,
}

/// The frame of a handler that runs on this thread. Lives on the stack of the dispatching function.
pub struct Context {
    /// When the caller stops waiting.
    pub deadline: Deadline,
    /// Calls above this one.
    pub depth: u32,
    call: u64,
    method: *const Method,
    above: Above,
    link: OnceCell<Arc<Link>>,
}

enum Above {
    /// The frame below this one on the same stack.
    Frame(*const Context),
    /// A call on another thread or process.
    Chain(Arc<Link>),
}

impl Context {
    /// The frame of a call made on this thread by the handler of `above`, if any.
    ///
    /// # Safety
    /// `above` (when not null) and `method` must outlive the context.
    #[inline]
    pub(crate) unsafe fn nested(
        above: *const Context,
        depth: u32,
        call: u64,
        method: *const Method,
        deadline: Deadline,
    ) -> Context {
        Context { deadline, depth, call, method, above: Above::Frame(above), link: OnceCell::new() }
    }

    /// The frame of a call made on this thread on behalf of a call of another.
    ///
    /// # Safety
    /// `method` must outlive the context.
    pub(crate) unsafe fn below(
        parent: Arc<Link>,
        call: u64,
        method: *const Method,
        deadline: Deadline,
    ) -> Context {
        let depth = Link::depth(Some(&parent));
        Context { deadline, depth, call, method, above: Above::Chain(parent), link: OnceCell::new() }
    }

    /// The first frame of a thread that serves a call made elsewhere.
    ///
    /// # Safety
    /// `method` must outlive the context.
    pub(crate) unsafe fn first(link: Arc<Link>, method: *const Method, deadline: Deadline) -> Context {
        let depth = Link::depth(link.parent.as_deref());
        let (call, above) = (link.call, Above::Frame(ptr::null()));
        Context { deadline, depth, call, method, above, link: OnceCell::from(link) }
    }

    /// This call and those above it, as something that may leave the thread.
    pub fn link(&self) -> Arc<Link> {
        self.link
            .get_or_init(|| {
                let parent = match &self.above {
                    // SAFETY: frames below this one are alive as long as it is.
                    Above::Frame(above) => unsafe { above.as_ref() }.map(Context::link),
                    Above::Chain(parent) => Some(parent.clone()),
                };
                // SAFETY: the method outlives the context.
                let method = unsafe { &*self.method }.qualified.clone();
                Arc::new(Link { call: self.call, home: 0, method, blocks: 0, detached: false, parent })
            })
            .clone()
    }

    /// Whether a handler runs on this thread whose caller has a deadline.
    #[inline]
    pub(crate) fn has_deadline(thread: &crate::thread::Thread) -> bool {
        // SAFETY: set only while the frame below us on this stack is alive.
        unsafe { thread.context.get().as_ref() }.is_some_and(|context| context.deadline != Deadline::NONE)
    }

    /// How many handlers run above a call that this thread makes.
    pub(crate) fn depth_on(thread: &crate::thread::Thread) -> u32 {
        // SAFETY: set only while the frame below us on this stack is alive.
        unsafe { thread.context.get().as_ref() }.map_or(0, |above| above.depth + 1)
    }

    /// The context of this thread, if a handler runs on it.
    pub fn current() -> Option<&'static Context> {
        Context::on(crate::thread::Thread::current())
    }

    /// The same on this thread.
    #[inline]
    pub(crate) fn on(thread: &crate::thread::Thread) -> Option<&'static Context> {
        // SAFETY: set only while the frame is alive; used within calls made from that frame.
        unsafe { thread.context.get().as_ref() }
    }
}

impl Link {
    /// How many calls a chain holds.
    pub fn depth(chain: Option<&Link>) -> u32 {
        let mut depth = 0;
        let mut link = chain;
        while let Some(current) = link {
            depth += 1;
            link = current.parent.as_deref();
        }
        depth
    }

    /// Whether the call was made in this process.
    pub(crate) fn is_here(&self) -> bool {
        self.home == 0
    }

    /// The call that waits for this one.
    pub(crate) fn waiting_parent(&self) -> Option<&Link> {
        self.parent.as_deref().filter(|_| !self.detached)
    }

    /// The calls that wait for this one, the nearest first.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Link> {
        std::iter::successors(self.waiting_parent(), |link| link.waiting_parent())
    }

    /// Whether nobody waits any more for one of the calls that wait for this one.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.waiting().any(|link| link.is_here() && Call::find(link.call).is_ok_and(Call::caller_gone))
    }

    /// Whether nobody waits any more for this call, or for one of those that wait for it.
    pub(crate) fn is_over(&self) -> bool {
        (self.is_here() && Call::find(self.call).is_ok_and(Call::caller_gone)) || self.is_abandoned()
    }

    /// The methods of a chain, outermost first.
    pub fn methods(&self) -> Vec<&str> {
        let mut methods = Vec::new();
        let mut link = Some(self);
        while let Some(current) = link {
            // One that only says which executor waits has no method.
            if !current.method.is_empty() {
                methods.push(&*current.method);
            }
            link = current.parent.as_deref();
        }
        methods.reverse();
        methods
    }
}

/// Puts a context in place for as long as it lives.
pub(crate) struct Entered<'a> {
    thread: &'a crate::thread::Thread,
    previous: *const Context,
}

impl<'a> Entered<'a> {
    #[inline]
    pub fn new(thread: &'a crate::thread::Thread, context: &Context) -> Entered<'a> {
        Entered { thread, previous: thread.context.replace(ptr::from_ref(context)) }
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        self.thread.context.set(self.previous);
    }
}
