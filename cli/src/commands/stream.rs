//! `hms stream`

use std::io::{self, BufRead, stdin};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use hmsffi::{Error, ErrorCode, Payload, Stream as Messages, StreamType};

use super::call::{Sent, request};
use super::completion::Method;
use crate::failure::{Failure, Result};
use crate::target::Target;
use crate::{json, output, services};

/// Open a stream: a line of JSON for each message, from standard input and to standard output
///
/// A server stream gives messages, a client stream takes the lines of standard input and gives one answer, a
/// bidirectional stream does both at once. The end of standard input ends what is sent.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hms stream flow count 3
  seq 10 | hms stream flow total
  hms stream log follow '{\"level\": \"warning\"}' --limit 5

Exit code: 0 = the stream ended well, 1 = it failed, 2 = wrong usage.")]
pub struct Stream {
    /// The service and the method, then the request that opens the stream, as JSON
    #[arg(value_name = "SERVICE[@VERSION] METHOD [JSON]", required = true, num_args = 1..=3)]
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(Method))]
    words: Vec<String>,
    /// End after so many messages
    #[arg(long, short = 'n', value_name = "NUMBER")]
    limit: Option<usize>,
    #[command(flatten)]
    sent: Sent,
}

type Opened = Box<dyn Messages<Item = Result<Payload<'static>, Error>>>;

impl Stream {
    pub fn run(&self) -> Result<()> {
        let target = Target::read(&self.words)?;
        let client = services::client()?;
        let sends = self.sends(&*client, &target)?;
        let params = target.params.as_deref();
        if sends && params == Some("-") {
            return Err(Failure::Usage(format!(
                "'{}' takes its messages from standard input; leave - out",
                target.method
            )));
        }
        let payload = self.sent.payload(&request(params, self.sent.raw)?)?;
        let service = client.get_service(&target.service)?;
        let stream = service.open_stream(&target.method, payload, &self.sent.options())?;
        let mut relay = Relay { stream, lines: sends.then(lines), unsent: None, number: 0, sent: &self.sent };
        for _ in 0..self.limit.unwrap_or(usize::MAX) {
            let Some(message) = relay.next()? else { return Ok(()) };
            self.show(&message)?;
        }
        Ok(relay.stream.cancel()?)
    }

    /// Whether the method takes messages.
    fn sends(&self, client: &dyn hmsffi::Client, target: &Target) -> Result<bool> {
        let service = client.describe_service(&target.service)?;
        let method = service.methods.iter().find(|method| method.name == target.method);
        match method.map(|method| (method.is_streaming, method.stream_type)) {
            Some((true, kind)) => Ok(kind != StreamType::ServerStreaming),
            Some((false, _)) => Err(Failure::Usage(format!(
                "'{0}' does not stream: hms call {1} {0}",
                target.method, target.service
            ))),
            // Says it in the library's words, with the nearest name.
            None => Err(client.get_service(&target.service)?.bind(&target.method).err().map_or_else(
                || Error::new(ErrorCode::NotFound, format!("no method '{}' any more", target.method)).into(),
                Failure::from,
            )),
        }
    }

    fn show(&self, message: &Payload<'_>) -> Result<()> {
        if self.sent.raw { output::bytes(message.bytes()) } else { output::compact(&json::shown(message)?) }
    }
}

/// Sends what there is to send while it waits for messages.
struct Relay<'a> {
    stream: Opened,
    /// None when nothing more is sent.
    lines: Option<Receiver<io::Result<Vec<u8>>>>,
    unsent: Option<Payload<'static>>,
    number: usize,
    sent: &'a Sent,
}

impl Relay<'_> {
    /// The next message; `None` = the other side sends nothing more.
    fn next(&mut self) -> Result<Option<Payload<'static>>> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            self.send(&mut context)?;
            if let Poll::Ready(message) = self.stream.poll_receive(&mut context) {
                return Ok(message.transpose()?);
            }
            // Woken up by the stream, or by who reads lines.
            thread::park();
        }
    }

    /// Sends until there is nothing more to send, or no room.
    fn send(&mut self, context: &mut Context<'_>) -> Result<()> {
        loop {
            if let Some(message) = &self.unsent {
                match self.stream.poll_send(context, message) {
                    Poll::Pending => return Ok(()),
                    Poll::Ready(sent) => sent?,
                }
                self.unsent = None;
            }
            let Some(lines) = &self.lines else { return Ok(()) };
            match lines.try_recv() {
                Ok(line) => self.unsent = Some(self.message(&line?)?),
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => {
                    self.lines = None;
                    self.stream.close()?;
                }
            }
        }
    }

    fn message(&mut self, line: &[u8]) -> Result<Payload<'static>> {
        self.number += 1;
        self.sent.payload(line).map_err(|failure| match failure {
            Failure::Usage(why) => Failure::Usage(format!("line {}: {why}", self.number)),
            other => other,
        })
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The lines of standard input, without those that are empty; this thread is woken up for each, and at the end.
fn lines() -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = sync_channel(1);
    let reader = thread::current();
    thread::spawn(move || {
        for line in stdin().lock().split(b'\n') {
            if line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty()) {
                continue;
            }
            if sender.send(line).is_err() {
                return;
            }
            reader.unpark();
        }
        drop(sender);
        reader.unpark();
    });
    receiver
}
