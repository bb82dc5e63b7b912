//! The words of the command line.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::client::Client;
use crate::tls::Authority;
use crate::{commands, demo, doctor, gateway, output, serve, witness};

/// A data centre for a state's institutions that nobody has to trust.
#[derive(Parser)]
#[command(name = "amana", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the data centre; the first start makes its folder, keys and policy
    Serve(serve::Serve),
    /// Run an institution's gateway: plain S3 at home, sealed and signed before anything leaves
    Gateway(gateway::Gateway),
    /// An institution's keys: made, shared among custodians, recovered, renewed
    #[command(subcommand)]
    Keys(commands::keys::Keys),
    /// Cosign the ledgers of a data centre, from a machine that isn't its operator's
    Witness(witness::Witness),
    /// Institutions: who entrusts data to this centre
    #[command(subcommand)]
    Institution(commands::institution::Institution),
    /// Officials of an institution
    #[command(subcommand)]
    Official(commands::official::Official),
    /// Enrolments: how an institution's gateway is let in
    #[command(subcommand)]
    Enrolment(commands::enrolment::Enrolment),
    /// Access keys of an institution's software
    #[command(subcommand)]
    AccessKey(commands::access_key::AccessKey),
    /// Buckets of an institution
    #[command(subcommand)]
    Bucket(commands::bucket::Bucket),
    /// Receipts: the proof of an act
    #[command(subcommand)]
    Receipt(commands::receipt::Receipt),
    /// Ledgers: an institution's history
    #[command(subcommand)]
    Ledger(commands::ledger::Ledger),
    /// The trust policy: whom one has to trust
    #[command(subcommand)]
    Policy(commands::policy::Policy),
    /// Releases of this program: signed by rebuilders, recorded for everybody
    #[command(subcommand)]
    Release(commands::release::Release),
    /// Web sites: published by whoever holds a publisher's key, never by the operator
    #[command(subcommand)]
    Site(commands::site::Site),
    /// Which binary this is, and whether rebuilders vouch for it
    Version(commands::version::Version),
    /// The authority that signs the certificates of this machine's listeners
    #[command(subcommand)]
    Authority(commands::authority::Authority),
    /// Look at what surrounds a data centre or a gateway, and say what to do
    Doctor(doctor::Doctor),
    /// Copy a running data centre, as of one instant, into a folder
    Backup(commands::backup::Backup),
    /// Check that rows, ledgers and content agree, and name what doesn't
    Check(commands::check::Check),
    /// Copy everything to the places that the configuration names, and show how far each lags
    Mirror(commands::mirror::Mirror),
    /// Make a data centre again from a mirror, on a bare machine
    Restore(commands::restore::Restore),
    /// Move a data centre to PostgreSQL, to another folder, or back, while it is read
    Migrate(commands::migrate::Migrate),
    /// Read everything again, and mend what a mirror or parity can mend
    Scrub(commands::scrub::ScrubNow),
    /// The data centre's own key: its backup on paper, and its recovery
    #[command(subcommand)]
    OperatorKey(commands::operator_key::OperatorKey),
    /// Take everything of an institution out, in a bag that standard programs read
    Export(commands::export::Export),
    /// Deposit what a bag holds anew, through a gateway of another data centre
    Import(commands::import::Import),
    /// A small country on this machine: deposits, crashes, and a dishonest operator caught
    Demo(demo::Demo),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// When it was refused or failed.
    pub(crate) fn run(self) -> Result<()> {
        match self.command {
            Command::Serve(serve) => serve.run(),
            Command::Gateway(gateway) => without_core_dumps().and_then(|()| gateway.run()),
            Command::Keys(keys) => without_core_dumps().and_then(|()| wait(keys.run())),
            Command::Witness(witness) => wait(witness.run()),
            Command::Institution(institution) => wait(institution.run()),
            Command::Official(official) => wait(official.run()),
            Command::Enrolment(enrolment) => wait(enrolment.run()),
            Command::AccessKey(access_key) => wait(access_key.run()),
            Command::Bucket(bucket) => wait(bucket.run()),
            Command::Receipt(receipt) => wait(receipt.run()),
            Command::Ledger(ledger) => wait(ledger.run()),
            Command::Policy(policy) => wait(policy.run()),
            Command::Release(release) => wait(release.run()),
            Command::Site(site) => wait(site.run()),
            Command::Version(version) => version.run(),
            Command::Authority(authority) => authority.run(),
            Command::Doctor(doctor) => wait(doctor.run()),
            Command::Backup(backup) => wait(backup.run()),
            Command::Check(check) => check.run(),
            Command::Mirror(mirror) => mirror.run(),
            Command::Restore(restore) => restore.run(),
            Command::Migrate(migrate) => migrate.run(),
            Command::Scrub(scrub) => wait(scrub.run()),
            Command::OperatorKey(key) => without_core_dumps().and_then(|()| key.run()),
            Command::Export(export) => wait(export.run()),
            Command::Import(import) => wait(import.run()),
            Command::Demo(demo) => wait(demo.run()),
        }
    }
}

