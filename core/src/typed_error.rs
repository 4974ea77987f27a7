//! Errors with data: what says of which type they are, and the data in CBOR, are two details.

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::error::{Code, Error, Result};
use crate::meta::{ERROR_DATA, ERROR_SCHEMA};

impl Error {
    /// Makes it an error of the type that this schema describes.
    pub fn with_data(self, schema: &str, cbor: &[u8]) -> Error {
        self.with_detail(ERROR_SCHEMA, schema).with_detail(ERROR_DATA, BASE64_STANDARD.encode(cbor))
    }

    /// The id of its schema and the data in CBOR; `None` when it is of no type. DATA_LOSS when they are not what
    /// [`Error::with_data`] made.
    pub fn data(&self) -> Result<Option<(&str, Vec<u8>)>> {
        let Some(schema) = self.detail(ERROR_SCHEMA) else { return Ok(None) };
        let lost = |why: &str| {
            let what = format!("the error '{schema}' came without its data: {ERROR_DATA} {why}");
            Error::new(Code::DataLoss, what)
        };
        let text = self.detail(ERROR_DATA).ok_or_else(|| lost("is missing"))?;
        let data = BASE64_STANDARD.decode(text).map_err(|error| lost(&format!("is not base64: {error}")))?;
        Ok(Some((schema, data)))
    }
}
