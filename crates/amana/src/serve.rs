//! `amana serve`: opens the data centre, listens, and stops in good order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amana_s3::{Front, FrontConfig};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

use crate::centre::Centre;
use crate::config::{Config, LogFormat, environment};
use crate::listener::{Socket, Stop, Tcp, serve, told};
use crate::{admin, cli, first_start, output, socket, web};

/// Requests under way have this long to end when the server is told to stop.
const GRACE: Duration = Duration::from_secs(9);
/// Threads for work that blocks: reads of rows and of files.
const MAX_BLOCKING_THREADS: usize = 64;

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
        start_logs(&config)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .max_blocking_threads(MAX_BLOCKING_THREADS)
            .enable_all()
            .build()?;
        let served = runtime.block_on(self.serve(config));
        // What still reads from a slow disk must not keep the process: nothing acknowledged depends on it.
        runtime.shutdown_timeout(Duration::from_secs(1));
        served
    }

    async fn serve(&self, config: Config) -> Result<()> {
        // Before anything slow, so that a signal that comes early is heard.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;

        let name = first_start::settle(&self.data, &config)?;
        let centre = Arc::new(Centre::open(&self.data, &name, config)?);
        let (stopper, stop) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let web = bind("listen_web", centre.config.listen_web).await?;
        let s3 = bind("listen_s3", centre.config.listen_s3).await?;
        let sockets = socket::listen(&self.data)?;
        self.announce("web", web.local_addr()?)?;
        self.announce("s3", s3.local_addr()?)?;
        tasks.spawn(serve(Tcp(web, web::router(centre.clone())), stop.clone()));
        tasks.spawn(serve(
            Socket(sockets, admin::router(centre.clone())),
            stop.clone(),
        ));
        tasks.spawn(serve_s3(centre.clone(), s3, stop));

        let ended = tokio::select! {
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
            why = centre.store.stopped() => Err(anyhow::anyhow!(
                "a write failed and the data centre has stopped: {why}; see to the disk and start it again, it recovers by itself"
            )),
            () = centre.store.run_epochs(centre.config.epoch_busy(), centre.config.epoch_idle()) => Ok(()),
            Some(task) = tasks.join_next() => Err(match task {
                Err(failed) => anyhow::anyhow!("a listener failed: {failed}"),
                Ok(()) => anyhow::anyhow!("a listener ended by itself"),
            }),
        };
        // Nobody who still listens is no fault.
        let _ = stopper.send(true);
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!("requests still under way were cut off");
        }
        ended
    }

    fn announce(&self, listener: &str, address: SocketAddr) -> Result<()> {
        let url = format!("http://{address}");
        output::line(&if self.json {
            json!({ "listener": listener, "url": url }).to_string()
        } else {
            format!("{listener} listens on {url}")
        })
    }
}

/// The S3 front has a loop of its own, since it counts and cuts connections by S3's rules.
async fn serve_s3(centre: Arc<Centre>, listener: TcpListener, mut stop: Stop) {
    let config = FrontConfig {
        domains: centre.config.s3_domains.clone(),
        region: centre.config.s3_region.clone(),
    };
    let front = Front::new(centre.vault.clone(), centre.access.clone(), config);
    if let Err(error) = front.serve(listener, told(&mut stop)).await {
        tracing::error!(%error, "the S3 front ended");
    }
}

async fn bind(field: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "{field}: {address} can't be listened on; choose another in amana.toml or AMANA_{}",
            field.to_uppercase()
        )
    })
}

fn start_logs(config: &Config) -> Result<()> {
    // s3s logs every client's mistake as an error, with the document that was sent; the front answers and counts them.
    let Ok(filter) = EnvFilter::try_new(format!("s3s=off,{}", config.log)) else {
        bail!(
            "log is {:?}, and must be a level such as info, or a filter such as info,amana_store=debug",
            config.log
        );
    };
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Text => logs.with_ansi(false).try_init(),
        LogFormat::Json => logs.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logs can't be written: {error}"))
}
