//! The programs that prove the checks of `waiting-room`: the name it is started
//! under picks one.

#[path = "../also-right/waiting-room/accepts_until_nobody_is_there.rs"]
mod accepts_until_nobody_is_there;
#[path = "../also-right/waiting-room/a_thread_at_the_door.rs"]
mod a_thread_at_the_door;
#[path = "../also-right/waiting-room/main_sleeps_and_rings.rs"]
mod main_sleeps_and_rings;
#[path = "../wrong/waiting-room/tells_each_its_own_number.rs"]
mod tells_each_its_own_number;
#[path = "../wrong/waiting-room/as_many_as_the_backlog.rs"]
mod as_many_as_the_backlog;
#[path = "../wrong/waiting-room/sleeps_and_then_accepts.rs"]
mod sleeps_and_then_accepts;
#[path = "../wrong/waiting-room/nobody_is_a_failure.rs"]
mod nobody_is_a_failure;
#[path = "../wrong/waiting-room/the_whole_limit_for_each.rs"]
mod the_whole_limit_for_each;
#[path = "../wrong/waiting-room/leaves_the_queue.rs"]
mod leaves_the_queue;
#[path = "../wrong/waiting-room/a_client_that_left_ends_it.rs"]
mod a_client_that_left_ends_it;
#[path = "../wrong/waiting-room/the_listening_socket_stays.rs"]
mod the_listening_socket_stays;
#[path = "../wrong/waiting-room/looks_every_millisecond.rs"]
mod looks_every_millisecond;
#[path = "../wrong/waiting-room/watches_the_queue_of_a_full_room.rs"]
mod watches_the_queue_of_a_full_room;
#[path = "../wrong/waiting-room/a_full_room_ends_the_time.rs"]
mod a_full_room_ends_the_time;
#[path = "../wrong/waiting-room/no_descriptor_is_the_end.rs"]
mod no_descriptor_is_the_end;
#[path = "../wrong/waiting-room/select_has_said_so.rs"]
mod select_has_said_so;

corpus::main![
    accepts_until_nobody_is_there,
    a_thread_at_the_door,
    main_sleeps_and_rings,
    tells_each_its_own_number,
    as_many_as_the_backlog,
    sleeps_and_then_accepts,
    nobody_is_a_failure,
    the_whole_limit_for_each,
    leaves_the_queue,
    a_client_that_left_ends_it,
    the_listening_socket_stays,
    looks_every_millisecond,
    watches_the_queue_of_a_full_room,
    a_full_room_ends_the_time,
    no_descriptor_is_the_end,
    select_has_said_so,
];
