//! C++17: structs for what calls take and give, how they become values and back, and a class with a method for each.

use super::model::{Api, Field, Flow, Integer, Method, Named, Shape, Type};
use super::names::{Scope, last_part, pascal, snake};
use super::text::{LINE, Text, quoted, wrapped};

const KEYWORDS: [&str; 92] = [
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
];

/// What the types of members mean, which a member of that name would hide.
const HIDDEN: [&str; 10] =
    ["hms", "int16_t", "int32_t", "int64_t", "int8_t", "std", "uint16_t", "uint32_t", "uint64_t", "uint8_t"];

/// The widest line.
const WIDE: usize = 100;

/// The header of a client.
pub fn write(api: &Api) -> String {
    let mut scope = Scope::default();
    let class = scope.take(&pascal(last_part(&api.service)));
    let types = api.types.iter().map(|named| scope.take(&named.name)).collect();
    let space = Scope::without(&KEYWORDS).nor(&["hms", "posix", "std"]).take(&snake(last_part(&api.service)));
    let mut header = Header { api, types, space, text: Text::new("    ") };
    header.write(&class);
    header.text.finish()
}

struct Header<'a> {
    api: &'a Api,
    types: Vec<String>,
    space: String,
    text: Text,
}

impl Header<'_> {
    fn write(&mut self, class: &str) {
        let Api { description, types, .. } = self.api;
        let guard = format!("HMS_STUBS_{}_HPP", self.space.to_uppercase());
        let space = self.space.clone();
        self.text
            .line(format!("// Made by hms stubs from {}. Do not edit: make it anew.", self.api.source()));
        self.text.lines(&[&format!("#ifndef {guard}"), &format!("#define {guard}"), ""]);
        self.text.lines(&["#include <hmsffi/typed.hpp>", ""]);
        comment(&mut self.text, description);
        self.text.line(format!("namespace {space} {{"));
        self.text.blank();
        let structs = (0..types.len()).filter(|&index| self.is_struct(index));
        let declared: Vec<String> = structs.map(|index| format!("struct {};", self.types[index])).collect();
        declared.iter().for_each(|line| self.text.line(line));
        let order = self.order();
        for &index in &order {
            self.named(index);
        }
        self.text.blank();
        self.text.line(format!("}} // namespace {space}"));
        let converted: Vec<usize> = order.into_iter().filter(|&index| self.is_converted(index)).collect();
        if !converted.is_empty() {
            self.text.blank();
            self.text.line("namespace hms { inline namespace HMSFFI_VARIANT {");
            self.text.blank();
            converted.iter().for_each(|&index| self.declare(index));
            converted.iter().for_each(|&index| self.define(index));
            self.text.blank();
            self.text.line("}} // namespace hms");
        }
        self.text.blank();
        self.text.line(format!("namespace {space} {{"));
        self.client(class);
        self.text.blank();
        self.text.lines(&[&format!("}} // namespace {space}"), "", "#endif"]);
    }

    /// Whether it can be declared before it is defined.
    fn is_struct(&self, index: usize) -> bool {
        match self.api.types[index].shape {
            Shape::Object(_) => true,
            Shape::Enum(_) => false,
            Shape::Union(_) | Shape::Alias(_) => self.api.is_recursive(index),
        }
    }

    fn is_converted(&self, index: usize) -> bool {
        self.is_struct(index) || matches!(self.api.types[index].shape, Shape::Enum(_))
    }

    /// The types, each behind those that it needs to be there.
    fn order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        (0..self.types.len()).for_each(|index| self.visit(index, &mut order, &mut Vec::new()));
        order
    }

    fn visit(&self, index: usize, order: &mut Vec<usize>, open: &mut Vec<usize>) {
        if order.contains(&index) || open.contains(&index) {
            return;
        }
        open.push(index);
        for part in self.api.types[index].parts() {
            self.visit_part(part, index, false, order, open);
        }
        open.pop();
        order.push(index);
    }

    /// A struct in a list, a map or a box need only be declared.
    fn visit_part(&self, one: &Type, of: usize, apart: bool, order: &mut Vec<usize>, open: &mut Vec<usize>) {
        match one {
            Type::Named(index) if self.is_struct(*index) && (apart || self.api.embeds(*index, of)) => {}
            Type::Named(index) => self.visit(*index, order, open),
            Type::List(inner) | Type::Map(inner) => self.visit_part(inner, of, true, order, open),
            Type::Nullable(inner) => self.visit_part(inner, of, apart, order, open),
            _ => {}
        }
    }

    fn named(&mut self, index: usize) {
        let Named { description, shape, .. } = &self.api.types[index];
        let name = self.types[index].clone();
        self.text.blank();
        comment(&mut self.text, description);
        match shape {
            Shape::Object(fields) => {
                let members: Vec<_> = self.members(fields).into_iter().zip(fields).collect();
                let held: Vec<String> = fields.iter().map(|field| self.field(index, field)).collect();
                self.text.block(format!("struct {name} {{"), "};", |text| {
                    for ((member, field), held) in members.iter().zip(&held) {
                        comment(text, &field.description);
                        text.line(format!("{held} {member}{{}};"));
                    }
                    if members.is_empty() {
                        return text
                            .line(format!("bool operator==(const {name} &) const {{ return true; }}"));
                    }
                    text.block(format!("bool operator==(const {name} &other) const {{"), "}", |text| {
                        let last = members.len() - 1;
                        for (index, (member, _)) in members.iter().enumerate() {
                            let before = if index == 0 { "return " } else { "       " };
                            let after = if index == last { ";" } else { " &&" };
                            text.line(format!("{before}{member} == other.{member}{after}"));
                        }
                    });
                });
            }
            Shape::Enum(values) => {
                let names = self.enumerators(values.iter().map(|one| one.value.as_str()));
                self.text.block(format!("enum class {name} {{"), "};", |text| {
                    for (one, member) in values.iter().zip(names) {
                        comment(text, &one.description);
                        text.line(format!("{member},"));
                    }
                });
            }
            Shape::Union(_) | Shape::Alias(_) if self.is_struct(index) => {
                let held = self.behind(index);
                self.text.block(format!("struct {name} {{"), "};", |text| {
                    text.line(format!("{held} value{{}};"));
                    let compared = "{ return value == other.value; }";
                    text.line(format!("bool operator==(const {name} &other) const {compared}"));
                });
            }
            Shape::Union(_) | Shape::Alias(_) => {
                let held = self.behind(index);
                self.text.line(format!("using {name} = {held};"));
            }
        }
    }

    /// What a union or another name stands for.
    fn behind(&self, index: usize) -> String {
        match &self.api.types[index].shape {
            Shape::Union(types) => {
                let types: Vec<String> = types.iter().map(|one| self.boxed(index, one)).collect();
                format!("std::variant<{}>", types.join(", "))
            }
            Shape::Alias(meant) => self.boxed(index, meant),
            Shape::Object(_) | Shape::Enum(_) => self.types[index].clone(),
        }
    }

    fn members(&self, fields: &[Field]) -> Vec<String> {
        let mut scope = Scope::without(&KEYWORDS).nor(&HIDDEN).nor(&["other"]);
        fields.iter().map(|field| scope.take(&snake(&field.name))).collect()
    }

    fn enumerators<'v>(&self, values: impl Iterator<Item = &'v str>) -> Vec<String> {
        let mut scope = Scope::without(&KEYWORDS);
        values.map(|value| scope.take(&snake(value))).collect()
    }

    fn field(&self, index: usize, field: &Field) -> String {
        let held = self.boxed(index, field.present());
        if field.may_lack() { format!("std::optional<{held}>") } else { held }
    }

    fn boxed(&self, container: usize, one: &Type) -> String {
        match one {
            Type::Named(index) if self.api.embeds(*index, container) => {
                format!("hms::Box<{}>", self.meant(one))
            }
            Type::Nullable(inner) => format!("std::optional<{}>", self.boxed(container, inner)),
            _ => self.meant(one),
        }
    }

    fn declare(&mut self, index: usize) {
        let name = format!("{}::{}", self.space, self.types[index]);
        self.text.block(format!("template <> struct Convert<{name}> {{"), "};", |text| {
            text.line(format!("static Value to(const {name} &from);"));
            text.line(format!("static expected<{name}> from(const Value &value);"));
        });
    }

    fn define(&mut self, index: usize) {
        let name = format!("{}::{}", self.space, self.types[index]);
        let to = format!("inline Value Convert<{name}>::to(const {name} &from) {{");
        let from = format!("inline expected<{name}> Convert<{name}>::from(const Value &value) {{");
        let api = self.api;
        match &api.types[index].shape {
            Shape::Object(fields) => {
                let members = self.members(fields);
                let puts = fields.iter().zip(&members).map(|(field, member)| {
                    let optional =
                        if field.may_lack() { format!(", {}", !field.is_required) } else { String::new() };
                    format!("typed::put(map, {}, from.{member}{optional});", literal(&field.name))
                });
                let puts: Vec<String> = puts.collect();
                let takes = fields.iter().zip(&members).map(|(field, member)| {
                    let what = if field.is_required { "required" } else { "optional" };
                    format!("fields.{what}({}, made.{member});", literal(&field.name))
                });
                let takes: Vec<String> = takes.collect();
                let to = if fields.is_empty() { to.replace(" &from)", " &)") } else { to };
                self.text.blank();
                self.text.block(to, "}", |text| {
                    text.line("Map map;");
                    puts.iter().for_each(|line| text.line(line));
                    text.line("return map;");
                });
                self.text.block(from, "}", |text| {
                    text.line(format!("{name} made;"));
                    text.line("typed::Fields fields(value);");
                    takes.iter().for_each(|line| text.line(line));
                    text.line("return fields.done(std::move(made));");
                });
            }
            Shape::Enum(values) => {
                let members = self.enumerators(values.iter().map(|one| one.value.as_str()));
                let table = format!("names_of_{}_{}", self.space, snake(&self.types[index]));
                self.text.blank();
                let head = format!("inline constexpr std::pair<{name}, const char *> {table}[] = {{");
                self.text.block(head, "};", |text| {
                    for (one, member) in values.iter().zip(members) {
                        text.line(format!("{{{name}::{member}, {}}},", literal(&one.value)));
                    }
                });
                self.text.block(to, "}", |text| text.line(format!("return typed::name_of({table}, from);")));
                self.text.block(from, "}", |text| text.line(format!("return typed::named({table}, value);")));
            }
            Shape::Union(_) | Shape::Alias(_) => {
                let held = format!("decltype({name}::value)");
                self.text.blank();
                self.text.block(to, "}", |text| text.line("return typed::to_value(from.value);"));
                self.text.block(from, "}", |text| {
                    text.line(format!("auto made = Convert<{held}>::from(value);"));
                    text.line("if (!made) return std::move(made.error());");
                    text.line(format!("return {name}{{std::move(*made)}};"));
                });
            }
        }
    }

    fn client(&mut self, class: &str) {
        let api = self.api;
        let mut scope = Scope::without(&KEYWORDS).nor(&HIDDEN).nor(&["asked_for", "service"]);
        let methods: Vec<Text> =
            api.methods.iter().map(|method| self.method(method, &scope.take(&snake(&method.name)))).collect();
        let text = &mut self.text;
        text.blank();
        comment(text, &format!("Calls {}; usable on several threads at once.", api.service));
        text.line(format!("class {class} {{"));
        text.line("  public:");
        text.indented(|text| {
            text.line("// What the client was made for.");
            text.line(format!("static constexpr const char *asked_for = {};", literal(&api.query())));
            text.blank();
            let parts = ["const hms::Client &client".into(), "std::string_view service = asked_for".into()];
            text.list(WIDE, &format!("explicit {class}("), &parts, ")");
            text.line("    : service_(client.get_service(service)) {}");
            for method in methods {
                text.blank();
                text.lines(&method.written().lines().collect::<Vec<_>>());
            }
        });
        text.blank();
        text.line("  private:");
        text.indented(|text| text.line("hms::RemoteService service_;"));
        text.line("};");
    }

    fn method(&self, method: &Method, name: &str) -> Text {
        let Method { description, flow, params, result, .. } = method;
        let mut text = Text::new("    ");
        let takes = !flow.sends() && *params != Type::Null;
        let answer = match (flow, result) {
            (Flow::Call, Type::Null) => "void".to_owned(),
            (Flow::Call, _) => self.meant(result),
            (Flow::ServerStream, _) => format!("hms::typed::IncomingStream<{}>", self.meant(result)),
            _ => format!("hms::typed::DuplexStream<{}, {}>", self.meant(params), self.meant(result)),
        };
        let taken = self.taken(params);
        let options = "const hms::CallOptions &options = {}".to_owned();
        let parts = if takes { vec![taken, options] } else { vec![options] };
        let request = if takes { "hms::typed::to_value(params)" } else { "nullptr" };
        let how = if *flow == Flow::Call { "call" } else { "open" };
        comment(&mut text, description);
        let whole = format!("hms::expected<{answer}> {name}({}) const {{", parts.join(", "));
        if whole.len() + 4 <= WIDE {
            text.line(whole);
        } else {
            text.line(format!("hms::expected<{answer}> {name}("));
            text.line(format!("    {}) const {{", parts.join(", ")));
        }
        text.indented(|text| {
            text.line(format!("return hms::typed::{how}<{answer}>("));
            text.line(format!("    service_, {}, {request}, options);", literal(&method.name)));
        });
        text.line("}");
        text
    }

    /// What a method takes.
    fn taken(&self, one: &Type) -> String {
        match one {
            Type::Boolean | Type::Integer(_) | Type::Number => format!("{} params", self.meant(one)),
            Type::Text => "std::string_view params".into(),
            Type::Any => "const hms::Value &params = nullptr".into(),
            Type::Named(index) if matches!(self.api.types[*index].shape, Shape::Enum(_)) => {
                format!("{} params", self.meant(one))
            }
            _ => format!("const {} &params", self.meant(one)),
        }
    }

    fn meant(&self, one: &Type) -> String {
        match one {
            Type::Any => "hms::Value".into(),
            Type::Null => "std::nullptr_t".into(),
            Type::Boolean => "bool".into(),
            Type::Integer(Integer::Bits { bits, is_signed }) => {
                format!("{}int{bits}_t", if *is_signed { "" } else { "u" })
            }
            Type::Integer(_) => "int64_t".into(),
            Type::Number => "double".into(),
            Type::Text => "std::string".into(),
            Type::Bytes => "std::vector<uint8_t>".into(),
            Type::DateTime => "hms::DateTime".into(),
            Type::Uuid => "hms::Uuid".into(),
            // A vector of these would be bytes.
            Type::List(inner) if **inner == Type::Integer(Integer::Bits { bits: 8, is_signed: false }) => {
                "std::vector<uint16_t>".into()
            }
            Type::List(inner) => format!("std::vector<{}>", self.meant(inner)),
            Type::Map(inner) => format!("std::map<std::string, {}>", self.meant(inner)),
            Type::Nullable(inner) => format!("std::optional<{}>", self.meant(inner)),
            Type::Named(index) => self.types[*index].clone(),
        }
    }
}

/// A comment, in which no line may end as one that goes on.
fn comment(text: &mut Text, description: &str) {
    for line in wrapped(description, LINE - text.column()) {
        let end = if line.ends_with('\\') { " ." } else { "" };
        text.line(format!("// {line}{end}").trim_end());
    }
}

/// What is no letter is written by its bytes: escapes of characters are not for all of them.
fn literal(text: &str) -> String {
    let bytes = |letter: char| letter.to_string().bytes().map(|byte| format!("\\{byte:03o}")).collect();
    quoted(text, bytes)
}
