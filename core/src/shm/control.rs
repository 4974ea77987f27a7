//! Packets with descriptors over the control socket of a link, a connected socket of type SOCK_SEQPACKET.
//!
//! The peer may be hostile: whatever it sends is either a packet as it was asked for, or refused and told why.
//! No function here waits.

use std::io::{self, ErrorKind};
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use rustix::io::retry_on_intr;
use rustix::net::{self, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, Shutdown};
use rustix::process::{Pid, PidfdFlags};

/// The longest packet. The kernel takes little more with the buffers that it gives to a socket.
pub const MOST_BYTES: usize = 64 << 10;
/// The most descriptors of one packet, a limit of the kernel.
pub const MOST_DESCRIPTORS: usize = 253;

// Not in `libc` yet.
const SCM_PIDFD: libc::c_int = 4;

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Sent {
    /// It is on its way, whole.
    Done,
    /// There is no room for it now. Nothing was sent.
    WouldBlock,
}

/// What there was to read.
#[derive(Debug)]
pub enum Received {
    /// A packet.
    Packet(Packet),
    /// A packet that breaks the rules. Nothing of it is to be used, but its peer may be honest: see [`Fault`].
    Refused {
        /// Which rule.
        fault: Fault,
        /// What it says; all of it only where the fault is [`Fault::Lost`].
        bytes: Vec<u8>,
        /// What came along, to be closed by dropping it: on a thread that may wait, as a peer can choose
        /// descriptors that are slow to close.
        descriptors: Vec<OwnedFd>,
    },
    /// The peer closed its side, and there is nothing more.
    End,
    /// Nothing now.
    WouldBlock,
}

/// One packet.
#[derive(Debug)]
pub struct Packet {
    /// Its bytes, at least one.
    pub bytes: Vec<u8>,
    /// Its descriptors in the order of the sender, all close-on-exec.
    pub descriptors: Vec<OwnedFd>,
    /// Who sent it, see [`pass_credentials`].
    pub credentials: Option<Credentials>,
    /// The process that sent it, as [`pidfd_of`] gives one, see [`pass_process`].
    pub process: Option<OwnedFd>,
}

/// Who sent a packet, as the kernel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credentials {
    /// The process; 0 if it cannot be seen from here, as from another container.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

/// Why a packet was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It has no bytes. Without anything beside it, it cannot be told from the end and is taken for that.
    Empty,
    /// It has more than [`MOST_BYTES`].
    TooLong,
    /// It came with more descriptors than were asked for.
    Surplus,
    /// The kernel dropped descriptors of it: this process has no room for more, which is not the peer's fault.
    Lost,
}

/// Sends a packet. A peer that is gone is an error of kind `BrokenPipe` or `ConnectionReset`; there may be packets
/// of it to read all the same.
pub fn send(fd: BorrowedFd<'_>, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<Sent> {
    if bytes.is_empty() || bytes.len() > MOST_BYTES || descriptors.len() > MOST_DESCRIPTORS {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            format!(
                "a packet has 1 to {MOST_BYTES} bytes and up to {MOST_DESCRIPTORS} descriptors, not {} and {}",
                bytes.len(),
                descriptors.len()
            ),
        ));
    }
    let space = if descriptors.is_empty() { 0 } else { rustix::cmsg_space!(ScmRights(descriptors.len())) };
    let mut room = vec![MaybeUninit::uninit(); space];
    let mut beside = SendAncillaryBuffer::new(&mut room);
    if !descriptors.is_empty() {
        assert!(beside.push(SendAncillaryMessage::ScmRights(descriptors)), "the room is made for them");
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    match retry_on_intr(|| net::sendmsg(fd, &[io::IoSlice::new(bytes)], &mut beside, flags)) {
        Ok(_) => Ok(Sent::Done),
        Err(rustix::io::Errno::AGAIN) => Ok(Sent::WouldBlock),
        Err(e) => Err(e.into()),
    }
}

/// Reads the next packet, which may come with so many descriptors.
pub fn receive(fd: BorrowedFd<'_>, most_descriptors: usize) -> io::Result<Received> {
    let mut bytes = Vec::<u8>::with_capacity(MOST_BYTES);
    let mut beside = [0_u64; BESIDE.div_ceil(size_of::<u64>())];
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: MOST_BYTES };
    // SAFETY: all zero is a message without parts; musl has padding in it that cannot be named.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = beside.as_mut_ptr().cast();
    message.msg_controllen = room_beside(most_descriptors.min(MOST_DESCRIPTORS)) as _;

    let length = loop {
        // SAFETY: the message describes `bytes` and `beside`, which nobody else uses.
        let outcome = unsafe {
            libc::recvmsg(fd.as_raw_fd(), &raw mut message, libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC)
        };
        if let Ok(length) = usize::try_from(outcome) {
            break length;
        }
        match io::Error::last_os_error() {
            // A peer that closed before it read everything: told once, and its last packets are still there.
            e if e.kind() == ErrorKind::ConnectionReset => {}
            e if e.kind() == ErrorKind::Interrupted => {}
            e if e.kind() == ErrorKind::WouldBlock => return Ok(Received::WouldBlock),
            e => return Err(e),
        }
    };
    // SAFETY: the kernel wrote so many bytes, at most the capacity.
    unsafe { bytes.set_len(length) };
    // SAFETY: `message` is as recvmsg() left it, and read once.
    let Beside { any, descriptors, credentials, process } = unsafe { take_beside(&message) };

    let cut = message.msg_flags & libc::MSG_CTRUNC != 0;
    let fault = if length == 0 {
        if !any && !cut {
            return Ok(Received::End);
        }
        Fault::Empty
    } else if message.msg_flags & libc::MSG_TRUNC != 0 {
        Fault::TooLong
    } else if descriptors.len() > most_descriptors || (cut && descriptors.len() == most_descriptors) {
        Fault::Surplus
    } else if cut {
        Fault::Lost
    } else {
        bytes.shrink_to_fit();
        return Ok(Received::Packet(Packet { bytes, descriptors, credentials, process }));
    };
    Ok(Received::Refused { fault, bytes, descriptors })
}

