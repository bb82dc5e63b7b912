//! Words of buckets and of what they hold.

use amana_vault::{Mode, Versioning};

/// Those words.
pub struct ContentWords {
    /// Title and menu.
    pub buckets: &'static str,
    /// What buckets are.
    pub lead: &'static str,
    /// That there is none.
    pub none: &'static str,
    /// Field and column: a name.
    pub name: &'static str,
    /// What a bucket's name may be.
    pub name_hint: &'static str,
    /// Column: who can read it.
    pub who_reads: &'static str,
    /// Who can read it, in a word.
    pub mode: fn(Mode) -> &'static str,
    /// What that means.
    pub mode_means: fn(Mode) -> &'static str,
    /// Column: how much it holds.
    pub holds: &'static str,
    /// So many versions or pieces: as written, the number, the mode.
    pub items: fn(&str, u64, Mode) -> String,
    /// Column and heading: versions.
    pub versions: &'static str,
    /// Whether it keeps versions.
    pub versioning: fn(Versioning) -> &'static str,
    /// Link to the next page.
    pub next: &'static str,
    /// Heading and button: make a bucket.
    pub make: &'static str,
    /// Where sealed ones are made.
    pub make_sealed: &'static str,
    /// Field: why it is open.
    pub reason: &'static str,
    /// Its hint.
    pub reason_hint: &'static str,
    /// Box: keep versions.
    pub keep: &'static str,
    /// Fact: since when.
    pub created: &'static str,
    /// Link: the files.
    pub files: &'static str,
    /// Link: the pieces of a sealed bucket.
    pub pieces_link: &'static str,
    /// Heading: settings.
    pub settings: &'static str,
    /// Button: keep versions.
    pub enable: &'static str,
    /// Button: keep none from now on.
    pub suspend: &'static str,
    /// What keeping versions means.
    pub enabled_means: &'static str,
    /// What it means not to.
    pub not_enabled_means: &'static str,
    /// Heading and button: delete the bucket.
    pub delete_bucket: &'static str,
    /// When it can be deleted.
    pub delete_bucket_means: &'static str,
    /// That it isn't empty.
    pub not_empty: &'static str,
    /// Where a sealed bucket is configured.
    pub sealed_settings: &'static str,
    /// Heading: files.
    pub objects: &'static str,
    /// That a folder is empty.
    pub empty: &'static str,
    /// Name of the trail of folders.
    pub path: &'static str,
    /// Field: a part of the name.
    pub search: &'static str,
    /// Button.
    pub search_do: &'static str,
    /// So many names were looked at; whether those were all.
    pub searched: fn(&str, bool) -> String,
    /// Link: show deleted files as well.
    pub show_deleted: &'static str,
    /// Link: hide them again.
    pub hide_deleted: &'static str,
    /// Column: size.
    pub size: &'static str,
    /// Column: when it was made.
    pub modified: &'static str,
    /// Kind: a folder.
    pub folder: &'static str,
    /// Kind: a deleted file.
    pub deleted: &'static str,
    /// Heading: pieces of a sealed bucket.
    pub pieces: &'static str,
    /// Column: a piece's number.
    pub piece: &'static str,
    /// Link: deposit files here.
    pub deposit: &'static str,
    /// Fact and link: the bucket.
    pub bucket: &'static str,
    /// Link: download.
    pub download: &'static str,
    /// Fact and column: a version.
    pub version: &'static str,
    /// The version that was made without versioning.
    pub null: &'static str,
    /// That it is the newest.
    pub latest: &'static str,
    /// That it is an older one.
    pub older: &'static str,
    /// Link: the newest version.
    pub see_latest: &'static str,
    /// Button: put the older one again.
    pub bring_back: &'static str,
    /// What a delete marker says.
    pub marker: &'static str,
    /// Fact: the tag.
    pub etag: &'static str,
    /// Fact: the content type.
    pub kind: &'static str,
    /// Heading: metadata.
    pub metadata: &'static str,
    /// Heading: tags.
    pub tags: &'static str,
    /// Opens the form of tags.
    pub set_tags: &'static str,
    /// What the form does.
    pub set_tags_means: &'static str,
    /// Field: the name of the tag of that number.
    pub tag_name: fn(&usize) -> String,
    /// Field: its value.
    pub tag_value: fn(&usize) -> String,
    /// Button.
    pub keep_tags: &'static str,
    /// Fact and link: the receipt.
    pub receipt: &'static str,
    /// That there are more versions.
    pub more_versions: &'static str,
    /// Column: what one may do.
    pub acts: &'static str,
    /// Heading and button: delete the file.
    pub delete: &'static str,
    /// What that means with versions.
    pub delete_kept: &'static str,
    /// What that means without.
    pub delete_lost: &'static str,
    /// Button: bring it back.
    pub restore: &'static str,
    /// Button: delete a version for good.
    pub destroy: &'static str,
    /// What that means.
    pub destroy_means: &'static str,
    /// Box: sure.
    pub sure: &'static str,
    /// What stands above a page after a change.
    pub recorded: &'static str,
    /// Link: the receipt's file.
    pub receipt_file: &'static str,
    /// Link: verify it.
    pub verify: &'static str,
}
