// The trees: the lane as it is, and with one rule broken each. A model that cannot fail proves nothing.

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
    /// Scenes that must fail. Of the tree without changes all are run, and must pass.
    #[allow(dead_code, reason = "the build has no need of it")]
    fails: &'static [&'static str],
}

/// Four slots. Frames with payload may use all, and what is owed is published only where that must be.
const SMALL: &[Change] = &[
    Change { file: "layout", from: "SLOTS: u32 = 256", to: "SLOTS: u32 = 4" },
    Change { file: "layout", from: "RESERVED: u32 = 16", to: "RESERVED: u32 = 0" },
    Change { file: "layout", from: "MOST_OWED: u32 = 32", to: "MOST_OWED: u32 = 99" },
];

const TREES: &[Tree] = &[
    Tree { name: "sound", changes: &[], fails: &[] },
    Tree {
        name: "no_fence_before_ringing",
        changes: &[Change {
            file: "lane",
            from: "self.memory.fence(SeqCst);\n        let sleep",
            to: "let sleep",
        }],
        fails: &["frames_one_by_one", "a_full_ring"],
    },
    Tree {
        name: "no_fence_after_arming",
        changes: &[Change { file: "lane", from: "lane.memory.fence(SeqCst);\n        bell", to: "bell" }],
        fails: &["frames_one_by_one", "a_full_ring"],
    },
    Tree {
        name: "no_fence_behind_a_stamp",
        changes: &[Change {
            file: "ring",
            from: "            memory.fence(Acquire);\n            let frame",
            to: "            let frame",
        }],
        fails: &["frames_one_by_one"],
    },
    Tree {
        name: "stamp_not_released",
        changes: &[Change {
            file: "ring",
            from: "memory.set(at, lap(self.produced), Release)",
            to: "memory.set(at, lap(self.produced), Relaxed)",
        }],
        fails: &["frames_one_by_one"],
    },
    Tree {
        name: "room_seen_without_fence",
        changes: &[Change {
            file: "ring",
            from: "let seen = memory.peer(CONSUMED);\n        memory.fence(Acquire);",
            to: "let seen = memory.peer(CONSUMED);",
        }],
        fails: &["a_full_ring"],
    },
    Tree {
        name: "bell_read_after_looking",
        changes: &[Change {
            file: "attend",
            from: "Ok(()) => return Ok(seen),",
            to: "Ok(()) => return Ok(Seen { bell: leading_bell(), ..seen }),",
        }],
        fails: &["frames_one_by_one"],
    },
    Tree {
        name: "bell_read_after_arming",
        changes: &[],
        fails: &["frames_one_by_one"],
    },
    Tree {
        name: "rung_once_for_good",
        changes: &[Change {
            file: "lane",
            from: "self.last_rung.load(Relaxed) == sleep",
            to: "self.last_rung.load(Relaxed) != 0",
        }],
        fails: &["frames_one_by_one"],
    },
];
