//! Paths with placeholders, as `_redirects` and `_headers` write them: `/blog/:year/*`.

use super::Address;

/// What a pattern's placeholders stood for: name and value, percent-encoded as in the address.
pub(super) type Captured<'a> = Vec<(&'a str, &'a str)>;

/// A path, each of whose parts may be a placeholder (`:name`), and whose last one may be `*`, which stands for any number of
/// parts. A slash at the end doesn't matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    splat: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Literal(String),
    Placeholder(String),
}

impl Pattern {
    /// The pattern of a text.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let Some(path) = text.strip_prefix('/') else {
            return Err("a path begins with /");
        };
        let mut names: Vec<&str> = path.split('/').collect();
        let splat = names.last() == Some(&"*");
        if splat || names.last() == Some(&"") {
            names.pop();
        }
        let mut parts = Vec::with_capacity(names.len());
        for name in names {
            if name.contains('*') {
                return Err("* stands alone at the end of a path, for all that follows");
            }
            parts.push(match name.strip_prefix(':') {
                Some(placeholder) if is_name(placeholder) => Part::Placeholder(placeholder.into()),
                _ => Part::Literal(literal(name)?),
            });
        }
        Ok(Self { parts, splat })
    }

    /// The only path that it fits, without the slash at its end, if it has no placeholders.
    pub(super) fn exact(&self) -> Option<String> {
        let mut path = String::new();
        for part in &self.parts {
            let Part::Literal(name) = part else {
                return None;
            };
            path.push('/');
            path.push_str(name);
        }
        (!self.splat).then_some(path)
    }

    /// What the placeholders stand for in that path, if it fits.
    pub(super) fn captures<'a>(&'a self, path: &'a str) -> Option<Captured<'a>> {
        self.read(path, str::eq)
    }

    /// Whether the path fits, whatever its capitals.
    pub(super) fn fits_in_any_case(&self, path: &str) -> bool {
        self.read(path, str::eq_ignore_ascii_case).is_some()
    }

    fn read<'a>(
        &'a self,
        path: &'a str,
        is_same: impl Fn(&str, &str) -> bool,
    ) -> Option<Captured<'a>> {
        let mut captured = Vec::new();
        let mut rest = path.strip_prefix('/')?;
        let mut ended = rest.is_empty();
        for part in &self.parts {
            if ended {
                return None;
            }
            let (name, after) = match rest.split_once('/') {
                Some((name, after)) => (name, Some(after)),
                None => (rest, None),
            };
            match part {
                Part::Literal(literal) if is_same(literal, name) => {}
                Part::Placeholder(placeholder) if !name.is_empty() => {
                    captured.push((placeholder.as_str(), name));
                }
                _ => return None,
            }
            rest = after.unwrap_or("");
            ended = rest.is_empty();
        }
        if self.splat {
            captured.push(("splat", rest));
        } else if !ended {
            return None;
        }
        Some(captured)
    }
}

fn literal(name: &str) -> Result<String, &'static str> {
    let address = Address::parse(&format!("/{name}"))
        .map_err(|_| "a part of the path can't stand in an address")?;
    if address.query().is_some() {
        return Err("a query is written apart: /path name=value");
    }
    Ok(address.path()[1..].to_owned())
}

pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A text with its placeholders filled in; a placeholder that nothing was captured for stays.
pub(super) fn fill(text: &str, captured: &Captured<'_>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(':') {
        let (before, after) = rest.split_at(at);
        filled.push_str(before);
        let name: &str = {
            let end = after[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            &after[1..end.map_or(after.len(), |end| end + 1)]
        };
        match captured
            .iter()
            .find(|(placeholder, _)| *placeholder == name)
        {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&after[..=name.len()]),
        }
        rest = &after[1 + name.len()..];
    }
    filled.push_str(rest);
    filled
}
