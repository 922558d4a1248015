//! Claims about recv.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
