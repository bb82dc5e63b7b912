//! `amana serve`: opens the data centre, listens, and stops in good order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amana_s3::{Front, FrontConfig};
use amana_tls::Acceptor;
use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::centre::{Centre, blocking};
use crate::config::{Config, environment};
use crate::listener::{Socket, Stop, Tcp, serve, told};
use crate::metrics::observer;
use crate::mirror::{self, local_offset_s};
use crate::stopping::Signals;
use crate::supervisor::Supervisor;
use crate::{
    admin, cli, first_start, logs, machine, object_place, output, quotas, scrub, sites, socket,
    traces, web,
};

/// Mirrors have this long to end what they are at.
const MIRRORS_STOP: Duration = Duration::from_secs(2);
/// Threads for work that blocks: reads of rows and of files.
pub(crate) const MAX_BLOCKING_THREADS: usize = 64;

/// Run the data centre.
#[derive(Args)]
pub(crate) struct Serve {
    /// The data centre's folder, made at first start
    #[arg(long, value_name = "DIR", default_value = cli::DEFAULT_DATA)]
    data: PathBuf,
    /// Configuration to read instead of amana.toml in the folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the listeners as JSON, one a line
    #[arg(long)]
    json: bool,
}

impl Serve {
    /// Serves until it is told to stop.
    ///
    /// # Errors
    /// When the configuration is wrong, the folder can't be opened, a port is taken, or a write failed on the way.
    pub(crate) fn run(self) -> Result<()> {
        let config = Config::load(&self.data, self.config.as_deref(), environment())?;
        // Asked while this is the only thread.
        let offset_s = local_offset_s();
        let _traces = logs::start("amana", &config.log, config.log_format)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .max_blocking_threads(MAX_BLOCKING_THREADS)
            .enable_all()
            .build()?;
        let served = runtime.block_on(self.serve(config, offset_s));
        // What still reads from a slow disk must not keep the process: nothing acknowledged depends on it.
        runtime.shutdown_timeout(Duration::from_secs(1));
        served
    }

    async fn serve(&self, config: Config, offset_s: i64) -> Result<()> {
        // Before anything slow, so that a signal that comes early is heard.
        let mut signals = Signals::listen()?;
        let mut supervisor = Supervisor::of_environment();

        let name = first_start::settle(&self.data, &config)?;
        let centre = Arc::new(Centre::open(&self.data, &name, config)?);
        quotas::heed(&centre).await;
        let (stopper, stop) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let web = bind("amana.toml", "listen_web", centre.config.listen_web).await?;
        let s3 = bind("amana.toml", "listen_s3", centre.config.listen_s3).await?;
        let serving = sites::Serving::start(&self.data, centre.clone())?;
        let sockets = socket::listen(&self.data)?;
        let at_web = centre.tls.acceptor(centre.config.listen_web);
        let at_s3 = centre.tls.acceptor(centre.config.listen_s3);
        // Before those that scripts wait for: some read no further.
        serving.announce(self.json)?;
        announce(self.json, "web", &at_web, web.local_addr()?)?;
        announce(self.json, "s3", &at_s3, s3.local_addr()?)?;
        let pages = centre.config.console(at_web.scheme())?;
        let s3_url = centre.config.s3_url(at_s3.scheme());
        let web = Tcp(web, at_web, web::router(centre.clone(), pages, s3_url));
        tasks.spawn(serve(web, stop.clone()));
        tasks.spawn(serve(
            Socket(sockets, admin::router(centre.clone())),
            stop.clone(),
        ));
        tasks.spawn(serve_s3(centre.clone(), s3, at_s3, stop));
        if !centre.config.mirrors.is_empty() {
            centre
                .store
                .mirror_before_witness(centre.config.mirror_wait_ms());
        }
        let mirrors = mirror::keep(&centre, offset_s)?;

        supervisor.ready();

        let ended = tokio::select! {
            () = signals.come() => Ok(()),
            why = centre.store.stopped() => Err(anyhow::anyhow!(
                "a write failed and the data centre has stopped: {why}; see to the disk and start it again, it recovers by itself"
            )),
            () = centre.store.run_epochs(centre.config.epoch_busy(), centre.config.epoch_idle()) => Ok(()),
            () = scrub::run(centre.clone(), centre.config.scrub_period()) => Ok(()),
            () = scrub::record_repairs(centre.clone()) => Ok(()),
            () = object_place::sweep_daily(centre.clone()) => Ok(()),
            () = sites::sweep_daily(centre.clone()) => Ok(()),
            () = serving.keep() => Ok(()),
            () = machine::keep(centre.clone()) => Ok(()),
            () = quotas::keep(centre.clone()) => Ok(()),
            Some(task) = tasks.join_next() => Err(match task {
                Err(failed) => anyhow::anyhow!("a listener failed: {failed}"),
                Ok(()) => anyhow::anyhow!("a listener ended by itself"),
            }),
        };
        let within = centre.config.stop_within();
        supervisor.stopping(within);
        // Nobody who still listens is no fault.
        let _ = stopper.send(true);
        let all = async {
            while tasks.join_next().await.is_some() {}
            blocking(move || serving.stop()).await;
        };
        signals.drain(within, all).await;
        // What was copied stays, and the next start goes on: a slow place must not keep the process.
        let stopped = tokio::time::timeout(MIRRORS_STOP, blocking(move || mirrors.stop()));
        if stopped.await.is_err() {
            tracing::warn!("a mirror's last request was cut off");
        }
        ended
    }
}

/// Tells where a listener is.
pub(crate) fn announce(
    json: bool,
    listener: &str,
    acceptor: &Acceptor,
    address: SocketAddr,
) -> Result<()> {
    announce_url(
        json,
        listener,
        &format!("{}://{address}", acceptor.scheme()),
    )
}

/// Tells at which URL a listener is.
pub(crate) fn announce_url(json: bool, listener: &str, url: &str) -> Result<()> {
    output::line(&if json {
        json!({ "listener": listener, "url": url }).to_string()
    } else {
        format!("{listener} listens on {url}")
    })
}

/// The S3 front has a loop of its own, since it counts and cuts connections by S3's rules.
async fn serve_s3(centre: Arc<Centre>, listener: TcpListener, acceptor: Acceptor, mut stop: Stop) {
    let config = FrontConfig {
        domains: centre.config.s3_domains.clone(),
        region: centre.config.s3_region.clone(),
        grace: centre.config.stop_within(),
    };
    let front = Front::new(centre.vault.clone(), centre.access.clone(), config)
        .observed(observer(centre.requests.clone()))
        .adopting(Arc::new(traces::adopt));
    if let Err(error) = front.serve(listener, acceptor, told(&mut stop)).await {
        tracing::error!(%error, "the S3 front ended");
    }
}

/// Listens where a field of the configuration says.
pub(crate) async fn bind(file: &str, field: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "{field}: {address} can't be listened on; choose another in {file} or AMANA_{}",
            field.to_uppercase()
        )
    })
}
