//! Buckets, objects, versions and multipart uploads
