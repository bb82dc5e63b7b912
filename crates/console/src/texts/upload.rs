//! Words of depositing a file.

/// Those words.
pub struct UploadWords {
    /// Title.
    pub title: &'static str,
    /// Fact: into which folder.
    pub into: &'static str,
    /// How it goes.
    pub lead: &'static str,
    /// What is different without scripts.
    pub no_script: &'static str,
    /// Field: the file.
    pub file: &'static str,
    /// Box: replace.
    pub replace: &'static str,
    /// Button.
    pub send: &'static str,
    /// Name of the bar.
    pub progress: &'static str,
    /// What the script says while it goes; {} is the share.
    pub going: &'static str,
    /// What it says when it goes on; {} is the share.
    pub resumed: &'static str,
    /// What it says when the line is cut.
    pub cut: &'static str,
    /// What it says at the end.
    pub joining: &'static str,
    /// Heading: uploads under way.
    pub under_way: &'static str,
    /// Column: when it was begun.
    pub begun: &'static str,
    /// Button: give it up.
    pub end: &'static str,
    /// Link: back to the folder.
    pub to_folder: &'static str,
}