/// What came beside the bytes.
struct Beside {
    any: bool,
    descriptors: Vec<OwnedFd>,
    credentials: Option<Credentials>,
    process: Option<OwnedFd>,
}

/// Room for descriptors, credentials and the process.
const fn room_beside(descriptors: usize) -> usize {
    let rights = match descriptors {
        0 => 0,
        // SAFETY: only computes.
        n => unsafe { libc::CMSG_SPACE((n * size_of::<RawFd>()) as u32) },
    };
    // SAFETY: only computes.
    let sender = unsafe {
        libc::CMSG_SPACE(size_of::<libc::ucred>() as u32) + libc::CMSG_SPACE(size_of::<RawFd>() as u32)
    };
    (rights + sender) as usize
}

const BESIDE: usize = room_beside(MOST_DESCRIPTORS);

/// Takes over the descriptors. By hand, as rustix has no process 0 in its credentials, which is what the kernel
/// writes for a process of another container.
///
/// # Safety
/// `message` was filled by `recvmsg`, its buffers are still there, and this is the first look at them.
unsafe fn take_beside(message: &libc::msghdr) -> Beside {
    let mut found = Beside { any: false, descriptors: Vec::new(), credentials: None, process: None };
    // SAFETY: promised above.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        found.any = true;
        // SAFETY: the kernel wrote whole headers, and what follows each is as long as it says.
        let (kind, length, data) = unsafe {
            let length = (*header).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
            (((*header).cmsg_level, (*header).cmsg_type), length, libc::CMSG_DATA(header))
        };
        match kind {
            (libc::SOL_SOCKET, libc::SCM_RIGHTS) => {
                for index in 0..length / size_of::<RawFd>() {
                    // SAFETY: within the data; each descriptor is new and now ours.
                    found.descriptors.push(unsafe {
                        OwnedFd::from_raw_fd(ptr::read_unaligned(data.cast::<RawFd>().add(index)))
                    });
                }
            }
            (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) if length >= size_of::<libc::ucred>() => {
                // SAFETY: as long as it must be, and any bits are such a struct.
                let libc::ucred { pid, uid, gid } = unsafe { ptr::read_unaligned(data.cast()) };
                found.credentials = Some(Credentials { pid, uid, gid });
            }
            (libc::SOL_SOCKET, SCM_PIDFD) if length >= size_of::<RawFd>() => {
                // SAFETY: as long as it must be.
                let process = unsafe { ptr::read_unaligned(data.cast::<RawFd>()) };
                // A negative number is the error for which there is none.
                // SAFETY: the descriptor is new and now ours.
                found.process = (process >= 0).then(|| unsafe { OwnedFd::from_raw_fd(process) });
            }
            _ => {}
        }
        // SAFETY: as above.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    found
}

/// Has the kernel say who sent each packet. To be called on both sides before the first packet: one that is sent
/// while neither side asks comes from nobody, process 0 and the overflow user.
pub fn pass_credentials(fd: BorrowedFd<'_>) -> io::Result<()> {
    Ok(net::sockopt::set_socket_passcred(fd, true)?)
}

/// Has each packet come with a descriptor of the process that sent it, or not again: unlike [`pidfd_of`] it cannot
/// be another process that got the same number, and it may be one that cannot be seen from here. To be called where
/// [`pass_credentials`] is. Needs Linux 6.5: tells whether the kernel can.
pub fn pass_process(fd: BorrowedFd<'_>, on: bool) -> io::Result<bool> {
    let value = libc::c_int::from(on);
    // SAFETY: the kernel reads an integer of this size.
    let outcome = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PASSPIDFD,
            ptr::from_ref(&value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if outcome == 0 {
        return Ok(true);
    }
    match io::Error::last_os_error() {
        e if e.raw_os_error() == Some(libc::ENOPROTOOPT) => Ok(false),
        e => Err(e),
    }
}

/// A descriptor of a process, readable once it has ended.
pub fn pidfd_of(pid: i32) -> io::Result<OwnedFd> {
    let Some(pid) = Some(pid).filter(|pid| *pid > 0).and_then(Pid::from_raw) else {
        return Err(io::Error::new(ErrorKind::InvalidInput, format!("there is no process {pid}")));
    };
    Ok(rustix::process::pidfd_open(pid, PidfdFlags::empty())?)
}

/// Ends the connection in both directions, whoever else has a copy of the socket. To be called before closing it,
/// and never by a forked child.
pub fn shutdown(fd: BorrowedFd<'_>) -> io::Result<()> {
    match net::shutdown(fd, Shutdown::Both) {
        Ok(()) | Err(rustix::io::Errno::NOTCONN) => Ok(()),
        Err(e) => Err(e.into()),
    }
}
