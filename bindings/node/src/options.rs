//! Options of a call, from JavaScript to the core.

use hmsffi_sys::*;

use crate::arguments::{Arguments, Pairs};
use crate::environment::Environment;
use crate::failure::Result;

/// A content type: its number, or the text of one that has none.
pub struct ContentType {
    pub number: u32,
    text: String,
}

impl ContentType {
    pub fn of(arguments: &Arguments, index: usize) -> Result<ContentType> {
        match arguments.js.to_number(arguments.value(index)) {
            Some(number) => Ok(ContentType { number: number as u32, text: String::new() }),
            None => Ok(ContentType { number: HMS_CONTENT_TYPE_DEFAULT, text: arguments.text(index)? }),
        }
    }

    pub fn text(&self) -> hms_str_t {
        (&*self.text).into()
    }
}

/// Bits of `flags`; `ts/native.ts` has the same.
const WANTS_REPORT: u32 = 1;
const WANTS_VIEW: u32 = 2;

/// `contentType, parent, timeoutNs, metadata, transport, forbiddenTransports, flags`, as every function that calls takes them.
pub struct CallOptions {
    content_type: ContentType,
    parent: hms_call_t,
    timeout_ns: u64,
    metadata: Option<Pairs>,
    transport: u32,
    forbidden_transports: u64,
    flags: u32,
}

impl CallOptions {
    pub fn of(arguments: &Arguments, first: usize) -> Result<CallOptions> {
        Ok(CallOptions {
            content_type: ContentType::of(arguments, first)?,
            parent: hms_call_t { id: arguments.handle(first + 1) },
            timeout_ns: arguments.nanos(first + 2),
            metadata: if arguments.has(first + 3) { Some(arguments.pairs(first + 3)?) } else { None },
            transport: arguments.whole(first + 4) as u32,
            forbidden_transports: arguments.whole(first + 5),
            flags: arguments.whole(first + 6) as u32,
        })
    }

    /// Whether an answer of raw bytes is to be read in place.
    pub fn wants_view(&self) -> bool {
        self.flags & WANTS_VIEW != 0
    }

    /// Runs a call with these options; the header says what it took if that is wanted.
    pub fn with<T>(&self, environment: &Environment, run: impl FnOnce(&mut hms_call_options_t) -> T) -> T {
        let mut raw = self.raw();
        if self.flags & WANTS_REPORT == 0 {
            return run(&mut raw);
        }
        let struct_size = size_of::<hms_call_report_t>() as u32;
        let mut report = hms_call_report_t { struct_size, transport: 0, bytes_copied: 0 };
        raw.report = &mut report;
        let outcome = run(&mut raw);
        environment.shared.tell_report(&report);
        outcome
    }

    /// Borrows from the options: use it while they live.
    fn raw(&self) -> hms_call_options_t {
        hms_call_options_t {
            struct_size: size_of::<hms_call_options_t>() as u32,
            flags: 0,
            timeout_ns: self.timeout_ns,
            content_type: self.content_type.number,
            transport: self.transport,
            content_type_text: self.content_type.text(),
            metadata: self.metadata.as_ref().map_or(std::ptr::null(), Pairs::ptr),
            metadata_count: self.metadata.as_ref().map_or(0, Pairs::len),
            parent: self.parent,
            response_metadata: std::ptr::null_mut(),
            forbidden_transports: self.forbidden_transports,
            report: std::ptr::null_mut(),
        }
    }
}
