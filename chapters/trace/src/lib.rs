//! Pictures of real runs.
