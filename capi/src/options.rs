//! Option structs from outside: as much of them as the caller's version knew, over zeros.

use hmsffi_core::{Error, Result};

/// A struct that begins with `uint32_t struct_size` and may be all zero.
///
/// # Safety
/// `repr(C)`, begins with a `u32`, and zero bytes are a valid value.
pub(crate) unsafe trait Options: Copy {
    /// Its name in the header.
    const NAME: &'static str;
}

macro_rules! options {
    ($($name:ident),* $(,)?) => {$(
        // SAFETY: plain C structs of integers, pointers and handles that begin with struct_size.
        unsafe impl Options for hmsffi_abi::$name {
            const NAME: &'static str = stringify!($name);
        }
    )*};
}

options!(
    hms_bind_options_t,
    hms_call_info_t,
    hms_call_options_t,
    hms_call_report_t,
    hms_client_options_t,
    hms_failure_t,
    hms_handler_t,
    hms_interceptor_t,
    hms_introspection_t,
    hms_log_sink_t,
    hms_method_options_t,
    hms_queue_options_t,
    hms_reply_options_t,
    hms_runtime_options_t,
    hms_server_options_t,
    hms_stream_info_t,
);

/// The options behind a pointer; NULL = all zero. A newer struct is fine as long as it says nothing that is not known here.
///
/// # Safety
/// A pointer that is not NULL must be readable for its `struct_size`.
#[inline]
pub(crate) unsafe fn read<T: Options>(options: *const T) -> Result<T> {
    // SAFETY: zero bytes are a valid value of T.
    let mut read = unsafe { std::mem::zeroed::<T>() };
    if options.is_null() {
        return Ok(read);
    }
    // SAFETY: begins with a u32, readable as promised.
    let size = unsafe { *options.cast::<u32>() } as usize;
    // 8 is the smallest struct that a version could have: a size and one field.
    if !(8..=4096).contains(&size) {
        return Err(wrong_size::<T>(size));
    }
    if size > size_of::<T>() {
        // SAFETY: readable as promised.
        let beyond = unsafe {
            std::slice::from_raw_parts(options.cast::<u8>().add(size_of::<T>()), size - size_of::<T>())
        };
        if beyond.iter().any(|byte| *byte != 0) {
            return Err(unknown_fields::<T>(size));
        }
    }
    // SAFETY: both sides are valid for the smaller of the two sizes.
    unsafe {
        std::ptr::copy_nonoverlapping(
            options.cast::<u8>(),
            std::ptr::from_mut(&mut read).cast::<u8>(),
            size.min(size_of::<T>()),
        );
    }
    Ok(read)
}

/// The options behind a pointer, in place, if the caller's version knew as much as this one.
///
/// # Safety
/// The pointer must be readable for its `struct_size`.
#[inline(always)]
pub(crate) unsafe fn whole<'a, T: Options>(options: *const T) -> Option<&'a T> {
    // SAFETY: begins with a u32, readable as promised.
    (unsafe { *options.cast::<u32>() } as usize == size_of::<T>()).then(|| unsafe { &*options })
}

/// Writes as much of a struct as the caller's version knows. Its `struct_size` must be set.
///
/// # Safety
/// The pointer must be writable for its `struct_size`.
pub(crate) unsafe fn write<T: Options>(place: *mut T, value: &T) -> Result<()> {
    // SAFETY: promised by the caller.
    let len = unsafe { writable(place)? }.min(size_of::<T>()) - 4;
    // SAFETY: both sides are valid for the smaller of the two sizes; struct_size stays the caller's.
    unsafe {
        std::ptr::copy_nonoverlapping(
            std::ptr::from_ref(value).cast::<u8>().add(4),
            place.cast::<u8>().add(4),
            len,
        );
    }
    Ok(())
}

/// The size of a struct that is to be written.
///
/// # Safety
/// The pointer must be NULL or readable for 4 bytes.
pub(crate) unsafe fn writable<T: Options>(place: *mut T) -> Result<usize> {
    if place.is_null() {
        return Err(Error::invalid(format!("{} is NULL: there is no place for the result", T::NAME)));
    }
    // SAFETY: begins with a u32, readable as promised.
    let size = unsafe { *place.cast::<u32>() } as usize;
    if (8..=4096).contains(&size) { Ok(size) } else { Err(wrong_size::<T>(size)) }
}

#[cold]
fn wrong_size<T: Options>(size: usize) -> Error {
    Error::invalid(format!(
        "{name}.struct_size is {size}; set it to sizeof({name}), which is {} here",
        size_of::<T>(),
        name = T::NAME
    ))
}

#[cold]
fn unknown_fields<T: Options>(size: usize) -> Error {
    Error::invalid(format!(
        "{name}.struct_size is {size}, and fields behind the {} bytes that this library knows are set. Leave them 0, or \
         use a library as new as the header",
        size_of::<T>(),
        name = T::NAME
    ))
}

/// Refuses flags that this version does not know.
pub(crate) fn known_flags(flags: u32, known: u32, what: &str) -> Result<()> {
    match flags & !known {
        0 => Ok(()),
        unknown => Err(Error::invalid(format!("{what} has unknown bits {unknown:#x}"))),
    }
}
