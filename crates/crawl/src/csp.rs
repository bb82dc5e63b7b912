//! Which scripts the site's pages run, as a Content-Security-Policy says it (CSP Level 3): no other script runs then, whoever
//! manages to put one into a page.

use std::collections::BTreeSet;

use crate::html::Tag;
use crate::references::is_data;
use crate::scan;
use crate::warc::csp_digest;

/// A header's value has at most 8 KiB, and a hash 54 bytes.
const MAX_HASHES: usize = 120;

/// What the pages run.
#[derive(Default)]
pub struct Scripts {
    hashes: BTreeSet<String>,
    has_handlers: bool,
    hosts: BTreeSet<String>,
}

impl Scripts {
    /// Adds what a page runs, as it will be published. What looks like an intruder's isn't added, so that no browser runs it.
    pub fn add(&mut self, page: &[u8], tags: &[Tag], is_own: &dyn Fn(&str) -> bool) {
        for tag in tags.iter().filter(|tag| !tag.is_end) {
            if tag.name == "script"
                && tag.value("src").is_none()
                && !is_data(tag)
                && let Some(content) = &tag.content
            {
                self.hash(&page[content.clone()]);
            }
            for attribute in &tag.attributes {
                if attribute.name.starts_with("on") && !attribute.value.is_empty() {
                    self.has_handlers = true;
                    self.hash(attribute.value.as_bytes());
                }
            }
        }
        let hosts = scan::script_hosts(tags);
        self.hosts
            .extend(hosts.into_iter().filter(|host| !is_own(host)));
    }

    fn hash(&mut self, script: &[u8]) {
        if scan::script(script).is_none() {
            self.hashes.insert(csp_digest(script));
        }
    }

    /// Other hosts whose scripts run.
    #[must_use]
    pub fn hosts(&self) -> &BTreeSet<String> {
        &self.hosts
    }

    /// Whether there are more scripts in pages than a header can name.
    #[must_use]
    pub fn are_too_many(&self) -> bool {
        self.hashes.len() > MAX_HASHES
    }

    /// The text of `_headers`.
    #[must_use]
    pub fn file(&self) -> String {
        let mut words = vec!["script-src 'self'".to_owned()];
        words.extend(self.hosts.iter().cloned());
        if self.are_too_many() {
            words.push("'unsafe-inline'".to_owned());
        } else {
            words.extend(self.has_handlers.then(|| "'unsafe-hashes'".to_owned()));
            words.extend(self.hashes.iter().cloned());
        }
        format!(
            "/*\n  Content-Security-Policy: {}; base-uri 'self'\n  X-Content-Type-Options: nosniff\n",
            words.join(" ")
        )
    }
}
