//! Sources end to end.
