//! Claims about out-of-band data.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
