//! Rows, blobs and the group commit
