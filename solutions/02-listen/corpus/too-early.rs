//! The programs that prove the checks of `too-early`: the name it is started
//! under picks one.

#[path = "../wrong/too-early/listens_when_it_can_answer.rs"]
mod listens_when_it_can_answer;
#[path = "../wrong/too-early/only_who_waits.rs"]
mod only_who_waits;
#[path = "../also-right/too-early/std_only.rs"]
mod std_only;
#[path = "../also-right/too-early/takes_first.rs"]
mod takes_first;
#[path = "../wrong/too-early/tells_it_late.rs"]
mod tells_it_late;
#[path = "../wrong/too-early/without_bind.rs"]
mod without_bind;

corpus::main![
    std_only,
    takes_first,
    listens_when_it_can_answer,
    only_who_waits,
    tells_it_late,
    without_bind,
];
