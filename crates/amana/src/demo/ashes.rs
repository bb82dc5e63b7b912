//! Act 5, first half: the data centre is deleted, and is there again from a mirror in another building.

use std::fs::{self, File};
use std::io::Write as _;

use anyhow::{Context as _, Result};

use super::country::{Country, OPEN, PATIENCE, POLL};
use super::deposits::Deposit;
use super::stage::{Stage, Watch, both};
use crate::s3_client::AccessKey;

/// Plays it; the data centre runs at the end.
pub(super) async fn play(
    stage: &mut Stage,
    country: &mut Country,
    key: &AccessKey,
    deposits: &[Deposit],
) -> Result<()> {
    let (mirror, safe) = (
        country.folder.join("other-building"),
        country.folder.join("safe.seed"),
    );
    let data = country.data();
    fs::create_dir(&mirror)?;
    let mut config = File::options().append(true).open(data.join("amana.toml"))?;
    write!(
        config,
        "\n[[mirror]]\nname = \"other-building\"\nplace = \"{}\"\n",
        mirror.display()
    )?;
    let mut command = country.command(["mirror", "--once", "--json", "--data"]);
    country.ask(command.arg(&data))?;
    fs::copy(data.join("keys/operator.seed"), &safe)?;
    fs::remove_dir_all(&data)?;
    stage.say(&both!(
        stage,
        "Another building has a mirror, and a safe the operator's seed. The data centre is deleted, its folder whole: rm -rf.",
        "Un autre bâtiment a un miroir, et un coffre la graine de l'exploitant. Le centre de données est effacé, dossier \
         entier : rm -rf."
    ))?;

    let watch = Watch::start();
    let mut command = country.command(["restore", "--json", "--from"]);
    command.arg(&mirror).arg("--seed-file").arg(&safe);
    let restored = country.ask(command.arg("--data").arg(&data))?;
    country.start().await?;
    let mut client = country.connect(key).await?;
    let first = deposits.first().context("something was deposited")?;
    let answer = client.get(OPEN, &first.document.key).await?;
    let served = answer.status.is_success() && answer.body == first.document.body;
    let (entries, took) = (restored["entries"].to_string(), watch.told());
    stage.expect(
        served,
        &both!(
            stage,
            "amana restore brings {entries} entries back, and the first object is served after {took}.",
            "amana restore ramène {entries} inscriptions, et le premier objet est servi après {took}."
        ),
        &both!(
            stage,
            "After the restore {OPEN} does not serve what was deposited.",
            "Après la restauration, {OPEN} ne sert pas ce qui fut déposé."
        ),
    )?;
    whole_again(stage, country).await
}

/// Content follows while it serves; then the check must find nothing, not even against what the witnesses hold.
async fn whole_again(stage: &mut Stage, country: &Country) -> Result<()> {
    let watch = Watch::start();
    let checked = loop {
        let checked = country.check(&country.data(), true)?;
        if checked.is_clean() || watch.so_far() > PATIENCE {
            break checked;
        }
        tokio::time::sleep(POLL).await;
    };
    let (took, fault) = (watch.told(), checked.in_short());
    stage.expect(
        checked.is_clean(),
        &both!(
            stage,
            "All content has followed, and amana check finds nothing wrong, nor do the witnesses' memories: history goes on \
             ({took}).",
            "Tout le contenu a suivi, et amana check ne trouve rien à redire, ni la mémoire des témoins : l'histoire \
             continue ({took})."
        ),
        &both!(stage, "amana check finds: {fault}", "amana check trouve : {fault}"),
    )
}
