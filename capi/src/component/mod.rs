//! Components: shared libraries that register services in this process.

mod golang;
mod loader;
mod signals;

use std::ffi::c_char;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread::ThreadId;

use hmsffi_abi::*;
use hmsffi_core::runtime::Runtime;
use hmsffi_core::{Error, Result, log};

use loader::Library;
pub(crate) use loader::pin;

use crate::edge::edge;
use crate::{error as errors, process, runtime, view};

/// What a component's `hmsffi_component_abi` is.
type Abi = unsafe extern "C" fn() -> u32;
/// What a component's `hmsffi_component_init` is.
type Init = unsafe extern "C" fn(runtime: hms_runtime_t, error: *mut hms_error_t) -> hms_status_t;

/// The components of each runtime.
static LOADED: Mutex<Vec<Loaded>> = Mutex::new(Vec::new());

struct Loaded {
    file: PathBuf,
    into: Weak<Runtime>,
    progress: Arc<Progress>,
}

/// How far a component is; who loads it too waits for the first.
#[derive(Default)]
struct Progress {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum State {
    #[default]
    NotLoaded,
    LoadedBy(ThreadId),
    Ready,
}

impl Progress {
    /// Runs `open`, unless that has been done. A component that loads itself goes on.
    fn once(&self, open: impl FnOnce() -> Result<()>) -> Result<()> {
        let own = State::LoadedBy(std::thread::current().id());
        let lock = || self.state.lock().unwrap_or_else(|e| e.into_inner());
        let mut state = lock();
        while matches!(*state, State::LoadedBy(_)) && *state != own {
            state = self.changed.wait(state).unwrap_or_else(|e| e.into_inner());
        }
        if *state != State::NotLoaded {
            return Ok(());
        }
        *state = own;
        drop(state);
        let opened = open();
        *lock() = if opened.is_ok() { State::Ready } else { State::NotLoaded };
        self.changed.notify_all();
        opened
    }
}

fn progress(file: &Path, runtime: &Arc<Runtime>) -> Arc<Progress> {
    let mut loaded = LOADED.lock().unwrap_or_else(|e| e.into_inner());
    loaded.retain(|loaded| loaded.into.strong_count() > 0);
    let known = loaded
        .iter()
        .find(|loaded| loaded.file == file && std::ptr::eq(loaded.into.as_ptr(), Arc::as_ptr(runtime)))
        .map(|loaded| loaded.progress.clone());
    known.unwrap_or_else(|| {
        let progress = Arc::<Progress>::default();
        let (file, into) = (file.to_owned(), Arc::downgrade(runtime));
        loaded.push(Loaded { file, into, progress: progress.clone() });
        progress
    })
}

/// Loads a component: a shared library with two entry points,
/// `uint32_t hmsffi_component_abi(void)`, which returns the `hms_abi_version()` of its header, and
/// `hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error)`, which registers its services. The
/// runtime handle is borrowed for that call. A component is never unloaded; loading it again into the same runtime does
/// nothing.
/// @param path UTF-8 path of the file.
/// @return NOT_FOUND when there is no such file; INVALID_ARGUMENT when it is not a component; FAILED_PRECONDITION when it
/// needs another library version, would be a second Go runtime, or the core is linked statically; else what init returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_component_load(
    runtime: hms_runtime_t,
    path: hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: a view of the caller's.
        let path = unsafe { view::text(path, "path")? };
        load(runtime, path)
    })
}

fn load(handle: hms_runtime_t, path: &str) -> Result<()> {
    let runtime = runtime::lookup(handle)?;
    if !process::core_is_shared() {
        return Err(Error::precondition(
            "this program has the core linked in, so components cannot share it. Link the shared libhmsffi instead (in Rust: \
             crate hmsffi with default-features = false)",
        ));
    }
    let file = Path::new(path).canonicalize().map_err(|e| cannot_be_found(path, &e))?;
    progress(&file, &runtime).once(|| open(handle, &file))
}

#[cold]
fn cannot_be_found(path: &str, why: &std::io::Error) -> Error {
    let why = match why.kind() {
        std::io::ErrorKind::NotFound => "there is no such file",
        std::io::ErrorKind::PermissionDenied => "a folder on the way may not be read",
        std::io::ErrorKind::NotADirectory => "a part of the path is not a folder",
        _ => "the path does not lead to a file",
    };
    Error::not_found(format!("component '{path}' cannot be loaded: {why}. Build it, or give its full path"))
}

fn open(runtime: hms_runtime_t, file: &Path) -> Result<()> {
    golang::refuse_second(file)?;
    let before = signals::dispositions();
    let library = Library::open(file)?;
    // The component may have brought a second core along, by a path of its own.
    process::check_single_core()?;
    // SAFETY: the component contract gives these names these types.
    let (abi, init) = unsafe {
        (library.symbol::<Abi>(c"hmsffi_component_abi")?, library.symbol::<Init>(c"hmsffi_component_init")?)
    };
    // SAFETY: as above.
    check_abi(file, unsafe { abi() })?;
    let mut error = hms_error_t { id: 0 };
    // SAFETY: as above; init must not unwind.
    let status = unsafe { init(runtime, &mut error) };
    for name in signals::changed(&before) {
        log::warning(
            "component",
            &format!("{} changed the handling of {name}: the host may no longer get it", file.display()),
        );
    }
    if status == HMS_STATUS_OK {
        log::info("component", &format!("loaded {}", file.display()));
        return Ok(());
    }
    let reason = errors::lookup(error).map(|reason| (*reason).clone());
    errors::hms_error_close(error);
    let code = errors::failure_code(status).unwrap_or(hmsffi_core::Code::Internal);
    let failed = format!("component {} failed to start", file.display());
    Err(match reason {
        Ok(reason) => Error::new(code, format!("{failed}: {}", reason.message())).with_cause(reason),
        Err(_) => Error::new(code, failed),
    })
}

fn check_abi(file: &Path, wanted: u32) -> Result<()> {
    let here = process::hms_abi_version();
    if wanted >> 16 == here >> 16 && wanted & 0xffff <= here & 0xffff {
        return Ok(());
    }
    let text = |version: u32| format!("{}.{}", version >> 16, version & 0xffff);
    Err(Error::precondition(format!(
        "component {} was built for ABI {}, this library has {}. Build it again with this version's header",
        file.display(),
        text(wanted),
        text(here)
    )))
}

/// NUL-terminated text of the loader's.
///
/// # Safety
/// NULL or NUL-terminated.
unsafe fn c_text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: promised above.
    unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
