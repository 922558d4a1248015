//! Claims about out-of-band data.

mod urgent;

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll, ppoll};
use nix::sys::select::{FdSet, pselect, select};
use nix::sys::signal::{SaFlags, SigSet, Signal};
use nix::sys::signalfd::SignalFd;
use nix::sys::socket::{
    MsgFlags, SockType, SockaddrIn, bind, connect, getsockname, recv, send,
    setsockopt, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::{Pid, getpid, read};
use sys::{Owner, set_owner};

use crate::Outcome::{Differs, Holds, OnlyIf};
use crate::scene::{self, Call, name};
use crate::{Claim, Story, probe};
use urgent::{
    OOB, ORDINARY, arrives, at_mark, count_sigurg, forget_sigurg,
    own_by_this_thread, owner, pairs, read_by_handler, read_on_sigurg,
    recv_now, recv_while, signals, sigurg, sleeper, small_pair, told,
};

const SOURCE: &str = include_str!("out_of_band.rs");

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "OOB-01",
        says: "A send with MSG_OOB sends its data out of band.",
        posix: "",
        outcome: OnlyIf(
            "the send has one byte: of a longer one, only the last byte \
             becomes out-of-band data",
        ),
        why: "TCP has an urgent pointer and no second channel, and Linux \
              takes the one byte that it points to (tcp(7), RFC 9293, 3.8.5). \
              Local stream sockets do the same since Linux 5.15; UDP and \
              local sockets of packets have no such data.",
        finds: &[
            ("TCP, with MSG_OOB", "P"),
            ("TCP, without", "STO"),
            ("local, with MSG_OOB", "P"),
            ("local, without", "STO"),
            ("UDP", "EOPNOTSUPP"),
            ("local packets", "EOPNOTSUPP"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/oob.md",
        probe: probe!(send_urgent),
    },
    Claim {
        id: "OOB-02",
        says: "Out-of-band data is delivered with a higher priority than \
               ordinary data.",
        posix: "",
        outcome: Differs(
            "It travels in its place in the stream: where ordinary data fills \
             a buffer, the urgent byte waits behind it.",
        ),
        why: "The urgent pointer is a number in a segment's header, and the \
              byte it points to is in the same sequence as all others (RFC \
              9293, 3.8.5). A higher priority is only that a byte which is \
              here can be read before ordinary data that is here too \
              (measured).",
        finds: &[
            ("all is here", "!"),
            ("no room at the receiver", "EAGAIN"),
            ("after these bytes were read", "!"),
            ("TCP, no room at the sender", "EAGAIN"),
            ("local, no room at the sender", "EAGAIN"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/oob.md",
        probe: probe!(overtakes),
    },
    Claim {
        id: "OOB-03",
        says: "recv with MSG_OOB reads the next out-of-band data that there \
               is, out of its turn.",
        posix: "recv(): MSG_OOB fails with EINVAL where no out-of-band data \
                is available.",
        outcome: OnlyIf(
            "the byte has arrived and is the newest: there is no queue, and a \
             byte that came before it can't be read this way",
        ),
        why: "The kernel keeps one position, and a newer urgent byte takes it \
              (tcp(7)). Such a recv never waits, on a blocking socket either: \
              without a byte it fails with EINVAL (measured).",
        finds: &[
            ("TCP, nothing sent", "EINVAL"),
            ("TCP, \"ab\" unread", "1"),
            ("TCP, once more", "EINVAL"),
            ("TCP, two waiting", "3"),
            ("TCP, the other", "EINVAL"),
            ("local, nothing sent", "EINVAL"),
            ("local, \"ab\" unread", "1"),
            ("local, once more", "EINVAL"),
            ("local, two waiting", "3"),
            ("local, the other", "EINVAL"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/oob.md",
        probe: probe!(out_of_sequence),
    },
    Claim {
        id: "OOB-04",
        says: "Ordinary reads give ordinary data only.",
        posix: "",
        outcome: OnlyIf(
            "SO_OOBINLINE is off, and no second urgent byte is announced \
             before the read gets to the first",
        ),
        why: "With SO_OOBINLINE the byte stays in the stream (socket(7)). \
              When a newer one takes the mark, the older one is ordinary data \
              (tcp(7)).",
        finds: &[
            ("TCP, one urgent", "ab cd"),
            ("TCP, two urgent", "ab1cd"),
            ("local, one urgent", "ab cd"),
            ("local, two urgent", "ab1cd"),
            ("TCP, SO_OOBINLINE", "!"),
            ("local, SO_OOBINLINE", "!"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/oob.md",
        probe: probe!(ordinary_reads),
    },
    Claim {
        id: "OOB-06",
        says: "A process that owns a socket gets SIGURG when out-of-band data \
               is on its way.",
        posix: "",
        outcome: OnlyIf(
            "it was made the owner before the data was announced: a new \
             socket has no owner, and then nobody hears of it",
        ),
        why: "The kernel sends the signal to the owner of that moment \
              (tcp(7), fcntl(2)). Where there is none, nothing is kept for an \
              owner who comes later (measured).",
        finds: &[
            ("TCP, no owner", "0"),
            ("TCP, owner after the byte", "0"),
            ("TCP, this process", "1"),
            ("local, no owner", "0"),
            ("local, owner after the byte", "0"),
            ("local, this process", "1"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/sigurg.md",
        probe: probe!(sigurg_for_the_owner),
    },
    Claim {
        id: "OOB-07",
        says: "If the owner is a process group, SIGURG goes to the group.",
        posix: "",
        outcome: Holds,
        why: "Every process of the group gets its own signal (fcntl(2), \
              F_SETOWN with a negative number). Who reads from the socket \
              does not matter: here it is a process of another group.",
        finds: &[
            ("TCP, of the two processes", "2"),
            ("TCP, this process", "0"),
            ("local, of the two processes", "2"),
            ("local, this process", "0"),
        ],
        seen: &["Linux 6.18"],
        needs: &["tool:sleep"],
        page: "09-out-of-band/sigurg.md",
        probe: probe!(sigurg_for_a_group),
    },
    Claim {
        id: "OOB-08",
        says: "fcntl with F_SETOWN names the owner of a socket.",
        posix: "",
        outcome: Holds,
        why: "The owner belongs to the open socket, so a duplicate of the \
              descriptor shares it. What accept gives is a new socket, and \
              has none (measured). Linux has F_SETOWN_EX too, which can name \
              one thread (fcntl(2)).",
        finds: &[
            ("a new socket", "nobody"),
            ("after F_SETOWN", "this process"),
            ("a duplicate of it", "this process"),
            ("what accept gives", "nobody"),
            ("a UDP socket", "this process"),
            ("no such process", "ESRCH"),
            ("a thread, by F_SETOWN_EX, its recv", "EINTR"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/sigurg.md",
        probe: probe!(owners),
    },
    Claim {
        id: "OOB-09",
        says: "For SIGURG a handler must be established.",
        posix: "",
        outcome: OnlyIf(
            "SIGURG is not blocked: a blocked one is fetched without a \
             handler, by sigwait or from a signalfd",
        ),
        why: "The default action is to ignore SIGURG; a blocked signal stays \
              pending until it is fetched (signal(7), signalfd(2)). Neither \
              the ignored nor the blocked one ends a recv that waits, and \
              that recv steps over the byte (measured).",
        finds: &[
            ("default action, recv", "x"),
            ("blocked, recv", "x"),
            ("blocked, sigwait", "SIGURG"),
            ("blocked, the byte", "EINVAL"),
            ("blocked, signalfd", "SIGURG"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/sigurg.md",
        probe: probe!(sigurg_without_a_handler),
    },
    Claim {
        id: "OOB-28",
        says: "A handler for SIGURG reads the urgent byte while the program \
               waits in recv.",
        posix: "",
        outcome: OnlyIf(
            "the byte is here when the handler runs: SIGURG tells of the \
             announcement, and then recv with MSG_OOB fails with EWOULDBLOCK",
        ),
        why: "At the mark, recv looks for a pending signal before it steps \
              over the byte. A handler that only counts therefore keeps the \
              byte if recv ends with EINTR, and loses it if SA_RESTART \
              continues the recv (measured).",
        finds: &[
            ("TCP, reads, SA_RESTART", "x, !"),
            ("TCP, reads", "EINTR, !"),
            ("TCP, counts, SA_RESTART", "x, EINVAL"),
            ("TCP, counts", "EINTR, !"),
            ("local, reads, SA_RESTART", "x, !"),
            ("local, reads", "EINTR, !"),
            ("local, counts, SA_RESTART", "x, EINVAL"),
            ("local, counts", "EINTR, !"),
            ("no room, the handler reads", "EAGAIN"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/sigurg.md",
        probe: probe!(handler_reads),
    },
    Claim {
        id: "OOB-10",
        says: "select reports out-of-band data that can be read as an \
               exceptional condition.",
        posix: "",
        outcome: Holds,
        why: "tcp(7) says so, with POLLPRI as its name in poll(2). The report \
              ends when the byte is read; OOB-51 tells what else ends it.",
        finds: &[
            ("TCP, ordinary", "read"),
            ("TCP, urgent too", "read+exceptional"),
            ("TCP, urgent read", "read"),
            ("local, ordinary", "read"),
            ("local, urgent too", "read+exceptional"),
            ("local, urgent read", "read"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/oob-select.md",
        probe: probe!(select_tells),
    },
    Claim {
        id: "OOB-11",
        says: "select can wait for out-of-band data.",
        posix: "",
        outcome: Holds,
        why: "The third set is for exceptional conditions alone: ordinary \
              data that is unread does not end the wait (select(2)).",
        finds: &[
            ("TCP, ordinary data", "waits"),
            ("TCP, reports the urgent byte", "yes"),
            ("local, ordinary data", "waits"),
            ("local, reports the urgent byte", "yes"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/oob-select.md",
        probe: probe!(select_waits),
    },
    Claim {
        id: "OOB-12",
        says: "Notice by SIGURG or by select may come before the data; recv \
               with MSG_OOB then fails with EWOULDBLOCK.",
        posix: "recv(): with MSG_OOB, EAGAIN or EWOULDBLOCK also where the \
                socket can't wait for out-of-band data; EINVAL where none is \
                available.",
        outcome: OnlyIf(
            "the notice is SIGURG from a TCP socket: select reports the byte \
             only when it is here, and on a local socket notice and byte come \
             together",
        ),
        why: "SIGURG is sent when the urgent pointer arrives, and a full \
              receive buffer keeps the byte itself away. fcntl(2) says that \
              SIGURG comes where select would report an exceptional \
              condition; between announcement and arrival the two differ \
              (measured).",
        finds: &[
            ("SIGURG", "1"),
            ("select", "read"),
            ("recv with MSG_OOB, blocking", "EAGAIN"),
            ("SIGURG when it comes", "0"),
            ("select then", "exceptional"),
            ("local, no room, send", "EAGAIN"),
            ("local, no room, SIGURG", "0"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/read-oob.md",
        probe: probe!(notice_before_the_byte),
    },
    Claim {
        id: "OOB-14",
        says: "MSG_OOB puts a mark into the stream, and SIOCATMARK says \
               whether the read pointer has reached it.",
        posix: "sockatmark() asks the same: 1 when everything before the mark \
                has been read, 0 also where there is no mark (sockatmark()).",
        outcome: Holds,
        why: "The answer is yes at the mark alone: reading the byte with \
              MSG_OOB leaves it, reading on ends it (tcp(7), measured). A \
              socket without urgent data says no, a UDP socket has no such \
              request.",
        finds: &[
            ("TCP, before", "no"),
            ("TCP, there", "yes"),
            ("TCP, byte read", "yes"),
            ("TCP, past", "no"),
            ("local, before", "no"),
            ("local, there", "yes"),
            ("local, byte read", "yes"),
            ("local, past", "no"),
            ("UDP", "ENOTTY"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/discard-until-mark.md",
        probe: probe!(mark),
    },
    Claim {
        id: "OOB-15",
        says: "A read that starts before the mark does not go past it.",
        posix: "",
        outcome: OnlyIf(
            "no second urgent byte takes the mark away before the read gets \
             there",
        ),
        why: "tcp(7) says that a read never crosses the mark, and MSG_WAITALL \
              changes nothing in that. But there is one mark: a newer one \
              takes its place, and a read goes past where the older was \
              (measured). A read that waits where the mark then comes starts \
              at it, not before it: OOB-17.",
        finds: &[
            ("TCP, recv", "abc"),
            ("TCP, MSG_WAITALL", "abc"),
            ("TCP, two marks", "ab1cd"),
            ("local, recv", "abc"),
            ("local, MSG_WAITALL", "abc"),
            ("local, two marks", "ab1cd"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/discard-until-mark.md",
        probe: probe!(read_stops_at_mark),
    },
    Claim {
        id: "OOB-17",
        says: "discard_until_mark throws away what was sent before the mark, \
               and nothing else.",
        posix: "",
        outcome: OnlyIf(
            "the mark is announced before the function waits in its read: \
             where the mark comes to a read that waits, that read steps over \
             it and throws away what is behind",
        ),
        why: "A read that has nothing yet starts where the next byte will be, \
              and that is where the mark comes (measured). Waiting in select \
              first, and asking again, avoids it.",
        finds: &[
            ("discarded", "1024 976"),
            ("then with MSG_OOB", "!"),
            ("then without", "now this"),
            ("discarded by a read that waited", "8"),
            ("the urgent byte after that", "EINVAL"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/discard-until-mark.md",
        probe: probe!(discard),
    },
    Claim {
        id: "OOB-18",
        says: "discard_until_mark can be used as it is printed.",
        posix: "",
        outcome: Differs(
            "It tests a variable that is declared nowhere, so no compiler \
             takes it, and it returns without the value that it promises.",
        ),
        why: "The listing asks SIOCATMARK for `atmark` and then tests \
              `result`. Its `return;` in a function of type int is an error \
              since C99 (C99, 6.8.6.4), which gcc 12 only warns of.",
        finds: &[
            ("neither", "compiles"),
            ("an undeclared variable", "does not compile"),
            ("return without a value", "does not compile"),
        ],
        seen: &["Linux 6.18"],
        needs: &["tool:cc"],
        page: "09-out-of-band/discard-until-mark.md",
        probe: probe!(discard_as_printed),
    },
    Claim {
        id: "OOB-19",
        says: "The loop of discard_until_mark reads on until it is at the \
               mark.",
        posix: "",
        outcome: Differs(
            "Where no mark comes it never ends: at the end of the stream, and \
             after a reset, its read returns 0 at once, in every round.",
        ),
        why: "A read of 0 says that nothing will follow; the listing does not \
              look for it, and prints an error and goes on.",
        finds: &[
            ("end of stream, read first", "3"),
            ("end of stream, reads of 0", "999"),
            ("reset, read first", "ECONNRESET"),
            ("reset, reads of 0", "999"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/discard-until-mark.md",
        probe: probe!(discard_without_mark),
    },
    Claim {
        id: "OOB-20",
        says: "That a read stops at the mark is promised only to one that \
               starts before it.",
        posix: "",
        outcome: Holds,
        why: "A read that starts at the mark steps over the urgent byte, and \
              nobody can read it any more (tcp(7), measured). That goes for a \
              call that fails with EAGAIN too; with SO_OOBINLINE the read \
              begins with the byte.",
        finds: &[
            ("TCP, then MSG_OOB", "now, EINVAL"),
            ("TCP, nothing behind it", "EAGAIN, EINVAL"),
            ("local, then MSG_OOB", "now, EINVAL"),
            ("local, nothing behind it", "EAGAIN, EINVAL"),
            ("TCP, SO_OOBINLINE", "!now"),
            ("local, SO_OOBINLINE", "!now"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/discard-until-mark.md",
        probe: probe!(read_from_the_mark),
    },
    Claim {
        id: "OOB-21",
        says: "Reading ordinary data, and keeping it, can make room for the \
               urgent byte.",
        posix: "",
        outcome: Holds,
        why: "The byte waits with the sender until the receive buffer has \
              room for what is before it (measured). It comes when enough has \
              been read, which is less than everything.",
        finds: &[
            ("recv with MSG_OOB", "success"),
            ("all 10,000 were read by then", "no"),
            ("kept in order", "yes"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/read-oob.md",
        probe: probe!(make_room),
    },
    Claim {
        id: "OOB-22",
        says: "At the mark, read_oob can only wait a while and ask again.",
        posix: "",
        outcome: OnlyIf(
            "the byte is still to come: where somebody has read it before, \
             recv says EINVAL at the mark for ever, and the function has no \
             end",
        ),
        why: "Both states look alike to a program that takes each failure of \
              recv for EWOULDBLOCK. Waiting needs no sleep: POLLPRI ends it \
              when the byte comes (measured, with tcp_stdurg to keep the byte \
              away).",
        finds: &[
            ("still to come, at the mark", "yes"),
            ("still to come, MSG_OOB", "EAGAIN"),
            ("still to come, ppoll", "waits"),
            ("come, MSG_OOB", "x"),
            ("read before, at the mark", "yes"),
            ("read before, MSG_OOB", "EINVAL"),
        ],
        seen: &["Linux 6.18"],
        needs: &["userns"],
        page: "09-out-of-band/read-oob.md",
        probe: probe!(at_the_mark_without_the_byte),
    },
    Claim {
        id: "OOB-23",
        says: "read_oob goes on until it has the urgent byte, whatever its \
               calls say.",
        posix: "",
        outcome: Differs(
            "After a reset or at the end of a stream it never returns: each \
             round fails as the one before, and keeps one more buffer of \
             1,024 bytes.",
        ),
        why: "The listing prints an error of ioctl or read and keeps the \
              buffer all the same, with -1 or 0 as its size. After a reset \
              the byte can't be had even if it had come: ENOTCONN (measured).",
        finds: &[
            ("reset, first recv and read", "EINVAL, ECONNRESET"),
            ("reset, buffers kept", "1000"),
            ("reset, bytes in them", "0"),
            ("end of stream, first recv and read", "EINVAL, success"),
            ("end of stream, buffers kept", "1000"),
            ("end of stream, bytes in them", "0"),
            ("reset behind the byte, MSG_OOB", "ENOTCONN"),
            ("reset behind the byte, recv", "ab"),
            ("and then at the mark", "yes"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/read-oob.md",
        probe: probe!(read_oob_after_an_error),
    },
    Claim {
        id: "OOB-27",
        says: "SIOCATMARK tells whether ordinary data was sent before the \
               mark.",
        posix: "sockatmark() asks the same: 1 when everything before the mark \
                has been read, 0 also where there is no mark (sockatmark()).",
        outcome: Differs(
            "It tells whether the read pointer is at the mark: no where there \
             is no mark either, and yes where the data was sent and has been \
             read.",
        ),
        why: "The kernel compares the read pointer with the mark and keeps no \
              account of what was read (tcp(7), measured).",
        finds: &[
            ("TCP, no mark", "no"),
            ("TCP, data unread", "no"),
            ("TCP, data read", "yes"),
            ("local, no mark", "no"),
            ("local, data unread", "no"),
            ("local, data read", "yes"),
            ("TCP, nothing sent before", "yes"),
            ("local, nothing sent before", "yes"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/discard-until-mark.md",
        probe: probe!(sent_before_the_mark),
    },
    Claim {
        id: "OOB-50",
        says: "A second urgent byte takes the mark from the first, and what \
               becomes of the first depends on the read pointer.",
        posix: "",
        outcome: OnlyIf(
            "it is TCP: a local socket keeps the first as ordinary data \
             wherever nobody has read it, and else drops it",
        ),
        why: "On TCP the first becomes ordinary data if it is still ahead, \
              even if MSG_OOB has read it, so that it is read twice; it is \
              thrown away if the read pointer is at it (measured). tcp(7) \
              tells only of the unread one ahead.",
        finds: &[
            ("TCP, ahead", "ab1cd, 2"),
            ("TCP, ahead and read", "ab1cd, 2"),
            ("TCP, at the read pointer", "cd, 2"),
            ("TCP, there and read", "cd, 2"),
            ("local, ahead", "ab1cd, 2"),
            ("local, ahead and read", "abcd, 2"),
            ("local, at the read pointer", "1cd, 2"),
            ("local, there and read", "cd, 2"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/oob.md",
        probe: probe!(second_urgent_byte),
    },
    Claim {
        id: "OOB-51",
        says: "select reports the exceptional condition again and again until \
               the byte is read with MSG_OOB or stepped over; getting to the \
               mark does not end it.",
        posix: "",
        outcome: Holds,
        why: "The kernel asks whether there is an unread urgent byte, and not \
              whether something is new. On a local socket the place of the \
              byte that was read still counts as something to read, until a \
              recv finds nothing there (measured).",
        finds: &[
            ("TCP, asked twice", "read+exceptional, read+exceptional"),
            ("TCP, at the mark", "exceptional"),
            ("TCP, stepped over", "nothing"),
            ("TCP, read", "nothing"),
            ("TCP, read, an ordinary recv", "EAGAIN"),
            ("TCP, end of stream", "read"),
            ("local, asked twice", "read+exceptional, read+exceptional"),
            ("local, at the mark", "read+exceptional"),
            ("local, stepped over", "nothing"),
            ("local, read", "read"),
            ("local, read, an ordinary recv", "EAGAIN"),
            ("local, end of stream", "read"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/oob-select.md",
        probe: probe!(notice_lasts),
    },
    Claim {
        id: "OOB-52",
        says: "With SO_OOBINLINE the urgent byte is read in its place, and \
               MSG_OOB fails with EINVAL; the mark stays, and select reports \
               the byte.",
        posix: "",
        outcome: Holds,
        why: "socket(7) has the option; a read still stops before the byte, \
              but one that begins there takes the byte and what follows in \
              one piece (measured). RFC 6093, section 6, asks programs that \
              use urgent data to set it.",
        finds: &[
            ("TCP, select", "read+exceptional"),
            ("TCP, MSG_OOB", "EINVAL"),
            ("TCP, ordinary", "ab, !cd"),
            ("TCP, SIOCATMARK between", "yes"),
            ("local, select", "read+exceptional"),
            ("local, MSG_OOB", "EINVAL"),
            ("local, ordinary", "ab, !cd"),
            ("local, SIOCATMARK between", "yes"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/oob.md",
        probe: probe!(inline),
    },
    Claim {
        id: "OOB-53",
        says: "An urgent byte behind more than 65,535 unsent bytes is not \
               announced until some have been read, and is then announced \
               several times.",
        posix: "",
        outcome: Holds,
        why: "The urgent pointer has 16 bits (RFC 9293, 3.1). A segment that \
              is too far away from the byte has 65,535 in it instead: the \
              mark stands too early, moves on with each segment, and each \
              move sends SIGURG again (measured, and seen in the segments). \
              While the receive buffer is full no such segment is sent.",
        finds: &[
            ("nothing read, MSG_OOB", "EINVAL"),
            ("nothing read, SIGURG", "0"),
            ("the urgent byte", "!"),
            ("SIGURG more than once", "yes"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "09-out-of-band/read-oob.md",
        probe: probe!(far_behind),
    },
];

/// Four bytes in one send with `MSG_OOB`, on streams and on two kinds of socket
/// that are none.
fn send_urgent(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        let sent = send(sender.as_raw_fd(), b"STOP", OOB)?;
        s.does(format_args!("{kind}: send \"STOP\" with MSG_OOB: {sent}"));
        arrives(&receiver, Ok(b'P'))?;
        s.finds(&format!("{kind}, with MSG_OOB"), recv_now(&receiver, OOB));
        s.finds(&format!("{kind}, without"), recv_now(&receiver, ORDINARY));
    }
    let (one, other) = (scene::udp()?, scene::udp()?);
    bind(other.as_raw_fd(), &scene::loopback(0))?;
    connect(
        one.as_raw_fd(),
        &getsockname::<SockaddrIn>(other.as_raw_fd())?,
    )?;
    s.does("send with MSG_OOB on a connected UDP socket");
    s.finds_result("UDP", send(one.as_raw_fd(), b"STOP", OOB));
    let (one, _other) = scene::local_pair_of(SockType::SeqPacket)?;
    s.does("send with MSG_OOB on a local socket of packets");
    s.finds_result("local packets", send(one.as_raw_fd(), b"STOP", OOB));
    Ok(())
}

/// Whether an urgent byte overtakes: with room for all, with none at the
/// receiver, and with none at the sender.
fn overtakes(s: &mut Story) -> Result<()> {
    let (sender, receiver) = scene::tcp_pair()?;
    send(sender.as_raw_fd(), b"abc", ORDINARY)?;
    send(sender.as_raw_fd(), b"!", OOB)?;
    arrives(&receiver, Ok(b'!'))?;
    s.does("\"abc\" and an urgent \"!\" are here, nothing has been read");
    s.finds("all is here", recv_now(&receiver, OOB));

    let (sender, receiver) = small_pair()?;
    send(sender.as_raw_fd(), &[b'x'; 10_000], ORDINARY)?;
    send(sender.as_raw_fd(), b"!", OOB)?;
    s.does("10,000 bytes and an urgent \"!\" for a buffer of 4,096");
    arrives(&receiver, Err(Errno::EAGAIN))?;
    s.finds("no room at the receiver", recv_now(&receiver, OOB));
    let mut before = [0; 10_000];
    let all = MsgFlags::MSG_WAITALL;
    let count = recv(receiver.as_raw_fd(), &mut before, all)?;
    s.does(format_args!("read {count} ordinary bytes"));
    arrives(&receiver, Ok(b'!'))?;
    s.finds("after these bytes were read", recv_now(&receiver, OOB));

    for (kind, sender, _receiver) in pairs()? {
        let flags = OOB | MsgFlags::MSG_DONTWAIT;
        let refused = loop {
            let sent = send(sender.as_raw_fd(), &[b'x'; 16_384], flags);
            if let Err(errno) = sent {
                break errno;
            }
        };
        s.does(format_args!(
            "{kind}: send with MSG_OOB until it is refused"
        ));
        s.finds(
            &format!("{kind}, no room at the sender"),
            format!("{refused:?}"),
        );
    }
    Ok(())
}

/// recv with `MSG_OOB` before, instead of and after an urgent byte.
fn out_of_sequence(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        // Without MSG_DONTWAIT: it would wait here if it ever did.
        s.does(format_args!("{kind}: recv with MSG_OOB, nothing was sent"));
        let none = recv(receiver.as_raw_fd(), &mut [0], OOB);
        s.finds_result(&format!("{kind}, nothing sent"), none);
        send(sender.as_raw_fd(), b"ab1", OOB)?;
        arrives(&receiver, Ok(b'1'))?;
        s.does(format_args!("{kind}: \"ab1\" has come with MSG_OOB"));
        s.finds(&format!("{kind}, \"ab\" unread"), recv_now(&receiver, OOB));
        s.finds(&format!("{kind}, once more"), recv_now(&receiver, OOB));
        send(sender.as_raw_fd(), b"2", OOB)?;
        send(sender.as_raw_fd(), b"3", OOB)?;
        arrives(&receiver, Ok(b'3'))?;
        s.does(format_args!(
            "{kind}: \"2\" and \"3\" have come with MSG_OOB"
        ));
        s.finds(&format!("{kind}, two waiting"), recv_now(&receiver, OOB));
        s.finds(&format!("{kind}, the other"), recv_now(&receiver, OOB));
    }
    Ok(())
}

/// Every ordinary read around an urgent byte: of one, of two, and with
/// `SO_OOBINLINE`.
fn ordinary_reads(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        send(sender.as_raw_fd(), b"ab!", OOB)?;
        send(sender.as_raw_fd(), b"cd", ORDINARY)?;
        arrives(&receiver, Ok(b'!'))?;
        s.does(format_args!("{kind}: \"ab!\" with MSG_OOB, then \"cd\""));
        let one = recv_now(&receiver, ORDINARY);
        recv_now(&receiver, OOB);
        delivered_or_local(kind, &sender)?;
        let other = recv_now(&receiver, ORDINARY);
        s.finds(&format!("{kind}, one urgent"), format!("{one} {other}"));
        send(sender.as_raw_fd(), b"ab1", OOB)?;
        send(sender.as_raw_fd(), b"cd2", OOB)?;
        arrives(&receiver, Ok(b'2'))?;
        s.does(format_args!("{kind}: \"ab1\" and \"cd2\" with MSG_OOB"));
        s.finds(
            &format!("{kind}, two urgent"),
            recv_now(&receiver, ORDINARY),
        );
    }
    for (kind, sender, receiver) in pairs()? {
        setsockopt(&receiver, sockopt::OobInline, &true)?;
        send(sender.as_raw_fd(), b"!", OOB)?;
        s.does(format_args!("{kind}: SO_OOBINLINE, \"!\" with MSG_OOB"));
        let mut byte = [0];
        let read = recv(receiver.as_raw_fd(), &mut byte, ORDINARY);
        s.finds(&format!("{kind}, SO_OOBINLINE"), told(read, &byte));
    }
    Ok(())
}

/// What a handler counts: without an owner, with one that comes late, and
/// with this process as the owner.
fn sigurg_for_the_owner(s: &mut Story) -> Result<()> {
    count_sigurg(SaFlags::SA_RESTART)?;
    for (kind, sender, receiver) in pairs()? {
        send(sender.as_raw_fd(), b"1", OOB)?;
        arrives(&receiver, Ok(b'1'))?;
        s.does(format_args!("{kind}: an urgent byte, nobody is owner"));
        s.finds(&format!("{kind}, no owner"), signals());
        set_owner(&receiver, Owner::Process(getpid()))?;
        s.does(format_args!("{kind}: F_SETOWN names this process"));
        s.finds(&format!("{kind}, owner after the byte"), signals());
        send(sender.as_raw_fd(), b"2", OOB)?;
        arrives(&receiver, Ok(b'2'))?;
        s.does(format_args!("{kind}: a second urgent byte"));
        s.finds(&format!("{kind}, this process"), signals());
    }
    Ok(())
}

/// Two children in one group, which owns the socket; this process is in
/// another group.
fn sigurg_for_a_group(s: &mut Story) -> Result<()> {
    count_sigurg(SaFlags::SA_RESTART)?;
    for (kind, sender, receiver) in pairs()? {
        let first = sleeper(0)?;
        let second = sleeper(first.pid().as_raw())?;
        set_owner(&receiver, Owner::Group(first.pid()))?;
        s.does(format_args!(
            "{kind}: two processes in group {} have SIGURG blocked; \
             F_SETOWN names the group",
            first.pid()
        ));
        send(sender.as_raw_fd(), b"!", OOB)?;
        arrives(&receiver, Ok(b'!'))?;
        let both = [first.has_sigurg()?, second.has_sigurg()?];
        let count = both.into_iter().filter(|has| *has).count();
        s.finds(&format!("{kind}, of the two processes"), count);
        s.finds(&format!("{kind}, this process"), signals());
    }
    Ok(())
}

/// The owner of sockets that are new, owned, duplicated and accepted.
fn owners(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(1)?;
    let nobodys = owner(&listener);
    let process = Owner::Process(getpid());
    s.does(format_args!("F_SETOWN with {} on a listener", getpid()));
    set_owner(&listener, process)?;
    s.finds("a new socket", nobodys);
    s.finds("after F_SETOWN", owner(&listener));
    s.finds("a duplicate of it", owner(&listener.try_clone()?));
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    let (accepted, _) = sys::accept(&listener)?;
    s.does("accept a connection from it");
    s.finds("what accept gives", owner(&accepted));
    let udp = scene::udp()?;
    set_owner(&udp, process)?;
    s.finds("a UDP socket", owner(&udp));
    // Above the highest number that Linux gives, 4194304.
    let nobody = Owner::Process(Pid::from_raw(5_000_000));
    s.does("F_SETOWN with a number that no process has");
    s.finds_result("no such process", set_owner(&accepted, nobody));

    count_sigurg(SaFlags::empty())?;
    let waiting = accepted.try_clone()?;
    let mut call = Call::make(move || {
        let owned = own_by_this_thread(&waiting);
        let mut buffer = [0; 8];
        let read = recv(waiting.as_raw_fd(), &mut buffer, ORDINARY);
        owned.map_or_else(|e| e.to_string(), |()| told(read, &buffer))
    })?;
    s.does("a second thread names itself with F_SETOWN_EX, waits in recv");
    call.state(libc::SYS_recvfrom)?;
    send(client.as_raw_fd(), b"!", OOB)?;
    s.does("an urgent byte comes");
    s.finds("a thread, by F_SETOWN_EX, its recv", call.result()?);
    Ok(())
}

/// SIGURG without a handler: left alone, and blocked and fetched.
fn sigurg_without_a_handler(s: &mut Story) -> Result<()> {
    forget_sigurg()?;
    let (sender, receiver) = scene::tcp_pair()?;
    set_owner(&receiver, Owner::Process(getpid()))?;
    s.does("no handler; an urgent \"!\" and an \"x\" come during recv");
    let read = recv_while(&receiver, || {
        send(sender.as_raw_fd(), b"!", OOB)?;
        send(sender.as_raw_fd(), b"x", ORDINARY)?;
        Ok(())
    })?;
    s.finds("default action, recv", read);

    // For this thread alone: another one would take it, and ignore it.
    sigurg().thread_block()?;
    own_by_this_thread(&receiver)?;
    s.does("SIGURG is blocked; the same two come during recv");
    let read = recv_while(&receiver, || {
        send(sender.as_raw_fd(), b"!", OOB)?;
        send(sender.as_raw_fd(), b"x", ORDINARY)?;
        Ok(())
    })?;
    s.finds("blocked, recv", read);
    s.does("then sigwait, and recv with MSG_OOB");
    s.finds("blocked, sigwait", sigurg().wait()?);
    s.finds("blocked, the byte", recv_now(&receiver, OOB));
    let signals = SignalFd::new(&sigurg())?;
    send(sender.as_raw_fd(), b"!", OOB)?;
    s.does("another one: read from a signalfd");
    let signal = signals.read_signal()?.context("a signal")?;
    let name = Signal::try_from(signal.ssi_signo.cast_signed())?;
    s.finds("blocked, signalfd", name);
    Ok(())
}

/// A recv that waits where the urgent byte comes, with each kind of handler;
/// then a byte that is announced and not here.
fn handler_reads(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        set_owner(&receiver, Owner::Process(getpid()))?;
        for (does, reads, restart) in [
            ("reads, SA_RESTART", true, SaFlags::SA_RESTART),
            ("reads", true, SaFlags::empty()),
            ("counts, SA_RESTART", false, SaFlags::SA_RESTART),
            ("counts", false, SaFlags::empty()),
        ] {
            if reads {
                read_on_sigurg(&receiver, restart)?;
            } else {
                count_sigurg(restart)?;
            }
            s.does(format_args!(
                "{kind}, a handler that {does}: \"!\" and \"x\" during recv"
            ));
            let read = recv_while(&receiver, || {
                send(sender.as_raw_fd(), b"!", OOB)?;
                send(sender.as_raw_fd(), b"x", ORDINARY)?;
                Ok(())
            })?;
            let byte = if reads {
                read_by_handler()
            } else {
                recv_now(&receiver, OOB)
            };
            s.finds(&format!("{kind}, {does}"), format!("{read}, {byte}"));
            if read == "EINTR" {
                // The "x" is still to be read.
                recv(receiver.as_raw_fd(), &mut [0], ORDINARY)?;
            }
        }
    }
    let (sender, receiver) = small_pair()?;
    set_owner(&receiver, Owner::Process(getpid()))?;
    read_on_sigurg(&receiver, SaFlags::SA_RESTART)?;
    send(sender.as_raw_fd(), &[b'x'; 10_000], ORDINARY)?;
    send(sender.as_raw_fd(), b"!", OOB)?;
    s.does("10,000 bytes and an urgent \"!\" for a buffer of 4,096");
    arrives(&receiver, Err(Errno::EAGAIN))?;
    s.finds("no room, the handler reads", read_by_handler());
    Ok(())
}

/// What select says before, at and after an urgent byte.
fn select_tells(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        send(sender.as_raw_fd(), b"one", ORDINARY)?;
        delivered_or_local(kind, &sender)?;
        s.does(format_args!("{kind}: \"one\" has come"));
        s.finds(&format!("{kind}, ordinary"), select_now(&receiver)?);
        send(sender.as_raw_fd(), b"!", OOB)?;
        arrives(&receiver, Ok(b'!'))?;
        s.does(format_args!("{kind}: and an urgent \"!\""));
        s.finds(&format!("{kind}, urgent too"), select_now(&receiver)?);
        recv_now(&receiver, OOB);
        s.does(format_args!("{kind}: it has been read with MSG_OOB"));
        s.finds(&format!("{kind}, urgent read"), select_now(&receiver)?);
    }
    Ok(())
}

/// A wait for the exceptional condition alone, with ordinary data unread.
fn select_waits(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        send(sender.as_raw_fd(), b"one", ORDINARY)?;
        delivered_or_local(kind, &sender)?;
        let asked = receiver.try_clone()?;
        let mut call = Call::make(move || {
            let mut except = FdSet::new();
            except.insert(asked.as_fd());
            let mask = None::<&SigSet>;
            pselect(None, None, None, &mut except, None, mask)
        })?;
        s.does(format_args!("{kind}: \"one\" is unread, pselect waits"));
        let state = call.state(libc::SYS_pselect6)?;
        s.finds(&format!("{kind}, ordinary data"), state);
        s.does(format_args!("{kind}: send \"!\" with MSG_OOB"));
        send(sender.as_raw_fd(), b"!", OOB)?;
        let ready = call.result()?.is_ok_and(|ready| ready == 1);
        s.finds(
            &format!("{kind}, reports the urgent byte"),
            scene::yes_no(ready),
        );
    }
    Ok(())
}

/// An urgent byte for which the receiver has no room: who hears of it when.
fn notice_before_the_byte(s: &mut Story) -> Result<()> {
    let (sender, receiver) = small_pair()?;
    set_owner(&receiver, Owner::Process(getpid()))?;
    count_sigurg(SaFlags::SA_RESTART)?;
    send(sender.as_raw_fd(), &[b'x'; 10_000], ORDINARY)?;
    send(sender.as_raw_fd(), b"!", OOB)?;
    s.does("10,000 bytes and an urgent \"!\" for a buffer of 4,096");
    arrives(&receiver, Err(Errno::EAGAIN))?;
    s.finds("SIGURG", signals());
    s.finds("select", select_now(&receiver)?);
    // Without MSG_DONTWAIT.
    let early = recv(receiver.as_raw_fd(), &mut [0], OOB);
    s.finds_result("recv with MSG_OOB, blocking", early);
    let mut before = [0; 10_000];
    recv(receiver.as_raw_fd(), &mut before, MsgFlags::MSG_WAITALL)?;
    s.does("read the ordinary bytes");
    arrives(&receiver, Ok(b'!'))?;
    s.finds("SIGURG when it comes", signals());
    s.finds("select then", select_now(&receiver)?);

    let (sender, receiver) = scene::local_pair()?;
    set_owner(&receiver, Owner::Process(getpid()))?;
    let at_once = MsgFlags::MSG_DONTWAIT;
    while send(sender.as_raw_fd(), &[b'x'; 16_384], at_once).is_ok() {}
    s.does("a local socket that is full: send \"!\" with MSG_OOB");
    let refused = send(sender.as_raw_fd(), b"!", OOB | at_once);
    s.finds_result("local, no room, send", refused);
    s.finds("local, no room, SIGURG", signals());
    Ok(())
}

/// SIOCATMARK before, at and past the mark, and on sockets that have none.
fn mark(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        send(sender.as_raw_fd(), b"ab!", OOB)?;
        send(sender.as_raw_fd(), b"cd", ORDINARY)?;
        arrives(&receiver, Ok(b'!'))?;
        delivered_or_local(kind, &sender)?;
        s.does(format_args!("{kind}: \"ab!\" with MSG_OOB, then \"cd\""));
        let mut answers = vec![at_mark(&receiver)];
        let read = recv_now(&receiver, ORDINARY);
        s.does(format_args!("{kind}: recv: {read}"));
        answers.push(at_mark(&receiver));
        let read = recv_now(&receiver, OOB);
        s.does(format_args!("{kind}: recv with MSG_OOB: {read}"));
        answers.push(at_mark(&receiver));
        let read = recv_now(&receiver, ORDINARY);
        s.does(format_args!("{kind}: recv: {read}"));
        answers.push(at_mark(&receiver));
        for (when, answer) in
            ["before", "there", "byte read", "past"].iter().zip(answers)
        {
            s.finds(&format!("{kind}, {when}"), answer);
        }
    }
    s.finds("UDP", at_mark(scene::udp()?));
    Ok(())
}

/// Reads that begin before the mark, with room for more.
fn read_stops_at_mark(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        send(sender.as_raw_fd(), b"abc!", OOB)?;
        send(sender.as_raw_fd(), b"def", ORDINARY)?;
        arrives(&receiver, Ok(b'!'))?;
        delivered_or_local(kind, &sender)?;
        s.does(format_args!("{kind}: \"abc!\" with MSG_OOB, then \"def\""));
        s.finds(&format!("{kind}, recv"), recv_now(&receiver, ORDINARY));
        recv_now(&receiver, OOB);
        recv_now(&receiver, ORDINARY);

        send(sender.as_raw_fd(), b"abc", ORDINARY)?;
        let waiting = receiver.try_clone()?;
        let mut call = Call::make(move || {
            let mut buffer = [0; 6];
            let all = MsgFlags::MSG_WAITALL;
            let read = recv(waiting.as_raw_fd(), &mut buffer, all);
            told(read, &buffer)
        })?;
        s.does(format_args!("{kind}: \"abc\" has come, recv waits for 6"));
        call.state(libc::SYS_recvfrom)?;
        send(sender.as_raw_fd(), b"!", OOB)?;
        s.does(format_args!("{kind}: the mark comes meanwhile"));
        s.finds(&format!("{kind}, MSG_WAITALL"), call.result()?);
        arrives(&receiver, Ok(b'!'))?;
        recv_now(&receiver, OOB);

        send(sender.as_raw_fd(), b"ab1", OOB)?;
        arrives(&receiver, Ok(b'1'))?;
        send(sender.as_raw_fd(), b"cd2", OOB)?;
        arrives(&receiver, Ok(b'2'))?;
        s.does(format_args!("{kind}: \"ab1\" and \"cd2\" with MSG_OOB"));
        s.finds(&format!("{kind}, two marks"), recv_now(&receiver, ORDINARY));
    }
    Ok(())
}

/// The calls of the manual's `discard_until_mark`: a mark that is there, and
/// one that comes while the function waits.
fn discard(s: &mut Story) -> Result<()> {
    let (sender, receiver) = scene::tcp_pair()?;
    send(sender.as_raw_fd(), &[b'x'; 2000], ORDINARY)?;
    send(sender.as_raw_fd(), b"!", OOB)?;
    send(sender.as_raw_fd(), b"now this", ORDINARY)?;
    scene::until_acknowledged(&sender)?;
    s.does("2,000 bytes, an urgent \"!\" and \"now this\" are here");
    let discarded = rounds(&receiver, 10).join(" ");
    s.finds("discarded", discarded);
    s.finds("then with MSG_OOB", recv_now(&receiver, OOB));
    s.finds("then without", recv_now(&receiver, ORDINARY));

    let (sender, receiver) = scene::tcp_pair()?;
    let discarding = receiver.try_clone()?;
    let mut call = Call::make(move || rounds(&discarding, 1))?;
    s.does("nothing has come: the function waits in read");
    call.state(libc::SYS_read)?;
    s.does("now \"!\" comes with MSG_OOB, and \"now this\" behind it");
    send(sender.as_raw_fd(), b"!", OOB)?;
    send(sender.as_raw_fd(), b"now this", ORDINARY)?;
    s.finds("discarded by a read that waited", call.result()?.join(" "));
    s.finds("the urgent byte after that", recv_now(&receiver, OOB));
    Ok(())
}

/// What the manual's `discard_until_mark` does in so many rounds: each read's
/// count or errno, until SIOCATMARK says that it is there.
fn rounds(socket: &OwnedFd, most: usize) -> Vec<String> {
    let mut reads = Vec::new();
    while reads.len() < most && !matches!(sys::at_mark(socket), Ok(true)) {
        let count = read(socket, &mut [0; 1024]);
        reads.push(count.map_or_else(|e| format!("{e:?}"), |n| n.to_string()));
    }
    reads
}

/// Two of its faults in lines of our own, for a C compiler: a variable that
/// nobody has declared, and a return without the value.
fn discard_as_printed(s: &mut Story) -> Result<()> {
    for (fault, lines) in [
        ("neither", "int f(int reached) { return reached ? 0 : 1; }"),
        ("an undeclared variable", "int f(int at) { return found; }"),
        (
            "return without a value",
            "int f(int at) { if (at) return; return 1; }",
        ),
    ] {
        s.does(format_args!("cc -Werror=return-type: {lines}"));
        s.finds(fault, scene::compiles(&["-Werror=return-type"], lines)?);
    }
    Ok(())
}

/// The loop of the manual's `discard_until_mark` on streams that have no mark.
fn discard_without_mark(s: &mut Story) -> Result<()> {
    let (sender, receiver) = scene::tcp_pair()?;
    send(sender.as_raw_fd(), b"abc", ORDINARY)?;
    drop(sender);
    s.does("\"abc\", then the end of the stream: 1,000 rounds");
    let reads = rounds(&receiver, 1000);
    s.finds("end of stream, read first", &reads[0]);
    let zeros = reads.iter().filter(|read| *read == "0").count();
    s.finds("end of stream, reads of 0", zeros);

    let (sender, receiver) = scene::tcp_pair()?;
    scene::reset(sender)?;
    scene::until_readable(&receiver)?;
    s.does("a reset: 1,000 rounds");
    let reads = rounds(&receiver, 1000);
    s.finds("reset, read first", &reads[0]);
    let zeros = reads.iter().filter(|read| *read == "0").count();
    s.finds("reset, reads of 0", zeros);
    Ok(())
}

/// Reads that begin at the mark: with data behind it, with none, and with
/// `SO_OOBINLINE`.
fn read_from_the_mark(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        send(sender.as_raw_fd(), b"!", OOB)?;
        arrives(&receiver, Ok(b'!'))?;
        send(sender.as_raw_fd(), b"now", ORDINARY)?;
        delivered_or_local(kind, &sender)?;
        s.does(format_args!("{kind}: at the mark, \"now\" behind it: recv"));
        let read = recv_now(&receiver, ORDINARY);
        let byte = recv_now(&receiver, OOB);
        s.finds(&format!("{kind}, then MSG_OOB"), format!("{read}, {byte}"));
        send(sender.as_raw_fd(), b"!", OOB)?;
        arrives(&receiver, Ok(b'!'))?;
        s.does(format_args!("{kind}: at the mark, nothing behind it: recv"));
        let read = recv_now(&receiver, ORDINARY);
        let byte = recv_now(&receiver, OOB);
        s.finds(
            &format!("{kind}, nothing behind it"),
            format!("{read}, {byte}"),
        );
    }
    for (kind, sender, receiver) in pairs()? {
        setsockopt(&receiver, sockopt::OobInline, &true)?;
        send(sender.as_raw_fd(), b"!", OOB)?;
        send(sender.as_raw_fd(), b"now", ORDINARY)?;
        delivered_or_local(kind, &sender)?;
        s.does(format_args!("{kind}: the same with SO_OOBINLINE"));
        s.finds(
            &format!("{kind}, SO_OOBINLINE"),
            recv_now(&receiver, ORDINARY),
        );
    }
    Ok(())
}

/// Reading ordinary data and keeping it, until the urgent byte has room.
fn make_room(s: &mut Story) -> Result<()> {
    let (sender, receiver) = small_pair()?;
    let sent: Vec<u8> = (0..251).cycle().take(10_000).collect();
    send(sender.as_raw_fd(), &sent, ORDINARY)?;
    send(sender.as_raw_fd(), b"!", OOB)?;
    drop(sender);
    s.does("10,000 bytes and an urgent \"!\" for a buffer of 4,096");
    arrives(&receiver, Err(Errno::EAGAIN))?;
    let (mut kept, mut buffer) = (Vec::new(), [0; 1024]);
    let urgent = loop {
        match recv(receiver.as_raw_fd(), &mut [0], OOB) {
            Err(Errno::EAGAIN) => {}
            other => break other,
        }
        let count = recv(receiver.as_raw_fd(), &mut buffer, ORDINARY)?;
        kept.extend_from_slice(&buffer[..count]);
    };
    s.does(format_args!("after {} bytes it is here", kept.len()));
    s.finds_result("recv with MSG_OOB", urgent);
    s.finds(
        "all 10,000 were read by then",
        scene::yes_no(kept.len() == sent.len()),
    );
    while let count @ 1.. = recv(receiver.as_raw_fd(), &mut buffer, ORDINARY)? {
        kept.extend_from_slice(&buffer[..count]);
    }
    s.finds("kept in order", scene::yes_no(kept == sent));
    Ok(())
}

/// At the mark, with the byte still to come and with the byte read before.
///
/// `tcp_stdurg` lets the receiver look for the urgent byte one place behind the
/// last one that the sender has sent with `MSG_OOB`.
fn at_the_mark_without_the_byte(s: &mut Story) -> Result<()> {
    scene::set("net/ipv4/tcp_stdurg", "1")?;
    let (sender, receiver) = scene::tcp_pair()?;
    send(sender.as_raw_fd(), b"abc", OOB)?;
    arrives(&receiver, Err(Errno::EAGAIN))?;
    let read = recv_now(&receiver, ORDINARY);
    s.does(format_args!("recv: {read}; what comes next is urgent"));
    s.finds("still to come, at the mark", at_mark(&receiver));
    s.finds("still to come, MSG_OOB", recv_now(&receiver, OOB));
    let waiting = receiver.try_clone()?;
    let mut call = Call::make(move || {
        let mut asked = [PollFd::new(waiting.as_fd(), PollFlags::POLLPRI)];
        ppoll(&mut asked, None, None)
    })?;
    s.does("wait for it with POLLPRI");
    let state = call.state(libc::SYS_ppoll)?;
    s.finds("still to come, ppoll", state);
    send(sender.as_raw_fd(), b"x", ORDINARY)?;
    let ready = call.result()??;
    s.does(format_args!("\"x\" comes, ppoll returns {ready}"));
    s.finds("come, MSG_OOB", recv_now(&receiver, OOB));
    s.finds("read before, at the mark", at_mark(&receiver));
    s.finds("read before, MSG_OOB", recv_now(&receiver, OOB));
    Ok(())
}

/// The calls of the manual's `read_oob`, 1,000 rounds of them, after a reset
/// and at the end of a stream.
fn read_oob_after_an_error(s: &mut Story) -> Result<()> {
    for reset in [true, false] {
        let (sender, receiver) = scene::tcp_pair()?;
        if reset {
            scene::reset(sender)?;
        } else {
            drop(sender);
        }
        scene::until_readable(&receiver)?;
        let what = if reset { "reset" } else { "end of stream" };
        s.does(format_args!("{what}: 1,000 rounds"));
        let (mut kept, mut sizes) = (Vec::new(), Vec::new());
        let mut first = String::new();
        for _ in 0..1000 {
            let mut buffer = vec![0; 1024];
            let urgent = recv(receiver.as_raw_fd(), &mut buffer, OOB);
            if urgent.is_ok() || sys::at_mark(&receiver)? {
                break;
            }
            let size = read(&receiver, &mut buffer);
            if kept.is_empty() {
                first = format!("{}, {}", name(urgent), name(size));
            }
            sizes.push(size.unwrap_or(0));
            kept.push(buffer);
        }
        s.finds(&format!("{what}, first recv and read"), first);
        s.finds(&format!("{what}, buffers kept"), kept.len());
        let bytes: usize = sizes.iter().sum();
        s.finds(&format!("{what}, bytes in them"), bytes);
    }
    let (sender, receiver) = scene::tcp_pair()?;
    send(sender.as_raw_fd(), b"ab!", OOB)?;
    arrives(&receiver, Ok(b'!'))?;
    scene::reset(sender)?;
    s.does("\"ab!\" has come with MSG_OOB, then a reset");
    arrives(&receiver, Err(Errno::ENOTCONN))?;
    s.finds("reset behind the byte, MSG_OOB", recv_now(&receiver, OOB));
    s.finds("reset behind the byte, recv", recv_now(&receiver, ORDINARY));
    s.finds("and then at the mark", at_mark(&receiver));
    Ok(())
}

/// SIOCATMARK as an answer to the question whether anything was sent before.
fn sent_before_the_mark(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        s.does(format_args!("{kind}: ordinary data and no mark"));
        send(sender.as_raw_fd(), b"abc", ORDINARY)?;
        delivered_or_local(kind, &sender)?;
        s.finds(&format!("{kind}, no mark"), at_mark(&receiver));
        send(sender.as_raw_fd(), b"!", OOB)?;
        arrives(&receiver, Ok(b'!'))?;
        s.does(format_args!("{kind}: then an urgent \"!\""));
        s.finds(&format!("{kind}, data unread"), at_mark(&receiver));
        let read = recv_now(&receiver, ORDINARY);
        s.does(format_args!("{kind}: recv: {read}"));
        s.finds(&format!("{kind}, data read"), at_mark(&receiver));
    }
    for (kind, sender, receiver) in pairs()? {
        send(sender.as_raw_fd(), b"!", OOB)?;
        arrives(&receiver, Ok(b'!'))?;
        s.does(format_args!("{kind}: nothing but an urgent \"!\""));
        s.finds(&format!("{kind}, nothing sent before"), at_mark(&receiver));
    }
    Ok(())
}

/// What becomes of a first urgent byte when a second one comes.
fn second_urgent_byte(s: &mut Story) -> Result<()> {
    for kind in 0..2 {
        for (what, first, read_first) in [
            ("ahead", "ab1", false),
            ("ahead and read", "ab1", true),
            ("at the read pointer", "1", false),
            ("there and read", "1", true),
        ] {
            let [tcp, local] = pairs()?;
            let (kind, sender, receiver) = if kind == 0 { tcp } else { local };
            send(sender.as_raw_fd(), first.as_bytes(), OOB)?;
            arrives(&receiver, Ok(b'1'))?;
            if read_first {
                recv_now(&receiver, OOB);
            }
            send(sender.as_raw_fd(), b"cd2", OOB)?;
            arrives(&receiver, Ok(b'2'))?;
            s.does(format_args!(
                "{kind}: {first:?}, the 1 {what}, then \"cd2\""
            ));
            let read = recv_now(&receiver, ORDINARY);
            let byte = recv_now(&receiver, OOB);
            s.finds(&format!("{kind}, {what}"), format!("{read}, {byte}"));
        }
    }
    Ok(())
}

/// What ends the exceptional condition.
fn notice_lasts(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        send(sender.as_raw_fd(), b"ab!", OOB)?;
        arrives(&receiver, Ok(b'!'))?;
        s.does(format_args!("{kind}: \"ab!\" with MSG_OOB: ask twice"));
        let twice = [select_now(&receiver)?, select_now(&receiver)?];
        s.finds(&format!("{kind}, asked twice"), twice.join(", "));
        recv_now(&receiver, ORDINARY);
        s.does(format_args!("{kind}: recv up to the mark"));
        s.finds(&format!("{kind}, at the mark"), select_now(&receiver)?);
        let read = recv_now(&receiver, ORDINARY);
        s.does(format_args!("{kind}: recv from the mark: {read}"));
        s.finds(&format!("{kind}, stepped over"), select_now(&receiver)?);
        send(sender.as_raw_fd(), b"!", OOB)?;
        arrives(&receiver, Ok(b'!'))?;
        recv_now(&receiver, OOB);
        s.does(format_args!("{kind}: another \"!\", read with MSG_OOB"));
        s.finds(&format!("{kind}, read"), select_now(&receiver)?);
        let none = recv_now(&receiver, ORDINARY);
        s.finds(&format!("{kind}, read, an ordinary recv"), none);
        drop(sender);
        scene::until_readable(&receiver)?;
        s.does(format_args!("{kind}: the sender closes"));
        s.finds(&format!("{kind}, end of stream"), select_now(&receiver)?);
    }
    Ok(())
}

/// The urgent byte left in its place.
fn inline(s: &mut Story) -> Result<()> {
    for (kind, sender, receiver) in pairs()? {
        setsockopt(&receiver, sockopt::OobInline, &true)?;
        send(sender.as_raw_fd(), b"ab!", OOB)?;
        send(sender.as_raw_fd(), b"cd", ORDINARY)?;
        delivered_or_local(kind, &sender)?;
        s.does(format_args!(
            "{kind}: SO_OOBINLINE, \"ab!\" with MSG_OOB, then \"cd\""
        ));
        s.finds(&format!("{kind}, select"), select_now(&receiver)?);
        s.finds(&format!("{kind}, MSG_OOB"), recv_now(&receiver, OOB));
        let one = recv_now(&receiver, ORDINARY);
        let reached = at_mark(&receiver);
        let other = recv_now(&receiver, ORDINARY);
        s.finds(&format!("{kind}, ordinary"), format!("{one}, {other}"));
        s.finds(&format!("{kind}, SIOCATMARK between"), reached);
    }
    Ok(())
}

/// An urgent byte behind more ordinary data than the urgent pointer can span.
fn far_behind(s: &mut Story) -> Result<()> {
    count_sigurg(SaFlags::SA_RESTART)?;
    let (sender, receiver) = small_pair()?;
    set_owner(&receiver, Owner::Process(getpid()))?;
    setsockopt(&sender, sockopt::SndBuf, &400_000)?;
    let bytes = vec![b'x'; 100_000];
    let sent = send(sender.as_raw_fd(), &bytes, MsgFlags::MSG_DONTWAIT)?;
    ensure!(sent == bytes.len(), "room for {sent} bytes only");
    send(sender.as_raw_fd(), b"!", OOB)?;
    // Nothing moves until somebody reads; only a limit can tell that.
    let mut asked = [PollFd::new(receiver.as_fd(), PollFlags::POLLPRI)];
    poll(&mut asked, PollTimeout::from(500_u16))?;
    s.does("100,000 bytes and an urgent \"!\", 0.5 s ago; nothing is read");
    s.finds("nothing read, MSG_OOB", recv_now(&receiver, OOB));
    s.finds("nothing read, SIGURG", signals());
    let (mut before, mut byte) = (0, [0]);
    while recv(receiver.as_raw_fd(), &mut byte, OOB).is_err() {
        before += recv(receiver.as_raw_fd(), &mut [0; 1024], ORDINARY)?;
    }
    let count = signals();
    s.does(format_args!(
        "read {before} bytes until it is here: SIGURG came {count} times"
    ));
    s.finds("the urgent byte", byte.escape_ascii());
    s.finds("SIGURG more than once", scene::yes_no(count > 1));
    Ok(())
}

/// Waits until all that was sent has reached the receiver's kernel; on a
/// local socket it has when `send` returns.
fn delivered_or_local(kind: &str, sender: &OwnedFd) -> Result<()> {
    if kind == "local" {
        return Ok(());
    }
    scene::until_acknowledged(sender)
}

/// What select says at this moment: `read`, `exceptional`, both or nothing.
fn select_now(socket: &OwnedFd) -> Result<String> {
    let (mut read, mut except) = (FdSet::new(), FdSet::new());
    read.insert(socket.as_fd());
    except.insert(socket.as_fd());
    let mut no_time = TimeVal::zero();
    select(None, &mut read, None, &mut except, &mut no_time)?;
    let mut says = Vec::new();
    if read.contains(socket.as_fd()) {
        says.push("read");
    }
    if except.contains(socket.as_fd()) {
        says.push("exceptional");
    }
    if says.is_empty() {
        says.push("nothing");
    }
    Ok(says.join("+"))
}
