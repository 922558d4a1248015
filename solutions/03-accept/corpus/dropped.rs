//! The programs that prove the checks of `dropped`: the name it is started
//! under picks one.

#[path = "../also-right/dropped/a_list.rs"]
mod a_list;
#[path = "../also-right/dropped/a_thread_keeps_it.rs"]
mod a_thread_keeps_it;
#[path = "../also-right/dropped/never_closed.rs"]
mod never_closed;

#[path = "../wrong/dropped/keeps_the_number.rs"]
mod keeps_the_number;
#[path = "../wrong/dropped/sends_the_whole_buffer.rs"]
mod sends_the_whole_buffer;
#[path = "../wrong/dropped/the_talker_first.rs"]
mod the_talker_first;
#[path = "../wrong/dropped/until_the_block_ends.rs"]
mod until_the_block_ends;
#[path = "../wrong/dropped/waits_for_the_watcher.rs"]
mod waits_for_the_watcher;

corpus::main![
    a_list,
    a_thread_keeps_it,
    never_closed,
    keeps_the_number,
    sends_the_whole_buffer,
    the_talker_first,
    until_the_block_ends,
    waits_for_the_watcher,
];
