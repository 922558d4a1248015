//! Claims about the example server.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
