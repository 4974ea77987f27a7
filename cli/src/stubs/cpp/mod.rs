//! C++17: structs for what calls take and give, how they become values and back, and a class with a method for each.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | the header as a whole, and how types are written where they are used |
//! | `order.rs` | which type must stand before which |
//! | `types.rs` | the types |
//! | `conversions.rs` | how they become values and back |
//! | `errors.rs` | which of them errors carry |
//! | `client.rs` | the class |

mod client;
mod conversions;
mod errors;
mod order;
mod types;

use super::model::{Api, Field, Integer, Shape, Type};
use super::names::{Scope, last_part, of_errors, pascal, snake};
use super::text::{LINE, Text, quoted, wrapped};

const KEYWORDS: &str = "\
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t \
    char8_t class co_await co_return co_yield compl concept const const_cast consteval constexpr \
    constinit continue decltype default delete do double dynamic_cast else enum explicit export extern \
    false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr \
    operator or or_eq private protected public register reinterpret_cast requires return short signed \
    sizeof static static_assert static_cast struct switch template this thread_local throw true try \
    typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq";

/// What the types of members mean, which a member of that name would hide.
const HIDDEN: &str = "hms int16_t int32_t int64_t int8_t std uint16_t uint32_t uint64_t uint8_t";

/// The widest line.
const WIDE: usize = 100;

/// The header of a client.
pub fn write(api: &Api) -> String {
    let mut scope = Scope::default();
    let class = scope.take(&pascal(last_part(&api.service)));
    let types: Vec<String> = api.types.iter().map(|named| scope.take(&named.name)).collect();
    let errors = of_errors(api, &types, &mut scope);
    let space = Scope::without(KEYWORDS).nor("hms posix std").take(&snake(last_part(&api.service)));
    let mut header = Header { api, types, errors, space, text: Text::new("    ") };
    header.write(&class);
    header.text.finish()
}

struct Header<'a> {
    api: &'a Api,
    types: Vec<String>,
    errors: Vec<String>,
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
        self.own_types();
        self.text.blank();
        for &index in &order {
            if self.is_struct(index) {
                self.comparison(index);
            }
        }
        self.text.blank();
        self.text.line(format!("}} // namespace {space}"));
        let converted: Vec<usize> = order.into_iter().filter(|&index| self.is_converted(index)).collect();
        if !converted.is_empty() || !self.errors.is_empty() {
            self.text.blank();
            self.text.line("namespace hms { inline namespace HMSFFI_VARIANT {");
            self.text.blank();
            converted.iter().for_each(|&index| self.declare(index));
            converted.iter().for_each(|&index| self.define(index));
            self.error_data();
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
            Shape::Union(_) | Shape::Alias(_) => self.api.is_recursive(index) || self.api.is_error(index),
        }
    }

    fn is_converted(&self, index: usize) -> bool {
        self.is_struct(index) || matches!(self.api.types[index].shape, Shape::Enum(_))
    }

    fn members(&self, fields: &[Field]) -> Vec<String> {
        let mut scope = Scope::without(KEYWORDS).nor(HIDDEN).nor("other");
        fields.iter().map(|field| scope.take(&snake(&field.name))).collect()
    }

    fn enumerators<'v>(&self, values: impl Iterator<Item = &'v str>) -> Vec<String> {
        let mut scope = Scope::without(KEYWORDS);
        values.map(|value| scope.take(&snake(value))).collect()
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
