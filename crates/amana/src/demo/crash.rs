//! Act 2: the data centre is killed while deposits are under way, and nothing that it acknowledged is lost.

use std::cell::{Cell, RefCell};

use anyhow::{Result, ensure};
use bytes::Bytes;
use futures::future::try_join_all;

use super::country::{Country, OPEN};
use super::documents::{Document, Documents};
use super::stage::{Stage, Watch, both};
use crate::s3_client::AccessKey;

/// Connections that deposit when the power goes.
const WORKERS: usize = 8;
/// Deposits acknowledged before it goes: enough to be in full swing.
const ACKNOWLEDGED_BEFORE: usize = 100;
/// A document's part of this length is deposited, so that many are under way.
const PART_BYTES: usize = 64 * 1024;

/// What one worker knows when its connection breaks.
#[derive(Default)]
struct Known {
    acknowledged: Vec<Document>,
    /// Sent, never answered.
    open: Option<Document>,
}

/// Plays it.
pub(super) async fn play(
    stage: &mut Stage,
    country: &mut Country,
    key: &AccessKey,
    documents: &Documents,
) -> Result<()> {
    stage.say(&both!(
        stage,
        "Eight programs of the Ministry of Justice deposit without a pause, and in the midst of it the data centre gets kill -9, \
         which it can neither catch nor prepare for.",
        "Huit programmes du ministère de la Justice déposent sans relâche, et au beau milieu le centre de données reçoit kill -9, \
         qu'il ne peut ni intercepter ni préparer."
    ))?;
    let known = deposit_until_killed(country, key, documents).await?;
    let acknowledged: Vec<&Document> = known.iter().flat_map(|known| &known.acknowledged).collect();
    let open: Vec<&Document> = known
        .iter()
        .filter_map(|known| known.open.as_ref())
        .collect();
    ensure!(
        !open.is_empty(),
        "the kill came when no deposit was under way"
    );
    let (count, unanswered) = (acknowledged.len(), open.len());
    let watch = Watch::start();
    country.start().await?;
    let took = watch.told();
    stage.say(&both!(
        stage,
        "Killed after {count} acknowledgements, with {unanswered} deposits under way. Started again, it serves after \
         {took}.",
        "Tué après {count} confirmations, avec {unanswered} dépôts en cours. Redémarré, il sert après {took}."
    ))?;

    let watch = Watch::start();
    let mut client = country.connect(key).await?;
    let (mut lost, mut torn, mut there) = (Vec::new(), Vec::new(), 0);
    for (done, document) in acknowledged.iter().enumerate() {
        let answer = client.get(OPEN, &document.key).await?;
        if !answer.status.is_success() || answer.body != document.body {
            lost.push(document.key.as_str());
        }
        stage.progress(done + 1, count);
    }
    for document in open {
        let answer = client.get(OPEN, &document.key).await?;
        match answer.status.as_u16() {
            200 if answer.body == document.body => there += 1,
            404 => {}
            _ => torn.push(document.key.as_str()),
        }
    }
    let (took, absent) = (watch.told(), unanswered - there);
    let (names, torn_names) = (lost.join(", "), torn.join(", "));
    stage.expect(
        lost.is_empty(),
        &both!(
            stage,
            "All {count} acknowledged deposits are read back and compared byte for byte: none is lost ({took}).",
            "Les {count} dépôts confirmés sont relus et comparés octet par octet : aucun n'est perdu ({took})."
        ),
        &both!(stage, "Acknowledged and lost: {names}", "Confirmés et perdus : {names}"),
    )?;
    stage.expect(
        torn.is_empty(),
        &both!(
            stage,
            "Of the {unanswered} that had no answer, {there} are there whole and {absent} not at all: nothing between.",
            "Des {unanswered} restés sans réponse, {there} sont là en entier et {absent} pas du tout : rien entre les deux."
        ),
        &both!(stage, "Torn: {torn_names}", "Déchirés : {torn_names}"),
    )?;
    clean(stage, country)
}

/// `amana check`, which must find nothing.
pub(super) fn clean(stage: &mut Stage, country: &Country) -> Result<()> {
    let watch = Watch::start();
    let checked = country.check(&country.data(), true)?;
    let took = watch.told();
    let fault = checked.in_short();
    stage.expect(
        checked.is_clean(),
        &both!(
            stage,
            "amana check goes through every entry, row, tile and content, and finds nothing wrong ({took}).",
            "amana check parcourt chaque acte, ligne, tuile et contenu, et ne trouve rien à redire ({took})."
        ),
        &both!(stage, "amana check finds: {fault}", "amana check trouve : {fault}"),
    )
}

async fn deposit_until_killed(
    country: &mut Country,
    key: &AccessKey,
    documents: &Documents,
) -> Result<Vec<Known>> {
    let centre = RefCell::new(country.take_centre()?);
    let acknowledged = Cell::new(0);
    let (country, centre, acknowledged) = (&*country, &centre, &acknowledged);
    let workers = (0..WORKERS).map(|worker| async move {
        let mut client = country.connect(key).await?;
        let mut known = Known::default();
        for turn in 0_usize.. {
            let document = &documents.chosen[(worker + turn * WORKERS) % documents.chosen.len()];
            let document = Document {
                key: format!("second-round/{worker}-{turn}/{}", document.key),
                body: part(&document.body),
            };
            let put = client.put(OPEN, &document.key, document.body.clone()).await;
            if put.is_err() {
                known.open = Some(document);
                break;
            }
            known.acknowledged.push(document);
            acknowledged.set(acknowledged.get() + 1);
            if acknowledged.get() == ACKNOWLEDGED_BEFORE {
                // The others wait for their answers at this moment.
                centre.borrow_mut().kill()?;
                break;
            }
        }
        anyhow::Ok(known)
    });
    try_join_all(workers).await
}

fn part(body: &Bytes) -> Bytes {
    body.slice(..body.len().min(PART_BYTES))
}