/// Ends the command as wrong usage, which the arguments alone could not show.
pub(crate) fn wrong_usage(why: &str) -> ! {
    Cli::command()
        .error(ErrorKind::MissingRequiredArgument, why)
        .exit()
}

/// A crash must not write an institution's keys to a disk.
fn without_core_dumps() -> Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).context("core dumps can't be turned off")
}

/// Commands beside `serve` do one thing after another: one thread is enough.
pub(crate) fn wait(command: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(command)
}

/// Which data centre is spoken to, and how it should answer.
#[derive(Args)]
pub(crate) struct Reach {
    /// The data centre's folder
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA)]
    pub(crate) data: PathBuf,
    /// Print JSON, for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

/// The folder that is meant when none is named.
pub(crate) const DEFAULT_DATA: &str = "amana-data";

impl Reach {
    /// The running server, through the socket in its folder.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.data)
    }

    /// Prints an answer: as JSON if asked for, otherwise as `text` tells it.
    pub(crate) fn print(&self, answer: &Value, text: impl FnOnce() -> String) -> Result<()> {
        if self.json {
            output::line(&answer.to_string())
        } else {
            output::line(&text())
        }
    }

    /// Prints a list: as JSON if asked for, otherwise as a table.
    pub(crate) fn print_table(&self, list: &Value, columns: &[&str]) -> Result<()> {
        let rows = list.as_array().map(Vec::as_slice).unwrap_or_default();
        self.print(list, || output::table(rows, columns))
    }
}

/// Where receipts and ledgers are read: through the socket, or from afar with an institution's access key.
#[derive(Args)]
pub(crate) struct Reader {
    /// The data centre's folder
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA)]
    pub(crate) data: PathBuf,
    /// URL of a data centre elsewhere
    #[arg(long, value_name = "URL")]
    centre: Option<String>,
    #[command(flatten)]
    authority: Authority,
    /// Access key with which to read an institution's own ledger there
    #[arg(long, value_name = "ID", requires = "centre", requires = "secret_file")]
    access_key: Option<String>,
    /// File with that key's secret
    #[arg(long, value_name = "FILE", requires = "access_key")]
    secret_file: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

impl Reader {
    /// The data centre that is meant.
    pub(crate) fn client(&self) -> Result<Client> {
        let Some(url) = &self.centre else {
            return Ok(Client::new(&self.data));
        };
        let way = self.authority.way_to(url)?;
        let (Some(id), Some(file)) = (&self.access_key, &self.secret_file) else {
            return Client::at(way, None);
        };
        let secret = std::fs::read_to_string(file);
        let secret = Zeroizing::new(secret.with_context(|| file.display().to_string())?);
        Client::at(way, Some((id, secret.trim())))
    }
}
