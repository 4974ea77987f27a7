//! The messages of a link, from any bytes.

use arbtest::arbitrary::{Result, Unstructured};
use hmsffi_core::Error;
use hmsffi_core::shm::link::handshake;
use hmsffi_core::shm::link::wire::{
    self, Above, Arena, Control, Extra, Failure, Hello, Packet, Pair, Place, Resolve,
};
use prost::Message;

use crate::{fuzz, number};

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let len = u.int_in_range(0..=20)?;
    (0..len).map(|_| u.arbitrary::<char>()).collect()
}

fn some<T>(u: &mut Unstructured<'_>, one: impl Fn(&mut Unstructured<'_>) -> Result<T>) -> Result<Vec<T>> {
    (0..u.int_in_range(0..=3)?).map(|_| one(u)).collect()
}

fn pair(u: &mut Unstructured<'_>) -> Result<Pair> {
    Ok(Pair { key: text(u)?, value: text(u)? })
}

fn above(u: &mut Unstructured<'_>) -> Result<Above> {
    let (call, method, blocks) = (number(u)?, text(u)?, number(u)?);
    Ok(Above { call, method, blocks, detached: u.arbitrary()?, home: number(u)? })
}

fn failure(u: &mut Unstructured<'_>, depth: u32) -> Result<Failure> {
    let cause = if depth > 0 { Some(Box::new(failure(u, depth - 1)?)) } else { None };
    let (code, message, source) = (number(u)? as i32, text(u)?, text(u)?);
    Ok(Failure { code, message, source, stack: text(u)?, details: some(u, pair)?, cause })
}

fn hello(u: &mut Unstructured<'_>) -> Result<Hello> {
    let magic = if u.arbitrary()? { Hello::MAGIC } else { number(u)? as u32 };
    let (version, home, segment) = (number(u)? as u32, number(u)?, number(u)?);
    let (ticket, backend) = (u.arbitrary()?, text(u)?);
    let (max_calls, time_namespace, name) = (number(u)? as u32, number(u)?, text(u)?);
    let runtime = number(u)?;
    Ok(Hello { magic, version, home, segment, ticket, backend, max_calls, time_namespace, name, runtime })
}

fn control(u: &mut Unstructured<'_>) -> Result<Control> {
    Ok(match u.int_in_range(0..=6)? {
        0 => Control::Hello(hello(u)?),
        1 => Control::Accept(hello(u)?),
        2 => Control::Refuse(failure(u, 2)?),
        3 => Control::Arena(Arena { number: number(u)? as u32, len: number(u)?, ticket: u.arbitrary()? }),
        4 => Control::ArenaOk(number(u)? as u32),
        5 => Control::ArenaFailed(number(u)? as u32),
        _ => Control::ServicesChanged(number(u)?),
    })
}

/// Any bytes, or those of a message of which a few are changed.
fn bytes(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let depth = u.int_in_range(0..=150)?;
    let mut bytes = match u.int_in_range(0..=5)? {
        0 => return u.arbitrary(),
        1 => wire::bytes(&Packet { control: Some(control(u)?) }),
        2 => wire::bytes(&failure(u, depth)?),
        3 => {
            let content_type = if u.arbitrary()? { Some(text(u)?) } else { None };
            wire::bytes(&Extra { content_type, metadata: some(u, pair)?, chain: some(u, above)? })
        }
        4 => wire::bytes(&Resolve { service: text(u)?, version: text(u)?, method: text(u)? }),
        _ => Place { arena: 1, loan: 2, offset: number(u)?, len: number(u)? }.to_bytes().to_vec(),
    };
    for _ in 0..u.int_in_range(0..=3)? {
        if !bytes.is_empty() {
            let at = u.choose_index(bytes.len())?;
            bytes[at] = u.arbitrary()?;
        }
    }
    bytes.truncate(if u.ratio(1, 4)? { u.int_in_range(0..=bytes.len())? } else { bytes.len() });
    Ok(bytes)
}

/// What can be read can be written, and read again as the same.
fn read<M: Message + Default + PartialEq>(bytes: &[u8]) -> Option<M> {
    let message = wire::read::<M>(bytes).ok()?;
    assert!(wire::read::<M>(&wire::bytes(&message)).is_ok_and(|again| again == message));
    Some(message)
}

#[test]
fn whatever_a_peer_says_is_understood_or_refused() {
    let (mut read_some, mut refused) = (0_u64, 0_u64);
    fuzz(|u| {
        let home = number(u)?;
        let bytes = bytes(u)?;
        let understood = [
            handshake::read(&bytes).is_ok(),
            read::<Packet>(&bytes).is_some(),
            read::<Resolve>(&bytes).is_some(),
            read::<Failure>(&bytes).is_some_and(|failure| {
                let error = Error::from(failure);
                assert!(!error.to_string().is_empty());
                true
            }),
            read::<Extra>(&bytes).is_some_and(|mut extra| {
                let above = extra.chain.len();
                let mut link = extra.chain(home);
                let mut links = 0;
                while let Some(one) = link {
                    links += 1;
                    link = one.parent.clone();
                }
                assert_eq!(links, above.min(1024));
                extra.into_metadata();
                true
            }),
        ];
        let place: [u8; Place::SIZE] = u.arbitrary()?;
        assert_eq!(Place::from_bytes(&place).to_bytes(), place);
        read_some += u64::from(understood.contains(&true));
        refused += u64::from(understood.contains(&false));
        Ok(())
    });
    assert!(read_some > 0 && refused > 0, "both happen");
}
