//! Words around every page.

/// The frame's words.
pub struct FrameWords {
    /// For search engines and link previews.
    pub description: &'static str,
    /// The link past the menu, for keyboards and screen readers.
    pub skip: &'static str,
    /// Name of the menu.
    pub menu: &'static str,
    /// Name of the list of languages.
    pub languages: &'static str,
    /// Menu: what this data centre is.
    pub centre: &'static str,
    /// Menu: the live proof.
    pub proof: &'static str,
    /// Menu: verify a receipt.
    pub verify: &'static str,
    /// Menu: help.
    pub help: &'static str,
    /// Foot: the trust policy.
    pub policy: &'static str,
    /// Foot: the national log's newest checkpoint.
    pub checkpoint: &'static str,
    /// Foot: what programs read.
    pub api: &'static str,
    /// The last line of every page.
    pub foot: &'static str,
    /// Title of the page of an absent page.
    pub not_found: &'static str,
    /// Title of the page of any other error.
    pub refused: &'static str,
    /// An error without a sentence of its own.
    pub failed: &'static str,
    /// Before an error's code.
    pub code: &'static str,
    /// The way back to the first page.
    pub home: &'static str,
    /// Button that copies what stands before it.
    pub copy: &'static str,
    /// What it says once that is done.
    pub copied: &'static str,
}
