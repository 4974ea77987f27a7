//! How data on the command line are written.

use clap::ValueEnum;
use hmsffi::schema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    Cbor,
    Json,
    Protobuf,
}

impl From<Encoding> for schema::Encoding {
    fn from(encoding: Encoding) -> schema::Encoding {
        match encoding {
            Encoding::Cbor => schema::Encoding::Cbor,
            Encoding::Json => schema::Encoding::Json,
            Encoding::Protobuf => schema::Encoding::Protobuf,
        }
    }
}
