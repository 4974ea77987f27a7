//! Names as a language writes them, without keywords and collisions.

use std::collections::BTreeSet;

use super::model::{Api, Named, TypedError};

/// The words of a name: `patientID`, `patient_id` and `patient-id` have the same two, in small letters.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()) {
        let letters: Vec<char> = part.chars().collect();
        let mut word = String::new();
        for (index, letter) in letters.iter().enumerate() {
            let begins = letter.is_ascii_uppercase()
                && index > 0
                && (!letters[index - 1].is_ascii_uppercase()
                    || letters.get(index + 1).is_some_and(char::is_ascii_lowercase));
            if begins {
                words.push(std::mem::take(&mut word));
            }
            word.push(letter.to_ascii_lowercase());
        }
        words.push(word);
    }
    words.retain(|word| !word.is_empty());
    match words.first() {
        None => words.push("unnamed".into()),
        Some(first) if first.starts_with(|c: char| c.is_ascii_digit()) => words.insert(0, "n".into()),
        Some(_) => {}
    }
    words
}

/// `PatientId`
pub fn pascal(name: &str) -> String {
    words(name).iter().map(|word| capitalized(word)).collect()
}

/// `patientId`
pub fn camel(name: &str) -> String {
    let words = words(name);
    let (first, rest) = words.split_first().expect("a name has a word");
    rest.iter().fold(first.clone(), |name, word| name + &capitalized(word))
}

/// `patient_id`
pub fn snake(name: &str) -> String {
    words(name).join("_")
}

pub fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The last part of an id with dots or slashes, without a version: `Record` of `clinic.Record@2`.
pub fn last_part(id: &str) -> &str {
    let id = id.split_once('@').map_or(id, |(id, _)| id);
    let parts = id.rsplit(['.', '/', ':', '#']);
    parts.into_iter().find(|part| part.contains(|c: char| c.is_ascii_alphanumeric())).unwrap_or(id)
}

/// Names of the types of errors where data are errors: those that the data have, others as their schemas are called.
pub fn of_errors(api: &Api, types: &[String], scope: &mut Scope) -> Vec<String> {
    let name = |(index, error): (usize, &TypedError)| match api.type_of_error(index) {
        Some(data) => types[data].clone(),
        None => scope.take(&pascal(last_part(&error.schema))),
    };
    api.errors.iter().enumerate().map(name).collect()
}

/// Names of the classes of errors with data, by the ids of their schemas, which a language spells in its way.
pub fn error_classes(scope: &mut Scope, errors: &[TypedError], spelled: fn(&str) -> String) -> Vec<String> {
    let class = |error: &TypedError| {
        let name = spelled(last_part(&error.schema));
        scope.take(&if name.ends_with("Error") { name } else { name + "Error" })
    };
    errors.iter().map(class).collect()
}

/// Names of types beside those of classes of errors: the data of `HelloError` have no better name either.
pub fn beside_errors(
    scope: &mut Scope,
    types: &[Named],
    errors: &[String],
    spelled: fn(&str) -> String,
) -> Vec<String> {
    let name = |named: &Named| {
        let name = spelled(&named.name);
        scope.take(&if errors.contains(&name) { format!("{name}Data") } else { name })
    };
    types.iter().map(name).collect()
}

/// Names that are taken where they would be seen together.
#[derive(Default)]
pub struct Scope {
    reserved: BTreeSet<&'static str>,
    taken: BTreeSet<String>,
}

impl Scope {
    /// With names that nothing may have, such as keywords; blanks are between them.
    pub fn without(reserved: &'static str) -> Scope {
        Scope { reserved: reserved.split(' ').collect(), taken: BTreeSet::new() }
    }

    /// With more of them.
    pub fn nor(mut self, reserved: &'static str) -> Scope {
        self.reserved.extend(reserved.split(' '));
        self
    }

    /// The name, with `_` behind it where it is reserved, or the next that is free: `hello`, `hello2`, `hello3`.
    pub fn take(&mut self, wanted: &str) -> String {
        let marked = if self.reserved.contains(wanted) { format!("{wanted}_") } else { wanted.to_owned() };
        let numbered = (2..).map(|number| format!("{wanted}{number}"));
        let mut offered = std::iter::once(marked).chain(numbered);
        let is_free = |name: &String| !self.taken.contains(name) && !self.reserved.contains(name.as_str());
        let free = offered.find(is_free).expect("there are numbers enough");
        self.taken.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_however_a_name_is_written() {
        for name in ["patientID", "patient_id", "patient-id", "PatientId", "patient  id!"] {
            assert_eq!(words(name), ["patient", "id"], "{name}");
        }
        assert_eq!(words("HTTPServer2Go"), ["http", "server2", "go"]);
        assert_eq!(
            (words("2nd"), words("ü"), words("")),
            (vec!["n".to_owned(), "2nd".to_owned()], vec!["unnamed".to_owned()], vec!["unnamed".to_owned()],)
        );
        assert_eq!((pascal("a-b"), camel("a-b"), snake("aB")), ("AB".into(), "aB".into(), "a_b".into()));
    }

    #[test]
    fn an_id_is_shortened_to_what_it_ends_with() {
        assert_eq!(last_part("clinic.v1.Record@2"), "Record");
        assert_eq!(last_part("https://clinic.test/record/"), "record");
        assert_eq!(last_part("..."), "...");
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let mut scope = Scope::without("class");
        assert_eq!(scope.take("hello"), "hello");
        assert_eq!(scope.take("hello"), "hello2");
        assert_eq!(scope.take("class"), "class_");
        assert_eq!(scope.take("class"), "class2");
    }
}
