//! Claims about the example client.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
