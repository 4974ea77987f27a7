//! `HMS_TRANSPORT_*`: the ways that a call may take.

use hmsffi_abi::*;
use hmsffi_core::dispatch::Doors;
use hmsffi_core::proto::TransportType;
use hmsffi_core::{Error, Result};

/// What a field that names a transport allows; refuses what this version cannot do, by name.
pub(crate) fn only(transport: u32, field: &str) -> Result<Doors> {
    match transport {
        HMS_TRANSPORT_DEFAULT => Ok(Doors::ALL),
        HMS_TRANSPORT_IN_PROCESS => Ok(Doors::only(TransportType::InProcess)),
        HMS_TRANSPORT_SHARED_MEMORY => Ok(Doors::only(TransportType::SharedMemory)),
        HMS_TRANSPORT_LOCAL_SOCKET..=HMS_TRANSPORT_MESSAGE_QUEUE => Err(Error::unimplemented(format!(
            "{field} asks for transport {transport}; this version has IN_PROCESS (1) and SHARED_MEMORY (2)"
        ))),
        other => Err(Error::invalid(format!("{field} is {other}; the constants end at 8"))),
    }
}

/// The ways of a call.
pub(crate) fn of_call(options: &hms_call_options_t) -> Result<Doors> {
    let known = (HMS_TRANSPORT_IN_PROCESS..=HMS_TRANSPORT_MESSAGE_QUEUE).fold(0, |bits, n| bits | 1 << n);
    let forbidden = options.forbidden_transports;
    if forbidden & !known != 0 {
        return Err(Error::invalid(format!(
            "hms_call_options_t.forbidden_transports has unknown bits {:#x}; the bits are 1 << HMS_TRANSPORT_*",
            forbidden & !known
        )));
    }
    Ok(only(options.transport, "hms_call_options_t.transport")?.without(forbidden as u32))
}
