//! Versions in a file that outlive the process: redb, one commit for each. One process at a time has the file open.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use prost::Message;
use redb::{
    Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError, TableDefinition, TableError,
};

use crate::error::{Code, Error, Result};
use crate::proto::Schema;

/// Encoded schemas by id and version.
const VERSIONS: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("hms.schemas.v1");

/// All versions by id.
pub type Versions = BTreeMap<String, Vec<Schema>>;

/// An open file.
pub struct File {
    path: PathBuf,
    database: Database,
}

impl File {
    /// Opens the file, or makes it, and reads all that is in it. `None` = another process has it open.
    pub fn open(path: &Path) -> Result<Option<(File, Versions)>> {
        // The file may hold anything, also what its reader does not expect.
        let opened = catch_unwind(AssertUnwindSafe(|| Self::try_open(path)));
        opened.unwrap_or_else(|_| Err(damaged(path, "it cannot be read")))
    }

    fn try_open(path: &Path) -> Result<Option<(File, Versions)>> {
        let mut database = match Database::create(path) {
            Ok(database) => database,
            Err(DatabaseError::DatabaseAlreadyOpen) => return Ok(None),
            Err(DatabaseError::Storage(error)) => return Err(failed(path, "opened", error)),
            Err(error) => return Err(damaged(path, &error.to_string())),
        };
        // Pages have checksums, which are looked at only here. What a crash has left half done is put right.
        match database.check_integrity() {
            Ok(_) => {}
            Err(DatabaseError::Storage(error)) => return Err(failed(path, "read", error)),
            Err(error) => return Err(damaged(path, &error.to_string())),
        }
        let file = File { path: path.to_owned(), database };
        let versions = file.read()?;
        Ok(Some((file, versions)))
    }

    fn read(&self) -> Result<Versions> {
        let failed = |error: redb::Error| failed_to(&self.path, "read", &error);
        let reading = self.database.begin_read().map_err(|e| failed(e.into()))?;
        let table = match reading.open_table(VERSIONS) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(Versions::new()),
            Err(error) => return Err(failed(error.into())),
        };
        let mut versions = Versions::new();
        for entry in table.iter().map_err(|e| failed(e.into()))? {
            let (key, bytes) = entry.map_err(|e| failed(e.into()))?;
            let (id, number) = key.value();
            let known: &mut Vec<Schema> = versions.entry(id.to_owned()).or_default();
            let schema = Schema::decode(bytes.value())
                .map_err(|e| damaged(&self.path, &format!("version {number} of '{id}' is no schema: {e}")))?;
            if number != known.len() as u64 + 1 {
                return Err(damaged(&self.path, &format!("version {number} of '{id}' is not the next")));
            }
            known.push(schema);
        }
        Ok(versions)
    }

    /// Adds a version. It is on the disk when this returns.
    pub fn add(&self, id: &str, number: usize, schema: &Schema) -> Result<()> {
        let failed = |error: redb::Error| failed_to(&self.path, "written", &error);
        let writing = self.database.begin_write().map_err(|e| failed(e.into()))?;
        {
            let mut table = writing.open_table(VERSIONS).map_err(|e| failed(e.into()))?;
            let bytes = schema.encode_to_vec();
            table.insert((id, number as u64), bytes.as_slice()).map_err(|e| failed(e.into()))?;
        }
        writing.commit().map_err(|e| failed(e.into()))
    }
}

fn failed(path: &Path, what: &str, error: StorageError) -> Error {
    match error {
        StorageError::Corrupted(why) => damaged(path, &why),
        StorageError::Io(error)
            if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) =>
        {
            damaged(path, &error.to_string())
        }
        error => failed_to(path, what, &error.into()),
    }
}

fn failed_to(path: &Path, what: &str, error: &redb::Error) -> Error {
    if let redb::Error::Corrupted(why) = error {
        return damaged(path, why);
    }
    Error::precondition(format!(
        "the schema file {} cannot be {what}: {error}. Check that its folder exists and that this user may write there",
        path.display()
    ))
}

fn damaged(path: &Path, why: &str) -> Error {
    Error::new(
        Code::DataLoss,
        format!(
            "the schema file {} is damaged: {why}. Put a copy in its place, or move it away to begin with an empty one",
            path.display()
        ),
    )
}
