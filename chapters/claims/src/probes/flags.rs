//! Claims about flags.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
