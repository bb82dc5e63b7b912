//! Handshakes as they happen: who believes whom, in which version, and what is said to whoever is refused.

mod handshakes;
mod identities;
mod servers;
