//! Act 1: documents are deposited, and their receipts turn from *recorded* to *witnessed*.

use std::cell::Cell;

use anyhow::{Context as _, Result, bail};
use futures::future::try_join_all;
use serde_json::Value;

use super::country::{BUCKET, Country, PATIENCE, POLL};
use super::documents::{Document, Documents};
use super::stage::{Stage, Watch, both, size_told};
use crate::output;
use crate::s3_client::AccessKey;

/// Connections that deposit at once.
const WORKERS: usize = 8;

/// The two institutions' keys.
pub(super) struct Keys {
    pub(super) finances: AccessKey,
    pub(super) justice: AccessKey,
}

/// A document that was acknowledged.
#[derive(Clone)]
pub(super) struct Deposit {
    pub(super) document: Document,
    /// As the header `x-amana-receipt` names it.
    pub(super) receipt: String,
}

/// Plays it; gives the institutions' keys and what was deposited.
pub(super) async fn play(
    stage: &mut Stage,
    country: &mut Country,
    documents: &Documents,
) -> Result<(Keys, Vec<Deposit>)> {
    let watch = Watch::start();
    country.start().await?;
    let keys = Keys {
        finances: country.institution("finances")?,
        justice: country.institution("justice")?,
    };
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
    ))?;
    let (folder, count) = (documents.folder.display(), documents.chosen.len());
    let (found, size) = (documents.found, size_told(documents.bytes()));
    stage.say(&both!(
        stage,
        "The Ministry of Finance deposits {count} of the {found} files of {folder}, {size}, with an ordinary S3 \
         program, eight at a time.",
        "Le ministère des Finances dépose {count} des {found} fichiers de {folder}, {size}, avec un programme S3 \
         ordinaire, huit à la fois."
    ))?;
    let deposits = deposit(stage, country, &keys.finances, documents).await?;
    private(stage, country, &keys.justice, &deposits[0]).await?;
    become_witnessed(stage, country, &deposits).await?;
    Ok((keys, deposits))
}

async fn deposit(
    stage: &Stage,
    country: &Country,
    key: &AccessKey,
    documents: &Documents,
) -> Result<Vec<Deposit>> {
    country.connect(key).await?.make_bucket(BUCKET).await?;
    let watch = Watch::start();
    let (next, done) = (Cell::new(0), Cell::new(0));
    let (next, done) = (&next, &done);
    let workers = (0..WORKERS).map(|_| async move {
        let mut client = country.connect(key).await?;
        let mut deposits = Vec::new();
        while let Some(document) = documents.chosen.get(next.replace(next.get() + 1)) {
            let body = document.body.clone();
            let answer = client.put(BUCKET, &document.key, body).await;
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
        "{count} deposits acknowledged in {took}, each only once it was safe on disk. The last answer says: \
         x-amana-receipt: {receipt}",
        "{count} dépôts confirmés en {took}, chacun une fois à l'abri sur le disque. La dernière réponse dit : \
         x-amana-receipt: {receipt}"
    ))?;
    Ok(deposits)
}

/// Of `LEDGER/INDEX`.
pub(super) fn index(receipt: &str) -> u64 {
    let index = receipt.rsplit('/').next().unwrap_or_default();
    index.parse().unwrap_or_default()
}

async fn private(
    stage: &mut Stage,
    country: &Country,
    justice: &AccessKey,
    deposit: &Deposit,
) -> Result<()> {
    let mut client = country.connect(justice).await?;
    let answer = client.get(BUCKET, &deposit.document.key).await?;
    let (status, code) = (answer.status.as_u16(), answer.error_code());
    stage.expect(
        status == 403,
        &both!(
            stage,
            "The Ministry of Justice asks for one of them with its own key and is answered {status} {code}.",
            "Le ministère de la Justice en demande un avec sa propre clé et reçoit {status} {code}."
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
    deposits: &[Deposit],
) -> Result<()> {
    let (Some(first), Some(last)) = (deposits.first(), deposits.last()) else {
        bail!("nothing was deposited");
    };
    let early = verdict(country, &first.receipt)?;
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
    country.start_witnesses()?;
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
    facts(stage, country, first)
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
        "One receipt in plain words: on {at}, {by} deposited what the ministry knows as {name}. It is act {index} of \
         the {size} in the ministry's ledger, committed by epoch {epoch} of the national log; {witnesses} cosigned that \
         ledger, and the national quorum has stood since {since}. The receipt is a text file of {bytes} bytes.",
        "Un reçu en mots simples : le {at}, {by} a déposé ce que le ministère appelle {name}. C'est l'acte {index} des \
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
