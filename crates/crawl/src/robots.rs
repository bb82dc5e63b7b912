//! `robots.txt` (RFC 9309), and the sitemaps it names.

/// At most so much of it is read (§2.5 asks for 500 KiB at least).
const MAX_BYTES: usize = 512 * 1024;

/// What it asks of us.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Robots {
    /// Pattern, and whether what matches may be read.
    rules: Vec<(String, bool)>,
    /// Sitemaps that it names.
    pub sitemaps: Vec<String>,
    /// Seconds between two requests, where it asks for some; not in the RFC, but meant.
    pub crawl_delay_s: Option<u64>,
}

impl Robots {
    /// What a file asks of the program of that name: its own groups, or else those for all.
    #[must_use]
    pub fn parse(text: &str, name: &str) -> Self {
        let text: String = text.chars().take(MAX_BYTES).collect();
        let is_named = text.lines().any(|line| {
            field(line)
                .is_some_and(|(key, value)| key == "user-agent" && value.eq_ignore_ascii_case(name))
        });
        let wanted = if is_named { name } else { "*" };
        let mut robots = Self::default();
        let mut applies = false;
        let mut in_names = false;
        for (key, value) in text.lines().filter_map(field) {
            match key.as_str() {
                "user-agent" => {
                    // Several in a row begin one group.
                    applies = value.eq_ignore_ascii_case(wanted) || (in_names && applies);
                    in_names = true;
                    continue;
                }
                "sitemap" => robots.sitemaps.push(value.to_owned()),
                "allow" | "disallow" if applies && !value.is_empty() => {
                    robots.rules.push((value.to_owned(), key == "allow"));
                }
                "crawl-delay" if applies => robots.crawl_delay_s = value.parse().ok(),
                _ => {}
            }
            in_names = false;
        }
        robots
    }

    /// Whether the path and query may be read: the longest pattern that matches decides, and of equal ones `Allow`.
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        self.rules
            .iter()
            .filter(|(pattern, _)| matches(pattern, path))
            .max_by_key(|(pattern, allows)| (pattern.len(), *allows))
            .is_none_or(|(_, allows)| *allows)
    }
}

fn field(line: &str) -> Option<(String, &str)> {
    let line = line.split('#').next().unwrap_or_default();
    let (key, value) = line.split_once(':')?;
    Some((key.trim().to_ascii_lowercase(), value.trim()))
}

/// `*` is any text, `$` at the end is the end (§2.2.3).
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, is_whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let last = is_whole.then(|| parts.pop()).flatten();
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => !is_whole || rest.is_empty(),
    }
}
