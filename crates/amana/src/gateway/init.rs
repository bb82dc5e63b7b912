//! `amana gateway init`: from nothing to a gateway that the data centre knows, with nothing taken on its word. Every step
//! is on disk before the next begins, so that it can be run again after any interruption.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use amana_ledger::VerifierKey;
use amana_seal::words::{Commitment, Nonce, SixWords, Transcript};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use http::StatusCode;
use serde_json::{Value, json};

use super::config::Config;
use super::enrolment::{Answered, UnderWay};
use super::given_code::GivenCode;
use super::held_keyring::HeldKeyring;
use super::institution::{Enrolled, Institution};
use super::pinned_policy::{GivenPolicy, PinnedPolicy};
use super::pins;
use super::six_words;
use crate::cli;
use crate::client::{Client, Refused, segment};
use crate::commands::keys::{Home, Plan};
use crate::config::environment;
use crate::durable::write_private;
use crate::enrolments::transcript;
use crate::output;
use crate::tls::{self, Authority};
use crate::witness::key_of;

/// Between two questions whether the operator has confirmed.
const POLL: Duration = Duration::from_secs(2);

/// Make the keys if there are none, and enrol.
#[derive(Args)]
pub(crate) struct Init {
    /// The data centre's web listener, such as https://centre.example:7400
    #[arg(long, value_name = "URL")]
    centre: String,
    /// The enrolment code, from the data centre's operator
    #[arg(long)]
    code: Option<GivenCode>,
    #[command(flatten)]
    authority: Authority,
    #[command(flatten)]
    policy: GivenPolicy,
    /// Who must have built the same bytes before this gateway runs a binary, and how many of them; pinned, with the
    /// binary that runs now
    #[arg(long, value_name = "FILE")]
    rebuilders: Option<PathBuf>,
    #[command(flatten)]
    plan: Plan,
    /// Show the six words and end; run it again once the operator has confirmed them
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    home: Home,
}

/// Everything that both sides must hold alike.
struct Enrolment {
    institution: Institution,
    keyring: HeldKeyring,
    witness: VerifierKey,
    transcript: Transcript,
}

impl Init {
    /// Enrols.
    ///
    /// # Errors
    /// When anything was refused, not confirmed, or not reached; what was done stays done.
    pub(crate) async fn run(self) -> Result<()> {
        let folder = self.home.folder();
        folder.make()?;
        let _lock = folder.lock()?;
        let config = self.configure()?;
        let client = Client::at(config.way_to(&self.centre)?, None)?;
        let policy = self.policy.settle(&folder, &client).await?;
        if let Some(rebuilders) = &self.rebuilders {
            pins::pin(&folder, rebuilders)?;
        }
        let institution = match Institution::load(&folder)? {
            Some(there) if there.enrolled.is_some() => return self.renew(there, &policy),
            Some(there) => there,
            None => self.make_keys(&client, &policy).await?,
        };
        let enrolment = self.enrolment(institution, &policy)?;
        if !self.is_confirmed(&client).await? {
            let (id, words) = self.reveal(&client, &enrolment).await?;
            self.show_words(&enrolment, &words)?;
            if self.no_wait {
                return Ok(());
            }
            self.wait(&client, &id).await?;
        }
        let mut institution = enrolment.institution;
        institution.enrolled = Some(Enrolled {
            ledger: policy.ledger(&institution.name),
            policy_sha256: policy.sha256(),
        });
        institution.keep(&folder)?;
        // What is enrolled needs no nonce any more; a file that stays is only passed over.
        let _ = fs::remove_file(folder.enrolment());
        self.tell_enrolled(&institution)
    }

    /// What is enrolled stays so; only the policy may have been renewed.
    fn renew(&self, mut institution: Institution, policy: &PinnedPolicy) -> Result<()> {
        if let Some(enrolled) = &mut institution.enrolled
            && enrolled.policy_sha256 != policy.sha256()
        {
            enrolled.policy_sha256 = policy.sha256();
            institution.keep(&self.home.folder())?;
            output::error(
                "the trust policy is renewed; start the gateway again, so that it goes by it",
            );
        }
        self.tell_enrolled(&institution)
    }

