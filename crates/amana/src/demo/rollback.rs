//! Act 3, second part: the operator brings back an older copy of its folder, and then tells another story from there.
//! Alone, such a folder is perfect. What convicts it is held by others.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::country::{Country, OPEN, PATIENCE, POLL, SEALED, WITNESSES, http_get};
use super::crash::clean;
use super::deceived;
use super::deposits::{Deposit, index, witnessed};
use super::dishonest::{LEDGER, caught, ledger, rows};
use super::documents::Document;
use super::ministry::{Ministry, evidence};
use super::plain::PlainFolder;
use super::processes::replace_folder;
use super::stage::{Stage, Watch, both};
use crate::commands::kept::checkpoints;
use crate::s3_client::AccessKey;

/// Deposits that the operator would like to be forgotten.
const INCONVENIENT: usize = 3;
/// Deposits of the other story at most, before it is as long as the true one.
const MAX_OTHER_STORY: usize = 2000;

const OTHER_VERDICT: &str = "Nobody's cousin is convicted.";
/// What the ministry deposits last before the data centre is rolled back.
const LATE: &str = "budget/late.txt";

/// Plays both; `earlier` is a copy of the folder as it is now. Leaves data centre and gateway running on their true folders.
pub(super) async fn play(
    stage: &mut Stage,
    country: &mut Country,
    ministry: &mut Ministry,
    key: &AccessKey,
    earlier: &Path,
    plain: &PlainFolder,
) -> Result<()> {
    let truth = country.folder.join("true");
    country.start().await?;
    ministry.begin(country)?;
    let inconvenient = deposit_inconvenient(country, key).await?;
    ministry.ready().await?;
    let late = seal(ministry, LATE, "A late budget.").await?;
    ministry.follows(index(&late) + 1).await?;
    all_remember(country, earlier).await?;
    country.stop().await?;
    replace_folder(&country.data(), &truth)?;

    roll_back(stage, country, ministry, key, earlier).await?;
    forget(plain, &inconvenient)?;
    plain.notices_nothing(stage)?;
    fork(stage, country, key, earlier, &truth).await?;
    fs::write(
        plain.path.join("verdicts/other-verdict-1.txt"),
        OTHER_VERDICT,
    )?;
    plain.notices_nothing(stage)?;

    stage.step(&both!(
        stage,
        "The operator gives up and puts the true folder back.",
        "L'exploitant renonce et remet le vrai dossier."
    ))?;
    replace_folder(&truth, &country.data())?;
    country.start().await?;
    ministry.begin(country)?;
    clean(stage, country)?;
    ministry.ready().await?;
    let last = seal(ministry, "after/all.txt", "Entrusted again.").await?;
    let state = witnessed(country, &last).await?;
    let state = state["state"].as_str().unwrap_or_default();
    stage.expect(
        state == "witnessed",
        &both!(
            stage,
            "The ministry seals and deposits again, and the witnesses cosign again.",
            "Le ministère scelle et dépose de nouveau, et les témoins cosignent de nouveau."
        ),
        &both!(
            stage,
            "After the true folder came back, a deposit is still \"{state}\".",
            "Le vrai dossier revenu, un dépôt est toujours « {state} »."
        ),
    )
}

/// Deposits that witnesses see; whoever wants them forgotten is too late.
async fn deposit_inconvenient(country: &mut Country, key: &AccessKey) -> Result<Vec<Deposit>> {
    let mut deposits = Vec::new();
    for number in 1..=INCONVENIENT {
        let name = format!("verdicts/verdict-{number}.txt");
        let text = format!("Verdict {number}: the minister's cousin is convicted.");
        deposits.push(put(country, key, &name, &text).await?);
    }
    let last = deposits.last().context("something was deposited")?;
    let state = witnessed(country, &last.receipt).await?;
    if state["state"] != "witnessed" {
        bail!("{} was not witnessed in time", last.receipt);
    }
    Ok(deposits)
}

