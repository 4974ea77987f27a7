// The trees: the lane as it is, and with one rule broken each.

/// A change of a file of the lane.
struct Change {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// The lane with some changes.
struct Tree {
    name: &'static str,
    changes: &'static [Change],
    /// Scenes that must fail. All others are not run, except in the tree without changes, where all must pass.
    #[allow(dead_code, reason = "the build has no need of it")]
    fails: &'static [&'static str],
}

/// Four slots. Frames with payload may use all, and what is owed is published only where that must be.
const SMALL: &[Change] = &[
    Change { file: "layout", from: "SLOTS: u32 = 256", to: "SLOTS: u32 = 4" },
    Change { file: "layout", from: "RESERVED: u32 = 16", to: "RESERVED: u32 = 0" },
    Change { file: "layout", from: "MOST_OWED: u32 = 32", to: "MOST_OWED: u32 = 4" },
];

const TREES: &[Tree] = &[
    Tree { name: "sound", changes: &[], fails: &[] },
];
