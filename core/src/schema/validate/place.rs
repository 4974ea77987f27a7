//! Where in a value the validator is, as a list through its stack: a path is made of it only where something is wrong.

use crate::codec::path::{self, Step};

/// A place in a value.
#[derive(Clone, Copy)]
pub(in crate::schema) struct Place<'p> {
    above: Option<(&'p Place<'p>, Step<'p>)>,
    /// Lists and maps that are open around it.
    pub depth: usize,
}

impl Place<'_> {
    /// The whole value.
    pub const ROOT: Place<'static> = Place { above: None, depth: 0 };

    /// The place of an item.
    pub fn index(&self, index: usize) -> Place<'_> {
        Place { above: Some((self, Step::Index(index as u64))), depth: self.depth + 1 }
    }

    /// The place of a member.
    pub fn member<'a>(&'a self, key: &'a str) -> Place<'a> {
        Place { above: Some((self, Step::Key(key))), depth: self.depth + 1 }
    }

    /// Its path, such as `$.items[3].age`.
    pub fn path(&self) -> String {
        let mut steps = Vec::with_capacity(self.depth);
        let mut at = self;
        while let Some((above, step)) = &at.above {
            steps.push(*step);
            at = above;
        }
        path::render(steps.into_iter().rev())
    }
}
