//! `amana gateway run`: opens the keys, listens, follows, witnesses, and stops in good order.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use amana_access::Caller;
use amana_gateway::{Gateway, MirrorOptions, Options, SpoolOptions};
use amana_s3::{Front, FrontConfig};
use amana_tls::Acceptor;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::config::Config;
use super::file_page::Web;
use super::files::OverSsh;
use super::folder::{DEFAULT_FOLDER, Folder};
use super::institution::Institution;
use super::passphrase::Sources;
use super::pinned_policy::PinnedPolicy;
use super::pins;
use super::running::{Running, keep_witnessing};
use super::{admin, member_key, web};
use crate::config::environment;
use crate::listener::{Socket, Stop, serve, told};
use crate::metrics::observer;
use crate::progress::Progress;
use crate::serve::{MAX_BLOCKING_THREADS, announce, bind};
use crate::stopping::Signals;
use crate::supervisor::Supervisor;
use crate::witness::fetch::Centre;
use crate::witness::inside::Inside;
use crate::{logs, socket};

/// Run the gateway.
#[derive(Args)]
pub(crate) struct Run {
    /// The gateway's folder
    #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
    data: PathBuf,
    /// Configuration to read instead of gateway.toml in the folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the listeners as JSON, one a line
    #[arg(long)]
    json: bool,
}

impl Run {
    /// Serves until it is told to stop.
    ///
    /// # Errors
    /// When the configuration is wrong, the keys can't be opened, a port is taken, or a write failed on the way.
    pub(crate) fn run(self) -> Result<()> {
        let folder = Folder::new(&self.data);
        let file = self.config.clone().unwrap_or_else(|| folder.config());
        let config = Config::load(&file, environment())?;
        // Asked while this is the only thread: the hours of limits are those of the clock on the wall.
        let utc_offset_s = time::UtcOffset::current_local_offset()
            .map_or(0, |offset| i64::from(offset.whole_seconds()));
        let _traces = logs::start("amana-gateway", &config.log, config.log_format)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .max_blocking_threads(MAX_BLOCKING_THREADS)
            .enable_all()
            .build()?;
        let served = runtime.block_on(self.serve(&folder, config, utc_offset_s));
        // What still reads from a slow disk must not keep the process: nothing acknowledged depends on it.
        runtime.shutdown_timeout(Duration::from_secs(1));
        served
    }

    async fn serve(&self, folder: &Folder, config: Config, utc_offset_s: i64) -> Result<()> {
        // Before anything slow, so that a signal that comes early is heard.
        let mut signals = Signals::listen()?;
        let mut supervisor = Supervisor::of_environment();
        let institution = Institution::of(folder)?;
        let _lock = folder.lock()?;
        let running = Arc::new(open(folder, config, institution, utc_offset_s).await?);

        let (stopper, stop) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let web = bind("gateway.toml", "listen_web", running.config.listen_web).await?;
        let s3 = bind("gateway.toml", "listen_s3", running.config.listen_s3).await?;
        let sockets = socket::listen(folder.path())?;
        let at_web = running.tls.acceptor(running.config.listen_web);
        let at_s3 = running.tls.acceptor(running.config.listen_s3);
        announce(self.json, "web", &at_web, web.local_addr()?)?;
        announce(self.json, "s3", &at_s3, s3.local_addr()?)?;
        if let Some(sftp) = OverSsh::listen(&running, self.json).await? {
            tasks.spawn(sftp.serve(running.clone(), stop.clone()));
        }
        let web = Web::new(web, at_web, web::router(running.clone()));
        tasks.spawn(serve(web, stop.clone()));
        tasks.spawn(serve(
            Socket(sockets, admin::router(running.clone())),
            stop.clone(),
        ));
        tasks.spawn(serve_s3(running.clone(), s3, at_s3, stop.clone()));

        let mut told_to_end = stop.clone();
        let keeping = running.clone();
        let mut gateway =
            tokio::spawn(async move { keeping.gateway.run(told(&mut told_to_end)).await });
        let mut gateway_ended = None;
        supervisor.ready();
        let ended = tokio::select! {
            () = signals.come() => Ok(()),
            failed = keep_witnessing(&running) => failed.context("the witness's own disk failed"),
            ended = &mut gateway => { gateway_ended = Some(ended); Ok(()) }
            Some(task) = tasks.join_next() => Err(match task {
                Err(failed) => anyhow::anyhow!("a listener failed: {failed}"),
                Ok(()) => anyhow::anyhow!("a listener ended by itself"),
            }),
        };
        let within = running.config.stop_within();
        supervisor.stopping(within);
        // Nobody who still listens is no fault.
        let _ = stopper.send(true);
        let all = async {
            while tasks.join_next().await.is_some() {}
            match gateway_ended {
                Some(ended) => ended,
                None => gateway.await,
            }
        };
        match signals.drain(within, all).await {
            Some(followed) => ended.and(followed?.context("the gateway's own disk failed")),
            None => ended,
        }
    }
}

