//! Claims about Intro.

use crate::Claim;

pub(super) const CLAIMS: &[Claim] = &[];
