//! `hms_metadata_t`: the metadata of an answer.

use hmsffi_abi::{hms_error_t, hms_metadata_t, hms_status_t, hms_str_t, kind};
use hmsffi_core::call::Metadata;
use hmsffi_core::{Code, Error};

use crate::edge::edge;
use crate::table::Table;
use crate::view::{self, str_view};

pub(crate) static METADATA: Table<Metadata> = Table::of_small(kind::METADATA);

/// The number of pairs; 0 for a handle that is not one.
#[unsafe(no_mangle)]
pub extern "C" fn hms_metadata_count(metadata: hms_metadata_t) -> usize {
    METADATA.get(metadata.id).map_or(0, |pairs| pairs.len())
}

/// The pair at an index; borrowed until `hms_metadata_close`.
/// @return OUT_OF_RANGE when there are fewer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_metadata_at(
    metadata: hms_metadata_t,
    index: usize,
    out_key: *mut hms_str_t,
    out_value: *mut hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let (out_key, out_value) =
            unsafe { (view::out(out_key, "out_key")?, view::out(out_value, "out_value")?) };
        let held = METADATA.get(metadata.id)?;
        let (key, value) = held
            .get(index)
            .ok_or_else(|| Error::new(Code::OutOfRange, format!("there are {} pairs", held.len())))?;
        (*out_key, *out_value) = (str_view(key), str_view(value));
        Ok(())
    })
}

/// The value of a key; borrowed until `hms_metadata_close`.
/// @return NOT_FOUND when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_metadata_get(
    metadata: hms_metadata_t,
    key: hms_str_t,
    out: *mut hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (key, out) = unsafe { (view::text(key, "key")?, view::out(out, "out")?) };
        let held = METADATA.get(metadata.id)?;
        let value = held.iter().find(|(k, _)| k == key).map(|(_, value)| value);
        *out = str_view(value.ok_or_else(|| Error::not_found(format!("there is no metadata '{key}'")))?);
        Ok(())
    })
}

/// Closes metadata. `{0}` is fine.
#[unsafe(no_mangle)]
pub extern "C" fn hms_metadata_close(metadata: hms_metadata_t) -> hms_status_t {
    if metadata.id == 0 {
        return hmsffi_abi::HMS_STATUS_OK;
    }
    edge(std::ptr::null_mut(), || METADATA.remove(metadata.id).map(drop))
}
