//! Act 5, second half: data centre and gateway have burned down, and Amana is gone. From raw disks and three of five printed pages, everything comes back.

use std::collections::BTreeMap;

use amana_seal::age::{Identity, open_all};
use amana_seal::envelope;
use amana_seal::keyring::{Bundle, Holder, Secrets};
use amana_seal::root::Root;
use amana_seal::shares::Gathering;
use anyhow::{Context as _, Result, ensure};
use rusqlite::Connection;
use serde::Deserialize;

use super::country::Country;
use super::deposits::Deposit;
use super::dishonest::{ledger, rows};
use super::ministry::{Ministry, NAME};
use super::screens::{OnDisk, first_line, on_disk};
use super::stage::{Stage, Watch, both};
use crate::commands::keys;

/// The custodians who come, by the numbers of their pages.
const COME: [u8; 3] = [1, 3, 5];

/// What an envelope says.
#[derive(Deserialize)]
struct Plain {
    kind: String,
    body: Option<Put>,
}

/// Of a deposit.
#[derive(Deserialize)]
struct Put {
    key: Option<String>,
    #[serde(default)]
    extents: Vec<Extent>,
}

#[derive(Deserialize)]
struct Extent {
    sealed: Option<Sealed>,
}

#[derive(Deserialize)]
struct Sealed {
    epoch: u32,
    bucket: String,
}

/// Plays it; nothing runs.
pub(super) fn play(
    stage: &mut Stage,
    country: &Country,
    ministry: &Ministry,
    deposits: &[Deposit],
) -> Result<()> {
    stage.say(&both!(
        stage,
        "As if the ministry's machine had burned as well, and nobody had Amana any more: what is used from here on is a raw disk \
         of the operator, and the pages in five safes. Custodians 1, 3 and 5 come; two of them alone rebuild nothing.",
        "Comme si la machine du ministère avait brûlé aussi, et que personne n'eût plus Amana : ne servent plus qu'un disque brut de \
         l'exploitant, et les pages dans cinq coffres. Les dépositaires 1, 3 et 5 viennent ; deux d'entre eux seuls ne \
         reconstituent rien."
    ))?;
    let watch = Watch::start();
    let two = gathered(ministry, &COME[..2])?.root().is_err();
    let root = gathered(ministry, &COME)?.root()?;
    let back = read_back(country, &root)?;
    let lost = deposits
        .iter()
        .filter(|deposit| back.get(&deposit.document.key) != Some(&deposit.document.body.to_vec()))
        .count();
    let (count, took) = (deposits.len(), watch.told());
    stage.expect(
        two && lost == 0,
        &both!(
            stage,
            "All {count} documents come back with their names and are compared byte for byte: none is lost ({took}).",
            "Les {count} documents reviennent avec leurs noms et sont comparés octet par octet : aucun n'est perdu ({took})."
        ),
        &both!(
            stage,
            "From the pages {lost} of {count} documents did not come back.",
            "D'après les pages, {lost} des {count} documents ne sont pas revenus."
        ),
    )?;
    // Deposits stand in the order of their answers, which is another one each time.
    let readable = deposits
        .iter()
        .filter_map(|deposit| Some((&deposit.document.key, first_line(&deposit.document.body)?)))
        .min();
    if let Some((name, line)) = readable {
        stage.named(&format!("{name}: {line}"))?;
    }
    stage.aside(&both!(
        stage,
        "The same without Amana, with age and a short Python script: docs/formats/sealed.md.",
        "La même chose sans Amana, avec age et un court script Python : docs/formats/sealed.md."
    ))
}

fn gathered(ministry: &Ministry, pages: &[u8]) -> Result<Gathering> {
    let mut gathering = Gathering::new();
    for page in pages {
        let file = ministry.pages().join(format!("part-{page}-of-5.txt"));
        gathering.add(keys::read_page(&file)?)?;
    }
    Ok(gathering)
}

/// Every document that a sealed act of the ministry's ledger deposited, by its name.
fn read_back(country: &Country, root: &Root) -> Result<BTreeMap<String, Vec<u8>>> {
    let rows = rows(&country.data())?;
    let secrets = secrets(&rows, root)?;
    let (_, size) = ledger(&rows, &format!("{NAME}/vault"))?;
    let mut back = BTreeMap::new();
    for index in 0..size {
        let Some(act) = on_disk(country, &rows, NAME, index)? else {
            continue;
        };
        if let Some((name, content)) =
            opened(&act, &secrets).with_context(|| format!("entry {index}"))?
        {
            back.insert(name, content);
        }
    }
    Ok(back)
}

/// The newest keyring's secrets, by the root.
fn secrets(rows: &Connection, root: &Root) -> Result<Secrets> {
    let (id, _) = ledger(rows, &format!("{NAME}/vault"))?;
    let newest: Vec<u8> = rows.query_row(
        "SELECT body FROM entries WHERE id >> 40 = ?1 AND CAST(core AS TEXT) LIKE '%\"keyring.publish\"%' \
          ORDER BY id DESC LIMIT 1",
        [id],
        |row| row.get(0),
    )?;
    let bundle = Bundle::parse(&newest)?;
    let signature = bundle.signed().signatures().get(&Holder::Root);
    let text = bundle.keyring().text();
    ensure!(
        signature.is_some_and(|signature| root.key().verifies(text.as_bytes(), signature)),
        "the keyring is not the root's"
    );
    Ok(bundle.open(Holder::Root, root.identity())?)
}

/// Name and content of a deposit; nothing for an act of another kind.
fn opened(act: &OnDisk, secrets: &Secrets) -> Result<Option<(String, Vec<u8>)>> {
    let statement = act.statement.statement();
    let epoch = secrets
        .epoch(statement.epoch)
        .context("an epoch without its secret")?;
    let plain = envelope::open(
        &epoch.envelope_key(),
        statement.aad().as_bytes(),
        &act.envelope,
    )?;
    let plain: Plain = serde_json::from_slice(&plain)?;
    let Some(Put {
        key: Some(key),
        extents,
    }) = plain.body.filter(|_| plain.kind == "object.put")
    else {
        return Ok(None);
    };
    let sealed = extents.into_iter().next().and_then(|extent| extent.sealed);
    let content = match (sealed, &act.piece) {
        (Some(sealed), Some(piece)) => {
            let epoch = secrets
                .epoch(sealed.epoch)
                .context("an epoch without its secret")?;
            let identity = Identity::X25519(epoch.bucket_identity(&sealed.bucket));
            open_all(&[identity], piece)?.to_vec()
        }
        _ => Vec::new(),
    };
    Ok(Some((key, content)))
}
