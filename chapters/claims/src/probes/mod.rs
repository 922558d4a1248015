//! One file for each section of the manual: its claims, and what measures
//! them.

mod accept;
mod client;
mod connect;
mod flags;
mod getpeername;
mod introduction;
mod listen;
mod out_of_band;
mod recv;
mod send;
mod server;
mod transfer;

use crate::Claim;

/// Every claim, in the order of the register.
pub fn all() -> Vec<Claim> {
    [
        introduction::CLAIMS,
        connect::CLAIMS,
        listen::CLAIMS,
        accept::CLAIMS,
        getpeername::CLAIMS,
        transfer::CLAIMS,
        send::CLAIMS,
        recv::CLAIMS,
        flags::CLAIMS,
        client::CLAIMS,
        server::CLAIMS,
        out_of_band::CLAIMS,
    ]
    .concat()
}

/// The claim with this id, in capitals or not.
pub fn named(id: &str) -> Option<Claim> {
    all()
        .into_iter()
        .find(|claim| claim.id.eq_ignore_ascii_case(id))
}
