//! clause matching
