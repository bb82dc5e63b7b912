//! Act 1: documents are sealed at home and deposited, the operator is blind, and receipts turn from *recorded* to
//! *witnessed*.

use std::cell::Cell;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use futures::future::try_join_all;
use serde_json::Value;

use super::country::{Country, PATIENCE, POLL, SEALED};
use super::documents::{Document, Documents};
use super::ministry::Ministry;
use super::search::{Searched, search};
use super::stage::{Stage, Watch, both, size_told};
use super::{enrolment, screens};
use crate::output;
use crate::s3_client::{AccessKey, S3Client};

/// Connections that deposit at once.
const WORKERS: usize = 8;

/// A document that was acknowledged.
#[derive(Clone)]
pub(super) struct Deposit {
    pub(super) document: Document,
    /// As the header `x-amana-receipt` names it.
    pub(super) receipt: String,
}

/// Plays it; gives what was deposited.
pub(super) async fn play(
    stage: &mut Stage,
    country: &mut Country,
    ministry: &mut Ministry,
    documents: &Documents,
) -> Result<Vec<Deposit>> {
    found(stage, country).await?;
    enrolment::play(stage, country, ministry).await?;
    let (folder, count) = (documents.folder.display(), documents.chosen.len());
    let (found, size) = (documents.found, size_told(documents.bytes()));
    stage.step(&both!(
        stage,
        "The ministry deposits {count} of the {found} files of {folder}, {size}, with an ordinary S3 program; its gateway \
         seals each one before it leaves the house.",
        "Le ministère dépose {count} des {found} fichiers de {folder}, {size}, avec un programme S3 ordinaire ; sa \
         passerelle scelle chacun avant qu'il ne quitte la maison."
    ))?;
    let to = (ministry.s3()?, ministry.key()?, SEALED);
    let deposits = deposit(stage, to, documents).await?;
    let last = deposits.last().context("something was deposited")?;
    blind(stage, country, ministry, &deposits, documents).await?;
    let early = verdict(country, &last.receipt)?;
    country.start_witnesses()?;
    become_witnessed(stage, country, &early, last).await?;
    Ok(deposits)
}

/// A data centre, its institutions, its published policy.
async fn found(stage: &Stage, country: &mut Country) -> Result<()> {
    let watch = Watch::start();
    country.start().await?;
    for name in ["finances", "justice"] {
        country.add_institution(name)?;
    }
    country.enrol_witnesses()?;
    let took = watch.told();
    stage.say(&both!(
        stage,
        "A data centre has started, with two institutions, the Ministry of Finance and the Ministry of Justice. A \
         court, a university and a newspaper will be its witnesses: the published policy lists their keys, and two of \
         the three must agree ({took}).",
        "Un centre de données a démarré, avec deux institutions, le ministère des Finances et le ministère de la \
         Justice. Un tribunal, une université et un journal seront ses témoins : la politique publiée donne leurs \
         clés, et deux des trois doivent être d'accord ({took})."
    ))
}

/// Deposits all documents at an S3 address, with a key, in a bucket that is there.
pub(super) async fn deposit(
    stage: &Stage,
    (at, key, bucket): (SocketAddr, &AccessKey, &str),
    documents: &Documents,
) -> Result<Vec<Deposit>> {
    let watch = Watch::start();
    let (next, done) = (Cell::new(0), Cell::new(0));
    let (next, done) = (&next, &done);
    let workers = (0..WORKERS).map(|_| async move {
        let mut client = S3Client::plain(at, key.clone()).await?;
        let mut deposits = Vec::new();
        while let Some(document) = documents.chosen.get(next.replace(next.get() + 1)) {
            let body = document.body.clone();
            let answer = client.put(bucket, &document.key, body).await;
            let answer = answer.with_context(|| format!("{} was not taken", document.key))?;
            let receipt = answer.receipt();
            let receipt = receipt.context("a deposit's answer has no x-amana-receipt")?;
            deposits.push(Deposit {
                document: document.clone(),
                receipt: receipt.to_owned(),
            });
            done.set(done.get() + 1);
            stage.progress(done.get(), documents.chosen.len());
        }
        anyhow::Ok(deposits)
    });
    let mut deposits = try_join_all(workers).await?.concat();
    deposits.sort_by_key(|deposit| index(&deposit.receipt));
    let (count, took) = (deposits.len(), watch.told());
    let last = deposits.last().context("something was deposited")?;
    let receipt = &last.receipt;
    stage.held(&both!(
        stage,
        "{count} deposits acknowledged in {took}, each only once it was safe on the data centre's disk. The last answer \
         says: x-amana-receipt: {receipt}",
        "{count} dépôts confirmés en {took}, chacun une fois à l'abri sur le disque du centre. La dernière réponse dit : \
         x-amana-receipt: {receipt}"
    ))?;
    Ok(deposits)
}

