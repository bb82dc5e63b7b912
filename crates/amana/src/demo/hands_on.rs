//! Act 3, last part: whoever watches edits anything in the data folder, and the fault is named.

use std::fs;
use std::io::{BufRead as _, stdin};

use amana_ledger::Hash;
use anyhow::Result;
use tokio::sync::oneshot;

use super::country::Country;
use super::fingerprint::{self, Digests};
use super::processes::replace_folder;
use super::stage::{Stage, Watch, both};

/// Faults shown at most; the others are counted.
const SHOWN: usize = 3;
/// The one table that isn't ours to lose: others' evidence, pruned as newer comes.
const COSIGNATURES: &str = "cosignatures";

/// Asks until nothing was edited. The data centre is stopped; its folder is as it was on return.
pub(super) async fn play(stage: &mut Stage, country: &Country) -> Result<()> {
    let (data, whole) = (country.data(), country.folder.join("whole"));
    replace_folder(&data, &whole)?;
    let before = fingerprint::files(&data)?;
    let rows_before = fingerprint::rows(&data, &country.folder.join("scratch"))?;
    stage.step(&both!(
        stage,
        "Your turn. The data centre is stopped, and this is its folder:",
        "À vous. Le centre de données est arrêté, et voici son dossier :"
    ))?;
    stage.copyable(&data.display().to_string())?;
    stage.say(&both!(
        stage,
        "Edit anything under it yourself, with any tool, as its operator could. For example, in another terminal:",
        "Retouchez-y vous-même ce que vous voulez, avec n'importe quel outil, comme le pourrait son exploitant. Par \
         exemple, dans un autre terminal :"
    ))?;
    let database = data.join("amana.db");
    stage.copyable(&format!(
        "printf X | dd of={} bs=1 seek=30000 conv=notrunc",
        database.display()
    ))?;
    loop {
        stage.say(&both!(
            stage,
            "Press Enter when it is done, or at once to go on.",
            "Appuyez sur Entrée quand c'est fait, ou tout de suite pour continuer."
        ))?;
        if !enter().await {
            return Ok(());
        }
        let changed = fingerprint::changed(&before, &fingerprint::files(&data)?);
        if changed.is_empty() {
            return stage.say(&both!(
                stage,
                "Nothing was edited: the demo goes on.",
                "Rien n'a été retouché : la démonstration continue."
            ));
        }
        let files = changed.join(", ");
        stage.say(&both!(stage, "Edited: {files}.", "Retouché : {files}."))?;
        judge(stage, country, &rows_before)?;
        replace_folder(&whole, &data)?;
        stage.aside(&both!(
            stage,
            "The folder is as it was again; a plain folder would not have said a word. Edit something else, if you like.",
            "Le dossier est de nouveau comme avant ; un simple dossier n'aurait pas dit un mot. Retouchez autre chose, \
             si vous voulez."
        ))?;
    }
}

/// Waits for a line; false when nobody can type one.
pub(super) async fn enter() -> bool {
    let (tell, told) = oneshot::channel();
    // A thread of its own: it may wait for ever, and the program must end nevertheless.
    std::thread::spawn(move || {
        let read = stdin().lock().read_line(&mut String::new());
        // Nobody listens any more when the demo was ended meanwhile.
        let _ = tell.send(matches!(read, Ok(1..)));
    });
    told.await.unwrap_or(false)
}

fn judge(stage: &mut Stage, country: &Country, rows_before: &Digests) -> Result<()> {
    let data = country.data();
    let watch = Watch::start();
    let checked = country.check(&data, true)?;
    let took = watch.told();
    let policy = other_policy(country)?;
    if !checked.is_clean() || policy.is_some() {
        stage.held(&both!(
            stage,
            "It is noticed ({took}):",
            "C'est remarqué ({took}) :"
        ))?;
        for fault in checked.faults.iter().take(SHOWN) {
            stage.named(&fault.told())?;
        }
        for said in checked.refusal.iter().chain(&policy) {
            stage.named(said)?;
        }
        let others = (checked.faults.len() + checked.further).saturating_sub(SHOWN);
        if others > 0 {
            stage.aside(&both!(stage, "and {others} more", "et {others} autres"))?;
        }
        return Ok(());
    }
    let rows = fingerprint::rows(&data, &country.folder.join("scratch"))?;
    let tables = fingerprint::changed(rows_before, &rows);
    if tables == [COSIGNATURES] {
        return stage.say(&both!(
            stage,
            "amana check finds nothing wrong: you took away what a witness had handed in, which the data centre forgets by \
             itself in time. Receipts that were fetched keep their own copy, and the witness still holds it to what it \
             signed.",
            "amana check ne trouve rien à redire : vous avez ôté ce qu'un témoin avait remis, que le centre de données \
             oublie de lui-même avec le temps. Les reçus déjà remis en gardent copie, et le témoin tient toujours le \
             centre à ce qu'il a signé."
        ));
    }
    let names = tables.join(", ");
    stage.expect(
        tables.is_empty(),
        &both!(
            stage,
            "amana check finds nothing wrong, and rightly: the bytes that you changed hold nothing that counts. No \
             entry, row, tile or content is affected ({took}).",
            "amana check ne trouve rien à redire, et à raison : les octets que vous avez changés ne portent rien qui \
             compte. Aucun acte, aucune ligne, tuile ni contenu n'est touché ({took})."
        ),
        &both!(
            stage,
            "Rows of {names} were changed and amana check did not notice: you have found a mistake of ours, please report \
             it.",
            "Des lignes de {names} ont changé et amana check ne l'a pas remarqué : vous avez trouvé une faute de notre \
             part, merci de la signaler."
        ),
    )
}

/// The operator's copy of the policy is compared with the published one, as its readers do.
fn other_policy(country: &Country) -> Result<Option<String>> {
    let digest = |bytes: &[u8]| hex::encode(&Hash::of(&[bytes]).as_bytes()[..8]);
    let published = fs::read(country.policy())?;
    let path = country.data().join("policy");
    let ours = fs::read(&path).unwrap_or_default();
    Ok((ours != published).then(|| {
        format!(
            "{}: its SHA-256 begins with {}, and that of the published policy with {} [policy]",
            path.display(),
            digest(&ours),
            digest(&published)
        )
    }))
}
