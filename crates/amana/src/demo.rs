//! `amana demo`: a small country on this machine, told act by act. It seals and deposits real files, shows the operator
//! failing to read them, is killed, cheats and is caught, proves a receipt offline, and brings all back from paper.
//!
//! Everything runs the real binary, as processes of their own, in a temporary folder that goes at the end. The demo
//! judges itself: what didn't hold is listed, and the exit code says so.

mod ashes;
mod country;
mod crash;
mod deceived;
mod deposits;
mod dishonest;
mod documents;
mod enrolment;
mod fingerprint;
mod hands_on;
mod hosted;
mod ministry;
mod offline;
mod plain;
mod processes;
mod recovery;
mod rollback;
mod screens;
mod search;
mod stage;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use country::{Country, SEALED};
use deposits::Deposit;
use documents::Documents;
use ministry::Ministry;
use plain::PlainFolder;
use stage::{Stage, Watch, both};

use crate::s3_client::AccessKey;

/// A small country on this machine.
#[derive(Args)]
pub(crate) struct Demo {
    /// The folder whose files are deposited; by default the documents of this machine
    folder: Option<PathBuf>,
    /// Ask nothing, and end; done only if everything held
    #[arg(long)]
    once: bool,
    /// Keep the temporary folder
    #[arg(long)]
    keep: bool,
}

impl Demo {
    /// Plays all acts.
    ///
    /// # Errors
    /// When something didn't hold, or the demo was interrupted.
    pub(crate) async fn run(self) -> Result<()> {
        let mut stage = Stage::new();
        let mut country = Country::found(self.keep)?;
        let mut ministry = Ministry::of(&country);
        if self.keep {
            let folder = country.folder.path().display();
            stage.aside(&both!(
                stage,
                "All of this is kept in {folder}.",
                "Tout ceci reste dans {folder}."
            ))?;
        }
        tokio::select! {
            played = self.play(&mut stage, &mut country, &mut ministry) => played?,
            ended = ended_by_hand() => {
                ended?;
                bail!("ended by hand, before the end")
            }
        }
        if !self.once {
            tokio::select! {
                _ = hands_on::enter() => {}
                ended = ended_by_hand() => ended?,
            }
        }
        match stage.failures().len() {
            0 => Ok(()),
            count => bail!("{count} of the demo's promises did not hold"),
        }
    }

    async fn play(
        &self,
        stage: &mut Stage,
        country: &mut Country,
        ministry: &mut Ministry,
    ) -> Result<()> {
        let watch = Watch::start();
        let documents = Documents::gather(self.folder.as_deref())?;
        stage.act(&both!(
            stage,
            "1. The Ministry of Finance seals its documents at home, and entrusts them",
            "1. Le ministère des Finances scelle ses documents à la maison, et les confie"
        ))?;
        let sealed = deposits::play(stage, country, ministry, &documents).await?;
        stage.act(&both!(
            stage,
            "2. The power goes in the middle of deposits",
            "2. Le courant tombe au milieu des dépôts"
        ))?;
        let justice = country.access_key("justice")?;
        let open = hosted::play(stage, country, &justice, &documents).await?;
        crash::play(stage, country, &justice, &documents).await?;
        stage.act(&both!(
            stage,
            "3. The operator is dishonest",
            "3. L'exploitant est malhonnête"
        ))?;
        self.cheat(stage, country, ministry, &justice, (&sealed, &open))
            .await?;
        stage.act(&both!(
            stage,
            "4. A receipt before the judge",
            "4. Un reçu devant le juge"
        ))?;
        ministry.stop().await?;
        country.stop().await?;
        let shown = sealed.last().context("something was deposited")?;
        offline::play(stage, country, shown)?;
        stage.act(&both!(stage, "5. Everything burns down", "5. Tout brûle"))?;
        ashes::play(stage, country, &justice, &open).await?;
        country.stop().await?;
        recovery::play(stage, country, ministry, &sealed)?;
        if !self.once {
            country.start().await?;
            ministry.start(country).await?;
        }
        curtain(stage, country, ministry, &watch)?;
        if self.once {
            return stage.say(&both!(
                stage,
                "As --once was asked for, all of it is ended and removed now.",
                "Comme --once était demandé, tout est terminé et effacé maintenant."
            ));
        }
        stage.say(&both!(
            stage,
            "Enter or Ctrl-C ends it all and removes what was made.",
            "Entrée ou Ctrl-C termine tout et efface ce qui fut fait."
        ))
    }

