//! Which type must stand before which: C++ wants to know the size of what a struct has in itself.

use super::Header;
use crate::stubs::model::Type;

impl Header<'_> {
    /// The types, each behind those that it needs to be there.
    pub(super) fn order(&self) -> Vec<usize> {
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
}
