//! The proof that the checks tell right from wrong: of each exercise the
//! reference and every also-right program get full points, the stub and every
//! wrong program fail as their headers say.
//!
//! ```sh
//! cargo test -p proof                                # all of it
//! cargo test -p proof -- greeter                     # one exercise
//! cargo test -p proof -- reference --times 50        # flakiness
//! cargo test -p proof -- reference --times 50 --busy 8
//! cargo test -p proof -- story --record              # the page's story anew
//! ```

use std::process::ExitCode;

use testkit::grade::Exercise;
use testkit::proof::{self, Story};

#[path = "../../../exercises/00-first-contact/tests/ask.rs"]
mod ask;
#[path = "../../../exercises/07-many-at-once/tests/both-talk.rs"]
mod both_talk;
#[path = "../../../exercises/09-out-of-band/tests/cancel.rs"]
mod cancel;
#[path = "../../../exercises/08-server/tests/crowd.rs"]
mod crowd;
#[path = "../../../exercises/08-server/tests/crowd-judge.rs"]
mod crowd_judge;
#[path = "../../../exercises/01-connect/tests/dial.rs"]
mod dial;
#[path = "../../../exercises/06-client/tests/dial-any.rs"]
mod dial_any;
#[path = "../../../exercises/07-many-at-once/tests/dial-timeout.rs"]
mod dial_timeout;
#[path = "../../../exercises/03-accept/tests/dropped.rs"]
mod dropped;
#[path = "../../../exercises/05-transfer/tests/echo-judge.rs"]
mod echo_judge;
#[path = "../../../exercises/06-client/tests/first-only.rs"]
mod first_only;
#[path = "../../../exercises/05-transfer/tests/framed.rs"]
mod framed;
#[path = "../../../exercises/03-accept/tests/greeter.rs"]
mod greeter;
#[path = "../../../exercises/09-out-of-band/tests/keep.rs"]
mod keep;
#[path = "../../../exercises/05-transfer/tests/last-word.rs"]
mod last_word;
#[path = "../../../exercises/09-out-of-band/tests/late-mark.rs"]
mod late_mark;
#[path = "../../../exercises/05-transfer/tests/line-by-line.rs"]
mod line_by_line;
#[path = "../../../exercises/05-transfer/tests/lost-tail.rs"]
mod lost_tail;
#[path = "../../../exercises/08-server/tests/one-bad-client.rs"]
mod one_bad_client;
#[path = "../../../exercises/02-listen/tests/open-port.rs"]
mod open_port;
#[path = "../../../exercises/06-client/tests/post.rs"]
mod post;
#[path = "../../../exercises/08-server/tests/relay.rs"]
mod relay;
#[path = "../../../exercises/05-transfer/tests/send-all.rs"]
mod send_all;
#[path = "../../../exercises/05-transfer/tests/sniff.rs"]
mod sniff;
#[path = "../../../exercises/00-first-contact/tests/stale-number.rs"]
mod stale_number;
#[path = "../../../exercises/07-many-at-once/tests/stale-set.rs"]
mod stale_set;
#[path = "../../../exercises/01-connect/tests/swapped-port.rs"]
mod swapped_port;
#[path = "../../../exercises/02-listen/tests/too-early.rs"]
mod too_early;
#[path = "../../../exercises/04-getpeername/tests/visitors.rs"]
mod visitors;
#[path = "../../../exercises/07-many-at-once/tests/waiting-room.rs"]
mod waiting_room;
#[path = "../../../exercises/04-getpeername/tests/who.rs"]
mod who;
#[path = "../../../exercises/07-many-at-once/tests/who-waits.rs"]
mod who_waits;

/// What the page about the exercises shows.
static STORIES: [Story; 1] = [Story {
    exercise: &greeter::EXERCISE,
    program: "reads_first",
    check: "the_first_client_is_greeted_and_let_go",
    file: concat!(env!("CARGO_MANIFEST_DIR"), "/recorded/story.txt"),
}];

fn main() -> ExitCode {
    let exercises: [&Exercise; 32] = [
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
    proof::main(&exercises, &STORIES)
}
