//! Data of errors, of types that their methods declare.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::payload::{ContentType, Payload};
use crate::{Error, Result, raw};

/// Key of [`Error::details`]: the id of the schema of the error's data.
const SCHEMA: &str = "hms.error_schema";

/// What an error of one type carries: see [`Error::with_data`] and [`Error::data`].
///
/// ```
/// use hmsffi::{Error, ErrorCode, ErrorData};
///
/// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct OutOfStock {
///     left: u32,
/// }
///
/// impl ErrorData for OutOfStock {
///     const SCHEMA: &'static str = "OutOfStock";
/// }
///
/// let error = Error::new(ErrorCode::FailedPrecondition, "3 left").with_data(&OutOfStock { left: 3 });
/// assert_eq!(error.data(), Some(OutOfStock { left: 3 }));
/// ```
pub trait ErrorData: Serialize + DeserializeOwned {
    /// The id of its schema, which is one of the `error_schemas` of each method that fails with it:
    /// [`MethodEntry::error_type`](crate::MethodEntry::error_type), [`MethodEntry::error_schema`](crate::MethodEntry::error_schema).
    const SCHEMA: &'static str;
}

impl Error {
    /// The same error with data of a type, which callers of all languages get.
    ///
    /// Data that other languages could not hold are left out, and the message says so.
    pub fn with_data<T: ErrorData>(self, data: &T) -> Error {
        self.with_data_as(T::SCHEMA, data)
    }

    /// The same error with data of a type that is no type of Rust: with the id of its schema. Otherwise as
    /// [`with_data`](Error::with_data).
    ///
    /// ```
    /// use hmsffi::{Error, ErrorCode, Value};
    ///
    /// let error = Error::new(ErrorCode::Aborted, "3 left").with_data_as("OutOfStock", &[("left", 3)]);
    /// assert_eq!(error.schema(), Some("OutOfStock"));
    /// # assert!(matches!(error.data_as::<Value>()?, Value::List(_)));
    /// # Ok::<(), hmsffi::Error>(())
    /// ```
    pub fn with_data_as<T: Serialize + ?Sized>(self, schema: &str, data: &T) -> Error {
        match encode(data).and_then(|cbor| raw::error::with_data(&self, schema, &cbor)) {
            Ok(typed) => typed,
            Err(why) => {
                let message = format!("{} (its data are not sent: {})", self.message, why.message);
                Error { message, ..self }
            }
        }
    }

    /// Of which type it is: the id of the schema of its data. `None` = of no type, without data.
    pub fn schema(&self) -> Option<&str> {
        self.details.get(SCHEMA).map(String::as_str)
    }

    /// Its data, if it is of this type and they can be read as such: why not is told by [`data_as`](Error::data_as).
    pub fn data<T: ErrorData>(&self) -> Option<T> {
        if self.schema() == Some(T::SCHEMA) { self.data_as().ok() } else { None }
    }

    /// Its data, of whatever type it is.
    ///
    /// Errors: NOT_FOUND when it is of no type, DATA_LOSS when the data did not arrive whole, and those of
    /// [`Payload::decode`] for data that do not fit `T`, such as [`Value`](crate::Value).
    pub fn data_as<T: DeserializeOwned>(&self) -> Result<T> {
        Payload::from(raw::error::data(self)?).decode()
    }
}

fn encode<T: Serialize + ?Sized>(data: &T) -> Result<Vec<u8>> {
    let payload = Payload::encode(data)?;
    match payload.content_type() {
        Some(ContentType::Cbor) => Ok(payload.into_bytes()),
        _ => Err(Error::invalid("they are bytes or a message of Protobuf, not a value")),
    }
}