    /// Writes the configuration, or sees that it means the same data centre.
    fn configure(&self) -> Result<Config> {
        let path = self.home.folder().config();
        let of_code = self.code.as_ref().and_then(|code| code.authority.clone());
        let authority = self.authority.authority.clone().or(of_code);
        if !path.exists() {
            write_private(&path, &Config::template(&self.centre, authority.as_ref()))?;
        }
        let config = Config::load(&path, environment())?;
        let path = path.display();
        match &config.centre {
            Some(configured) if *configured != self.centre => bail!(
                "{path} names the data centre {configured}, not {}; change it there, or take another folder",
                self.centre
            ),
            _ => {}
        }
        let given = authority.map(tls::absolute);
        if given.is_some() && config.trust()? != given {
            bail!(
                "{path} names another authority than the one that is given now; change it there, or take another folder"
            );
        }
        Ok(config)
    }

    /// Asks whose the code is, and makes the keys of that institution.
    async fn make_keys(&self, client: &Client, policy: &PinnedPolicy) -> Result<Institution> {
        let Some(code) = &self.code else {
            cli::wrong_usage("--code CODE is needed: the data centre's operator issues it");
        };
        let asked = json!({ "code": code.code.as_str() });
        let names = client.post("/api/v1/enrolments", &asked).await?;
        let said = |field: &str| names[field].as_str().unwrap_or_default();
        if said("centre") != policy.centre() {
            bail!(
                "the data centre calls itself {}, and the trust policy is of {}: one of the two is not the right one",
                said("centre"),
                policy.centre()
            );
        }
        let institution = said("institution");
        output::error(&format!("making the keys of {institution}"));
        let folder = self.home.folder();
        let made = self.plan.hold(&folder, institution)?;
        output::error(&made.printed.text());
        Institution::of(&folder)
    }

    fn enrolment(&self, institution: Institution, policy: &PinnedPolicy) -> Result<Enrolment> {
        let folder = self.home.folder();
        let keyring = HeldKeyring::load(&folder, &institution)?;
        let witness = key_of(&folder.witness(), &institution.witness_name())?;
        let transcript = transcript(
            policy.centre(),
            &institution.name,
            &keyring.bundle().signed().digest(),
            institution.member.parse()?,
            Some(&witness),
        );
        Ok(Enrolment {
            institution,
            keyring,
            witness,
            transcript,
        })
    }

    /// Whether the enrolment that is under way was confirmed meanwhile. One that is over, or that the data centre knows no
    /// more, is dropped: its nonce was shown perhaps, and whoever knows it could choose the other one by it.
    async fn is_confirmed(&self, client: &Client) -> Result<bool> {
        let folder = self.home.folder();
        let Some(answered) = UnderWay::take_up(&folder, &self.centre)?.answered else {
            return Ok(false);
        };
        let path = format!("/api/v1/enrolments/{}", segment(&answered.id));
        let dropped = match client.get(&path).await {
            Ok(answer) => match answer["state"].as_str() {
                Some("confirmed") => return Ok(true),
                Some(state @ ("refused" | "expired")) => Some(state.to_owned()),
                _ => return Ok(false),
            },
            Err(error) => match error.downcast_ref::<Refused>() {
                // The data centre was started again: the same code serves once more.
                Some(refused) if refused.status == StatusCode::NOT_FOUND => None,
                _ => return Err(error),
            },
        };
        fs::remove_file(folder.enrolment()).context("the enrolment that is over")?;
        match dropped {
            Some(state) => {
                bail!("the last enrolment was {state}; ask the operator for another code")
            }
            None => Ok(false),
        }
    }