/// Of `LEDGER/INDEX`.
pub(super) fn index(receipt: &str) -> u64 {
    let index = receipt.rsplit('/').next().unwrap_or_default();
    index.parse().unwrap_or_default()
}

/// What the operator sees of all that, and what it finds.
async fn blind(
    stage: &mut Stage,
    country: &Country,
    ministry: &Ministry,
    deposits: &[Deposit],
    documents: &Documents,
) -> Result<()> {
    stage.step(&both!(
        stage,
        "Names, sizes and first lines at home; and what the same documents are in the operator's rows and on its disk:",
        "Noms, tailles et premières lignes à la maison ; et ce que sont les mêmes documents dans les lignes et sur le \
         disque de l'exploitant :"
    ))?;
    screens::play(stage, country, ministry, deposits).await?;
    let searched = search(country, documents)?;
    let size = size_told(usize::try_from(searched.bytes).unwrap_or(usize::MAX));
    let Searched { clues, found, .. } = searched;
    stage.expect(
        found == 0,
        &both!(
            stage,
            "The operator searches everything that it has, files, rows and logs, {size}, for {clues} names and first lines \
             of these documents (grep): none is there.",
            "L'exploitant cherche dans tout ce qu'il a, fichiers, lignes et journaux, {size}, {clues} noms et premières \
             lignes de ces documents (grep) : aucun n'y est."
        ),
        &both!(
            stage,
            "The operator finds {found} of {clues} names and first lines in what it has.",
            "L'exploitant trouve {found} de {clues} noms et premières lignes dans ce qu'il a."
        ),
    )?;
    let mut client = country.connect(&country.access_key("justice")?).await?;
    let answer = client.get(SEALED, &deposits[0].document.key).await?;
    let (status, code) = (answer.status.as_u16(), answer.error_code());
    stage.expect(
        status == 403,
        &both!(
            stage,
            "The Ministry of Justice asks for one of them with a key of its own and is answered {status} {code}.",
            "Le ministère de la Justice en demande un avec une clé à lui et reçoit {status} {code}."
        ),
        &both!(
            stage,
            "The Ministry of Justice asked for a document of Finance and was answered {status} {code}.",
            "Le ministère de la Justice a demandé un document des Finances et a reçu {status} {code}."
        ),
    )
}

async fn become_witnessed(
    stage: &mut Stage,
    country: &mut Country,
    early: &Value,
    last: &Deposit,
) -> Result<()> {
    let state = early["state"].as_str().unwrap_or_default();
    stage.expect(
        state == "recorded",
        &both!(
            stage,
            "No witness has looked yet, so each receipt is \"{state}\": the data centre has signed that it holds the \
             document, and can't deny it.",
            "Aucun témoin n'a encore regardé, donc chaque reçu est « {state} » (enregistré) : le centre de données a \
             signé qu'il détient le document, et ne peut le nier."
        ),
        &both!(
            stage,
            "Before any witness looked, a receipt was \"{state}\" and not \"recorded\".",
            "Avant qu'aucun témoin ne regarde, un reçu était « {state} » et non « recorded »."
        ),
    )?;
    stage.say(&both!(
        stage,
        "Now the three witnesses call the data centre, check that its history only grew, and cosign it. To be plain: \
         here all three run on this one machine, which proves nothing to others. A real witness runs elsewhere; the end \
         of this demo says how to join one.",
        "Maintenant les trois témoins appellent le centre de données, vérifient que son histoire n'a fait que croître, \
         et la cosignent. Disons-le franchement : ici tous trois tournent sur cette seule machine, ce qui ne prouve \
         rien à autrui. Un vrai témoin tourne ailleurs ; la fin de cette démonstration dit comment en joindre un."
    ))?;
    let watch = Watch::start();
    let witnessed = witnessed(country, &last.receipt).await?;
    let took = watch.told();
    let state = witnessed["state"].as_str().unwrap_or_default();
    stage.expect(
        state == "witnessed",
        &both!(
            stage,
            "{took} later the receipts are \"{state}\".",
            "{took} plus tard, les reçus sont « {state} » (attestés par les témoins)."
        ),
        &both!(
            stage,
            "After {took} a receipt is still \"{state}\".",
            "Après {took}, un reçu est toujours « {state} »."
        ),
    )?;
    facts(stage, country, last)
}

