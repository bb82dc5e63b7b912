//! The S3 front of the vault
