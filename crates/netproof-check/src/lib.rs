//! Certificate checker (placeholder until the format is written).
