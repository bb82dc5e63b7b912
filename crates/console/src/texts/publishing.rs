//! Words of the pages of sites.

/// Those words.
pub struct PublishingWords {
    /// Menu and title.
    pub title: &'static str,
    /// Title: the sites hosted here.
    pub hosted: &'static str,
    /// What they are.
    pub hosted_lead: &'static str,
    /// That there is none.
    pub hosted_none: &'static str,
    /// How anybody checks a site.
    pub check: &'static str,
    /// What the institution's sites are.
    pub lead: &'static str,
    /// That there is none yet.
    pub none: &'static str,
    /// Column: a site.
    pub site: &'static str,
    /// Column: whose it is.
    pub institution: &'static str,
    /// Column: the newest deploy.
    pub deploy: &'static str,
    /// Column: what visitors get.
    pub served: &'static str,
    /// Nothing was published yet.
    pub unpublished: &'static str,
    /// Visitors get the newest deploy.
    pub newest: &'static str,
    /// Visitors get nothing.
    pub nothing: &'static str,
    /// Link: its receipt.
    pub receipt: &'static str,
    /// Link: all sites of the data centre.
    pub all_sites: &'static str,
    /// Link: the ledger of sites.
    pub ledger_pages: &'static str,
    /// Heading: importing.
    pub import: &'static str,
    /// How that is done.
    pub import_lead: &'static str,
    /// What comes of it.
    pub import_report: &'static str,
    /// Heading: how the site is now.
    pub now: &'static str,
    /// That nothing needs anybody.
    pub needs_nothing: &'static str,
    /// What to do for a first deploy.
    pub needs_first: &'static str,
    /// That applications of those names aren't asked, and what to do.
    pub stopped: fn(&str) -> String,
    /// What to do about damaged content.
    pub needs_content: &'static str,
    /// Heading: deploying.
    pub deploy_folder: &'static str,
    /// What happens then.
    pub deploy_lead: &'static str,
    /// Summary: what is published whatever it looks like.
    pub allow: &'static str,
    /// Field: their paths.
    pub allow_field: &'static str,
    /// Its hint.
    pub allow_hint: &'static str,
    /// Field: the folder.
    pub folder: &'static str,
    /// Its hint.
    pub folder_hint: &'static str,
    /// Button: send the folder.
    pub send: &'static str,
    /// Heading: deploys.
    pub deploys: &'static str,
    /// That there is none.
    pub no_deploys: &'static str,
    /// Column: the number.
    pub number: &'static str,
    /// Column and field: since when.
    pub when: &'static str,
    /// Column and field: who signed.
    pub signers: &'static str,
    /// Column: what can be looked at.
    pub see: &'static str,
    /// Mark: what is published.
    pub live: &'static str,
    /// Link: the deploy at its own name.
    pub preview: &'static str,
    /// Link: publish it again.
    pub go_back: &'static str,
    /// Heading: alerts.
    pub alerts: &'static str,
    /// What they are.
    pub alerts_lead: &'static str,
    /// Before a deploy's number.
    pub of_deploy: &'static str,
    /// Heading: who signs.
    pub publishers: &'static str,
    /// Column: a publisher's name.
    pub name: &'static str,
    /// Column: the public key.
    pub key: &'static str,
    /// Heading: other publishers.
    pub replace: &'static str,
    /// What that takes.
    pub replace_lead: &'static str,
    /// Field: the new file.
    pub new_publishers: &'static str,
    /// Button: make the change.
    pub prepare: &'static str,
    /// What the page of new publishers is.
    pub replaced_lead: &'static str,
    /// Before the name of the change's file.
    pub save_as: &'static str,
    /// Link: all sites.
    pub to_list: &'static str,
    /// Link: the site.
    pub to_site: &'static str,
    /// Field: the manifest.
    pub manifest: &'static str,
    /// Field: what it holds.
    pub holds: &'static str,
    /// Heading: what a deploy changed.
    pub what_changed: &'static str,
    /// Heading: what a change would change.
    pub what_changes: &'static str,
    /// That there is nothing to compare with.
    pub against_nothing: &'static str,
    /// That rules differ.
    pub rules: &'static str,
    /// That nothing differs.
    pub nothing_changed: &'static str,
    /// Heading: the files.
    pub all_files: &'static str,
    /// Column: an address.
    pub address: &'static str,
    /// Column: the size.
    pub size: &'static str,
    /// Column: the media type.
    pub kind: &'static str,
    /// That its files were let go.
    pub let_go: &'static str,
    /// That the change is live already.
    pub is_live: &'static str,
    /// What the page of a change is.
    pub waits: &'static str,
    /// Heading: signing.
    pub sign: &'static str,
    /// What is signed.
    pub sign_lead: &'static str,
    /// Heading: at home.
    pub at_home: &'static str,
    /// Why, and how.
    pub at_home_lead: &'static str,
    /// The same, for a change of publishers.
    pub at_home_publishers: &'static str,
    /// Button: the file to be signed.
    pub get_change: &'static str,
    /// Heading: in the browser.
    pub in_browser: &'static str,
    /// Who is trusted then.
    pub in_browser_trust: &'static str,
    /// Field: the private key.
    pub key_file: &'static str,
    /// Its hint.
    pub key_hint: &'static str,
    /// Field: the folder at home, to be compared.
    pub own_folder: &'static str,
    /// Its hint.
    pub own_hint: &'static str,
    /// That it is another one.
    pub differs: &'static str,
    /// That the file is no key.
    pub no_key: &'static str,
    /// That it is signed.
    pub signed: &'static str,
    /// Button: sign in the browser.
    pub sign_here: &'static str,
    /// Heading and button: hand it in.
    pub publish: &'static str,
    /// What is handed in.
    pub publish_lead: &'static str,
    /// Field: the signed file.
    pub signed_file: &'static str,
    /// Field: the signed text.
    pub signed_text: &'static str,
    /// Title: a folder that can't be published.
    pub refused: &'static str,
    /// What stands on the page.
    pub refused_lead: &'static str,
    /// What to do.
    pub refused_allow: &'static str,
    /// Column: a file.
    pub file: &'static str,
    /// Column: the reason.
    pub why: &'static str,
    /// Visitors get an older deploy: its number.
    pub older: fn(&str) -> String,
    /// How many must sign, of how many.
    pub must_sign: fn(u64, &str, &str) -> String,
    /// That the change of that number holds.
    pub done: fn(&str) -> String,
    /// Title of a deploy: its number, and the site.
    pub deploy_title: fn(&str, &str) -> String,
    /// Title of a change: its number, and the site.
    pub change_title: fn(&str, &str) -> String,
    /// How many files, and their size.
    pub files: fn(u64, &str, &str) -> String,
    /// The deploy that is compared with.
    pub against: fn(&str) -> String,
    /// How many addresses are new.
    pub added: fn(&str) -> String,
    /// How many changed.
    pub changed: fn(&str) -> String,
    /// How many are gone.
    pub removed: fn(&str) -> String,
    /// How many aren't named.
    pub and_others: fn(&str) -> String,
    /// How many must sign, where one is too few.
    pub more_must: fn(&str) -> String,
    /// Why a file isn't published, from its English reason; nothing for one that has no sentence here.
    pub reason: fn(&str) -> Option<&'static str>,
}
