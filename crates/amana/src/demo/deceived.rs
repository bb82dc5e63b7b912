//! Act 3, against sealed data: the operator runs an altered copy of its data centre, and leads the ministry's gateway to
//! it. What it can't read it may still swap and forge; each is caught by its name, with evidence that `receipt verify`
//! judges.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use rusqlite::params;

use super::country::{Country, SEALED};
use super::deposits::{Deposit, index};
use super::dishonest::{copied, entry_id, rows};
use super::ministry::{Deceived, Judged, Ministry, NAME, evidence};
use super::stage::{Stage, both};
use crate::s3_client::{AccessKey, S3Client};

/// A decree that the ministry never made.
const FORGED: &str = "decrees/forged.txt";

/// Plays both; data centre and gateway are stopped, and their folders stay as they are. `operators` is a key that the
/// operator made itself in the ministry's name.
pub(super) async fn play(
    stage: &mut Stage,
    country: &Country,
    ministry: &Ministry,
    operators: &AccessKey,
    deposits: &[Deposit],
) -> Result<()> {
    let (wanted, other) = of_one_size(deposits)?;
    let data = copied(country, "sealed")?;
    swap(&data, wanted, other)?;
    call_open(&data)?;
    // Both lie where no witness looks, so that the true story goes on after this one.
    let (_centre, web, s3) = country.serve(&data, None).await?;
    let gateway = ministry.deceive(country, web).await?;
    swapped(stage, country, ministry, &gateway, wanted, other).await?;
    forged(stage, country, &gateway, s3, operators).await?;
    gateway.stop().await
}

async fn swapped(
    stage: &mut Stage,
    country: &Country,
    ministry: &Ministry,
    gateway: &Deceived,
    wanted: &Deposit,
    other: &Deposit,
) -> Result<()> {
    let (name, other_name) = (&wanted.document.key, &other.document.key);
    stage.step(&both!(
        stage,
        "The operator swaps two sealed documents that it can't read, {name} and {other_name}, in its rows.",
        "L'exploitant échange deux documents scellés qu'il ne peut lire, {name} et {other_name}, dans ses lignes."
    ))?;
    let mut client = gateway.connect(ministry.key()?).await?;
    let answer = client.get(SEALED, name).await;
    // An answer that is cut off is a refusal as well.
    let refused = !answer.is_ok_and(|answer| answer.status.is_success());
    let judged = evidence(country, &gateway.folder, "damaged-piece").await?;
    caught(stage, refused, judged.as_ref())
}

async fn forged(
    stage: &mut Stage,
    country: &Country,
    gateway: &Deceived,
    s3: std::net::SocketAddr,
    operators: &AccessKey,
) -> Result<()> {
    stage.step(&both!(
        stage,
        "The operator calls the sealed bucket open, makes itself a key in the ministry's name, and deposits a decree that \
         the ministry never made.",
        "L'exploitant déclare ouvert le coffre scellé, se fait une clé au nom du ministère, et dépose un décret que le \
         ministère n'a jamais pris."
    ))?;
    let mut client = S3Client::plain(s3, operators.clone()).await?;
    let taken = client.put(SEALED, FORGED, "It is decreed.".into()).await?;
    let receipt = taken.receipt().unwrap_or_default();
    stage.say(&both!(
        stage,
        "Its own data centre takes it, and gives it a receipt, {receipt}. But nobody signed it.",
        "Son propre centre l'accepte, avec un reçu, {receipt}. Mais personne ne l'a signé."
    ))?;
    let judged = evidence(country, &gateway.folder, "unsigned-act").await?;
    let proven = judged.as_ref().is_some_and(|judged| judged.is_proven);
    caught(stage, proven, judged.as_ref())
}

/// Tells what the gateway kept, and how it is judged.
pub(super) fn caught(stage: &mut Stage, holds: bool, judged: Option<&Judged>) -> Result<()> {
    let Some(judged) = judged.filter(|_| holds) else {
        let verdict = judged.map_or("-", |judged| judged.verdict.as_str());
        return stage.failed(&both!(
            stage,
            "The ministry's gateway did not catch it ({verdict}).",
            "La passerelle du ministère ne l'a pas découvert ({verdict})."
        ));
    };
    if judged.is_proven {
        stage.held(&both!(
            stage,
            "The ministry's gateway refuses, and keeps the operator's own signatures. amana receipt verify judges them, \
             offline:",
            "La passerelle du ministère refuse, et garde les signatures mêmes de l'exploitant. amana receipt verify les \
             juge, hors ligne :"
        ))?;
    } else {
        stage.held(&both!(
            stage,
            "The ministry's gateway refuses, and keeps evidence. amana receipt verify is strict, and calls it testimony: it \
             rests on the gateway's word.",
            "La passerelle du ministère refuse, et garde de quoi témoigner. amana receipt verify est strict, et l'appelle \
             un témoignage : il repose sur la parole de la passerelle."
        ))?;
    }
    let Judged { verdict, says, .. } = judged;
    stage.named(&format!("{verdict}: {says}"))
}

/// Two documents whose ciphertexts have lengths as near as can be, the shorter one first.
fn of_one_size(deposits: &[Deposit]) -> Result<(&Deposit, &Deposit)> {
    let mut by_size: Vec<&Deposit> = deposits
        .iter()
        .filter(|deposit| !deposit.document.body.is_empty())
        .collect();
    by_size.sort_by_key(|deposit| deposit.document.body.len());
    let pairs = by_size.windows(2);
    let nearest = pairs
        .filter(|pair| pair[0].document.body != pair[1].document.body)
        .min_by_key(|pair| pair[1].document.body.len() - pair[0].document.body.len());
    let pair =
        nearest.context("two documents that differ are needed: name a folder with more files")?;
    Ok((pair[0], pair[1]))
}

/// Each piece's row names the entry that brought the other one.
fn swap(data: &Path, one: &Deposit, other: &Deposit) -> Result<()> {
    let rows = rows(data)?;
    let ledger = format!("{NAME}/vault");
    let one = entry_id(&rows, &ledger, index(&one.receipt))?;
    let other = entry_id(&rows, &ledger, index(&other.receipt))?;
    let changed = rows.execute(
        "UPDATE sealed_pieces SET entry = ?1 + ?2 - entry WHERE entry IN (?1, ?2)",
        params![one, other],
    )?;
    ensure!(changed == 2, "{changed} rows of sealed pieces were edited");
    Ok(())
}

fn call_open(data: &Path) -> Result<()> {
    let changed =
        rows(data)?.execute("UPDATE buckets SET mode = 'open' WHERE name = ?1", [SEALED])?;
    ensure!(changed == 1, "{changed} rows of {SEALED} were edited");
    Ok(())
}
