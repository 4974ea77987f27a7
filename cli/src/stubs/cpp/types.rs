//! The types.

use super::{Header, comment};
use crate::stubs::model::{Field, Named, Shape};

impl Header<'_> {
    pub(super) fn named(&mut self, index: usize) {
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

    fn field(&self, index: usize, field: &Field) -> String {
        let held = self.boxed(index, field.present());
        if field.may_lack() { format!("std::optional<{held}>") } else { held }
    }
}
