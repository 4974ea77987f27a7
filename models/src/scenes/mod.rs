//! What is modelled. Each scene is a few threads at the two ends of a lane; it fails if a thread sleeps for ever, if two
//! touch the same bytes in no order, or if something else comes than was sent.

mod callers;
mod crews;
mod frames;
mod wire;

use super::attend::Patience;
use crate::Scenes;
use crate::call::Deadline;

/// Sleeps as soon as there is nothing, for as long as it takes.
const SLEEPY: Patience = Patience { spin: 0, deadline: Deadline::NONE, otherwise: 0, slice: 0 };

/// Its time is over.
const AT_ONCE: Patience = Patience { spin: 0, deadline: Deadline(1), otherwise: 0, slice: 0 };

pub const SCENES: Scenes = &[
    ("frames_one_by_one", frames::one_by_one),
    ("frames_in_a_batch", frames::in_a_batch),
    ("two_threads_send", frames::two_threads_send),
    ("a_full_ring", frames::a_full_ring),
    ("both_rings_full", frames::both_rings_full),
    ("payload_like_a_stamp", frames::payload_like_a_stamp),
    ("a_leader_leaves", callers::a_leader_leaves),
    ("a_caller_arrives", callers::a_caller_arrives),
    ("a_caller_gives_up", callers::a_caller_gives_up),
    ("a_caller_is_late", callers::a_caller_is_late),
    ("a_call_waits_for_room", callers::a_call_waits_for_room),
    ("a_leader_leaves_a_call_unsent", callers::a_leader_leaves_what_waits_for_room),
    ("a_nudge", callers::a_nudge),
    ("the_peer_dies", callers::the_peer_dies),
    ("a_crew_hands_over", crews::a_crew_hands_over),
    ("a_spare_thread_leaves", crews::a_spare_thread_leaves),
];
