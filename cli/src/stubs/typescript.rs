//! TypeScript: interfaces for what calls take and give, and a class.

use super::model::{Api, Field, Flow, Integer, Method, Named, Shape, Type, TypedError};
use super::names::{Scope, beside_errors, camel, error_classes, last_part, pascal};
use super::text::{LINE, Text, quoted, with_errors, wrapped};

/// What a module and its annotations mean by these names.
const TAKEN: &str = "\
    AsyncIterable CallOptions Client Date Error Promise ServiceClient Stream String Uint8Array Uuid Object \
    Function";

/// What every object has, what makes a promise of one, and what JSON asks for.
const MEMBERS: &str =
    "connect constructor hasOwnProperty prototype then toJSON toLocaleString toString valueOf";

/// The module of a client.
pub fn write(api: &Api) -> String {
    let mut scope = Scope::without(TAKEN);
    let class = scope.take(&pascal(last_part(&api.service)));
    let errors = error_classes(&mut scope, &api.errors, pascal);
    let types = beside_errors(&mut scope, &api.types, &errors, str::to_owned);
    let mut module = Module { api, types, errors, text: Text::new("  ") };
    module.head();
    api.types.iter().enumerate().for_each(|(index, named)| module.named(index, named));
    api.errors.iter().enumerate().for_each(|(index, error)| module.error(index, error));
    module.client(&class);
    module.text.finish()
}

struct Module<'a> {
    api: &'a Api,
    types: Vec<String>,
    errors: Vec<String>,
    text: Text,
}

