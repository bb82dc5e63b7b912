//! Institutions, officials, access keys and their rights
