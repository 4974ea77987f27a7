//! Making and reading values of JavaScript.
//!
//! A failed call of Node-API leaves NULL, which the next one refuses: failures (out of memory, a worker that is being ended)
//! arrive as an exception or as nothing at all, never as undefined behaviour.

use std::ffi::{CStr, c_void};
use std::ptr;

use napi_sys::*;

pub type Value = napi_value;

/// One environment: the main thread's or a worker's.
#[derive(Clone, Copy)]
pub struct Js(pub napi_env);

/// What a Node-API function writes to its last parameter.
macro_rules! made {
    ($function:ident($js:expr $(, $argument:expr)*)) => {{
        let mut made = std::ptr::null_mut();
        // SAFETY: the environment is that of this thread, and the arguments are valid for the call.
        unsafe { napi_sys::$function($js.0 $(, $argument)*, &mut made) };
        made
    }};
}

impl Js {
    pub fn undefined(self) -> Value {
        made!(napi_get_undefined(self))
    }

    pub fn null(self) -> Value {
        made!(napi_get_null(self))
    }

    pub fn boolean(self, value: bool) -> Value {
        made!(napi_get_boolean(self, value))
    }

    pub fn number(self, value: f64) -> Value {
        made!(napi_create_double(self, value))
    }

    pub fn int(self, value: i32) -> Value {
        made!(napi_create_int32(self, value))
    }

    pub fn bigint(self, value: u64) -> Value {
        made!(napi_create_bigint_uint64(self, value))
    }

    pub fn text(self, text: &str) -> Value {
        made!(napi_create_string_utf8(self, text.as_ptr().cast(), text.len() as isize))
    }

    pub fn object(self) -> Value {
        made!(napi_create_object(self))
    }

    pub fn array(self, items: impl IntoIterator<Item = Value>) -> Value {
        let array = made!(napi_create_array(self));
        for (index, item) in (0..).zip(items) {
            // SAFETY: values of this environment.
            unsafe { napi_set_element(self.0, array, index, item) };
        }
        array
    }

    /// A `Buffer` with a copy of the bytes.
    pub fn buffer(self, bytes: &[u8]) -> Value {
        let (mut place, mut made) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: copies bytes that are valid for the call.
        unsafe { napi_create_buffer_copy(self.0, bytes.len(), bytes.as_ptr().cast(), &mut place, &mut made) };
        made
    }

    /// An `ArrayBuffer`, and its memory, which stays where it is as long as the object lives.
    pub fn array_buffer(self, len: usize) -> (Value, *mut u8) {
        let (mut place, mut made) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the environment is that of this thread.
        unsafe { napi_create_arraybuffer(self.0, len, &mut place, &mut made) };
        (made, place.cast())
    }

    pub fn set(self, object: Value, name: &CStr, value: Value) {
        // SAFETY: values of this environment.
        unsafe { napi_set_named_property(self.0, object, name.as_ptr(), value) };
    }

    pub fn get(self, object: Value, name: &CStr) -> Value {
        made!(napi_get_named_property(self, object, name.as_ptr()))
    }

    /// A function with a pointer of ours.
    pub fn function(self, name: &str, callback: napi_callback, data: *mut c_void) -> Value {
        made!(napi_create_function(self, name.as_ptr().cast(), name.len() as isize, callback, data))
    }

    /// Keeps a value from being collected.
    pub fn keep(self, value: Value) -> napi_ref {
        made!(napi_create_reference(self, value, 1))
    }

    pub fn kept(self, reference: napi_ref) -> Value {
        made!(napi_get_reference_value(self, reference))
    }

    /// Calls a function. None = it threw; the exception is pending.
    pub fn call(self, function: Value, arguments: &[Value]) -> Option<Value> {
        let mut result = ptr::null_mut();
        // SAFETY: values of this environment.
        let status = unsafe {
            napi_call_function(
                self.0,
                self.undefined(),
                function,
                arguments.len(),
                arguments.as_ptr(),
                &mut result,
            )
        };
        (status == Status::napi_ok).then_some(result)
    }

    /// Takes the pending exception, if there is one.
    pub fn take_exception(self) -> Option<Value> {
        let mut pending = false;
        // SAFETY: the environment is that of this thread.
        unsafe { napi_is_exception_pending(self.0, &mut pending) };
        pending.then(|| made!(napi_get_and_clear_last_exception(self)))
    }

    pub fn throw(self, value: Value) {
        // SAFETY: a value of this environment.
        unsafe { napi_throw(self.0, value) };
    }

    pub fn type_of(self, value: Value) -> napi_valuetype {
        let mut found = ValueType::napi_undefined;
        // SAFETY: a value of this environment.
        unsafe { napi_typeof(self.0, value, &mut found) };
        found
    }

    pub fn to_number(self, value: Value) -> Option<f64> {
        let mut number = 0.0;
        // SAFETY: a value of this environment.
        let status = unsafe { napi_get_value_double(self.0, value, &mut number) };
        (status == Status::napi_ok).then_some(number)
    }

    pub fn to_bool(self, value: Value) -> bool {
        let mut truth = false;
        // SAFETY: a value of this environment.
        unsafe { napi_get_value_bool(self.0, value, &mut truth) };
        truth
    }

    pub fn to_u64(self, value: Value) -> Option<u64> {
        let (mut number, mut lossless) = (0, false);
        // SAFETY: a value of this environment.
        let status = unsafe { napi_get_value_bigint_uint64(self.0, value, &mut number, &mut lossless) };
        (status == Status::napi_ok && lossless).then_some(number)
    }

    pub fn to_text(self, value: Value) -> Option<String> {
        let mut len = 0;
        // SAFETY: asks for the length only.
        let status = unsafe { napi_get_value_string_utf8(self.0, value, ptr::null_mut(), 0, &mut len) };
        if status != Status::napi_ok {
            return None;
        }
        let mut bytes = vec![0u8; len + 1];
        // SAFETY: there is room for the text and its NUL.
        unsafe {
            napi_get_value_string_utf8(self.0, value, bytes.as_mut_ptr().cast(), bytes.len(), &mut len)
        };
        bytes.truncate(len);
        String::from_utf8(bytes).ok()
    }

    pub fn to_list(self, value: Value) -> Option<Vec<Value>> {
        let mut len = 0;
        // SAFETY: a value of this environment.
        let status = unsafe { napi_get_array_length(self.0, value, &mut len) };
        (status == Status::napi_ok)
            .then(|| (0..len).map(|index| made!(napi_get_element(self, value, index))).collect())
    }

    /// The memory behind a `Uint8Array`, which stays as long as the value does and JavaScript does not run.
    pub fn to_bytes(self, value: Value) -> Option<(*const u8, usize)> {
        let (mut kind, mut len, mut place) = (-1, 0, ptr::null_mut());
        // SAFETY: a value of this environment; parts that are not wanted may be NULL.
        let status = unsafe {
            napi_get_typedarray_info(
                self.0,
                value,
                &mut kind,
                &mut len,
                &mut place,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        (status == Status::napi_ok && kind == TypedarrayType::uint8_array)
            .then_some((place.cast_const().cast(), len))
    }
}
