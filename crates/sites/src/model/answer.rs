//! What an address answers: one rule for the server and for whoever verifies it.

use super::{Address, File, Manifest};

/// What a site answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer<'m> {
    /// A file.
    File {
        /// 200, 404 or 410.
        status: u16,
        /// The address under which it stands in the manifest.
        address: &'m str,
        /// The file.
        file: &'m File,
    },
    /// A redirect.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: u16,
        /// Where to: a path of the site, or a whole address.
        to: String,
    },
    /// Nothing is there, and the site has no page that says so.
    Missing,
}

impl Manifest {
    /// What the site answers at that address. In this order: the file of this very path and query; rules with force; the file of
    /// the path; `index.html` in a folder; the path with `.html`; a slash added or taken away where only the other is there (301);
    /// the other rules; `/404.html` with 404.
    #[must_use]
    pub fn answer(&self, asked: &Address) -> Answer<'_> {
        if asked.query().is_some()
            && let Some(found) = self.file(200, asked.as_str())
        {
            return found;
        }
        if let Some(found) = self.ruled(asked, true) {
            return found;
        }
        if let Some(found) = self.page(200, asked.path()) {
            return found;
        }
        if let Some(to) = self.other_slash(asked) {
            return Answer::Redirect { status: 301, to };
        }
        self.ruled(asked, false)
            .or_else(|| self.file(404, "/404.html"))
            .unwrap_or(Answer::Missing)
    }

    fn file(&self, status: u16, address: &str) -> Option<Answer<'_>> {
        let (address, file) = self.files().get_key_value(address)?;
        Some(Answer::File {
            status,
            address,
            file,
        })
    }

    /// The file that a path means: itself, the folder's page, or the path with `.html`.
    pub(super) fn page(&self, status: u16, path: &str) -> Option<Answer<'_>> {
        self.file(status, path).or_else(|| {
            let ending = if path.ends_with('/') {
                "index.html"
            } else {
                ".html"
            };
            self.file(status, &format!("{path}{ending}"))
        })
    }

    /// The address with or without a slash at its end, if the page is there.
    fn other_slash(&self, asked: &Address) -> Option<String> {
        let path = asked.path();
        let other = match path.strip_suffix('/') {
            Some("") => return None,
            Some(bare) => {
                self.files().get(&format!("{bare}.html"))?;
                bare.to_owned()
            }
            None => {
                self.files().get(&format!("{path}/index.html"))?;
                format!("{path}/")
            }
        };
        Some(match asked.query() {
            Some(query) => format!("{other}?{query}"),
            None => other,
        })
    }

    /// The first rule that fits.
    fn ruled(&self, asked: &Address, force: bool) -> Option<Answer<'_>> {
        let path = asked.path();
        let known = self.exact.get(path.strip_suffix('/').unwrap_or(path));
        let mut exact = known.into_iter().flatten().copied().peekable();
        let mut patterned = self.patterned.iter().copied().peekable();
        loop {
            let from_exact = match (exact.peek(), patterned.peek()) {
                (Some(one), Some(other)) => one < other,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => return None,
            };
            let place = if from_exact {
                exact.next()
            } else {
                patterned.next()
            }?;
            let (pattern, rule) = &self.redirects[place];
            if rule.force != force {
                continue;
            }
            let Some(to) = rule.target(pattern, asked) else {
                continue;
            };
            if rule.is_redirect() {
                return Some(Answer::Redirect {
                    status: rule.status,
                    to,
                });
            }
            let found = Address::parse(&to).ok().and_then(|address| {
                self.file(rule.status, address.as_str())
                    .or_else(|| self.page(rule.status, address.path()))
            });
            if found.is_some() {
                return found;
            }
        }
    }
}