    /// Commits, and reveals. Gives the enrolment's id and the six words.
    async fn reveal(&self, client: &Client, enrolment: &Enrolment) -> Result<(String, SixWords)> {
        let folder = self.home.folder();
        let mut under_way = UnderWay::take_up(&folder, &self.centre)?;
        let nonce: Nonce = under_way.nonce.parse()?;
        let answered = match under_way.answered.clone() {
            Some(answered) => answered,
            None => {
                let Some(code) = &self.code else {
                    cli::wrong_usage("--code CODE is needed: the data centre's operator issues it");
                };
                let commitment = Commitment::of(&nonce, &enrolment.transcript).to_string();
                let begin = json!({ "code": code.code.as_str(), "commitment": commitment });
                let answered = client.post("/api/v1/enrolments", &begin).await?;
                let answered: Answered = serde_json::from_value(answered)
                    .context("the data centre's answer to the commitment")?;
                under_way.answered = Some(answered.clone());
                under_way.keep(&folder)?;
                answered
            }
        };
        let bundle: Value = serde_json::from_str(&enrolment.keyring.bundle().to_json())?;
        let revealed = json!({
            "nonce": nonce.to_string(),
            "bundle": bundle,
            "member": enrolment.institution.member,
            "witness": enrolment.witness.to_string(),
        });
        let path = format!("/api/v1/enrolments/{}/reveal", segment(&answered.id));
        client.post(&path, &revealed).await?;
        let theirs: Nonce = answered.nonce.parse()?;
        let words = SixWords::of(&nonce, &theirs, &enrolment.transcript);
        Ok((answered.id, words))
    }

    fn show_words(&self, enrolment: &Enrolment, words: &SixWords) -> Result<()> {
        let institution = &enrolment.institution;
        if self.home.json {
            let shown = json!({
                "state": "waiting",
                "institution": institution.name,
                "member": institution.member,
                "root": institution.root,
                "witness": enrolment.witness.to_string(),
                "words": words.words(),
                "numbers": words.numbers(),
            });
            return output::line(&shown.to_string());
        }
        output::line(&format!(
            "\nSix words stand for the keys of {name}:\n\n{}\n\nCall the data centre's operator at a number that you know from \
             elsewhere, and read them out. The operator types what is heard:\n  amana enrolment confirm {name} --words \
             \"{words}\"\nNever let the operator read them to you, and never send them in writing by the same line.",
            six_words::shown(words),
            name = institution.name,
        ))
    }

    /// Until the operator has decided.
    async fn wait(&self, client: &Client, id: &str) -> Result<()> {
        if !self.home.json {
            output::line(
                "Waiting for the operator… (Ctrl-C and the same command again are safe.)",
            )?;
        }
        let path = format!("/api/v1/enrolments/{}", segment(id));
        let mut told = false;
        loop {
            match client.get(&path).await {
                Ok(answer) => match answer["state"].as_str() {
                    Some("confirmed") => return Ok(()),
                    Some("refused") => bail!(
                        "the operator refused this enrolment: the words were not the same, or it was not wanted. Ask for \
                         another code, and look for whoever sits on the line"
                    ),
                    Some("expired") => bail!("the code has expired: ask the operator for another"),
                    _ => told = false,
                },
                Err(error) if error.is::<Refused>() => return Err(error),
                // The line comes and goes; a person who waits is told once.
                Err(error) if told => tracing::debug!("{error:#}"),
                Err(error) => {
                    output::error(&format!("{error:#}; trying again"));
                    told = true;
                }
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn tell_enrolled(&self, institution: &Institution) -> Result<()> {
        let folder = self.home.folder();
        let witness = key_of(&folder.witness(), &institution.witness_name())?;
        let answer = json!({
            "state": "confirmed",
            "institution": institution.name,
            "member": institution.member,
            "root": institution.root,
            "witness": witness.to_string(),
        });
        let path = folder.path().display();
        self.home.print(&answer, || {
            format!(
                "{name} is enrolled. From now on its own signature is needed for its sealed buckets.\n\
                 Start the gateway:           amana gateway run --data {path}\n\
                 Then a key for its software: amana access-key create --data {path}\n\
                 So that this gateway counts as a witness, the operator lists its key:\n  amana policy witness add {name} {witness}",
                name = institution.name
            )
        })
    }
}
