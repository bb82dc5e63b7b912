//! Merkle trees, checkpoints, witness rules and receipts, without any I/O
