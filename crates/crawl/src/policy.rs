//! What isn't asked for: parts for editors, addresses that differ in noise alone, traps without an end.

use std::collections::HashMap;

use crate::site::Target;

/// An address is no longer.
pub const MAX_ADDRESS_BYTES: usize = 2000;
/// A path repeats a segment no more often: `/a/b/a/b/a/b` is a relative link gone wrong.
const MAX_REPEATS: usize = 3;
/// Parts for editors, and what takes forms.
const FOR_EDITORS: [&str; 12] = [
    "/wp-admin",
    "/wp-login.php",
    "/xmlrpc.php",
    "/wp-cron.php",
    "/wp-comments-post.php",
    "/wp-signup.php",
    "/wp-activate.php",
    "/wp-trackback.php",
    "/administrator",
    "/user/login",
    "/typo3",
    "/phpmyadmin",
];
/// Parameters that say where a visitor came from, who they are, or what they want done. None of them names a page: `action`, `sid`,
/// `print` and the like do on many a site, and are asked for.
const NOISE: [&str; 12] = [
    "replytocom",
    "fbclid",
    "gclid",
    "mc_cid",
    "mc_eid",
    "phpsessid",
    "sessionid",
    "jsessionid",
    "_wpnonce",
    "add-to-cart",
    "redirect_to",
    "preview",
];
/// A session's number is no shorter: `sid=4` is a page's.
const MIN_SESSION_BYTES: usize = 16;

/// Why an address isn't asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LeftOut {
    /// It is for editors, or takes forms.
    ForEditors,
    /// It differs from its path in a parameter that changes nothing for visitors.
    Noise,
    /// It is too long, or repeats itself.
    Shape,
    /// Too many differ from it in numbers alone, or it is too many links away.
    Trap,
    /// `robots.txt` asks not to.
    Robots,
    /// The import's bound of addresses or bytes is reached.
    Bound,
}

impl LeftOut {
    /// All, those first that somebody must know of.
    pub const ALL: [Self; 6] = [
        Self::Bound,
        Self::Trap,
        Self::Robots,
        Self::Noise,
        Self::Shape,
        Self::ForEditors,
    ];

    /// Whether the site may have more than what was asked for.
    #[must_use]
    pub fn is_cut(self) -> bool {
        matches!(self, Self::Bound | Self::Trap | Self::Robots)
    }

    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ForEditors => "for-editors",
            Self::Noise => "noise",
            Self::Shape => "shape",
            Self::Trap => "trap",
            Self::Robots => "robots",
            Self::Bound => "bound",
        }
    }
}

/// Whether the address by itself says that it isn't to be asked for. What somebody names, in a list or a log, or what the site
/// itself lists, is asked for whatever its parameters are.
#[must_use]
pub fn left_out(target: &Target, is_listed: bool) -> Option<LeftOut> {
    let path = target.bare();
    let is_below = |top: &&str| {
        path.strip_prefix(*top)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // Editors' scripts and pictures are shown to visitors by some themes.
    let is_file = ["css", "js", "png", "jpg", "gif", "svg", "woff2", "woff"]
        .iter()
        .any(|ending| path.ends_with(&format!(".{ending}")));
    if FOR_EDITORS.iter().any(is_below) && !is_file {
        return Some(LeftOut::ForEditors);
    }
    if !is_listed && noise(target).is_some() {
        return Some(LeftOut::Noise);
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        *seen.entry(segment).or_default() += 1;
    }
    let repeats = seen.values().any(|times| *times > MAX_REPEATS);
    (repeats || target.path.len() > MAX_ADDRESS_BYTES).then_some(LeftOut::Shape)
}

/// The parameter that changes nothing for visitors, if the address has one.
#[must_use]
pub fn noise(target: &Target) -> Option<&str> {
    let pairs = target.query()?.split('&');
    let mut names = pairs.filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let lower = name.to_ascii_lowercase();
        let is_session = lower == "sid" && value.len() >= MIN_SESSION_BYTES;
        let is_noise = NOISE.contains(&&*lower) || lower.starts_with("utm_") || is_session;
        is_noise.then_some(name)
    });
    names.next()
}

/// The address without its numbers and without what its parameters say: pages of one calendar share it.
#[must_use]
pub fn pattern(target: &Target) -> String {
    let mut pattern = String::new();
    for letter in target.bare().chars() {
        match letter.is_ascii_digit() {
            true if pattern.ends_with('#') => {}
            true => pattern.push('#'),
            false => pattern.push(letter),
        }
    }
    let names = target
        .query()
        .into_iter()
        .flat_map(|query| query.split('&'));
    for pair in names {
        pattern.push('&');
        pattern.push_str(pair.split('=').next().unwrap_or_default());
    }
    pattern
}
