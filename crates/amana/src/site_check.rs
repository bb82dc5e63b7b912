//! Whether a site is what its institution signed: the public ledger is read and verified, the site is visited, and each answer
//! compared with the manifest. Nothing that the data centre says of itself is believed.

pub(crate) mod compare;
pub(crate) mod published;
pub(crate) mod visit;

use std::collections::BTreeSet;

use amana_sites::{Address, Answer, Manifest};
use amana_tls::Connector;
use anyhow::Result;

use compare::Difference;
use visit::{FACES, Face, Visitor};

/// Differences that are told; a site that is wholly another one need not be listed file by file.
pub(crate) const MAX_TOLD: usize = 1000;

/// What a look around a site found.
pub(crate) struct Looked {
    /// Requests that were answered.
    pub(crate) asked: u64,
    /// Addresses that weren't looked at, since an application answers them.
    pub(crate) dynamic: u64,
    /// What wasn't as signed.
    pub(crate) differences: Vec<Difference>,
}

/// Visits every address of the manifest, or every `nth`: pages as each kind of visitor, since a defaced one often shows itself to some
/// only, and other files as one of them in turn.
///
/// # Errors
/// When the site doesn't answer at all.
pub(crate) async fn look_around(
    connector: Connector,
    manifest: &Manifest,
    nth: usize,
    told: &mut dyn FnMut(u64, u64),
) -> Result<Looked> {
    let (dynamic, addresses): (Vec<_>, Vec<_>) = addresses(manifest)
        .into_iter()
        .partition(|address| manifest.is_dynamic(address));
    let chosen = addresses.iter().step_by(nth).enumerate();
    let rounds: Vec<(&Address, &Face)> = chosen
        .flat_map(|(place, address)| {
            let faces = match is_page(&manifest.answer(address)) {
                true => &FACES[..],
                false => std::slice::from_ref(&FACES[place % FACES.len()]),
            };
            faces.iter().map(move |face| (address, face))
        })
        .collect();
    let mut visitor = Visitor::new(connector);
    let mut looked = Looked {
        asked: 0,
        dynamic: dynamic.len() as u64,
        differences: Vec::new(),
    };
    let all = rounds.len() as u64;
    for (address, face) in rounds {
        let expected = manifest.answer(address);
        let answered = visitor
            .ask(address, face, compare::most_bytes(&expected))
            .await?;
        looked.asked += 1;
        told(looked.asked, all);
        for what in compare::differences(manifest, address, &expected, &answered) {
            if looked.differences.len() < MAX_TOLD {
                looked.differences.push(Difference {
                    address: address.to_string(),
                    seen_as: face.name,
                    what,
                });
            }
        }
    }
    Ok(looked)
}

fn is_page(answer: &Answer<'_>) -> bool {
    matches!(answer, Answer::File { file, .. } if file.media_type.starts_with("text/html"))
}

/// The files, the folders that they are the pages of, where exact rules begin, and something that isn't there.
fn addresses(manifest: &Manifest) -> BTreeSet<Address> {
    let files = manifest.files().keys();
    let folders = files.clone().filter_map(|file| {
        file.strip_suffix("index.html")
            .filter(|folder| folder.ends_with('/'))
    });
    let rules = manifest
        .redirects()
        .map(|rule| rule.from.as_str())
        .filter(|from| !from.contains([':', '*']));
    let absent = [
        "/amana-looks-for-what-is-not-there",
        "/wp-login.php",
        "/.env",
    ];
    files
        .map(String::as_str)
        .chain(folders)
        .chain(rules)
        .chain(absent)
        .filter_map(|address| Address::parse(address).ok())
        .collect()
}
