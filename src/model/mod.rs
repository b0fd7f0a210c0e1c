//! The two towers and their configuration.
