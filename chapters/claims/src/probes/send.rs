//! Claims about send.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