/// Waits until each witness remembers more than the older copy holds. A quorum is enough for a receipt, but a witness that
/// had not looked since the copy would take another story for the continuation of what it knows.
async fn all_remember(country: &mut Country, earlier: &Path) -> Result<()> {
    let earlier = rows(earlier)?;
    let (_, acts) = ledger(&earlier, LEDGER)?;
    let (_, epochs) = ledger(&earlier, "national")?;
    let watch = Watch::start();
    while watch.so_far() < PATIENCE {
        let mut remember = 0;
        for name in WITNESSES {
            let notes = checkpoints(&country.witness(name))?;
            let beyond = |log: &str, size| {
                notes.iter().any(|note| {
                    let mut lines = note.text.lines();
                    lines.next().is_some_and(|origin| origin.ends_with(log))
                        && lines.next().and_then(|held| held.parse().ok()) > Some(size)
                })
            };
            remember +=
                usize::from(beyond(&format!("/{LEDGER}"), acts) && beyond("/national", epochs));
        }
        if remember == WITNESSES.len() {
            return Ok(());
        }
        country.witnesses_run()?;
        tokio::time::sleep(POLL).await;
    }
    bail!("a witness did not see the deposits in time")
}

async fn put(country: &Country, key: &AccessKey, name: &str, text: &str) -> Result<Deposit> {
    let document = Document {
        key: name.to_owned(),
        body: text.to_owned().into(),
    };
    let mut client = country.connect(key).await?;
    let answer = client.put(OPEN, name, document.body.clone()).await?;
    let receipt = answer.receipt().context("no x-amana-receipt")?.to_owned();
    Ok(Deposit { document, receipt })
}

/// A deposit through the ministry's gateway; gives the name of its receipt.
async fn seal(ministry: &Ministry, name: &str, text: &str) -> Result<String> {
    let mut client = ministry.connect().await?;
    let answer = client.put(SEALED, name, text.to_owned().into()).await?;
    let receipt = answer.receipt().context("no x-amana-receipt")?;
    Ok(receipt.to_owned())
}

async fn roll_back(
    stage: &mut Stage,
    country: &mut Country,
    ministry: &mut Ministry,
    key: &AccessKey,
    earlier: &Path,
) -> Result<()> {
    stage.step(&both!(
        stage,
        "The operator rolls the whole folder back to an earlier copy, so that {INCONVENIENT} inconvenient deposits \
         were never made.",
        "L'exploitant ramène tout le dossier à une copie antérieure, pour que {INCONVENIENT} dépôts gênants n'aient \
         jamais eu lieu."
    ))?;
    replace_folder(earlier, &country.data())?;
    let alone = country.check(&country.data(), false)?;
    if alone.is_clean() {
        stage.say(&both!(
            stage,
            "Taken alone this folder is flawless: it is a true copy of the past. But the witnesses remember.",
            "Pris seul, ce dossier est sans défaut : c'est une copie fidèle du passé. Mais les témoins se souviennent."
        ))?;
    }
    caught(stage, country, &country.data(), &["behind"])?;
    country.start().await?;
    read_only(stage, country).await?;
    let mut client = country.connect(key).await?;
    let refused = client.put(OPEN, "late.txt", "late".into()).await;
    let why = refused.err().map(|why| format!("{why:#}"));
    let told = why.clone().unwrap_or_default();
    stage.expect(
        why.is_some(),
        &both!(
            stage,
            "A deposit is refused now ({told}), rather than taken and lost.",
            "Un dépôt est refusé désormais ({told}), plutôt qu'accepté puis perdu."
        ),
        &both!(
            stage,
            "A deposit was still taken.",
            "Un dépôt a encore été accepté."
        ),
    )?;
    let judged = evidence(country, &ministry.folder(), "rollback").await?;
    deceived::caught(stage, judged.is_some(), judged.as_ref())?;
    ministry.stop().await?;
    if let Some(judged) = judged {
        // Until its keeper has taken the evidence away, a gateway serves nothing more.
        fs::rename(&judged.file, country.folder.join("rollback.txt"))?;
    }
    country.stop().await
}

async fn fork(
    stage: &mut Stage,
    country: &mut Country,
    key: &AccessKey,
    earlier: &Path,
    truth: &Path,
) -> Result<()> {
    stage.step(&both!(
        stage,
        "The operator forks the log: from the earlier copy it goes on with other deposits, out of the witnesses' sight, \
         until the false history is as long as the true one.",
        "L'exploitant fait bifurquer le journal : depuis la copie antérieure il continue avec d'autres dépôts, à l'abri \
         des témoins, jusqu'à ce que la fausse histoire soit aussi longue que la vraie."
    ))?;
    replace_folder(earlier, &country.data())?;
    let count = other_story(country, key, truth).await?;
    stage.say(&both!(
        stage,
        "{count} other deposits later, it meets the witnesses.",
        "{count} autres dépôts plus tard, il rencontre les témoins."
    ))?;
    caught(stage, country, &country.data(), &["fork"])?;
    country.start().await?;
    refusals(stage, country).await?;
    country.stop().await
}

