//! Which method of which service is meant, and with what.

use crate::failure::{Failure, Result};

/// A method, and what was written behind it.
#[derive(Debug, PartialEq)]
pub struct Target {
    /// An id, perhaps with the versions that will do: `billing@^1.2`.
    pub service: String,
    pub method: String,
    pub params: Option<String>,
}

impl Target {
    /// `service method [params]`, or `service.method [params]`: what is not JSON is a method.
    pub fn read(words: &[String]) -> Result<Target> {
        let is_params =
            |word: &String| word == "-" || serde_json::from_str::<serde::de::IgnoredAny>(word).is_ok();
        let owned = |service: &str, method: &str, params: Option<&String>| Target {
            service: service.to_owned(),
            method: method.to_owned(),
            params: params.cloned(),
        };
        match words {
            [service, method] if !is_params(method) => Ok(owned(service, method, None)),
            [service, method, params] => Ok(owned(service, method, Some(params))),
            [joined, rest @ ..] => match joined.rsplit_once('.') {
                Some((service, method)) if !service.is_empty() && !method.is_empty() => {
                    Ok(owned(service, method, rest.first()))
                }
                _ => Err(Failure::Usage(format!(
                    "'{joined}' names a service; which method of it? hms info {joined} lists them"
                ))),
            },
            [] => Err(Failure::Usage("which service?".into())),
        }
    }

    /// The same in one word: `service.method params` or `service method params`, where JSON may hold blanks.
    pub fn parse(text: &str) -> Result<Target> {
        let words = |count| text.trim().splitn(count, char::is_whitespace).map(str::to_owned).collect();
        let two: Vec<String> = words(2);
        let is_joined =
            two.get(1).is_none_or(|rest| serde_json::from_str::<serde::de::IgnoredAny>(rest).is_ok());
        if is_joined { Target::read(&two) } else { Target::read(&words(3)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Option<(String, String, Option<String>)> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        Target::read(&words).ok().map(|target| (target.service, target.method, target.params))
    }

    fn target(service: &str, method: &str, params: Option<&str>) -> Option<(String, String, Option<String>)> {
        Some((service.into(), method.into(), params.map(str::to_owned)))
    }

    #[test]
    fn service_and_method_may_be_two_words_or_one() {
        assert_eq!(read(&["greet", "hello"]), target("greet", "hello", None));
        assert_eq!(read(&["greet", "hello", "{}"]), target("greet", "hello", Some("{}")));
        assert_eq!(read(&["greet.hello"]), target("greet", "hello", None));
        assert_eq!(read(&["text.greet@1.2.0.hello", "-"]), target("text.greet@1.2.0", "hello", Some("-")));
        assert_eq!(read(&["text.greet", "hello", "1"]), target("text.greet", "hello", Some("1")));
        assert_eq!(read(&["greet"]), None);
        assert_eq!(read(&["greet", "1"]), None);
    }

    #[test]
    fn all_of_it_may_be_one_word() {
        let parsed =
            |text| Target::parse(text).ok().map(|target| (target.service, target.method, target.params));
        assert_eq!(parsed("greet.hello"), target("greet", "hello", None));
        assert_eq!(parsed("greet.hello {\"a\": 1}"), target("greet", "hello", Some("{\"a\": 1}")));
        assert_eq!(parsed("greet hello"), target("greet", "hello", None));
        assert_eq!(parsed("greet hello {\"a\": 1}"), target("greet", "hello", Some("{\"a\": 1}")));
        assert_eq!(parsed("greet"), None);
    }
}
