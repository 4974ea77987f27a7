//! Options of a call, from JavaScript to the core.

use hmsffi_sys::*;

use crate::arguments::{Arguments, Pairs};
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

/// `contentType, parent, timeoutNs, metadata`, as every function that calls takes them.
pub struct CallOptions {
    content_type: ContentType,
    parent: hms_call_t,
    timeout_ns: u64,
    metadata: Option<Pairs>,
}

impl CallOptions {
    pub fn of(arguments: &Arguments, first: usize) -> Result<CallOptions> {
        Ok(CallOptions {
            content_type: ContentType::of(arguments, first)?,
            parent: hms_call_t { id: arguments.handle(first + 1) },
            timeout_ns: arguments.nanos(first + 2),
            metadata: if arguments.has(first + 3) { Some(arguments.pairs(first + 3)?) } else { None },
        })
    }

    /// Borrows from the options: use it while they live.
    pub fn raw(&self) -> hms_call_options_t {
        hms_call_options_t {
            struct_size: size_of::<hms_call_options_t>() as u32,
            flags: 0,
            timeout_ns: self.timeout_ns,
            content_type: self.content_type.number,
            transport: HMS_TRANSPORT_DEFAULT,
            content_type_text: self.content_type.text(),
            metadata: self.metadata.as_ref().map_or(std::ptr::null(), Pairs::ptr),
            metadata_count: self.metadata.as_ref().map_or(0, Pairs::len),
            parent: self.parent,
            response_metadata: std::ptr::null_mut(),
        }
    }
}
