//! Every write fails once, both ways.
