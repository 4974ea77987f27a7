//! Rust: structs with serde for what calls take and give, and a struct with a method for each.

use super::model::{Api, EnumValue, Field, Flow, Integer, Method, Named, Shape, Type};
use super::names::{Scope, last_part, pascal, snake};
use super::text::{Text, quoted};

const KEYWORDS: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// What is there without being named.
const PRELUDE: [&str; 10] = ["Box", "Err", "None", "Ok", "Option", "Result", "Self", "Some", "String", "Vec"];

/// The widest line of rustfmt, and the widest arguments of a call in one line.
const WIDE: usize = 100;
const ARGUMENTS: usize = 60;

/// The module of a client.
pub fn write(api: &Api) -> String {
    let mut scope = Scope::without(&PRELUDE);
    let class = scope.take(&pascal(last_part(&api.service)));
    let types = api.types.iter().map(|named| scope.take(&named.name)).collect();
    let mut module = Module { api, types, text: Text::new("    ") };
    module.head();
    module.client(&class);
    api.types.iter().enumerate().for_each(|(index, named)| module.named(index, named));
    module.text.finish()
}

struct Module<'a> {
    api: &'a Api,
    types: Vec<String>,
    text: Text,
}

impl Module<'_> {
    fn head(&mut self) {
        let made = format!("Made by hms stubs from {}. Do not edit: make it anew.", self.api.source());
        self.text.comment("//!", &format!("{}\n\n{made}", self.api.description));
        self.text.blank();
        // A program need not use all of it, and names are those of the service.
        self.text.line("#![allow(dead_code, clippy::doc_lazy_continuation, clippy::enum_variant_names)]");
        self.text.line("#![allow(clippy::large_enum_variant, clippy::wrong_self_convention)]");
    }

    fn client(&mut self, class: &str) {
        let api = self.api;
        let methods = self.methods();
        let text = &mut self.text;
        text.blank();
        text.comment("///", &format!("Calls {}.\n\n{}", api.service, api.description));
        text.block(format!("pub struct {class} {{"), "}", |text| {
            text.line("service: Box<dyn hmsffi::ServiceClient>,");
        });
        text.blank();
        text.block(format!("impl {class} {{"), "}", |text| {
            text.line("/// What the client was made for.");
            text.line(format!("pub const SERVICE: &str = {};", literal(&api.query())));
            text.blank();
            text.line("/// A client of that.");
            text.block("pub fn new(client: &dyn hmsffi::Client) -> hmsffi::Result<Self> {", "}", |text| {
                text.line("Ok(Self::of(client.get_service(Self::SERVICE)?))");
            });
            text.blank();
            text.line("/// A client of a service that was asked for otherwise.");
            text.block("pub fn of(service: Box<dyn hmsffi::ServiceClient>) -> Self {", "}", |text| {
                text.line("Self { service }");
            });
            text.blank();
            text.line("/// The service, to call it without types.");
            text.block("pub fn service(&self) -> &dyn hmsffi::ServiceClient {", "}", |text| {
                text.line("&*self.service");
            });
            for method in methods {
                text.blank();
                text.lines(&method.written().lines().collect::<Vec<_>>());
            }
        });
    }

    fn methods(&self) -> Vec<Text> {
        let mut scope = Scope::without(&KEYWORDS).nor(&["new", "of", "service"]);
        let methods = self.api.methods.iter();
        methods.map(|method| self.method(method, &scope.take(&snake(&method.name)))).collect()
    }

    fn method(&self, method: &Method, name: &str) -> Text {
        let Method { description, flow, params, .. } = method;
        let mut text = Text::new("    ");
        let result = self.top(&method.result);
        let takes = !flow.sends() && *params != Type::Null;
        let mut parts = vec!["&self".to_owned()];
        if takes {
            parts.push(format!("params: {}", self.taken(params)));
        }
        parts.push("options: &hmsffi::CallOptions".to_owned());
        let answer = match flow {
            Flow::Call => result,
            Flow::ServerStream => format!("Box<dyn hmsffi::Stream<Item = hmsffi::Result<{result}>>>"),
            _ => format!("hmsffi::TypedStream<{}, {result}>", self.sent(params)),
        };
        let given =
            [literal(&method.name), if takes { "params" } else { "()" }.to_owned(), "options".to_owned()];
        text.comment("///", description);
        // It will be one deeper.
        text.list(WIDE - 4, &format!("pub fn {name}("), &parts, &format!(") -> hmsffi::Result<{answer}> {{"));
        let called = match flow {
            Flow::Call if method.result == Type::Null => "self.service.call_with::<_, ()>(",
            Flow::Call => "let reply = self.service.call_with(",
            Flow::ServerStream => "self.service.stream_call_with(",
            _ => "let stream = self.service.stream_call_with(",
        };
        let end = if *flow == Flow::ServerStream { ")" } else { ")?;" };
        let width = given.iter().map(String::len).sum::<usize>() + 2 * (given.len() - 1);
        text.indented(|text| {
            text.list(if width > ARGUMENTS { 0 } else { WIDE }, called, &given, end);
            match flow {
                Flow::Call if method.result == Type::Null => text.line("Ok(())"),
                Flow::Call => text.line("Ok(reply.value)"),
                Flow::ServerStream => {}
                _ => text.line("Ok(hmsffi::TypedStream::new(stream))"),
            }
        });
        text.line("}");
        text
    }

    fn named(&mut self, index: usize, named: &Named) {
        let name = self.types[index].clone();
        let derived = "#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]";
        self.text.blank();
        self.text.comment("///", &named.description);
        match &named.shape {
            Shape::Object(fields) => {
                let mut scope = Scope::without(&KEYWORDS);
                let lines: Vec<_> = fields.iter().map(|field| self.field(index, field, &mut scope)).collect();
                self.text.line(derived);
                if lines.is_empty() {
                    return self.text.line(format!("pub struct {name} {{}}"));
                }
                self.text.block(format!("pub struct {name} {{"), "}", |text| {
                    for (field, lines) in fields.iter().zip(lines) {
                        text.comment("///", &field.description);
                        lines.iter().for_each(|line| text.line(line));
                    }
                });
            }
            Shape::Enum(values) => self.values(&name, values),
            Shape::Union(types) => self.union(index, &name, types),
            Shape::Alias(meant) if self.api.is_recursive(index) => {
                let meant = self.boxed(index, meant, self.meant(meant));
                self.text.line(derived);
                self.text.line("#[serde(transparent)]");
                self.text.line(format!("pub struct {name}(pub {meant});"));
            }
            Shape::Alias(meant) => self.text.line(format!("pub type {name} = {};", self.meant(meant))),
        }
    }

    fn field(&self, index: usize, field: &Field, scope: &mut Scope) -> Vec<String> {
        let name = scope.take(&snake(&field.name));
        let held = self.boxed(index, field.present(), self.meant(field.present()));
        let held = if field.may_lack() { format!("Option<{held}>") } else { held };
        let renamed = (name != field.name).then(|| format!("rename = {}", literal(&field.name)));
        let lacking =
            (!field.is_required).then_some("default, skip_serializing_if = \"Option::is_none\"".to_owned());
        let mut lines = Vec::new();
        // One each, so that none is too wide.
        lines.extend(renamed.into_iter().chain(lacking).map(|what| format!("#[serde({what})]")));
        lines.push(format!("pub {name}: {held},"));
        lines
    }

    fn values(&mut self, name: &str, values: &[EnumValue]) {
        self.text
            .line("#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]");
        let mut scope = Scope::without(&KEYWORDS);
        self.text.block(format!("pub enum {name} {{"), "}", |text| {
            for one in values {
                let variant = scope.take(&pascal(&one.value));
                text.comment("///", &one.description);
                if variant != one.value {
                    text.line(format!("#[serde(rename = {})]", literal(&one.value)));
                }
                text.line(format!("{variant},"));
            }
        });
    }

    /// An enum whose variants are tried in their order, as validation does.
    fn union(&mut self, index: usize, name: &str, types: &[Type]) {
        let mut scope = Scope::without(&KEYWORDS);
        let variants: Vec<String> = types.iter().map(|one| scope.take(&self.variant(one))).collect();
        let held = types.iter().map(|one| self.boxed(index, one, self.meant(one)));
        let lines: Vec<String> =
            variants.iter().zip(held).map(|(variant, held)| format!("{variant}({held}),")).collect();
        let text = &mut self.text;
        text.line("#[derive(Clone, Debug, PartialEq, serde::Serialize)]");
        text.line("#[serde(untagged)]");
        text.block(format!("pub enum {name} {{"), "}", |text| lines.iter().for_each(|line| text.line(line)));
        text.blank();
        text.block(format!("impl<'de> serde::Deserialize<'de> for {name} {{"), "}", |text| {
            let head =
                "fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {";
            text.block(head, "}", |text| {
                text.lines(&[
                    "// In a list, since bytes alone would not be a value.",
                    "let value = [hmsffi::Value::deserialize(deserializer)?];",
                    "let value = hmsffi::Payload::encode(&value).map_err(serde::de::Error::custom)?;",
                ]);
                for variant in &variants {
                    text.block("if let Ok((found,)) = value.decode() {", "}", |text| {
                        text.line(format!("return Ok(Self::{variant}(found));"));
                    });
                }
                let refused = literal(&format!("the value fits none of the types of {name}"));
                text.line(format!("let refused = {refused};"));
                text.line("Err(serde::de::Error::custom(refused))");
            });
        });
    }

    /// What the variant for a type is called.
    fn variant(&self, one: &Type) -> String {
        match one {
            Type::Any | Type::Null => "Any".into(),
            Type::Boolean => "Bool".into(),
            Type::Integer(_) => "Int".into(),
            Type::Number => "Float".into(),
            Type::Text => "Text".into(),
            Type::Bytes => "Bytes".into(),
            Type::DateTime => "DateTime".into(),
            Type::Uuid => "Uuid".into(),
            Type::List(inner) => format!("{}List", self.variant(inner)),
            Type::Map(inner) => format!("{}Map", self.variant(inner)),
            Type::Nullable(inner) => self.variant(inner),
            Type::Named(index) => self.types[*index].clone(),
        }
    }

    /// A type in a box where it would contain itself.
    fn boxed(&self, container: usize, one: &Type, written: String) -> String {
        match one {
            Type::Named(index) if self.api.embeds(*index, container) => format!("Box<{written}>"),
            _ => written,
        }
    }

    /// What a method takes.
    fn taken(&self, one: &Type) -> String {
        match one {
            Type::Any => "impl serde::Serialize".into(),
            Type::Null | Type::Boolean | Type::Integer(_) | Type::Number => self.meant(one),
            Type::Nullable(inner) => format!("Option<{}>", self.taken(inner)),
            Type::Named(index) if matches!(self.api.types[*index].shape, Shape::Enum(_)) => self.meant(one),
            _ => format!("&{}", self.sent(one)),
        }
    }

    /// What is borrowed to be sent.
    fn sent(&self, one: &Type) -> String {
        match one {
            Type::Text => "str".into(),
            Type::Bytes => "[u8]".into(),
            Type::List(inner) => format!("[{}]", self.meant(inner)),
            _ => self.meant(one),
        }
    }

    /// A whole answer or message: bytes travel as they are.
    fn top(&self, one: &Type) -> String {
        if *one == Type::Bytes { "Vec<u8>".into() } else { self.meant(one) }
    }

    fn meant(&self, one: &Type) -> String {
        match one {
            Type::Any => "hmsffi::Value".into(),
            Type::Null => "()".into(),
            Type::Boolean => "bool".into(),
            Type::Integer(Integer::Bits { bits, is_signed }) => {
                format!("{}{bits}", if *is_signed { 'i' } else { 'u' })
            }
            Type::Integer(_) => "i64".into(),
            Type::Number => "f64".into(),
            Type::Text => "String".into(),
            Type::Bytes => "serde_bytes::ByteBuf".into(),
            Type::DateTime => "hmsffi::DateTime".into(),
            Type::Uuid => "hmsffi::Uuid".into(),
            Type::List(inner) => format!("Vec<{}>", self.meant(inner)),
            Type::Map(inner) => format!("std::collections::BTreeMap<String, {}>", self.meant(inner)),
            Type::Nullable(inner) => format!("Option<{}>", self.meant(inner)),
            Type::Named(index) => self.types[*index].clone(),
        }
    }
}

fn literal(text: &str) -> String {
    quoted(text, |letter| format!("\\u{{{:x}}}", u32::from(letter)))
}
