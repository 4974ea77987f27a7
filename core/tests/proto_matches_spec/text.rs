//! Reads the part of the Protobuf language that the specification uses.

use std::collections::BTreeSet;

/// The Protobuf blocks of a Markdown text.
pub fn blocks(markdown: &str) -> impl Iterator<Item = &str> {
    markdown.split("```protobuf\n").skip(1).map(|rest| rest.split("```").next().unwrap_or(rest))
}

/// A line for each thing that a Protobuf text declares, as in [`super::descriptor::facts`].
///
/// Panics at a statement that it does not know, so that nothing is passed over.
pub fn facts(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or(line)).collect::<Vec<_>>().join(" ");
    let mut facts = BTreeSet::new();
    let mut package = String::new();
    let mut block: Option<(String, String)> = None;
    for statement in code.split_inclusive(['{', ';', '}']) {
        let (words, end) = statement.split_at(statement.len() - 1);
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        match (end, &block, words.split_once(' ').unwrap_or((&words, ""))) {
            ("{", None, (kind @ ("message" | "enum" | "service"), name)) => {
                facts.insert(format!("{package}: {kind} {name}"));
                block = Some((kind.to_owned(), format!("{package}.{name}")));
            }
            ("}", Some(_), ("", "")) => block = None,
            (";", Some((kind, name)), ("rpc", _)) if kind == "service" => {
                facts.insert(format!("{name}: {words}"));
            }
            (";", Some((kind, name)), _) if kind != "service" && words.contains('=') => {
                facts.insert(format!("{name}: {}", words.trim_start_matches("optional ")));
            }
            (";", None, ("package", name)) => package = name.to_owned(),
            (";", None, ("syntax" | "import", _)) => {}
            _ if words.is_empty() && !"{};".contains(end) => {}
            _ => panic!("not understood: {statement:?} in {block:?}"),
        }
    }
    facts
}
