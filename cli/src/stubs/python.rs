//! Python: dicts with `TypedDict`, since that is what calls take and give, and a class for each way to wait.

use std::collections::BTreeSet;

use super::model::{Api, Field, Flow, Method, Named, Shape, Type, TypedError};
use super::names::{Scope, beside_errors, error_classes, last_part, pascal, snake};
use super::text::{LINE, Text, quoted, wrapped};

const KEYWORDS: &str = "\
    False None True and as assert async await break class continue def del elif else except finally for \
    from global if import in is lambda nonlocal not or pass raise return try while with yield";

/// What annotations in a class mean, which a method of that name would hide.
const HIDDEN: &str = "bool bytes datetime dict float hmsffi int list str uuid";

/// What the module imports or means by these names.
const TYPES: &str = "Any False Literal Never None NotRequired True TypeAlias TypedDict Unpack";

/// The module of a client.
pub fn write(api: &Api) -> String {
    let mut scope = Scope::without(TYPES);
    let class = scope.take(&pascal(last_part(&api.service)));
    let waiting = scope.take(&format!("Async{class}"));
    let errors = error_classes(&mut scope, &api.errors, pascal);
    let types = beside_errors(&mut scope, &api.types, &errors, str::to_owned);
    let mut module = Module { api, types, errors, imports: BTreeSet::new(), text: Text::new("    ") };
    api.types.iter().enumerate().for_each(|(index, named)| module.named(index, named));
    api.errors.iter().enumerate().for_each(|(index, error)| module.error(index, error));
    module.client(&class, false);
    module.client(&waiting, true);
    module.finish()
}

struct Module<'a> {
    api: &'a Api,
    types: Vec<String>,
    errors: Vec<String>,
    /// What is used of `typing`.
    imports: BTreeSet<&'static str>,
    text: Text,
}

