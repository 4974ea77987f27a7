//! What is modelled. Each scene is a few threads at the two ends of a lane; it fails if a thread sleeps for ever, if two
//! touch the same bytes in no order, or if something else comes than was sent.

mod callers;
mod crews;
mod frames;
mod leads;
mod locks;
mod loops;
mod long;
mod outbox;
mod wire;

use super::attend::Patience;
use crate::Scenes;
use crate::call::Deadline;

/// Sleeps as soon as there is nothing, for as long as it takes.
const SLEEPY: Patience = Patience { spin: 0, deadline: Deadline::NONE, otherwise: 0, slice: 0 };

/// Its time is over.
const AT_ONCE: Patience = Patience { spin: 0, deadline: Deadline(1), otherwise: 0, slice: 0 };

/// By name, with how many threads may be stopped in the middle of what they do. Where three is too much for a test that
/// runs each day, two is what it runs with.
pub const SCENES: Scenes = &[
    ("frames_one_by_one", 3, frames::one_by_one),
    ("frames_in_a_batch", 3, frames::in_a_batch),
    ("a_full_ring", 3, frames::a_full_ring),
    ("both_rings_full", 3, frames::both_rings_full),
    ("payload_like_a_stamp", 3, frames::payload_like_a_stamp),
    ("a_frame_that_does_not_fit", 3, frames::a_frame_that_does_not_fit),
    ("two_knock", 3, leads::two_knock),
    ("a_lock_changes_hands", 3, locks::a_lock_changes_hands),
    ("a_lock_goes_round", 3, locks::a_lock_goes_round),
    ("a_caller_is_late", 3, callers::a_caller_is_late),
    ("a_nudge", 3, callers::a_nudge),
    ("a_crew_hands_over", 3, crews::a_crew_hands_over),
    ("a_spare_thread_leaves", 3, crews::a_spare_thread_leaves),
    ("a_leader_is_overtaken", 2, crews::a_leader_is_overtaken),
    ("a_leader_comes_back", 2, crews::a_leader_comes_back),
    ("two_threads_send", 2, frames::two_threads_send),
    ("a_leader_leaves", 2, callers::a_leader_leaves),
    ("a_caller_arrives", 2, callers::a_caller_arrives),
    ("a_caller_gives_up", 2, callers::a_caller_gives_up),
    ("a_call_waits_for_room", 2, callers::a_call_waits_for_room),
    ("a_leader_leaves_a_call_unsent", 2, callers::a_leader_leaves_a_call_unsent),
    ("the_peer_dies", 2, callers::the_peer_dies),
    ("the_peer_dies_on_the_same_cpu", 2, callers::the_peer_dies_on_the_same_cpu),
    ("an_event_loop", 3, loops::an_event_loop),
    ("a_thread_beside_an_event_loop", 2, loops::a_thread_beside_an_event_loop),
    ("a_call_beside_a_leader_that_leaves", 2, loops::a_call_beside_a_leader_that_leaves),
];

/// The same of many steps, for a scheduler that does not try all orders.
pub const LONG_SCENES: Scenes = &[
    ("many_frames_each_way", 5, long::many_frames_each_way),
    ("many_calls_of_three_threads", 5, long::many_calls_of_three_threads),
    ("many_calls_for_a_crew", 5, long::many_calls_for_a_crew),
];
