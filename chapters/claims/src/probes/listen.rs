//! Claims about listen.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
