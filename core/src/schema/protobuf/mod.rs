//! Protobuf messages as schemas see them: which field of a message each field of an OBJECT is.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `labels.rs` | what the labels `hms.protobuf.*` of a schema say |
//! | `message.rs` | the fields of a message by their numbers |
//! | `kind.rs` | the types of Protobuf, and which of them a schema's type may be |
//! | `records.rs` | the records that a message's bytes are |
//! | `value.rs` | values without parts, from records and to them |
//! | `time.rs` | `Timestamp` and `Duration` as text |
//! | `descriptor.rs` | the schema of a message that a descriptor describes |

mod descriptor;
mod kind;
mod labels;
mod message;
mod records;
mod time;
mod value;

pub use descriptor::schema_of;
pub(super) use kind::Kind;
pub(super) use labels::{enum_numbers, kind, number, oneof, put_in_place};
pub(super) use message::{Member, Message, Shape, plan};
pub(super) use records::{KEY, Raw, Record, Records, VALUE};
pub(super) use value::{Unreadable, Value, write_record};
