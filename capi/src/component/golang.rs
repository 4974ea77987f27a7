//! Refuses a second Go runtime: Go allows one in a process, and the loser's goroutines stop being preempted
//! (golang/go#65050).
//!
//! A file holds a Go runtime if it has a note of owner `Go`, or Go's build-info magic in writable data (a stripped
//! build id removes the note, not the magic).

use std::ffi::c_void;
use std::path::Path;

use hmsffi_core::{Error, Result, log};
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Endianness, elf};

use super::c_text;

const OWNER: &[u8] = b"Go";
const NOTE_TYPE: elf::NoteType = elf::NoteType(4);
const MAGIC: &[u8] = b"\xff Go buildinf:";
const SWITCH: &str = "HMSFFI_ALLOW_TWO_GO_RUNTIMES";

/// FAILED_PRECONDITION when `file` would bring a second Go runtime into this process.
pub(super) fn refuse_second(file: &Path) -> Result<()> {
    let bytes = std::fs::read(file)
        .map_err(|e| Error::not_found(format!("component '{}' cannot be read: {e}", file.display())))?;
    let image = ElfFile64::<Endianness>::parse(&*bytes).map_err(|e| {
        Error::invalid(format!("{} is not a shared library of this machine: {e}", file.display()))
    })?;
    if !has_go(&image) {
        return Ok(());
    }
    let Some(other) = loaded_images_with_go().into_iter().find(|other| !same_file(other, file)) else {
        return Ok(());
    };
    let text = format!(
        "another Go runtime is already in this process ({other}); Go allows one, and {} has its own",
        file.display()
    );
    if std::env::var_os(SWITCH).is_some_and(|value| value == "1") {
        log::warning("component", &format!("{text}. Loaded all the same, because {SWITCH} is set"));
        return Ok(());
    }
    Err(Error::precondition(format!(
        "{text}. Put both into one Go component, or run one of them in a process of its own"
    )))
}

fn same_file(loaded: &str, file: &Path) -> bool {
    Path::new(loaded).canonicalize().is_ok_and(|loaded| loaded == file)
}

fn has_go(image: &ElfFile64<'_, Endianness>) -> bool {
    let (endian, data) = (image.endian(), image.data());
    let noted = image.elf_program_headers().iter().any(|segment| {
        let notes = segment.notes(endian, data).ok().flatten();
        notes.is_some_and(|mut notes| {
            std::iter::from_fn(|| notes.next().ok().flatten())
                .any(|note| note.name() == OWNER && note.n_type(endian) == NOTE_TYPE)
        })
    });
    noted
        || image.elf_program_headers().iter().any(|segment| {
            segment.p_type(endian) == elf::PT_LOAD
                && segment.p_flags(endian).0 & elf::PF_W.0 != 0
                && segment.data(endian, data).is_ok_and(holds_magic)
        })
}

fn holds_magic(data: &[u8]) -> bool {
    data.windows(MAGIC.len()).any(|window| window == MAGIC)
}

/// Names of the loaded files with a Go runtime.
fn loaded_images_with_go() -> Vec<String> {
    unsafe extern "C" fn visit(info: *mut libc::dl_phdr_info, _: libc::size_t, found: *mut c_void) -> i32 {
        // SAFETY: the loader gives a valid record, and `found` is ours.
        let (info, found) = unsafe { (&*info, &mut *found.cast::<Vec<String>>()) };
        // SAFETY: the loader keeps the headers mapped.
        let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        let go = headers.iter().any(|header| {
            // SAFETY: segments of a loaded file are mapped for their size in memory.
            let memory = || unsafe {
                let start = (info.dlpi_addr as usize + header.p_vaddr as usize) as *const u8;
                std::slice::from_raw_parts(start, header.p_memsz as usize)
            };
            match header.p_type {
                libc::PT_NOTE => holds_note(memory()),
                libc::PT_LOAD if header.p_flags & libc::PF_W != 0 => {
                    let memory = memory();
                    holds_magic(&memory[..memory.len().min(header.p_filesz as usize)])
                }
                _ => false,
            }
        });
        if go {
            // SAFETY: NULL or NUL-terminated.
            let name = unsafe { c_text(info.dlpi_name) };
            found.push(if name.is_empty() { main_program() } else { name });
        }
        0
    }
    let mut found: Vec<String> = Vec::new();
    // SAFETY: `visit` matches the signature and `found` outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), std::ptr::from_mut(&mut found).cast()) };
    found
}

/// The loader has no name for it.
fn main_program() -> String {
    std::env::current_exe().map_or_else(|_| "the main program".to_owned(), |file| file.display().to_string())
}

/// Whether notes in memory hold Go's build id.
fn holds_note(notes: &[u8]) -> bool {
    let mut iterator = match object::read::elf::NoteIterator::<elf::FileHeader64<Endianness>>::new(
        Endianness::default(),
        4u64,
        notes,
    ) {
        Ok(iterator) => iterator,
        Err(_) => return false,
    };
    std::iter::from_fn(|| iterator.next().ok().flatten())
        .any(|note| note.name() == OWNER && note.n_type(Endianness::default()) == NOTE_TYPE)
}
