//! Which types errors carry: `hms::ErrorData`.

use super::{Header, comment, literal};

impl Header<'_> {
    /// The types of errors whose data have none that is theirs alone.
    pub(super) fn own_types(&mut self) {
        for index in self.without_type() {
            let (error, name) = (&self.api.errors[index], self.errors[index].clone());
            let held = self.meant(&error.data);
            self.text.blank();
            comment(&mut self.text, &error.description);
            self.text.block(format!("struct {name} {{"), "};", |text| {
                text.line(format!("{held} value{{}};"));
                let head = format!("bool operator==(const {name} &other) const {{");
                text.block(head, "}", |text| text.line("return value == other.value;"));
            });
        }
    }

    /// How they become values and back, and which schema each error has.
    pub(super) fn error_data(&mut self) {
        for index in self.without_type() {
            let name = self.in_space(index);
            self.text.blank();
            self.declare_as(&name);
            self.define_as_value(&name);
        }
        for (index, error) in self.api.errors.iter().enumerate() {
            let name = self.in_space(index);
            self.text.blank();
            self.text.block(format!("template <> struct ErrorData<{name}> {{"), "};", |text| {
                text.line(format!("static constexpr std::string_view schema = {};", literal(&error.schema)));
            });
        }
    }

    fn without_type(&self) -> Vec<usize> {
        (0..self.errors.len()).filter(|&index| self.api.type_of_error(index).is_none()).collect()
    }

    fn in_space(&self, index: usize) -> String {
        format!("{}::{}", self.space, self.errors[index])
    }
}
