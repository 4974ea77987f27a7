//! The system's loader: opening libraries for good, and keeping the code of handlers mapped.

use std::ffi::{CStr, CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use hmsffi_core::{Error, Result};

use super::c_text;

/// A library that stays loaded until the process ends.
pub(super) struct Library {
    handle: *mut c_void,
    file: PathBuf,
}

impl Library {
    pub fn open(file: &Path) -> Result<Library> {
        let path = CString::new(file.as_os_str().as_bytes())
            .map_err(|_| Error::invalid(format!("path {} contains a NUL", file.display())))?;
        // NODELETE: handlers, threads and thread-local destructors of the library may outlive any use of it.
        // SAFETY: a NUL-terminated path. Constructors of the library run here, as its user asked.
        let handle =
            unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL | libc::RTLD_NODELETE) };
        if handle.is_null() {
            // SAFETY: dlerror gives NULL or NUL-terminated text.
            let reason = unsafe { c_text(libc::dlerror()) };
            return Err(Error::precondition(format!(
                "component {} cannot be loaded: {reason}",
                file.display()
            )));
        }
        Ok(Library { handle, file: file.to_owned() })
    }

    /// A function of the library.
    ///
    /// # Safety
    /// `F` must be the type of a function pointer, and of the symbol.
    pub unsafe fn symbol<F: Copy>(&self, name: &CStr) -> Result<F> {
        const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
        // SAFETY: a live handle and a NUL-terminated name.
        let symbol = unsafe { libc::dlsym(self.handle, name.as_ptr()) };
        if symbol.is_null() {
            return Err(Error::invalid(format!(
                "{} is not an hmsffi component: it has no function {}",
                self.file.display(),
                name.to_string_lossy()
            )));
        }
        // SAFETY: promised above, and of the same size.
        Ok(unsafe { std::mem::transmute_copy(&symbol) })
    }
}

/// Keeps the file that holds `code` mapped for ever, whoever unloads it: a handler in it may be called.
pub(crate) fn pin(code: *const c_void) {
    // SAFETY: dladdr only looks the address up; dlopen with NOLOAD opens nothing new.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        if libc::dladdr(code, &mut info) != 0 && !info.dli_fname.is_null() {
            // Fails for the main program, which needs no pin.
            libc::dlopen(info.dli_fname, libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE);
        }
    }
}
