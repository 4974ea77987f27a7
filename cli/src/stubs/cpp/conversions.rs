//! How types become values and back: `hms::Convert`.

use super::{Header, literal};
use crate::stubs::model::Shape;
use crate::stubs::names::snake;

impl Header<'_> {
    pub(super) fn declare(&mut self, index: usize) {
        self.declare_as(&format!("{}::{}", self.space, self.types[index]));
    }

    pub(super) fn declare_as(&mut self, name: &str) {
        self.text.block(format!("template <> struct Convert<{name}> {{"), "};", |text| {
            text.line(format!("static Value to(const {name} &from);"));
            text.line(format!("static expected<{name}> from(const Value &value);"));
        });
    }

    /// Of a struct that has a value and is sent as that.
    pub(super) fn define_as_value(&mut self, name: &str) {
        let (to, from) = heads(name);
        self.text.blank();
        self.text.block(to, "}", |text| text.line("return typed::to_value(from.value);"));
        self.text.block(from, "}", |text| {
            text.line(format!("auto made = Convert<decltype({name}::value)>::from(value);"));
            text.line("if (!made) return std::move(made.error());");
            text.line(format!("return {name}{{std::move(*made)}};"));
        });
    }

    pub(super) fn define(&mut self, index: usize) {
        let name = format!("{}::{}", self.space, self.types[index]);
        let (to, from) = heads(&name);
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
            Shape::Union(_) | Shape::Alias(_) => self.define_as_value(&name),
        }
    }
}

/// How the two functions of a conversion begin.
fn heads(name: &str) -> (String, String) {
    (
        format!("inline Value Convert<{name}>::to(const {name} &from) {{"),
        format!("inline expected<{name}> Convert<{name}>::from(const Value &value) {{"),
    )
}
