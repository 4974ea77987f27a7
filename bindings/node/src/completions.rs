//! What the queue collected, given to JavaScript.

use hmsffi_sys::*;

use crate::environment::Environment;
use crate::failure::str_of;
use crate::js::Value;
use crate::memory::VIEWS;

impl Environment {
    pub fn complete(&self, completion: hms_completion_t) {
        let js = self.js;
        let tag = || js.number(completion.tag as f64);
        match completion.kind {
            HMS_COMPLETION_REQUEST => return self.serve_queued(completion.tag, completion.call),
            HMS_COMPLETION_CALL => self.settle(completion, tag()),
            HMS_COMPLETION_READABLE | HMS_COMPLETION_WRITABLE => {
                js.call(js.kept(self.callbacks.ready), &[tag()]);
            }
            HMS_COMPLETION_CANCELLED => {
                js.call(js.kept(self.callbacks.cancelled), &[js.bigint(completion.call.id)]);
            }
            _ => {}
        }
        self.report_exception();
    }

    fn settle(&self, completion: hms_completion_t, tag: Value) {
        let js = self.js;
        let metadata = match completion.metadata {
            none if none.id == 0 => js.undefined(),
            metadata => self.take_metadata(metadata),
        };
        let settled = js.kept(self.callbacks.settled);
        if completion.status == HMS_STATUS_OK {
            let in_place = completion.tag >= VIEWS;
            let answer =
                if in_place { self.give_view(completion.buffer) } else { self.give(completion.buffer) };
            js.call(settled, &[tag, answer, js.undefined(), metadata]);
        } else if let Some(error) = self.error(completion.error) {
            js.call(settled, &[tag, js.undefined(), error, metadata]);
        }
    }

    /// A flat list of keys and values; the metadata is closed.
    pub fn take_metadata(&self, metadata: hms_metadata_t) -> Value {
        let js = self.js;
        // SAFETY: open metadata of ours; the views are read before it is closed.
        unsafe {
            let pairs = (0..hms_metadata_count(metadata)).flat_map(|index| {
                let (mut key, mut value) = (hms_str_t::EMPTY, hms_str_t::EMPTY);
                hms_metadata_at(metadata, index, &mut key, &mut value, std::ptr::null_mut());
                [js.text(str_of(key)), js.text(str_of(value))]
            });
            let pairs = js.array(pairs);
            hms_metadata_close(metadata);
            pairs
        }
    }
}
