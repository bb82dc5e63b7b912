//! Sites in memory, whose content can be damaged, and a server on them.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex};

use amana_ledger::{Hash, digits};
use amana_sites::serve::{
    Alert, Altered, Body, CodeState, Content, Line, Live, Rest, Server, Settings, Source,
};
use amana_sites::{File, HeaderRule, Host, Manifest, Redirect};
use amana_tls::Certificates;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;

/// What is kept, what was published, and what the server said.
#[derive(Default)]
pub(super) struct Ground {
    kept: Mutex<HashMap<String, Vec<u8>>>,
    deploys: Mutex<HashMap<(Host, u64), Manifest>>,
    pub(super) alerts: Mutex<Vec<Alert>>,
    pub(super) altered: Mutex<Vec<Altered>>,
    pub(super) reads: Mutex<Vec<String>>,
    is_down: Mutex<bool>,
}

impl Content for Ground {
    fn read<'a>(
        &'a self,
        _: &'a Host,
        name: &'a str,
        from: u64,
        at_most: u64,
    ) -> BoxFuture<'a, io::Result<Option<Bytes>>> {
        Box::pin(async move {
            // Others get their turn in the midst of it, as with a disk.
            tokio::task::yield_now().await;
            self.reads.lock().unwrap().push(name.to_owned());
            if *self.is_down.lock().unwrap() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let kept = self.kept.lock().unwrap();
            Ok(kept.get(name).map(|bytes| {
                let whole = |number| usize::try_from(number).unwrap();
                let (from, at_most) = (whole(from), whole(at_most));
                let from = from.min(bytes.len());
                Bytes::copy_from_slice(&bytes[from..bytes.len().min(from + at_most)])
            }))
        })
    }

    fn keep<'a>(
        &'a self,
        _: &'a Host,
        name: &'a str,
        bytes: Bytes,
    ) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            self.kept
                .lock()
                .unwrap()
                .insert(name.to_owned(), bytes.to_vec());
            Ok(())
        })
    }
}

impl Source for Ground {
    fn deploy<'a>(
        &'a self,
        host: &'a Host,
        number: u64,
    ) -> BoxFuture<'a, io::Result<Option<Live>>> {
        let deploys = self.deploys.lock().unwrap();
        let manifest = deploys.get(&(host.clone(), number)).cloned();
        Box::pin(async move { Ok(manifest.map(|manifest| Live::new(number, manifest))) })
    }

    fn before<'a>(
        &'a self,
        host: &'a Host,
        number: u64,
    ) -> BoxFuture<'a, io::Result<Option<Live>>> {
        Box::pin(async move {
            for earlier in (1..number).rev() {
                if let Some(live) = self.deploy(host, earlier).await? {
                    return Ok(Some(live));
                }
            }
            Ok(None)
        })
    }

    fn alert<'a>(&'a self, alert: &'a Alert) -> BoxFuture<'a, ()> {
        self.alerts.lock().unwrap().push(alert.clone());
        Box::pin(async {})
    }

    fn altered<'a>(&'a self, altered: &'a Altered) -> BoxFuture<'a, ()> {
        self.altered.lock().unwrap().push(altered.clone());
        Box::pin(async {})
    }

    fn facts<'a>(&'a self, live: &'a Live, _: Vec<CodeState>) -> BoxFuture<'a, io::Result<Bytes>> {
        let facts = format!("{{\"number\":{}}}", live.number());
        Box::pin(async move { Ok(facts.into()) })
    }
}

impl Ground {
    pub(super) fn server(self: &Arc<Self>, settings: Settings) -> Arc<Server> {
        self.certified(Certificates::new(None), settings)
    }

    pub(super) fn certified(
        self: &Arc<Self>,
        certificates: Arc<Certificates>,
        settings: Settings,
    ) -> Arc<Server> {
        let now = Arc::new(|| 1_800_000_000);
        Server::new(self.clone(), self.clone(), certificates, settings, now).unwrap()
    }

    /// Keeps the files, and gives the deploy of them.
    pub(super) fn deploy_of(&self, host: &str, number: u64, files: &[(&str, &[u8])]) -> Live {
        self.ruled(host, number, files, Vec::new(), Vec::new())
    }

    pub(super) fn ruled(
        &self,
        host: &str,
        number: u64,
        files: &[(&str, &[u8])],
        headers: Vec<HeaderRule>,
        redirects: Vec<Redirect>,
    ) -> Live {
        let host: Host = host.parse().unwrap();
        let mut listed = BTreeMap::new();
        for (address, bytes) in files {
            let sha256 = Hash::of(&[bytes]);
            self.kept
                .lock()
                .unwrap()
                .insert(digits(&sha256), bytes.to_vec());
            let media_type = match address.rsplit('.').next() {
                Some("html") => "text/html; charset=utf-8",
                Some("css") => "text/css; charset=utf-8",
                _ => "application/octet-stream",
            };
            let file = File {
                sha256,
                size: bytes.len() as u64,
                media_type: media_type.to_owned(),
            };
            listed.insert((*address).to_owned(), file);
        }
        let manifest = Manifest::new(host.clone(), listed, headers, redirects).unwrap();
        self.deploys
            .lock()
            .unwrap()
            .insert((host, number), manifest.clone());
        Live::new(number, manifest)
    }

    /// Changes one bit of the content.
    pub(super) fn damage(&self, bytes: &[u8], place: usize) {
        let name = digits(&Hash::of(&[bytes]));
        let mut kept = self.kept.lock().unwrap();
        kept.get_mut(&name).unwrap()[place] ^= 1;
    }

    /// Changes one bit of a file that stands beside content.
    pub(super) fn damage_variant(&self, bytes: &[u8], ending: &str) {
        let name = format!("{}{ending}", digits(&Hash::of(&[bytes])));
        let mut kept = self.kept.lock().unwrap();
        let variant = kept.get_mut(&name).unwrap();
        let middle = variant.len() / 2;
        variant[middle] ^= 1;
    }

    pub(super) fn lose(&self, bytes: &[u8]) {
        self.kept
            .lock()
            .unwrap()
            .remove(&digits(&Hash::of(&[bytes])));
    }

    pub(super) fn heal(&self, bytes: &[u8]) {
        let name = digits(&Hash::of(&[bytes]));
        self.kept.lock().unwrap().insert(name, bytes.to_vec());
    }

    pub(super) fn set_down(&self, is_down: bool) {
        *self.is_down.lock().unwrap() = is_down;
    }
}

/// An answer, read to its end.
pub(super) struct Got {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// What came before it broke off, if it did.
    pub(super) body: Vec<u8>,
    pub(super) is_whole: bool,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

pub(super) const LINE: Line = Line {
    address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
    is_secure: false,
    http_port: 80,
    https_port: None,
};

pub(super) async fn get(server: &Arc<Server>, host: &str, target: &str) -> Got {
    asked(server, "GET", host, target, &[]).await
}

pub(super) async fn asked(
    server: &Arc<Server>,
    method: &str,
    host: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Got {
    let mut request = Request::builder()
        .method(method)
        .uri(target)
        .header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    read(server.answer(&head, Rest::none(), &LINE).await).await
}

pub(super) async fn read(answer: http::Response<Body>) -> Got {
    let (head, mut body) = answer.into_parts();
    let (mut bytes, mut is_whole) = (Vec::new(), true);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
            Err(_) => {
                is_whole = false;
                break;
            }
        }
    }
    Got {
        status: head.status,
        headers: head.headers,
        body: bytes,
        is_whole,
    }
}
