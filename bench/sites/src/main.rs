//! The server of sites alone, on a folder, for measuring: as in the data centre, each file is compared with its digest before it is
//! sent, and each request is logged.
//!
//!     bench-sites FOLDER HTTP HTTPS CERTIFICATE KEY LOG HOSTS [SOCKET SCRIPTS]
//!
//! HOSTS sites with the same files answer, `localhost`, `plain.bench` and `site-N.bench`. What `plain.bench` has below `/app/` is run by
//! FastCGI at that SOCKET, from the folder SCRIPTS.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amana_ledger::{Hash, digits};
use amana_sites::serve::{
    Addresses, Alert, Allowance, Altered, Application, Backend, CodeState, Content, FastCgi,
    Limits, Live, Server, Settings, Source,
};
use amana_sites::{ApplicationRule, File, Host, Manifest};
use amana_tls::Certificates;
use bytes::Bytes;
use futures::future::BoxFuture;

/// The site that has an application.
const WITH_APPLICATION: &str = "plain.bench";

struct Folder(HashMap<String, PathBuf>);

impl Content for Folder {
    fn read<'a>(
        &'a self,
        _: &'a Host,
        name: &'a str,
        from: u64,
        at_most: u64,
    ) -> BoxFuture<'a, io::Result<Option<Bytes>>> {
        let path = self.0.get(name).cloned();
        Box::pin(async move {
            let Some(path) = path else { return Ok(None) };
            let read = tokio::task::spawn_blocking(move || read(&path, from, at_most));
            read.await.map_err(io::Error::other)?.map(Some)
        })
    }

    fn keep<'a>(&'a self, _: &'a Host, _: &'a str, _: Bytes) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

fn read(path: &Path, from: u64, at_most: u64) -> io::Result<Bytes> {
    use std::io::{Read as _, Seek as _};
    let mut file = std::fs::File::open(path)?;
    file.seek(io::SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(at_most).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

struct Nothing;

impl Source for Nothing {
    fn deploy<'a>(&'a self, _: &'a Host, _: u64) -> BoxFuture<'a, io::Result<Option<Live>>> {
        Box::pin(async { Ok(None) })
    }

    fn before<'a>(&'a self, _: &'a Host, _: u64) -> BoxFuture<'a, io::Result<Option<Live>>> {
        Box::pin(async { Ok(None) })
    }

    fn alert<'a>(&'a self, _: &'a Alert) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }

    fn altered<'a>(&'a self, _: &'a Altered) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }

    fn facts<'a>(&'a self, _: &'a Live, _: Vec<CodeState>) -> BoxFuture<'a, io::Result<Bytes>> {
        Box::pin(async { Ok(Bytes::new()) })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [
        folder,
        http,
        https,
        certificate,
        key,
        log,
        hosts,
        application @ ..,
    ] = &given[..]
    else {
        return Err(
            "bench-sites FOLDER HTTP HTTPS CERTIFICATE KEY LOG HOSTS [SOCKET SCRIPTS]".into(),
        );
    };
    let (mut listed, mut kept) = (BTreeMap::new(), HashMap::new());
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let bytes = std::fs::read(&path)?;
        let sha256 = Hash::of(&[&bytes]);
        kept.insert(digits(&sha256), path.clone());
        let name = path
            .file_name()
            .ok_or("a folder of files")?
            .to_string_lossy()
            .into_owned();
        let media_type = if name.ends_with(".html") {
            "text/html"
        } else {
            "application/octet-stream"
        };
        let size = bytes.len() as u64;
        listed.insert(
            format!("/{name}"),
            File {
                sha256,
                size,
                media_type: media_type.to_owned(),
            },
        );
    }
    let certificates = Certificates::new(None);
    certificates.take(&std::fs::read(certificate)?, &std::fs::read(key)?)?;
    let settings = Settings {
        // As many as one client likes, but counted as in daily work.
        allowance: Allowance {
            requests_per_s: 1e9,
            burst: 1e9,
            ..Allowance::default()
        },
        access_log: Some(log.into()),
        applications: match application {
            [socket, scripts] => vec![run_by(socket, scripts)?],
            _ => Vec::new(),
        },
        ..Settings::default()
    };
    let now = Arc::new(now_s);
    let server = Server::new(
        Arc::new(Nothing),
        Arc::new(Folder(kept)),
        certificates,
        settings,
        now,
    )?;
    let names = (1..hosts.parse::<usize>()?).map(|number| format!("site-{number}.bench"));
    // Not `localhost`, which has the certificate and would be redirected.
    for name in [WITH_APPLICATION.to_owned(), "localhost".to_owned()]
        .into_iter()
        .chain(names)
    {
        let mut manifest = Manifest::new(name.parse()?, listed.clone(), Vec::new(), Vec::new())?;
        if name == WITH_APPLICATION && !application.is_empty() {
            manifest = manifest.with_applications(vec![ApplicationRule {
                editors: false,
                missing: false,
                name: "app".to_owned(),
                path: "/app/*".to_owned(),
            }])?;
        }
        server.put(Live::new(1, manifest));
    }
    let wanted = Addresses {
        http: http.parse()?,
        https: Some(https.parse()?),
    };
    let running = server.listen(wanted, 1)?;
    println!("ready");
    // Until whoever started it closes our input.
    io::read_to_string(io::stdin())?;
    running.stop();
    server.close_log();
    Ok(())
}

fn run_by(socket: &str, scripts: &str) -> Result<Application, Box<dyn std::error::Error>> {
    Ok(Application {
        host: WITH_APPLICATION.parse()?,
        name: "app".to_owned(),
        backend: Backend::FastCgi(FastCgi {
            place: format!("unix:{socket}").parse()?,
            root: scripts.into(),
            index: "index.php".to_owned(),
            no_scripts: Vec::new(),
        }),
        from: None,
        health: None,
        code: None,
        limits: Limits::default(),
    })
}

fn now_s() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed();
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}
