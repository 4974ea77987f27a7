//! What JavaScript passed to a function of the addon.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use hmsffi_sys::*;
use napi_sys::*;

use crate::environment::Environment;
use crate::failure::{Result, invalid, panicked};
use crate::js::{Js, Value};

const MOST: usize = 13;

/// The arguments of one call, on its stack.
pub struct Arguments<'a> {
    pub environment: &'a Environment,
    pub js: Js,
    count: usize,
    values: [Value; MOST],
}

pub type Function = fn(&Arguments) -> Result<Value>;

/// The one way from JavaScript into the addon: finds the arguments, contains panics, throws failures.
///
/// # Safety
/// Called by Node.js; `environment` picks the environment out of the function's data pointer.
pub unsafe fn enter<D>(
    env: napi_env,
    info: napi_callback_info,
    environment: unsafe fn(*const D) -> *const Environment,
    function: impl FnOnce(&Arguments, *const D) -> Result<Value>,
) -> Value {
    let (mut count, mut values, mut data) = (MOST, [ptr::null_mut(); MOST], ptr::null_mut::<c_void>());
    // SAFETY: places for MOST values; missing ones become undefined. The data is what the function was made with.
    let (environment, data) = unsafe {
        napi_get_cb_info(env, info, &mut count, values.as_mut_ptr(), ptr::null_mut(), &mut data);
        let data: *const D = data.cast_const().cast();
        (&*environment(data), data)
    };
    let arguments = Arguments { environment, js: Js(env), count, values };
    let result = catch_unwind(AssertUnwindSafe(|| function(&arguments, data)))
        .unwrap_or_else(|panic| Err(panicked(&*panic)));
    result.unwrap_or_else(|failure| {
        environment.throw(failure);
        ptr::null_mut()
    })
}

impl Arguments<'_> {
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn value(&self, index: usize) -> Value {
        self.values[index]
    }

    /// Whether an argument was given.
    pub fn has(&self, index: usize) -> bool {
        index < self.count && self.js.type_of(self.values[index]) != ValueType::napi_undefined
    }

    /// A handle; 0 = none was given.
    pub fn handle(&self, index: usize) -> u64 {
        if index < self.count { self.js.to_u64(self.values[index]).unwrap_or(0) } else { 0 }
    }

    pub fn number(&self, index: usize) -> Result<f64> {
        self.js
            .to_number(self.values[index])
            .ok_or_else(|| invalid(&format!("argument {index} is not a number")))
    }

    /// A time in nanoseconds; 0 when it is not given. Infinity is for ever.
    pub fn nanos(&self, index: usize) -> u64 {
        if index < self.count { self.js.to_number(self.values[index]).unwrap_or(0.0) as u64 } else { 0 }
    }

    /// A number without a sign; 0 when it is not given.
    pub fn whole(&self, index: usize) -> u64 {
        self.nanos(index)
    }

    pub fn flag(&self, index: usize) -> bool {
        index < self.count && self.js.to_bool(self.values[index])
    }

    /// Text, which is empty when it is not given.
    pub fn text(&self, index: usize) -> Result<String> {
        if !self.has(index) {
            return Ok(String::new());
        }
        self.js.to_text(self.values[index]).ok_or_else(|| invalid(&format!("argument {index} is not text")))
    }

    /// A list, which is empty when it is not given.
    pub fn list(&self, index: usize) -> Result<Vec<Value>> {
        if !self.has(index) {
            return Ok(Vec::new());
        }
        self.js
            .to_list(self.values[index])
            .ok_or_else(|| invalid(&format!("argument {index} is not an array")))
    }

    /// A list of texts, which is empty when it is not given.
    pub fn texts(&self, index: usize) -> Result<Vec<String>> {
        let texts = self.list(index)?.into_iter().map(|value| {
            self.js
                .to_text(value)
                .ok_or_else(|| invalid(&format!("argument {index} is not an array of texts")))
        });
        texts.collect()
    }

    /// A flat list of keys and values.
    pub fn pairs(&self, index: usize) -> Result<Pairs> {
        let texts = self.list(index)?.into_iter().map(|value| {
            self.js
                .to_text(value)
                .ok_or_else(|| invalid("the keys and values of metadata and details must be strings"))
        });
        Ok(Pairs::new(texts.collect::<Result<_>>()?))
    }
}

/// Keys and values, with views of them for the core.
pub struct Pairs {
    _texts: Vec<String>,
    views: Vec<hms_pair_t>,
}

impl Pairs {
    fn new(texts: Vec<String>) -> Pairs {
        let views = texts
            .chunks_exact(2)
            .map(|pair| hms_pair_t { key: (&*pair[0]).into(), value: (&*pair[1]).into() });
        let views = views.collect();
        Pairs { _texts: texts, views }
    }

    pub fn ptr(&self) -> *const hms_pair_t {
        self.views.as_ptr()
    }

    pub fn len(&self) -> usize {
        self.views.len()
    }
}