impl Module<'_> {
    fn finish(self) -> String {
        let Api { description, .. } = self.api;
        let made = format!("Made by hms stubs from {}. Do not edit: make it anew.", self.api.source());
        let mut head = Text::new("    ");
        docstring(&mut head, &[description, &made]);
        head.lines(&["", "from __future__ import annotations", ""]);
        let modules = [
            ("datetime", self.api.uses(|one| *one == Type::DateTime)),
            ("uuid", self.api.uses(|one| *one == Type::Uuid)),
        ];
        for (module, _) in modules.iter().filter(|(_, is_used)| *is_used) {
            head.line(format!("import {module}"));
        }
        let mut names: Vec<String> = self.imports.iter().map(|&name| name.to_owned()).collect();
        // As isort wants it: constants are first.
        names.sort_by_key(|name| name.contains(char::is_lowercase));
        let line = format!("from typing import {}", names.join(", "));
        if line.len() <= LINE {
            head.line(line);
        } else {
            head.list(LINE, "from typing import (", &names, ")");
        }
        head.lines(&["", "import hmsffi"]);
        head.finish() + self.text.written()
    }

    fn named(&mut self, index: usize, named: &Named) {
        let name = self.types[index].clone();
        let is_class =
            matches!(&named.shape, Shape::Object(fields) if fields.iter().all(|field| is_plain(&field.name)));
        // As isort wants it after imports.
        if is_class || index > 0 {
            self.text.blank();
        }
        self.text.blank();
        match &named.shape {
            Shape::Object(fields) if is_class => {
                self.object(&name, named, fields);
            }
            Shape::Object(fields) => self.functional(&name, named, fields),
            Shape::Enum(values) => {
                self.uses(["Literal", "TypeAlias"]);
                self.text.comment("#", &named.description);
                let described = values.iter().filter(|one| !one.description.is_empty());
                for one in described {
                    self.text.comment("#", &format!("{}: {}", one.value, one.description));
                }
                let values: Vec<String> = values.iter().map(|one| literal(&one.value)).collect();
                self.text.list(LINE, &format!("{name}: TypeAlias = Literal["), &values, "]");
            }
            Shape::Union(types) => {
                self.uses(["TypeAlias"]);
                let mut meant: Vec<String> = Vec::new();
                for one in types {
                    // What stands for several must not be there twice.
                    let one = self.meant(one);
                    let parts =
                        if one.contains('[') { vec![one.as_str()] } else { one.split(" | ").collect() };
                    let is_new = |part: &&str| !meant.iter().any(|other| other == part);
                    let parts: Vec<String> = parts.into_iter().filter(is_new).map(str::to_owned).collect();
                    meant.extend(parts);
                }
                self.text.comment("#", &named.description);
                self.alias(&name, &meant.join(" | "));
            }
            Shape::Alias(meant) => {
                self.uses(["TypeAlias"]);
                let meant = self.meant(meant);
                self.text.comment("#", &named.description);
                self.alias(&name, &meant);
            }
        }
    }

    fn alias(&mut self, name: &str, meant: &str) {
        let line = format!("{name}: TypeAlias = \"{meant}\"");
        if line.chars().count() <= LINE {
            return self.text.line(line);
        }
        self.text.block(format!("{name}: TypeAlias = ("), ")", |text| text.line(format!("\"{meant}\"")));
    }

    fn object(&mut self, name: &str, named: &Named, fields: &[Field]) {
        self.uses(["TypedDict"]);
        let types: Vec<String> = fields.iter().map(|field| self.field(field)).collect();
        self.text.line(format!("class {name}(TypedDict):"));
        self.text.indented(|text| {
            docstring(text, &[&named.description]);
            match (fields.is_empty(), named.description.trim().is_empty()) {
                (true, true) => text.line("pass"),
                (false, false) => text.blank(),
                _ => {}
            }
            for (field, holds) in fields.iter().zip(types) {
                text.comment("#:", &field.description);
                text.line(format!("{}: {holds}", field.name));
            }
        });
    }

    /// Keys that are no names can be written in this form only.
    fn functional(&mut self, name: &str, named: &Named, fields: &[Field]) {
        self.uses(["TypedDict"]);
        let types: Vec<String> = fields.iter().map(|field| self.field(field)).collect();
        self.text.comment("#", &named.description);
        self.text.block(format!("{name} = TypedDict("), ")", |text| {
            text.line(format!("\"{name}\","));
            text.block("{", "},", |text| {
                for (field, holds) in fields.iter().zip(types) {
                    text.comment("#:", &field.description);
                    text.line(format!("{}: \"{holds}\",", literal(&field.name)));
                }
            });
        });
    }

    fn error(&mut self, index: usize, error: &TypedError) {
        self.uses(["TYPE_CHECKING"]);
        let holds = self.meant(&error.data);
        self.text.lines(&["", ""]);
        self.text.line(format!("class {}(hmsffi.Error):", self.errors[index]));
        self.text.indented(|text| {
            docstring(text, &[&error.description]);
            if !error.description.trim().is_empty() {
                text.blank();
            }
            text.line(format!("schema = {}", literal(&error.schema)));
            // What arrives is not converted, so that types of data are for those who write the code only.
            text.line("if TYPE_CHECKING:");
            text.indented(|text| text.line(format!("data: {holds}")));
        });
    }

    fn field(&mut self, field: &Field) -> String {
        let meant = self.meant(&field.holds);
        if field.is_required {
            return meant;
        }
        self.uses(["NotRequired"]);
        format!("NotRequired[{meant}]")
    }

    fn client(&mut self, class: &str, waits: bool) {
        let (api, errors) = (self.api, &self.errors);
        let mut scope = Scope::without(KEYWORDS).nor(HIDDEN);
        let query = literal(&api.query());
        self.text.lines(&["", ""]);
        self.text.line(format!("class {class}:"));
        self.text.indented(|text| {
            let calls = if waits { "from asyncio" } else { "and waits for answers" };
            let documented = format!("Calls {} {calls}.", api.service);
            docstring(text, &[&documented, &api.description]);
            text.blank();
            let parts = ["self".into(), "client: hmsffi.Client".into(), format!("service: str = {query}")];
            text.list(LINE, "def __init__(", &parts, ") -> None:");
            text.indented(|text| {
                if errors.is_empty() {
                    return text.line("self._service = client.get_service(service)");
                }
                text.list(LINE, "errors: list[type[hmsffi.Error]] = [", errors, "]");
                text.line("self._service = client.get_service(service, errors=errors)");
            });
        });
        for method in &api.methods {
            let name = scope.take(&snake(&method.name));
            self.method(method, &name, waits);
        }
    }

    fn method(&mut self, method: &Method, name: &str, waits: bool) {
        self.uses(["Unpack"]);
        let is_call = method.flow == Flow::Call;
        let options = match (is_call, waits) {
            (true, false) => "CallOptions",
            (true, true) => "AsyncCallOptions",
            (false, _) => "StreamOptions",
        };
        let mut parts = vec!["self".to_owned()];
        let takes = !method.flow.sends() && method.params != Type::Null;
        let params = self.meant(&method.params);
        if takes {
            let or_none = match method.params {
                Type::Any | Type::Nullable(_) => " = None",
                _ => "",
            };
            parts.push(format!("params: {params}{or_none}"));
        }
        parts.push(format!("**options: Unpack[hmsffi.{options}]"));
        let result = self.meant(&method.result);
        let sent = match method.flow {
            Flow::Call | Flow::ServerStream => "Never",
            _ => params.as_str(),
        };
        let answer = if is_call { result.clone() } else { format!("hmsffi.Stream[{sent}, {result}]") };
        if !is_call && !method.flow.sends() {
            self.uses(["Never"]);
        }
        let given = [literal(&method.name), "params".into(), "**options".into()];
        let given: Vec<String> = given.into_iter().filter(|one| takes || one != "params").collect();
        let raised: Vec<String> =
            method.errors.iter().map(|&index| format!("`{}`", self.errors[index])).collect();
        let raises = if raised.is_empty() { String::new() } else { format!("Raises {}.", raised.join(", ")) };
        self.text.blank();
        self.text.indented(|text| {
            let word = if is_call && waits { "async def" } else { "def" };
            text.list(LINE, &format!("{word} {name}("), &parts, &format!(") -> {answer}:"));
            text.indented(|text| {
                docstring(text, &[&method.description, &raises]);
                let (how, gives) = match (is_call, waits) {
                    (true, false) => ("self._service.call(", format!("answer: {result} = ")),
                    (true, true) => ("await self._service.async_call(", format!("answer: {result} = ")),
                    (false, _) => ("self._service.stream_call(", "return ".into()),
                };
                let gives = if is_call && result == "None" { String::new() } else { gives };
                let is_wide = text.column() + gives.len() + how.len() > LINE;
                let gives = if is_wide && gives.starts_with("answer") {
                    text.line(format!("answer: {result}"));
                    "answer = ".into()
                } else {
                    gives
                };
                text.list(LINE, &format!("{gives}{how}"), &given, ")");
                if gives.starts_with("answer") {
                    text.line("return answer");
                }
            });
        });
    }

    fn meant(&mut self, one: &Type) -> String {
        match one {
            Type::Any => {
                self.uses(["Any"]);
                "Any".into()
            }
            Type::Null => "None".into(),
            Type::Boolean => "bool".into(),
            Type::Integer(_) => "int".into(),
            Type::Number => "float".into(),
            Type::Text => "str".into(),
            Type::Bytes => "bytes".into(),
            Type::DateTime => "datetime.datetime | str".into(),
            Type::Uuid => "uuid.UUID | str".into(),
            Type::List(inner) => format!("list[{}]", self.meant(inner)),
            Type::Map(inner) => format!("dict[str, {}]", self.meant(inner)),
            Type::Nullable(inner) => format!("{} | None", self.meant(inner)),
            Type::Named(index) => self.types[*index].clone(),
        }
    }

    fn uses<const N: usize>(&mut self, names: [&'static str; N]) {
        self.imports.extend(names);
    }
}

