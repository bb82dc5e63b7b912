//! What is asked of a site: every address that its manifest has, in every spelling, at every machine, as every kind of visitor; and
//! what it doesn't have, under names that nobody can know beforehand.

use std::collections::BTreeSet;

use amana_sites::{Address, Answer, Manifest, Redirect};
use amana_tls::Connector;
use anyhow::{Result, anyhow};

use super::visit::{FACES, Face, Visit};

/// Addresses that get a query that means nothing, the site's first ones.
const WITH_QUERY: usize = 16;
/// What intruders leave, and what programs ask for by themselves.
const PERHAPS_ABSENT: [&str; 10] = [
    "/.env",
    "/.git/config",
    "/.well-known/security.txt",
    "/favicon.ico",
    "/index.php",
    "/manifest.json",
    "/robots.txt",
    "/sitemap.xml",
    "/wp-admin/",
    "/wp-login.php",
];

/// What there is to visit.
pub(crate) struct Plan {
    /// The visits, the site's first page first.
    pub(crate) visits: Vec<Visit>,
    /// Addresses that aren't visited, since an application answers them.
    pub(crate) dynamic: u64,
}

/// The visits of a look around; or of every `nth` address. Pages, and what they run, are asked for as each kind of visitor, since a
/// defaced site often shows itself to some only; other files as one of them, another one in each plan.
///
/// # Errors
/// When the name leads nowhere, or the system gives no random numbers.
pub(crate) async fn plan(connector: &Connector, manifest: &Manifest, nth: usize) -> Result<Plan> {
    let machines = connector.addresses().await?;
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow!("/dev/urandom: {error}"))?;
    let turn = usize::from(random[0]);
    // Nothing is known by its name: whoever answers honestly only where an auditor asks can't tell.
    let word = format!("x{}", hex::encode(&random[1..9]));
    let (dynamic, addresses): (Vec<_>, Vec<_>) = addresses(manifest, &word)
        .into_iter()
        .partition(|address| manifest.is_dynamic(address));
    let mut visits = Vec::new();
    for (place, address) in addresses.into_iter().step_by(nth).enumerate() {
        let faces: &[Face] = match runs(&manifest.answer(&address)) {
            true => &FACES,
            false => std::slice::from_ref(&FACES[(place + turn) % FACES.len()]),
        };
        visits.extend(machines.iter().flat_map(|at| {
            faces.iter().map(|face| Visit {
                address: address.clone(),
                face,
                at: *at,
            })
        }));
    }
    Ok(Plan {
        visits,
        dynamic: dynamic.len() as u64,
    })
}

/// Whether a browser reads it as something to show or to run.
fn runs(answer: &Answer<'_>) -> bool {
    let Answer::File { file, .. } = answer else {
        return false;
    };
    let kind = file.media_type.split(';').next().unwrap_or_default();
    let parts = [
        "html",
        "javascript",
        "ecmascript",
        "css",
        "json",
        "wasm",
        "xml",
    ];
    parts.iter().any(|part| kind.contains(part))
}

/// The files, by their own addresses and by the shorter ones; where rules begin; and what isn't there.
fn addresses(manifest: &Manifest, word: &str) -> BTreeSet<Address> {
    let files = manifest.files().keys().map(String::as_str);
    let mut found: BTreeSet<String> = BTreeSet::new();
    for file in files {
        found.insert(file.to_owned());
        if let Some(bare) = file.strip_suffix(".html") {
            found.insert(bare.to_owned());
        }
        if let Some(folder) = file.strip_suffix("index.html")
            && let Some(bare) = folder.strip_suffix('/')
        {
            found.extend([folder.to_owned(), bare.to_owned()]);
        }
    }
    let queried: Vec<String> = found
        .iter()
        .filter(|address| !address.is_empty() && !address.contains('?'))
        .take(WITH_QUERY)
        .map(|address| format!("{address}?{word}=1"))
        .collect();
    found.extend(queried);
    found.extend(manifest.redirects().map(|rule| instance(rule, word)));
    found.extend(PERHAPS_ABSENT.map(str::to_owned));
    found.extend(["", ".html", ".php", "/"].map(|ending| format!("/{word}{ending}")));
    let addresses = found.iter().map(|address| Address::parse(address));
    addresses.filter_map(Result::ok).collect()
}

/// An address that a rule is for, with a word that nobody knows in place of each placeholder.
fn instance(rule: &Redirect, word: &str) -> String {
    let filled = |part: &str| match part.starts_with(':') || part == "*" {
        true => word.to_owned(),
        false => part.to_owned(),
    };
    let path: Vec<String> = rule.from.split('/').map(filled).collect();
    let query: Vec<String> = rule
        .query
        .iter()
        .map(|(name, value)| format!("{name}={}", filled(value)))
        .collect();
    match query.is_empty() {
        true => path.join("/"),
        false => format!("{}?{}", path.join("/"), query.join("&")),
    }
}
