//! Where a thread finds its state.
//!
//! `thread_local!` of a shared library costs a call of `__tls_get_addr`, three times in each call of a method. A descriptor of
//! the dynamic linker (TLSDESC) is as safe in a library that is loaded late, and costs a quarter of it.

use super::Thread;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod place {
    use std::cell::Cell;
    use std::ptr;

    use super::Thread;

    thread_local! {
        static CURRENT: Cell<*const Thread> = const { Cell::new(ptr::null()) };
    }

    pub fn get() -> *const Thread {
        CURRENT.get()
    }

    pub fn replace(thread: *const Thread) -> *const Thread {
        CURRENT.replace(thread)
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod place {
    use std::arch::{asm, global_asm};

    use super::Thread;

    global_asm!(
        ".pushsection .tbss.hmsffi_current_thread, \"awT\", @nobits",
        ".globl hmsffi_current_thread",
        ".hidden hmsffi_current_thread",
        ".type hmsffi_current_thread, @object",
        ".size hmsffi_current_thread, 8",
        ".p2align 3",
        "hmsffi_current_thread:",
        ".zero 8",
        ".popsection",
    );

    #[inline(always)]
    fn place() -> *mut *const Thread {
        let place: *mut *const Thread;
        // SAFETY: the sequence of the ABI for a descriptor; it gives the offset of the variable from the thread pointer.
        unsafe {
            asm!(
                "lea hmsffi_current_thread@tlsdesc(%rip), %rax",
                "call *hmsffi_current_thread@tlscall(%rax)",
                "add %fs:0, %rax",
                out("rax") place,
                clobber_abi("sysv64"),
                options(att_syntax, readonly),
            );
        }
        place
    }

    #[inline(always)]
    pub fn get() -> *const Thread {
        // SAFETY: this thread's variable.
        unsafe { *place() }
    }

    pub fn replace(thread: *const Thread) -> *const Thread {
        // SAFETY: as above.
        unsafe { std::mem::replace(&mut *place(), thread) }
    }
}

pub(super) use place::{get, replace};
