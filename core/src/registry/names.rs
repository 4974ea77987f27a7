//! Errors about names that are not there, with the nearest one that is.

use crate::error::Error;
use crate::proto::ServiceDefinition;

/// Prefix of the management services, which are not what a user misspelt.
const OWN: &str = "hms.ffi.v1.";
/// Whether a service is part of every runtime.
pub fn is_of_every_runtime(service_id: &str) -> bool {
    service_id.starts_with(OWN)
}

/// Names listed before "and N more".
const LISTED: usize = 8;

/// The candidate nearest to a name, if it is near enough to be a slip: at most a third of the longer one's letters.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = name.chars().count();
    let near = candidates.into_iter().map(|other| (distance(name, other), other));
    near.filter(|(far, other)| *far <= letters.max(other.chars().count()) / 3).min().map(|(_, other)| other)
}

/// Edit distance (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let cost = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn listed(names: &[&str], none: &str) -> String {
    match names.len() {
        0 => none.to_owned(),
        n if n > LISTED => format!("{} and {} more", names[..LISTED].join(", "), n - LISTED),
        _ => names.join(", "),
    }
}

/// No service of this name.
pub fn service_not_found(name: &str, here: &[&str]) -> Error {
    let mut here: Vec<&str> = here.iter().copied().filter(|name| !name.starts_with("hms.")).collect();
    here.sort_unstable();
    here.dedup();
    let mut text = format!("no service '{name}'. Running here: {}", listed(&here, "nothing"));
    if let Some(near) = nearest(name, here.iter().copied()) {
        text += &format!(". Nearest: {near}");
    }
    Error::not_found(text)
}

/// The service has no method of this name.
pub fn method_not_found(definition: &ServiceDefinition, method: &str) -> Error {
    let names: Vec<&str> = definition.methods.iter().map(|m| m.name.as_str()).collect();
    let mut text = format!("service '{}' has no method '{method}'.", definition.service_id);
    if let Some(near) = nearest(method, names.iter().copied()) {
        text += &format!(" Did you mean '{near}'?");
    }
    Error::not_found(format!("{text} Methods: {}", listed(&names, "none")))
}
