//! The institution's side: the same S3 as the data centre's, with everything sealed and signed before it leaves.