/// Whether a key can be an attribute of a class. One that begins with two lines would be mangled.
fn is_plain(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| is_letter(c) || c == '_')
        && letters.all(|c| is_letter(c) || c.is_ascii_digit() || c == '_')
        && !name.starts_with("__")
        && !KEYWORDS.split(' ').any(|keyword| keyword == name)
}

/// A letter that Python keeps in names; others it writes in another form (NFKC).
fn is_letter(letter: char) -> bool {
    let is_kept = matches!(letter, 'À'..='ı' | 'Ĵ'..='ľ' | 'Ł'..='ň' | 'Ŋ'..='ž' | 'Ά'..='ώ' | 'Ѐ'..='ӿ' | 'ぁ'..='ゖ'
        | 'ァ'..='ヺ' | '一'..='鿿' | '가'..='힣');
    letter.is_ascii_alphabetic() || is_kept && letter.is_alphabetic()
}

/// In the quotes that need fewer escapes, as formatters want it.
fn literal(text: &str) -> String {
    let literal = quoted(text, |letter| format!("\\U{:08x}", u32::from(letter)));
    if text.matches('"').count() <= text.matches('\'').count() {
        return literal;
    }
    format!("'{}'", literal[1..literal.len() - 1].replace("\\\"", "\"").replace('\'', "\\'"))
}

/// A documentation string of some paragraphs; nothing when they are all empty.
fn docstring(text: &mut Text, paragraphs: &[&str]) {
    let told: Vec<&str> = paragraphs.iter().copied().filter(|told| !told.trim().is_empty()).collect();
    let escaped = told.join("\n\n").replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    let lines = wrapped(&escaped, LINE - text.column() - 6);
    match lines.as_slice() {
        [] => {}
        [line] => {
            // A quote at the end would end it early.
            let line = match line.strip_suffix('"') {
                Some(before) if !before.ends_with('\\') => format!("{before}\\\""),
                _ => line.clone(),
            };
            text.line(format!("\"\"\"{line}\"\"\""));
        }
        [first, rest @ ..] => {
            text.line(format!("\"\"\"{first}"));
            text.lines(&rest.iter().map(String::as_str).collect::<Vec<_>>());
            text.line("\"\"\"");
        }
    }
}
