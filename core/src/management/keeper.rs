//! Who keeps the schemas: this process in memory, or the one process that has their file open. Others ask that one.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::adapter::{Message, decode_body, encode};
use super::{PACKAGE, VERSION, schemas};
use crate::call::Request;
use crate::client::{CallOptions, Client, ClientOptions};
use crate::codec::Encoding;
use crate::error::{Code, Error, Result};
use crate::proto::ServiceDefinition;
use crate::runtime::Runtime;
use crate::schema::registry::Schemas;
use crate::service::{Server, ServerOptions, ServiceSpec};

/// Names the file that keeps the schemas of a process; not set or empty, they are in memory.
pub const VARIABLE: &str = "HMSFFI_SCHEMAS";

/// How long nobody may have the file and answer: one process has ended, and another is about to open it.
const LONGEST_GAP: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(10);

/// Where the schemas of a runtime are.
#[derive(Default)]
pub struct Keeper {
    path: Option<PathBuf>,
    kept: Mutex<Option<Kept>>,
}

/// Schemas that this process keeps.
struct Kept {
    schemas: Arc<Schemas>,
    /// Answers others, where a file is kept.
    server: Option<Arc<Server>>,
}

impl Keeper {
    /// Of the schemas in this file, which is opened when it is needed first.
    pub fn of_file(path: PathBuf) -> Result<Keeper> {
        let path = std::path::absolute(&path)
            .map_err(|e| Error::invalid(format!("'{}' is no path of a schema file: {e}", path.display())))?;
        Ok(Keeper { path: Some(path), kept: Mutex::default() })
    }

    /// As the environment says.
    pub fn from_env() -> Result<Keeper> {
        match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => Keeper::of_file(path.into()),
            None => Ok(Keeper::default()),
        }
    }

    fn file(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(""))
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The schemas, if this process keeps them. A file that nobody has open is opened; `None` = another process has it.
    fn here(&self, runtime: &Arc<Runtime>) -> Result<Option<Arc<Schemas>>> {
        let mut kept = self.kept();
        if let Some(kept) = &*kept {
            return Ok(Some(kept.schemas.clone()));
        }
        let (schemas, server) = match &self.path {
            None => (Arc::<Schemas>::default(), None),
            Some(path) => {
                let Some(schemas) = Schemas::in_file(path)? else { return Ok(None) };
                let schemas = Arc::new(schemas);
                (schemas.clone(), Some(self.answer(runtime, &schemas)?))
            }
        };
        *kept = Some(Kept { schemas: schemas.clone(), server });
        Ok(Some(schemas))
    }

    /// Lets the other processes of the domain ask.
    fn answer(&self, runtime: &Arc<Runtime>, schemas: &Arc<Schemas>) -> Result<Arc<Server>> {
        let name = format!("{PACKAGE}.schemas");
        let options = ServerOptions { name, max_concurrent_calls: -1, ..ServerOptions::default() };
        let server = Server::new(runtime, options)?;
        let definition = ServiceDefinition {
            service_id: self.service_id()?,
            version: VERSION.into(),
            ..ServiceDefinition::default()
        };
        let methods = schemas::of(&Arc::downgrade(runtime), schemas);
        server.register(ServiceSpec { definition, methods })?;
        server.start()?;
        Ok(server)
    }

    /// The same for all who mean this file, whatever they call it.
    fn service_id(&self) -> Result<String> {
        let file = std::fs::metadata(self.file()).map_err(|e| {
            Error::unavailable(format!("the schema file {} is gone: {e}", self.file().display()))
        })?;
        Ok(format!("hms.schemas.{:x}-{:x}", file.dev(), file.ino()))
    }

    /// Has a request served where the schemas are.
    pub fn serve<Q: Message + Clone, A: Message>(
        &self,
        runtime: &Arc<Runtime>,
        method: &str,
        request: Q,
        serve: impl Fn(&Schemas, Q) -> Result<A>,
    ) -> Result<A> {
        let since = Instant::now();
        loop {
            if let Some(schemas) = self.here(runtime)? {
                return serve(&schemas, request);
            }
            match self.ask(runtime, method, &request) {
                Err(error) if error.code() == Code::Unavailable && since.elapsed() < LONGEST_GAP => {
                    std::thread::sleep(PAUSE);
                }
                answered => return answered,
            }
        }
    }

    /// Asks the process that has the file. UNAVAILABLE = nobody answers for it.
    fn ask<Q: Message, A: Message>(&self, runtime: &Arc<Runtime>, method: &str, request: &Q) -> Result<A> {
        let client = Client::new(runtime.clone(), ClientOptions::default())?;
        let binding = client.bind(&self.service_id()?, method).map_err(|error| {
            let path = self.file().display();
            Error::unavailable(format!(
                "the schema file {path} is open in another process, which cannot be asked from here. Processes with one file \
                 belong to one domain (HMSFFI_DOMAIN)"
            ))
            .with_cause(error)
        })?;
        let body = encode(Encoding::Protobuf, request)?;
        let request = Request { encoding: Encoding::Protobuf, ..Request::bytes(body.as_slice()) };
        let answer = binding.call(&request, &CallOptions::default())?;
        decode_body(answer.encoding(), answer.content_type(), answer.body.as_slice())
    }

    /// Lets go of the file.
    pub fn close(&self) {
        let kept = self.kept().take();
        if let Some(server) = kept.and_then(|kept| kept.server) {
            server.close();
        }
    }
}
