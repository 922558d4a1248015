//! Claims about data transfer.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