/// What one receipt says, in plain words.
fn facts(stage: &Stage, country: &Country, deposit: &Deposit) -> Result<()> {
    let verdict = verdict(country, &deposit.receipt)?;
    let core: Value = serde_json::from_str(verdict["core"].as_str().unwrap_or_default())?;
    let (at, by) = (
        core["at"].as_str().unwrap_or("?"),
        core["by"].as_str().unwrap_or("?"),
    );
    let witnesses: Vec<&str> = verdict["ledger_cosigned_by"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|by| by["witness"].as_str())
        .collect();
    let witnesses = witnesses.join(", ");
    let since = verdict["national_quorum_time_s"]
        .as_u64()
        .unwrap_or_default();
    let since = output::time_s(since);
    let (index, size) = (&verdict["index"], &verdict["size"]);
    let (name, epoch) = (&deposit.document.key, &verdict["epoch"]);
    let bytes = std::fs::metadata(receipt_file(country, &deposit.receipt))?.len();
    stage.say(&both!(
        stage,
        "One receipt in plain words: on {at}, {by}, the ministry's gateway, signed the deposit of what the ministry alone \
         knows as {name}. It is act {index} of \
         the {size} in the ministry's ledger, committed by epoch {epoch} of the national log; {witnesses} cosigned that \
         ledger, and the national quorum has stood since {since}. The receipt is a text file of {bytes} bytes.",
        "Un reçu en mots simples : le {at}, {by}, la passerelle du ministère, a signé le dépôt de ce que le ministère seul \
         appelle {name}. C'est l'acte {index} des \
         {size} du registre du ministère, engagé par l'époque {epoch} du journal national ; {witnesses} ont cosigné ce \
         registre, et le quorum national est acquis depuis {since}. Le reçu est un fichier texte de {bytes} octets."
    ))
}

/// Where a receipt is written.
pub(super) fn receipt_file(country: &Country, receipt: &str) -> std::path::PathBuf {
    country
        .folder
        .join(&format!("{}.receipt", receipt.replace('/', "-")))
}

/// Fetches a receipt, and says what it proves under the published policy.
pub(super) fn verdict(country: &Country, receipt: &str) -> Result<Value> {
    let file = receipt_file(country, receipt);
    let mut get = country.command(["receipt", "get", receipt, "--data"]);
    let got = get.arg(country.data()).arg("--out").arg(&file).output()?;
    if !got.status.success() {
        bail!("{}", super::country::said(&got));
    }
    let mut verify = country.command(["receipt", "verify", "--json", "--policy"]);
    let verified = verify.arg(country.policy()).arg(&file).output()?;
    serde_json::from_slice(&verified.stdout).context("amana receipt verify --json")
}

/// Waits until a receipt is witnessed; what it is then, or at the end of patience.
pub(super) async fn witnessed(country: &mut Country, receipt: &str) -> Result<Value> {
    let watch = Watch::start();
    loop {
        let verdict = verdict(country, receipt)?;
        if verdict["state"] == "witnessed" || watch.so_far() > PATIENCE {
            return Ok(verdict);
        }
        country.witnesses_run()?;
        tokio::time::sleep(POLL).await;
    }
}