/// Opens keys, replica and witness.
async fn open(
    folder: &Folder,
    config: Config,
    institution: Institution,
    utc_offset_s: i64,
) -> Result<Running> {
    let pinned = folder.clone();
    crate::centre::blocking(move || pins::settle(&pinned)).await?;
    let path = folder.path().display();
    let Some(centre) = config
        .centre
        .clone()
        .filter(|_| institution.enrolled.is_some())
    else {
        bail!(
            "this gateway isn't enrolled: amana gateway init --data {path} --centre URL --code CODE"
        );
    };
    let policy = PinnedPolicy::load(folder)?
        .with_context(|| format!("{path}/policy is missing: restore it from its backup"))?;
    if let Some(enrolled) = &institution.enrolled
        && enrolled.policy_sha256 != policy.sha256()
    {
        bail!(
            "{path}/policy is not the one that was confirmed: somebody changed it. Restore it, or confirm another with: amana \
             gateway init --data {path} --centre {centre} --policy FILE"
        );
    }
    let way = config.way_to(&centre)?;
    let addresses = [config.listen_web, config.listen_s3];
    let tls = config.tls_settings();
    let tls = tls.listeners(folder.path(), &addresses, &config.s3_domains)?;
    let sources = Sources::new(config.passphrase_file.clone());
    let key_folder = folder.clone();
    // scrypt takes a second, and may ask a person first.
    let member = crate::centre::blocking(move || member_key::open(&key_folder, &sources)).await?;
    let witness = Inside::open(
        &folder.witness(),
        &institution.witness_name(),
        Centre::new(way.clone()),
        &policy.trust,
        cosigned(&config, &policy, &institution.name),
        Duration::from_secs_f64(config.witness_every_s),
    )?;
    let root = institution.root.parse()?;
    let mut options = Options::new(
        folder.path().to_owned(),
        way,
        &institution.name,
        root,
        member,
        policy.text.into_bytes(),
    );
    let limit = |text: &String| text.parse().with_context(|| format!("limit {text:?}"));
    options.limits = config.limit.iter().map(limit).collect::<Result<_>>()?;
    options.utc_offset_s = utc_offset_s;
    options.spool = (!config.spool.is_empty()).then(|| SpoolOptions {
        folders: config.spool.clone(),
        accept_single_copy: config.accept_single_copy,
        max_bytes: gib(config.spool_max_gib),
    });
    options.mirror = config.mirror.clone().map(|place| MirrorOptions {
        place,
        hold_days: days(config.mirror_hold_days),
    });
    let bar = Mutex::new(Some(Progress::new("following the ledger")));
    options.poll = Duration::from_secs_f64(config.follow_every_s);
    options.tell = Some(Arc::new(move |told| {
        let mut bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
        if told.done >= told.of {
            // The bar is for the first time through; what comes after is quick.
            *bar = None;
        } else if let Some(bar) = bar.as_mut() {
            bar.at(told.done, told.of, "entries");
        }
    }));
    Ok(Running {
        folder: folder.clone(),
        gateway: Gateway::open(options).await?,
        requests: Arc::default(),
        tls,
        config,
        institution,
        witness,
        visits: Mutex::default(),
        patience: Arc::default(),
        sftp: OnceLock::new(),
    })
}

/// Bytes of so many GiB, which the configuration keeps between a thousandth and a million.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 2^50, and more than 0"
)]
fn gib(gib: f64) -> u64 {
    (gib * f64::from(1 << 30)) as u64
}

/// Whole days, of which the configuration allows no more than a century.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 36500, and not less than 0"
)]
fn days(days: f64) -> u32 {
    days as u32
}

/// The ledgers that the witness inside cosigns; all when the configuration names no peer. The releases' ledger is always
/// among them: what this gateway may run next must be seen by those who run it.
fn cosigned(config: &Config, policy: &PinnedPolicy, own: &str) -> Option<BTreeSet<String>> {
    if config.peers.is_empty() {
        return None;
    }
    let named = config.peers.iter().map(String::as_str).chain([own]);
    let releases = format!("{}/ledgers/{}", policy.centre(), amana_ledger::RELEASES);
    let origins = named.map(|name| policy.ledger(name)).chain([releases]);
    Some(origins.collect())
}

async fn serve_s3(
    running: Arc<Running>,
    listener: TcpListener,
    acceptor: Acceptor,
    mut stop: Stop,
) {
    let config = FrontConfig {
        domains: running.config.s3_domains.clone(),
        region: running.config.s3_region.clone(),
        grace: running.config.stop_within(),
    };
    let gateway = &running.gateway;
    let callers = Arc::new(Local(gateway.callers().clone()));
    let asked = running.clone();
    let front = Front::new(gateway.vault().clone(), callers, config)
        .vouching(Arc::new(move || asked.gateway.vouched().header()))
        .observed(observer(running.requests.clone()))
        .adopting(Arc::new(crate::traces::adopt));
    if let Err(error) = front.serve(listener, acceptor, told(&mut stop)).await {
        tracing::error!(%error, "the S3 front ended");
    }
}

/// The institution's own access keys, as the S3 front asks for them.
struct Local(Arc<amana_gateway::callers::Callers>);

#[async_trait::async_trait]
impl amana_s3::Callers for Local {
    fn recall(
        &self,
        access_key_id: &str,
    ) -> Result<Option<(Arc<Caller>, Zeroizing<String>)>, amana_s3::CallersError> {
        let known = self.0.caller(access_key_id);
        Ok(known.map(|(caller, secret)| (caller, Zeroizing::new(secret.reveal().to_owned()))))
    }

    async fn stands(&self, _: &str) -> Result<bool, amana_s3::CallersError> {
        // Nobody else keeps these.
        Ok(true)
    }
}
