//! What an answer names: where the import goes next.

use url::Url;

use super::{Crawl, Why};
use crate::charset::Charset;
use crate::fetch::Answer;
use crate::html::tags;
use crate::references::{Kind, Reference, base, of_link_header, of_page, refresh_target};
use crate::rewrite::{Language, named};
use crate::site::Target;
use crate::text::mentions;
use crate::{css, rest, seeds};

/// Pages of one list of the REST interface.
const MAX_LIST_PAGES: usize = 1000;

impl Crawl<'_> {
    /// Learns what an answer refers to.
    pub(super) fn read(&mut self, at: usize, target: &Target, answer: &Answer) {
        self.read_headers(at, answer);
        let content = answer.content();
        let kind = answer.content_type();
        // A packed sitemap says so by its name alone.
        if Language::spoken(kind) == Language::Other {
            if target.bare().ends_with(".xml.gz") {
                let text = seeds::unpacked(&content);
                self.read_text(at, &text, Charset::UTF_8);
            }
            return;
        }
        let charset = Charset::of(kind, &content);
        let text = charset.text(&content);
        match Language::spoken(kind) {
            Language::Html => self.read_page(at, target, &text, charset),
            Language::Css => {
                for found in css::references(text.as_bytes()) {
                    self.add_written(&found.value, charset, Why::Asset, Some(at));
                }
                self.read_mentions(at, &text, charset, Why::Asset);
            }
            Language::Script if target.asset_host.is_none() => {
                if rest::is_index(&text) {
                    self.ask_lists(target);
                } else if self.seen[at].why == Why::Probe {
                    self.read_list(at, target, &text);
                } else if !kind.contains("json") {
                    self.read_mentions(at, &text, charset, Why::Guess);
                }
            }
            Language::Text if target.asset_host.is_none() => self.read_text(at, &text, charset),
            _ => {}
        }
    }

    /// `Refresh` and `Link`, which do in a header what tags do in a page.
    fn read_headers(&mut self, at: usize, answer: &Answer) {
        let named = |wanted: &'static str| {
            let own = move |(name, _): &&(String, String)| name == wanted;
            answer.headers.iter().filter(own)
        };
        for (_, value) in named("refresh") {
            if let Some(address) = refresh_target(value) {
                self.add_text(address, Why::Link, Some(at));
            }
        }
        for (_, value) in named("link") {
            for Reference { value, kind } in of_link_header(value) {
                self.add_text(&value, why(kind), Some(at));
            }
        }
    }

    fn read_text(&mut self, at: usize, text: &str, charset: Charset) {
        if seeds::is_sitemap(text) {
            for address in seeds::sitemap(text) {
                self.add_text(&address, Why::Seed, Some(at));
            }
        }
        let is_feed = text.contains("<rss") || text.contains("<feed") || text.contains("<rdf:RDF");
        let why = if is_feed { Why::Seed } else { Why::Guess };
        self.read_mentions(at, text, charset, why);
    }

    fn read_page(&mut self, at: usize, target: &Target, page: &str, charset: Charset) {
        let tags = tags(page.as_bytes());
        let Ok(own) = Url::parse(&self.site.url(target)) else {
            return;
        };
        let start = base(&tags)
            .and_then(|base| charset.join(&own, base))
            .unwrap_or(own);
        for Reference { value, kind } in of_page(page.as_bytes(), &tags) {
            let url = charset.join(&start, &value);
            if let Some(target) = url.and_then(|url| self.site.target(&url)) {
                self.add(target, why(kind), Some(at));
            }
        }
        self.read_mentions(at, page, charset, Why::Guess);
    }

    fn read_mentions(&mut self, at: usize, text: &str, charset: Charset, why: Why) {
        let text = text.as_bytes();
        for mention in mentions(text, &self.authorities) {
            let path = mention.path(text, Charset::UTF_8);
            let named = named(&self.site, &self.authorities, &mention, &path, charset);
            if let Some(target) = named {
                self.add(target, why, Some(at));
            }
        }
    }

    /// Begins to read the lists of the REST interface whose index that is.
    fn ask_lists(&mut self, index: &Target) {
        for list in rest::LISTS {
            self.ask_list(index, list, 1);
        }
    }

    fn ask_list(&mut self, index: &Target, list: &str, page: usize) {
        let glue = if index.query().is_some() { "&" } else { "?" };
        let slash = if index.path.ends_with('/') { "" } else { "/" };
        let per_page = rest::PER_PAGE;
        let path = format!(
            "{}{slash}wp/v2/{list}{glue}per_page={per_page}&page={page}",
            index.path
        );
        self.add(Target::own(&path), Why::Probe, None);
    }

    fn read_list(&mut self, at: usize, target: &Target, text: &str) {
        let (addresses, count) = rest::entries(text);
        for address in addresses {
            self.add_text(&address, Why::Seed, Some(at));
        }
        let Some((head, page)) = target.path.rsplit_once("&page=") else {
            return;
        };
        let page: usize = page.parse().unwrap_or(MAX_LIST_PAGES);
        if count == rest::PER_PAGE && page < MAX_LIST_PAGES {
            self.add(
                Target::own(&format!("{head}&page={}", page + 1)),
                Why::Probe,
                None,
            );
        }
    }
}

fn why(kind: Kind) -> Why {
    match kind {
        Kind::Link => Why::Link,
        Kind::Asset => Why::Asset,
        Kind::Guess => Why::Guess,
    }
}