impl Module<'_> {
    fn head(&mut self) {
        let Api { methods, .. } = self.api;
        self.text
            .line(format!("// Made by hms stubs from {}. Do not edit: make it anew.", self.api.source()));
        let streams = methods.iter().any(|method| method.flow != Flow::Call);
        let uuids = self.api.uses(|one| *one == Type::Uuid);
        let imported = [
            ("CallOptions", !methods.is_empty()),
            ("Client", true),
            ("ServiceClient", true),
            ("Stream", streams),
            ("Uuid", uuids),
        ];
        let imported: Vec<&str> =
            imported.into_iter().filter(|(_, is_used)| *is_used).map(|(name, _)| name).collect();
        self.text.blank();
        if !self.api.errors.is_empty() {
            self.text.line("import { errorType } from 'hmsffi'");
        }
        self.text.line(format!("import type {{ {} }} from 'hmsffi'", imported.join(", ")));
    }

    fn named(&mut self, index: usize, named: &Named) {
        let name = &self.types[index];
        self.text.blank();
        match &named.shape {
            Shape::Object(fields) => {
                comment(&mut self.text, &[&named.description]);
                let lines: Vec<String> = fields.iter().map(|field| self.field(field)).collect();
                self.text.block(format!("export interface {name} {{"), "}", |text| {
                    for (field, line) in fields.iter().zip(lines) {
                        comment(text, &[&field.description]);
                        text.line(line);
                    }
                });
            }
            Shape::Enum(values) => {
                let told = values.iter().filter(|one| !one.description.is_empty());
                let told: Vec<String> =
                    told.map(|one| format!("{}: {}", one.value, one.description)).collect();
                let mut told: Vec<&str> = told.iter().map(String::as_str).collect();
                told.insert(0, &named.description);
                comment(&mut self.text, &told);
                let values: Vec<String> = values.iter().map(|one| literal(&one.value)).collect();
                self.text.line(format!("export type {name} = {}", either(&values)));
            }
            Shape::Union(types) => {
                comment(&mut self.text, &[&named.description]);
                let types: Vec<String> = types.iter().map(|one| self.meant(one)).collect();
                self.text.line(format!("export type {name} = {}", either(&types)));
            }
            Shape::Alias(meant) => {
                comment(&mut self.text, &[&named.description]);
                self.text.line(format!("export type {name} = {}", self.meant(meant)));
            }
        }
    }

    fn error(&mut self, index: usize, error: &TypedError) {
        let (name, data) = (&self.errors[index], self.meant(&error.data));
        let schema = literal(&error.schema);
        self.text.blank();
        comment(&mut self.text, &[&error.description]);
        self.text.line(format!("export class {name} extends errorType<{data}>({schema}) {{}}"));
    }

    fn field(&self, field: &Field) -> String {
        let name = &field.name;
        let mut letters = name.chars();
        let is_plain = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
            && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
        let name = if is_plain { name.clone() } else { literal(name) };
        let mark = if field.is_required { "" } else { "?" };
        format!("{name}{mark}: {}", self.meant(&field.holds))
    }

    fn client(&mut self, class: &str) {
        let Api { service, description, methods, .. } = self.api;
        let query = literal(&self.api.query());
        self.text.blank();
        comment(&mut self.text, &[&format!("Calls {service}."), description]);
        let mut scope = Scope::without(MEMBERS);
        let methods: Vec<Text> =
            methods.iter().map(|method| self.method(method, &scope.take(&camel(&method.name)))).collect();
        self.text.block(format!("export class {class} {{"), "}", |text| {
            text.line("readonly #service: ServiceClient");
            text.blank();
            text.block("constructor(service: ServiceClient) {", "}", |text| {
                text.line("this.#service = service")
            });
            text.blank();
            comment(text, &["With a client; another id or version may be asked for."]);
            let head =
                format!("static async connect(client: Client, service = {query}): Promise<{class}> {{");
            text.block(head, "}", |text| {
                text.line(format!("return new {class}(await client.getService(service))"));
            });
            for method in methods {
                text.blank();
                text.lines(&method.written().lines().collect::<Vec<_>>());
            }
        });
    }

    fn method(&self, method: &Method, name: &str) -> Text {
        let mut text = Text::new("  ");
        let takes = !method.flow.sends() && method.params != Type::Null;
        let params = self.meant(&method.params);
        let result = if method.result == Type::Null { "void".into() } else { self.meant(&method.result) };
        let is_call = method.flow == Flow::Call;
        let mut parts = Vec::new();
        if takes {
            let mark = if matches!(method.params, Type::Any | Type::Nullable(_)) { "?" } else { "" };
            parts.push(format!("params{mark}: {params}"));
        }
        parts.push("options?: CallOptions".to_owned());
        let sent = if method.flow.sends() { params.as_str() } else { "never" };
        let (word, answer) = if is_call {
            ("async ", format!("Promise<{result}>"))
        } else {
            ("", format!("Stream<{sent}, {result}>"))
        };
        let (head, kept) = match (is_call, result.as_str()) {
            (true, "void") => ("await this.#service.call(", String::new()),
            (true, _) => ("return this.#service.call<", format!("{result}>(")),
            (false, _) => ("return this.#service.streamCall<", format!("{sent}, {result}>(")),
        };
        let thrown: Vec<String> =
            method.errors.iter().map(|&index| format!("`{}`", self.errors[index])).collect();
        comment(&mut text, &[&with_errors(&method.description, &thrown)]);
        text.list(LINE, &format!("{word}{name}("), &parts, &format!("): {answer} {{"));
        let given = if takes {
            "params"
        } else if method.params == Type::Null {
            "null"
        } else {
            "undefined"
        };
        let given = [literal(&method.name), given.to_owned(), "options".to_owned()];
        text.indented(|text| text.list(LINE, &format!("{head}{kept}"), &given, ")"));
        text.line("}");
        text
    }

    fn meant(&self, one: &Type) -> String {
        match one {
            Type::Any => "unknown".into(),
            Type::Null => "null".into(),
            Type::Boolean => "boolean".into(),
            Type::Integer(Integer::Large | Integer::Bits { bits: 64, .. }) => "number | bigint".into(),
            Type::Integer(_) | Type::Number => "number".into(),
            Type::Text => "string".into(),
            Type::Bytes => "Uint8Array".into(),
            Type::DateTime => "Date | string".into(),
            Type::Uuid => "Uuid | string".into(),
            Type::List(inner) => match self.meant(inner) {
                inner if inner.contains(' ') && !inner.ends_with('}') => format!("({inner})[]"),
                inner => format!("{inner}[]"),
            },
            // `Record` would not take a type that is made of itself.
            Type::Map(inner) => format!("{{ [key: string]: {} }}", self.meant(inner)),
            Type::Nullable(inner) => format!("{} | null", self.meant(inner)),
            Type::Named(index) => self.types[*index].clone(),
        }
    }
}

fn either(types: &[String]) -> String {
    if types.is_empty() { "never".into() } else { types.join(" | ") }
}

/// In single quotes, unless they would have to be escaped.
fn literal(text: &str) -> String {
    let literal = quoted(text, |letter| format!("\\u{{{:x}}}", u32::from(letter)));
    if text.contains('\'') {
        return literal;
    }
    format!("'{}'", literal[1..literal.len() - 1].replace("\\\"", "\""))
}

/// A comment of some paragraphs; nothing when they are all empty.
fn comment(text: &mut Text, paragraphs: &[&str]) {
    let told: Vec<&str> = paragraphs.iter().copied().filter(|told| !told.trim().is_empty()).collect();
    let lines = wrapped(&told.join("\n\n").replace("*/", "*\\/"), LINE - text.column() - 7);
    match lines.as_slice() {
        [] => {}
        [line] => text.line(format!("/** {line} */")),
        lines => {
            text.line("/**");
            lines.iter().for_each(|line| text.line(format!(" * {line}").trim_end()));
            text.line(" */");
        }
    }
}
