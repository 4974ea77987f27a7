//! Rust: structs with serde for what calls take and give, and a struct with a method for each.

use super::model::{Api, EnumValue, Field, Flow, Integer, Method, Named, Shape, Type};
use super::names::{Scope, last_part, of_errors, pascal, snake};
use super::text::{Text, quoted, with_errors};

const KEYWORDS: &str = "\
    Self abstract as async await become box break const continue crate do dyn else enum extern false \
    final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self \
    static struct super trait true try type typeof unsafe unsized use virtual where while yield";

/// What the code means by these names.
const PRELUDE: &str = "BTreeMap Box Err None Ok Option Result Self Some String Vec";

const DERIVED: &str = "#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]";

/// What the methods do, apart so that rustfmt has nothing to break in them.
const HELPERS: [&str; 27] = [
    "",
    "fn call<P, R>(",
    "    service: &dyn hmsffi::ServiceClient,",
    "    method: &str,",
    "    params: P,",
    "    options: &hmsffi::CallOptions,",
    ") -> hmsffi::Result<R>",
    "where",
    "    P: serde::Serialize,",
    "    R: serde::de::DeserializeOwned,",
    "{",
    "    let reply = service.call_with(method, params, options)?;",
    "    Ok(reply.value)",
    "}",
    "",
    "fn open<P, R>(",
    "    service: &dyn hmsffi::ServiceClient,",
    "    method: &str,",
    "    params: P,",
    "    options: &hmsffi::CallOptions,",
    ") -> hmsffi::Result<Box<dyn hmsffi::Stream<Item = hmsffi::Result<R>>>>",
    "where",
    "    P: serde::Serialize,",
    "    R: serde::de::DeserializeOwned + 'static,",
    "{",
    "    service.stream_call_with(method, params, options)",
    "}",
];

/// The widest line of rustfmt, and the widest arguments of a call in one line.
const WIDE: usize = 100;
const ARGUMENTS: usize = 60;
/// The widest line that rustfmt leaves alone in any case.
const SAFE: usize = 94;

/// The module of a client.
pub fn write(api: &Api) -> String {
    let mut scope = Scope::without(PRELUDE);
    let class = scope.take(&pascal(last_part(&api.service)));
    let types: Vec<String> = api.types.iter().map(|named| scope.take(&named.name)).collect();
    let errors = of_errors(api, &types, &mut scope);
    let mut module = Module { api, types, errors, text: Text::new("    ") };
    module.head();
    module.client(&class);
    module.text.lines(&HELPERS);
    api.types.iter().enumerate().for_each(|(index, named)| module.named(index, named));
    (0..api.errors.len()).for_each(|index| module.error(index));
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
        let made = format!("Made by hms stubs from {}. Do not edit: make it anew.", self.api.source());
        self.text.comment("//!", &format!("{}\n\n{made}", self.api.description));
        self.text.blank();
        // A program need not use all of it, and names are those of the service.
        self.text.line("#![allow(clippy::doc_lazy_continuation, clippy::enum_variant_names)]");
        self.text.line("#![allow(dead_code, clippy::large_enum_variant, clippy::type_complexity)]");
        self.text.line("#![allow(clippy::wrong_self_convention)]");
        if self.api.uses(|one| matches!(one, Type::Map(_))) {
            self.text.lines(&["", "use std::collections::BTreeMap;"]);
        }
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
                item(text, &method);
            }
        });
    }

    fn methods(&self) -> Vec<Text> {
        let mut scope = Scope::without(KEYWORDS).nor("new of service");
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
        let named = literal(&method.name);
        let given = ["&*self.service", &named, if takes { "params" } else { "()" }, "options"];
        let given = given.map(str::to_owned);
        let errors: Vec<String> =
            method.errors.iter().map(|&index| format!("[`{}`]", self.errors[index])).collect();
        text.comment("///", &with_errors(description, &errors));
        // It will be one deeper.
        text.list(WIDE - 4, &format!("pub fn {name}("), &parts, &format!(") -> hmsffi::Result<{answer}> {{"));
        let (called, end) = match flow {
            Flow::Call => ("call(", ")"),
            Flow::ServerStream => ("open(", ")"),
            _ => ("let stream = open(", ")?;"),
        };
        let width = given.iter().map(String::len).sum::<usize>() + 2 * (given.len() - 1);
        text.indented(|text| {
            text.list(if width > ARGUMENTS { 0 } else { WIDE }, called, &given, end);
            if flow.sends() {
                text.line("Ok(hmsffi::TypedStream::new(stream))");
            }
        });
        text.line("}");
        text
    }

    fn named(&mut self, index: usize, named: &Named) {
        let before = std::mem::replace(&mut self.text, Text::new("    "));
        self.definition(index, named);
        let definition = std::mem::replace(&mut self.text, before);
        self.text.blank();
        item(&mut self.text, &definition);
    }

    fn definition(&mut self, index: usize, named: &Named) {
        let name = self.types[index].clone();
        self.text.comment("///", &named.description);
        match &named.shape {
            Shape::Object(fields) => {
                let mut scope = Scope::without(KEYWORDS);
                let lines: Vec<_> = fields.iter().map(|field| self.field(index, field, &mut scope)).collect();
                self.text.line(DERIVED);
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
            Shape::Alias(meant) if self.api.is_recursive(index) || self.api.is_error(index) => {
                let meant = self.boxed(index, meant, self.meant(meant));
                self.text.line(DERIVED);
                self.text.line("#[serde(transparent)]");
                self.text.line(format!("pub struct {name}(pub {meant});"));
            }
            Shape::Alias(meant) => self.text.line(format!("pub type {name} = {};", self.meant(meant))),
        }
    }

    /// What makes a type the data of errors.
    fn error(&mut self, index: usize) {
        let (error, name) = (&self.api.errors[index], &self.errors[index]);
        if self.api.type_of_error(index).is_none() {
            let mut own = Text::new("    ");
            own.comment("///", &error.description);
            own.line(DERIVED);
            own.line("#[serde(transparent)]");
            own.line(format!("pub struct {name}(pub {});", self.meant(&error.data)));
            self.text.blank();
            item(&mut self.text, &own);
        }
        let mut data = Text::new("    ");
        data.block(format!("impl hmsffi::ErrorData for {name} {{"), "}", |text| {
            text.line(format!("const SCHEMA: &'static str = {};", literal(&error.schema)));
        });
        self.text.blank();
        item(&mut self.text, &data);
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
        let mut scope = Scope::without(KEYWORDS);
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
        let mut scope = Scope::without(KEYWORDS);
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
            Type::List(inner) => pascal(&format!("{}List", self.variant(inner))),
            Type::Map(inner) => pascal(&format!("{}Map", self.variant(inner))),
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
            Type::Map(inner) => format!("BTreeMap<String, {}>", self.meant(inner)),
            Type::Nullable(inner) => format!("Option<{}>", self.meant(inner)),
            Type::Named(index) => self.types[*index].clone(),
        }
    }
}

/// Adds what was written apart. Types that are too wide are left as they are: how rustfmt breaks them is its own.
fn item(text: &mut Text, item: &Text) {
    let lines: Vec<&str> = item.written().lines().collect();
    let is_code = |line: &&&str| !line.trim_start().starts_with("//");
    if lines.iter().filter(is_code).any(|line| line.chars().count() + text.column() > SAFE) {
        text.line("#[rustfmt::skip]");
    }
    text.lines(&lines);
}

fn literal(text: &str) -> String {
    quoted(text, |letter| format!("\\u{{{:x}}}", u32::from(letter)))
}
