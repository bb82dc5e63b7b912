//! Words of the file page.

/// The page's words.
pub struct FileWords {
    /// Heading of the folders, and their place in the menu.
    pub title: &'static str,
    /// Title of signing in.
    pub sign_in_title: &'static str,
    /// What the page is.
    pub lead: &'static str,
    /// Field: the access key's id.
    pub key_id: &'static str,
    /// Field: its secret.
    pub secret: &'static str,
    /// The button.
    pub sign_in: &'static str,
    /// The button that ends the session.
    pub sign_out: &'static str,
    /// Who gives keys.
    pub where_keys_come_from: &'static str,
    /// Neither id nor secret is told to be the wrong one.
    pub wrong: &'static str,
    /// Name of the way down to a folder.
    pub way: &'static str,
    /// The button, and the title of its page.
    pub search: &'static str,
    /// Field: a part of a name.
    pub search_label: &'static str,
    /// Nothing was found.
    pub nothing_found: &'static str,
    /// There may be more than is shown.
    pub may_be_more: &'static str,
    /// A folder without anything.
    pub empty: &'static str,
    /// Column: name.
    pub name: &'static str,
    /// Column: size.
    pub size: &'static str,
    /// Column: when it was last replaced.
    pub modified: &'static str,
    /// Column of downloads.
    pub fetch: &'static str,
    /// The link that downloads.
    pub download: &'static str,
    /// The link to more of a long folder.
    pub next: &'static str,
    /// Heading of uploads.
    pub add: &'static str,
    /// Field: files.
    pub files: &'static str,
    /// What happens to a file of the same name.
    pub files_hint: &'static str,
    /// Files may be dropped here.
    pub drop: &'static str,
    /// Name of the progress bar.
    pub sent: &'static str,
    /// The button that sends.
    pub upload: &'static str,
    /// Before the name of a file that failed.
    pub upload_failed: &'static str,
    /// Field: a new folder's name.
    pub new_folder: &'static str,
    /// What names at the top are like.
    pub bucket_hint: &'static str,
    /// The button.
    pub make_folder: &'static str,
    /// Heading of what was deleted.
    pub removed: &'static str,
    /// The button that brings a deleted file back.
    pub bring_back: &'static str,
    /// Heading of versions.
    pub versions: &'static str,
    /// Versions are kept.
    pub keeps: &'static str,
    /// None are kept.
    pub keeps_not: &'static str,
    /// The button that has them kept.
    pub keep: &'static str,
    /// There was no other.
    pub no_versions: &'static str,
    /// This version is the file now.
    pub current: &'static str,
    /// The button that makes a file what it was.
    pub restore: &'static str,
    /// Title of a file's page, and column.
    pub file: &'static str,
    /// The entry in the ledger.
    pub entry: &'static str,
    /// The link to the receipt.
    pub receipt: &'static str,
    /// What a receipt is for.
    pub receipt_told: &'static str,
    /// Heading of sharing.
    pub share: &'static str,
    /// What a link is.
    pub share_told: &'static str,
    /// Field: how long.
    pub how_long: &'static str,
    /// An hour.
    pub an_hour: &'static str,
    /// A day.
    pub a_day: &'static str,
    /// A week, the longest.
    pub a_week: &'static str,
    /// The button.
    pub make_link: &'static str,
    /// Title of one's shares, and their place in the menu.
    pub shares: &'static str,
    /// There are none.
    pub no_shares: &'static str,
    /// Column: the link.
    pub link: &'static str,
    /// Before the time at which it ends.
    pub until: &'static str,
    /// It has ended.
    pub over: &'static str,
    /// Column: how often, and when last.
    pub used: &'static str,
    /// The button that ends a share.
    pub take_back: &'static str,
    /// Title of what a link leads to.
    pub shared: &'static str,
    /// What it is.
    pub shared_told: &'static str,
    /// The button, and its heading.
    pub delete: &'static str,
    /// It can't be undone.
    pub delete_told: &'static str,
    /// It can be undone.
    pub delete_told_kept: &'static str,
    /// The button for an empty folder.
    pub delete_folder: &'static str,
    /// Menu: the gateway's own page.
    pub gateway: &'static str,
    /// So many seconds to wait, after wrong secrets.
    pub wait: fn(seconds: u64) -> String,
}
