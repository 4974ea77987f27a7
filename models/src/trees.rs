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
    /// Nobody can tell where what is stored is seen at once.
    #[allow(dead_code, reason = "the build has no need of it")]
    is_weak: bool,
}

/// Four slots, and a lock that favours whoever has had it once. Frames with payload may use all, and what is owed is published only where that must be. Who shares a CPU leaves it at once,
/// whatever the time.
const SMALL: &[Change] = &[
    Change { file: "layout", from: "SLOTS: u32 = 256", to: "SLOTS: u32 = 4" },
    Change { file: "layout", from: "RESERVED: u32 = 16", to: "RESERVED: u32 = 0" },
    Change { file: "layout", from: "MOST_OWED: u32 = 32", to: "MOST_OWED: u32 = 99" },
    Change { file: "lane", from: "use super::biased::", to: "use super::lock::" },
    Change { file: "biased", from: "FEWEST: u32 = 32", to: "FEWEST: u32 = 1" },
    Change { file: "biased", from: "MOST: u32 = 4096", to: "MOST: u32 = 1" },
    Change { file: "cpu", from: "STAYS: u32 = 8", to: "STAYS: u32 = 0" },
    Change { file: "cpu", from: "LONG_YIELD: u64 = 500_000", to: "LONG_YIELD: u64 = u64::MAX" },
];

