//! Redirects as `_redirects` writes them.

use std::collections::HashSet;

use url::Url;

use crate::forms::Form;
use crate::search;
use crate::site::{Site, Target};

/// A redirect that the site answered with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redirect {
    /// Its address, path and query.
    pub from: String,
    /// Where it leads: a path of the new site, or a whole address.
    pub to: String,
    /// Its status.
    pub status: u16,
}

/// Where `Location` leads from a target, as the new site says it; nothing where that is no address.
#[must_use]
pub fn destination(
    site: &Site,
    from: &Target,
    location: &str,
    brought: &HashSet<Target>,
) -> Option<String> {
    let own = Url::parse(&site.url(from)).ok()?;
    let url = own.join(location).ok()?;
    let target = site.target(&url);
    let target = target.filter(|target| target.asset_host.is_none() || brought.contains(target));
    Some(match target {
        Some(target) => {
            let fragment = url.fragment().map(|text| format!("#{text}"));
            format!("{}{}", site.address(&target), fragment.unwrap_or_default())
        }
        None => url.to_string(),
    })
}

/// The line for a redirect; nothing where the syntax can't say it. `pages` are the addresses that answer by themselves.
#[must_use]
pub fn line(redirect: &Redirect, pages: &HashSet<String>) -> Option<String> {
    let (path, query) = match redirect.from.split_once('?') {
        Some((path, query)) => (path, query),
        None => (redirect.from.as_str(), ""),
    };
    let is_plain =
        !path.contains('*') && !path.contains("/:") && !redirect.to.contains([' ', '\t']);
    // Rules take a path with and without its last slash for the same.
    let twin = match path.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{path}/"),
    };
    let is_twin_elsewhere = query.is_empty() && pages.contains(&twin) && redirect.to != twin;
    if !is_plain || is_twin_elsewhere {
        return None;
    }
    let mut words = vec![path.to_owned()];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name.is_empty()
            || name.starts_with('/')
            || name.contains("://")
            || value.starts_with(':')
        {
            return None;
        }
        words.push(format!("{name}={value}"));
    }
    words.push(redirect.to.clone());
    // With force: the site sent visitors on even where a file of the path is there, as at `/?p=12`.
    words.push(format!("{}!", redirect.status));
    Some(words.join(" "))
}

/// The lines of all, those that name a query before those that take any.
#[must_use]
pub fn file(lines: &[(String, bool)]) -> String {
    let mut text = String::new();
    for wanted in [true, false] {
        for (line, _) in lines.iter().filter(|(_, has_query)| *has_query == wanted) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// The rule that leads a search form of the site to our own search; nothing for one that is sent elsewhere.
#[must_use]
pub fn search(site: &Site, form: &Form) -> Option<String> {
    let home = Url::parse(&site.home.url()).ok()?;
    let target = site.target(&home.join(&form.action).ok()?)?;
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let words = form.query_field.as_deref().filter(|name| is_name(name))?;
    let others = form.fields.iter().filter(|name| *name != words);
    if target.query().is_some() || target.path.contains(['*', ':']) {
        return None;
    }
    let mut rule = format!("{} {words}=:query", target.path);
    for (number, name) in others.enumerate() {
        if !is_name(name) {
            return None;
        }
        rule.push_str(&format!(" {name}=:other{number}"));
    }
    Some(format!("{rule} /{}/?q=:query 302!", search::FOLDER))
}
