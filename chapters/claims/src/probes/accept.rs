//! Claims about accept.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