/// Goes on from an older copy until every log is longer than the witnesses remember.
async fn other_story(country: &mut Country, key: &AccessKey, truth: &Path) -> Result<usize> {
    let (_, acts) = ledger(&rows(truth)?, LEDGER)?;
    let (_, epochs) = ledger(&rows(truth)?, "national")?;
    let (web, s3) = country.start_elsewhere().await?;
    let mut client = crate::s3_client::S3Client::plain(s3, key.clone()).await?;
    for number in 1..=MAX_OTHER_STORY {
        let name = format!("verdicts/other-verdict-{number}.txt");
        let answer = client.put(OPEN, &name, OTHER_VERDICT.into()).await?;
        let taken = answer.receipt().map(index).unwrap_or_default();
        if taken > acts && national_size(web).await? > epochs {
            country.stop().await?;
            return Ok(number);
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("the other story never got as long as the true one")
}

async fn national_size(web: std::net::SocketAddr) -> Result<u64> {
    let (_, checkpoint) = http_get(web, "/national/checkpoint").await?;
    let size = checkpoint.lines().nth(1).unwrap_or_default();
    size.parse().context("the national checkpoint has no size")
}

/// Waits until the witnesses have shown what they hold, and the data centre has stopped taking deposits.
async fn read_only(stage: &mut Stage, country: &mut Country) -> Result<()> {
    let (watch, web) = (Watch::start(), country.web()?);
    while watch.so_far() < PATIENCE {
        let (status, text) = http_get(web, "/readyz").await?;
        if status == 503 {
            let took = watch.told();
            stage.held(&both!(
                stage,
                "Within {took} of its start the witnesses show what they hold, and the data centre itself says:",
                "{took} après son démarrage, les témoins montrent ce qu'ils détiennent, et le centre dit lui-même :"
            ))?;
            return stage.named(text.trim());
        }
        country.witnesses_run()?;
        tokio::time::sleep(POLL).await;
    }
    stage.failed(&both!(
        stage,
        "The data centre went on as if nothing had happened.",
        "Le centre de données a continué comme si de rien n'était."
    ))
}

/// What the witnesses wrote down when they refused the other story.
async fn refusals(stage: &mut Stage, country: &mut Country) -> Result<()> {
    let watch = Watch::start();
    while watch.so_far() < PATIENCE {
        let kept: Vec<(&str, String)> = WITNESSES
            .iter()
            .filter_map(|name| Some((*name, refusal_of_fork(&country.witness(name))?)))
            .collect();
        if kept.len() == WITNESSES.len() {
            stage.held(&both!(
                stage,
                "All three witnesses refuse, and each keeps the evidence: two signatures of the operator that can't both \
                 be honest.",
                "Les trois témoins refusent, et chacun garde la preuve : deux signatures de l'exploitant qui ne peuvent \
                 être honnêtes toutes deux."
            ))?;
            let (name, why) = &kept[0];
            return stage.named(&format!("{name}: {why}"));
        }
        country.witnesses_run()?;
        tokio::time::sleep(POLL).await;
    }
    stage.failed(&both!(
        stage,
        "A witness kept no evidence of the fork.",
        "Un témoin n'a gardé aucune preuve de la bifurcation."
    ))
}

/// Why a witness refused another history, if it has.
fn refusal_of_fork(witness: &Path) -> Option<String> {
    let files = fs::read_dir(witness.join("evidence")).ok()?;
    files.flatten().find_map(|file| {
        let text = fs::read_to_string(file.path()).ok()?;
        let why = text.lines().find_map(|line| line.strip_prefix("why "))?;
        let forked = ["other-root", "bad-proof"]
            .iter()
            .any(|code| why.starts_with(code));
        forked.then(|| why.to_owned())
    })
}

/// The same in the plain folder: there it is enough to delete.
fn forget(plain: &PlainFolder, deposits: &[Deposit]) -> Result<()> {
    for deposit in deposits {
        let file = plain.path.join(&deposit.document.key);
        fs::create_dir_all(file.parent().unwrap_or(&plain.path))?;
        fs::write(&file, &deposit.document.body)?;
        fs::remove_file(&file)?;
    }
    Ok(())
}
