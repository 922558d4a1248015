//! Claims about getpeername.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