const TREES: &[Tree] = &[
    Tree { name: "sound", changes: &[], fails: &[], is_weak: false },
    Tree { name: "no_fence_before_ringing", changes: &[Change { file: "lane", from: "self.memory.fence(SeqCst);\n        let sleep", to: "let sleep" }], fails: &["frames_one_by_one", "a_full_ring"], is_weak: true },
    Tree { name: "no_fence_after_arming", changes: &[Change { file: "lane", from: "lane.memory.fence(SeqCst);\n        bell", to: "bell" }], fails: &["frames_one_by_one", "a_full_ring"], is_weak: true },
    Tree { name: "no_fence_behind_a_stamp", changes: &[Change { file: "ring", from: "            memory.fence(Acquire);\n            let frame", to: "            let frame" }], fails: &["frames_one_by_one"], is_weak: true },
    Tree { name: "stamp_not_released", changes: &[Change { file: "ring", from: "memory.set(at, lap(self.produced), Release)", to: "memory.set(at, lap(self.produced), Relaxed)" }], fails: &["frames_one_by_one"], is_weak: true },
    Tree { name: "no_fence_behind_consumed", changes: &[Change { file: "ring", from: "let seen = memory.peer(CONSUMED);\n        memory.fence(Acquire);", to: "let seen = memory.peer(CONSUMED);" }], fails: &["a_full_ring"], is_weak: true },
    Tree { name: "consumed_not_released", changes: &[Change { file: "ring", from: "memory.set(CONSUMED, self.position, Release)", to: "memory.set(CONSUMED, self.position, Relaxed)" }], fails: &["a_full_ring"], is_weak: true },
    Tree { name: "bell_read_after_looking", changes: &[Change { file: "attend", from: "Led::Asleep(seen) => seen,", to: "Led::Asleep(seen) => Seen { bell: lane.bell(), ..seen }," }], fails: &["frames_one_by_one"], is_weak: false },
    Tree { name: "bell_read_after_arming", changes: &[Change { file: "lane", from: "lane.memory.fence(SeqCst);\n        bell", to: "lane.memory.fence(SeqCst);\n        lane.bell()" }], fails: &["frames_one_by_one"], is_weak: false },
    Tree { name: "rung_once_for_good", changes: &[Change { file: "lane", from: "self.last_rung.load(Relaxed) == sleep", to: "self.last_rung.load(Relaxed) != 0" }], fails: &["frames_one_by_one"], is_weak: false },
    Tree { name: "armings_look_alike", changes: &[Change { file: "lane", from: "reader.epoch.wrapping_add(ONE_EPOCH)", to: "ONE_EPOCH" }], fails: &["frames_one_by_one"], is_weak: false },
    Tree { name: "rings_without_changing_the_bell", changes: &[Change { file: "lane", from: "        self.memory.add(BELL);\n", to: "" }], fails: &["frames_one_by_one"], is_weak: false },
    Tree { name: "consumed_kept_while_asleep", changes: &[Change { file: "lane", from: "        self.publish_consumed();\n        let lane = self.lane;\n        let bell", to: "        let lane = self.lane;\n        let bell" }, Change { file: "attend", from: "        leading.publish_consumed();\n        look(leading, attendant);", to: "        look(leading, attendant);" }], fails: &["a_full_ring"], is_weak: false },
    Tree { name: "room_not_rung_for", changes: &[Change { file: "lane", from: "            lane.ring(Event::Room);\n", to: "" }], fails: &["a_full_ring"], is_weak: false },
    Tree { name: "asleep_for_frames_only", changes: &[Change { file: "lane", from: "if wants.room { WANT_ROOM }", to: "if false { WANT_ROOM }" }], fails: &["a_full_ring", "both_rings_full"], is_weak: false },
    Tree { name: "stamps_under_payload_left", changes: &[Change { file: "ring", from: "if self.is_inner(next) {", to: "if false {" }], fails: &["payload_like_a_stamp"], is_weak: false },
    Tree { name: "stamps_reset_after_publishing", changes: &[Change { file: "ring", from: "if self.is_inner(next) {", to: "if false {" }, Change { file: "ring", from: "        memory.set(at, lap(self.produced), Release);\n", to: "        memory.set(at, lap(self.produced), Release);\n        if self.is_inner(next) {\n            memory.set(slot_at(next), lap_before(next), Relaxed);\n        }\n" }], fails: &["payload_like_a_stamp"], is_weak: false },
    Tree { name: "leads_without_knocking", changes: &[Change { file: "lead", from: "let free = self.state.compare_exchange(HELD, FREE, Ordering::AcqRel, Ordering::Acquire).is_ok();", to: "let free = self.state.swap(FREE, Ordering::AcqRel) != FREE;" }], fails: &["a_caller_arrives"], is_weak: false },
    Tree { name: "second_knock_unseen", changes: &[Change { file: "lead", from: "if held != FREE\n", to: "if held == HELD | KNOCKED {\n                return false;\n            }\n            if held != FREE\n" }], fails: &["two_knock"], is_weak: true },
    Tree { name: "counted_after_knocking", changes: &[Change { file: "attend", from: "            attendant.begins_to_wait();\n            lane.lead()\n", to: "            let leading = lane.lead();\n            attendant.begins_to_wait();\n            leading\n" }], fails: &["a_leader_leaves"], is_weak: false },
    Tree { name: "sleeps_uncounted", changes: &[Change { file: "attend", from: "    attendant.begins_to_wait();\n    loop {", to: "    loop {" }], fails: &["a_leader_leaves"], is_weak: false },
    Tree { name: "knock_forgotten", changes: &[Change { file: "lead", from: "self.state.swap(HELD, Ordering::AcqRel);", to: "self.state.store(HELD, Ordering::Release);" }], fails: &["two_knock"], is_weak: true },
    Tree { name: "leaves_unarmed", changes: &[Change { file: "attend", from: "while attendant.is_due() {", to: "while false {" }], fails: &["a_leader_leaves"], is_weak: false },
    Tree { name: "leaves_frames_behind", changes: &[Change { file: "attend", from: "            if !leading.is_ready() {\n                break;", to: "            if true {\n                break;" }], fails: &["a_leader_leaves"], is_weak: false },
    Tree { name: "leaves_without_looking", changes: &[Change { file: "attend", from: "            look(&mut leading, attendant);\n            if !leading", to: "            if !leading" }], fails: &["a_leader_leaves_a_call_unsent"], is_weak: false },
    Tree { name: "forgets_a_call", changes: &[Change { file: "attend", from: "if flow? != Flow::Next {\n                    return Ok(hand_over(leading, attendant));", to: "if flow? != Flow::Next && false {\n                    return Ok(hand_over(leading, attendant));" }], fails: &["a_spare_thread_leaves"], is_weak: false },
    Tree { name: "hands_over_in_silence", changes: &[Change { file: "attend", from: "let more = leading.is_ready();\n", to: "let more = false;\n" }], fails: &["a_crew_hands_over"], is_weak: false },
    Tree { name: "ring_spent_on_who_was_woken", changes: &[Change { file: "attend", from: "slept_on.is_some_and(|slept_on| slept_on != bell)", to: "slept_on.is_some_and(|_: u32| false)" }], fails: &["a_leader_leaves"], is_weak: false },
    Tree { name: "leaves_frames_in_silence", changes: &[Change { file: "attend", from: "                    attendant.rouse_others();\n", to: "" }], fails: &["many_calls_of_three_threads"], is_weak: false },
    Tree { name: "gives_up_without_looking", changes: &[Change { file: "attend", from: "return look_once_more(lane, attendant, Ended::GaveUp);", to: "return Ok(Ended::GaveUp);" }], fails: &["a_caller_gives_up"], is_weak: false },
    Tree { name: "sleeps_beside_without_looking", changes: &[Change { file: "attend", from: "            left = 0;\n", to: "            return Ok(Spun::Sleep);\n" }], fails: &["the_peer_dies_on_the_same_cpu"], is_weak: false },
    Tree { name: "nudges_without_looking", changes: &[Change { file: "attend", from: "let more = leading.is_ready() | look();", to: "let more = look();" }], fails: &["a_nudge"], is_weak: false },
    Tree { name: "kick_read_after_looking", changes: &[Change { file: "attend", from: "Watched { value: seen.kick, ..kick.watched() }", to: "Watched { value: kick.watched().value.max(seen.kick), ..kick.watched() }" }], fails: &["a_nudge"], is_weak: false },
    Tree { name: "lends_for_good", changes: &[Change { file: "lead", from: "compare_exchange(LENT, KEPT, Ordering::AcqRel, Ordering::Acquire)", to: "compare_exchange(LENT, LENT, Ordering::AcqRel, Ordering::Acquire)" }], fails: &["a_leader_comes_back"], is_weak: true },
    Tree { name: "favoured_without_looking_again", changes: &[Change { file: "biased", from: "if self.favoured.load(Ordering::Acquire) == thread.number() {", to: "if true {" }], fails: &["a_lock_changes_hands"], is_weak: false },
    Tree { name: "announced_without_a_barrier", changes: &[Change { file: "biased", from: "                barrier::light();\n", to: "" }], fails: &["a_lock_changes_hands"], is_weak: true },
    Tree { name: "favour_taken_without_a_barrier", changes: &[Change { file: "biased", from: "            barrier::heavy();\n", to: "" }], fails: &["a_lock_changes_hands"], is_weak: true },
    Tree { name: "favour_taken_without_waiting", changes: &[Change { file: "biased", from: "            self.wait_for(favoured);\n", to: "" }], fails: &["a_lock_changes_hands"], is_weak: false },
    Tree { name: "lock_not_released", changes: &[Change { file: "biased", from: "How::Announced(place) => place.store(ptr::null_mut(), Ordering::Release)", to: "How::Announced(place) => place.store(ptr::null_mut(), Ordering::Relaxed)" }], fails: &["a_lock_changes_hands"], is_weak: true },
    Tree { name: "no_doorbell", changes: &[Change { file: "lane", from: "        if sleep & ON_DOORBELL != 0 {\n            self.memory.ring_doorbell", to: "        if false {\n            self.memory.ring_doorbell" }], fails: &["an_event_loop"], is_weak: false },
    Tree { name: "armed_for_threads_only", changes: &[Change { file: "lane", from: "if wants.doorbell { ON_BELL | ON_DOORBELL }", to: "if false { ON_BELL | ON_DOORBELL }" }], fails: &["an_event_loop", "a_thread_beside_an_event_loop"], is_weak: false },
    Tree { name: "fails_what_was_answered", changes: &[Change { file: "attend", from: "if has_ended && !leading.is_ready() {", to: "if has_ended {" }], fails: &["the_peer_dies"], is_weak: false },
];
