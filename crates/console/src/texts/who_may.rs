//! Whose work it is, told to who reads a page without its form.

/// Those words.
pub struct WhoMayWords {
    /// Who makes and revokes access keys.
    pub keys: &'static str,
    /// Who makes buckets and sets how they are kept.
    pub buckets: &'static str,
    /// Who deposits files on the pages.
    pub deposit: &'static str,
    /// Who changes, deletes and brings back files.
    pub objects: &'static str,
    /// Who publishes sites.
    pub sites: &'static str,
    /// Who writes to the operator.
    pub messages: &'static str,
    /// Who records drills.
    pub drills: &'static str,
    /// Who proposes and approves.
    pub proposals: &'static str,
}
