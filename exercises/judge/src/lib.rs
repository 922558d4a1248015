//! The checks of all exercises, from the same files that `cargo test` runs for
//! one of them.

use testkit::grade::Exercise;

#[path = "../../00-first-contact/tests/ask.rs"]
mod ask;
#[path = "../../07-many-at-once/tests/both-talk.rs"]
mod both_talk;
#[path = "../../09-out-of-band/tests/cancel.rs"]
mod cancel;
#[path = "../../08-server/tests/crowd.rs"]
mod crowd;
#[path = "../../08-server/tests/crowd-judge.rs"]
mod crowd_judge;
#[path = "../../01-connect/tests/dial.rs"]
mod dial;
#[path = "../../06-client/tests/dial-any.rs"]
mod dial_any;
#[path = "../../07-many-at-once/tests/dial-timeout.rs"]
mod dial_timeout;
#[path = "../../03-accept/tests/dropped.rs"]
mod dropped;
#[path = "../../05-transfer/tests/echo-judge.rs"]
mod echo_judge;
#[path = "../../06-client/tests/first-only.rs"]
mod first_only;
#[path = "../../05-transfer/tests/framed.rs"]
mod framed;
#[path = "../../03-accept/tests/greeter.rs"]
mod greeter;
#[path = "../../09-out-of-band/tests/keep.rs"]
mod keep;
#[path = "../../05-transfer/tests/last-word.rs"]
mod last_word;
#[path = "../../09-out-of-band/tests/late-mark.rs"]
mod late_mark;
#[path = "../../05-transfer/tests/line-by-line.rs"]
mod line_by_line;
#[path = "../../05-transfer/tests/lost-tail.rs"]
mod lost_tail;
#[path = "../../08-server/tests/one-bad-client.rs"]
mod one_bad_client;
#[path = "../../02-listen/tests/open-port.rs"]
mod open_port;
#[path = "../../06-client/tests/post.rs"]
mod post;
#[path = "../../08-server/tests/relay.rs"]
mod relay;
#[path = "../../05-transfer/tests/send-all.rs"]
mod send_all;
#[path = "../../05-transfer/tests/sniff.rs"]
mod sniff;
#[path = "../../00-first-contact/tests/stale-number.rs"]
mod stale_number;
#[path = "../../07-many-at-once/tests/stale-set.rs"]
mod stale_set;
#[path = "../../01-connect/tests/swapped-port.rs"]
mod swapped_port;
#[path = "../../02-listen/tests/too-early.rs"]
mod too_early;
#[path = "../../04-getpeername/tests/visitors.rs"]
mod visitors;
#[path = "../../07-many-at-once/tests/waiting-room.rs"]
mod waiting_room;
#[path = "../../04-getpeername/tests/who.rs"]
mod who;
#[path = "../../07-many-at-once/tests/who-waits.rs"]
mod who_waits;

/// Every graded exercise, in the order of the book.
pub static ALL: [&Exercise; 32] = [
    &ask::EXERCISE,
    &stale_number::EXERCISE,
    &dial::EXERCISE,
    &swapped_port::EXERCISE,
    &open_port::EXERCISE,
    &too_early::EXERCISE,
    &greeter::EXERCISE,
    &dropped::EXERCISE,
    &who::EXERCISE,
    &visitors::EXERCISE,
    &lost_tail::EXERCISE,
    &send_all::EXERCISE,
    &line_by_line::EXERCISE,
    &framed::EXERCISE,
    &last_word::EXERCISE,
    &sniff::EXERCISE,
    &echo_judge::EXERCISE,
    &first_only::EXERCISE,
    &dial_any::EXERCISE,
    &post::EXERCISE,
    &stale_set::EXERCISE,
    &dial_timeout::EXERCISE,
    &who_waits::EXERCISE,
    &waiting_room::EXERCISE,
    &both_talk::EXERCISE,
    &one_bad_client::EXERCISE,
    &crowd::EXERCISE,
    &relay::EXERCISE,
    &crowd_judge::EXERCISE,
    &late_mark::EXERCISE,
    &cancel::EXERCISE,
    &keep::EXERCISE,
];