    async fn cheat(
        &self,
        stage: &mut Stage,
        country: &mut Country,
        ministry: &mut Ministry,
        justice: &AccessKey,
        (sealed, open): (&[Deposit], &[Deposit]),
    ) -> Result<()> {
        stage.say(&both!(
            stage,
            "The operator owns the machine, its disk and its keys, and may edit what it likes. Let us see who notices.",
            "L'exploitant possède la machine, son disque et ses clés, et peut retoucher ce qu'il veut. Voyons qui le \
             remarque."
        ))?;
        let operators = country.access_key(ministry::NAME)?;
        ministry.stop().await?;
        country.stop().await?;
        deceived::play(stage, country, ministry, &operators, sealed).await?;
        let earlier = country.folder.join("earlier");
        processes::copy_folder(&country.data(), &earlier)?;
        let plain = PlainFolder::make(country.folder.join("plain"), open, &justice.id)?;
        dishonest::play(stage, country, (justice, &operators), open, &plain)?;
        rollback::play(stage, country, ministry, justice, &earlier, &plain).await?;
        if !self.once {
            ministry.stop().await?;
            country.stop().await?;
            hands_on::play(stage, country).await?;
            country.start().await?;
            ministry.start(country).await?;
        }
        Ok(())
    }
}

/// Ctrl-C, or being told to stop, or a terminal that is closed. Children and the folder go when the demo is dropped.
async fn ended_by_hand() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// What held, what to try now, and how to witness from elsewhere.
fn curtain(stage: &Stage, country: &Country, ministry: &Ministry, watch: &Watch) -> Result<()> {
    let took = watch.told();
    let failures = stage.failures();
    if failures.is_empty() {
        stage.act(&both!(
            stage,
            "Everything held ({took}).",
            "Tout a tenu ({took})."
        ))?;
    } else {
        stage.act(&both!(
            stage,
            "This did not hold ({took}):",
            "Ceci n'a pas tenu ({took}) :"
        ))?;
        for failure in failures {
            stage.named(failure)?;
        }
    }
    let (web, s3, key) = (country.web()?, ministry.s3()?, ministry.key()?);
    stage.say(&both!(
        stage,
        "The data centre runs, and shows its national log and its policy to anybody:",
        "Le centre de données tourne, et montre à chacun son journal national et sa politique :"
    ))?;
    for path in ["/", "/national/checkpoint", "/policy"] {
        stage.copyable(&format!("http://{web}{path}"))?;
    }
    stage.say(&both!(
        stage,
        "Any S3 program speaks to the ministry's gateway, for example aws-cli:",
        "Tout programme S3 parle à la passerelle du ministère, par exemple aws-cli :"
    ))?;
    stage.copyable(&format!(
        "AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={} AWS_DEFAULT_REGION=us-east-1 aws --endpoint-url http://{s3} s3 ls \
         s3://{SEALED} --recursive",
        key.id,
        key.secret.as_str()
    ))?;
    join_a_witness(stage, country)
}

fn join_a_witness(stage: &Stage, country: &Country) -> Result<()> {
    let (web, data, policy) = (country.web()?, country.data(), country.policy());
    stage.say(&both!(
        stage,
        "These three witnesses run on the operator's own machine, and so prove nothing to others. To join one from \
         another machine, there (the first command tells the key, the second opens a line to this machine):",
        "Ces trois témoins tournent sur la machine même de l'exploitant, et ne prouvent donc rien à autrui. Pour en \
         joindre un depuis une autre machine, là-bas (la première commande donne la clé, la deuxième ouvre une ligne \
         vers cette machine) :"
    ))?;
    stage.copyable("amana witness key --data my-witness --name my-office")?;
    stage.copyable(&format!("ssh -N -L 7400:{web} THIS-MACHINE &"))?;
    stage.copyable(&format!("scp THIS-MACHINE:{} policy", policy.display()))?;
    stage.copyable(
        "amana witness --data my-witness --name my-office --policy policy --centre http://127.0.0.1:7400",
    )?;
    stage.say(&both!(
        stage,
        "and here, with the key that the first command told:",
        "et ici, avec la clé que la première commande a donnée :"
    ))?;
    stage.copyable(&format!(
        "amana policy witness add my-office KEY --data {}",
        data.display()
    ))
}
