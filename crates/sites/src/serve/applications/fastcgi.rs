//! Applications that speak FastCGI: a script is found, told of the request, given its body, and its answer passed on as it comes.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_LENGTH, LOCATION};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::asked::{Asked, answer_headers};
use super::cgi_head::{CgiHead, Gathering};
use super::params::params;
use super::passed::{self, Passed};
use super::place::Stream;
use super::records::{self, Record, Records};
use super::scripts::{self, Meant};
use super::upload::Upload;
use super::upstream::{Failure, MayAsk, Upstream, within};
use super::{FastCgi, files};
use crate::serve::{Body, pages};

const READ_BYTES: usize = 16 * 1024;
/// Of what an application says to those who keep it, a request logs at most this.
const MAX_LOGGED_BYTES: usize = 4096;

/// Finds what the path means, and answers with it.
pub(super) async fn ask(
    upstream: &Upstream,
    backend: &FastCgi,
    asked: Asked,
    may_ask: &MayAsk<'_>,
) -> Result<Response<Body>, Failure> {
    let (sought, path) = (backend.clone(), asked.path.clone());
    let meant = tokio::task::spawn_blocking(move || scripts::find(&sought, &path)).await;
    let meant = meant.map_err(|error| Failure::Broken(error.to_string()))?;
    let (script, path_info) = match meant {
        Meant::Script { name, path_info } => (name, path_info),
        Meant::File(place) => return files::answer(&place, asked).await,
        Meant::Folder => return Ok(with_slash(&asked)),
        Meant::Nothing => return Err(Failure::Refused(StatusCode::NOT_FOUND)),
    };
    if !may_run(&asked.path, &script, &path_info, may_ask) {
        return Err(Failure::Refused(StatusCode::NOT_FOUND));
    }
    // A script is told the length before it gets a byte.
    if asked.upload.declared_bytes().is_none() {
        return Err(Failure::Refused(StatusCode::LENGTH_REQUIRED));
    }
    let limits = &upstream.settings.limits;
    let permit = upstream.permit().await?;
    let connected = backend.place.connect(limits.connect).await;
    let stream = connected.map_err(Failure::Connect)?;
    let opening = records::opening(&params(backend, &asked, &script, &path_info));
    let progress = asked.upload.progress();
    let (head, waiting) = oneshot::channel();
    let (parts, body) = mpsc::channel(passed::MAX_PARTS);
    let answering = Answering {
        head: Some(head),
        parts,
        idle: limits.idle,
        log: Log::of(upstream),
    };
    let upload = asked.upload;
    let task = tokio::spawn(async move {
        converse(stream, opening, upload, answering).await;
        drop(permit);
    });
    // From here on, whoever lets go of the answer ends the conversation.
    let body = Passed::new(body, task);
    let head = match within(limits.head, &progress, waiting).await? {
        Ok(head) => head?,
        Err(_) => return Err(Failure::Broken("the upload ended wrongly".to_owned())),
    };
    let mut answer = Response::new(Body::stream(body.boxed_unsync()));
    *answer.status_mut() = head.status;
    *answer.headers_mut() = answer_headers(head.headers);
    Ok(answer)
}

/// Whether a script is for whoever asks. One that the path doesn't name is judged by its own, if a rule names that. What follows
/// a script in a path is read by many programs as a path of its own, so that it is judged like one; and the script must then be
/// one that a rule names.
fn may_run(asked: &str, script: &str, path_info: &str, may_ask: &MayAsk<'_>) -> bool {
    if path_info.is_empty() {
        return script == asked || may_ask(script) != Some(false);
    }
    let names: Vec<&str> = asked.split('/').collect();
    let depth = script.split('/').count();
    let routed = [&names[..depth - 1], &names[depth..]].concat().join("/");
    may_ask(script) == Some(true) && may_ask(&routed) != Some(false)
}

fn with_slash(asked: &Asked) -> Response<Body> {
    if ![Method::GET, Method::HEAD].contains(&asked.method) {
        return only_read();
    }
    let to = match &asked.query {
        Some(query) => format!("{}/?{query}", asked.path),
        None => format!("{}/", asked.path),
    };
    let Ok(to) = HeaderValue::try_from(to) else {
        return pages::refusal(StatusCode::BAD_REQUEST);
    };
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::MOVED_PERMANENTLY;
    answer.headers_mut().insert(LOCATION, to);
    answer
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(0));
    answer
}

/// What is told to who sends something to a file.
pub(in crate::serve) fn only_read() -> Response<Body> {
    let mut answer = pages::refusal(StatusCode::METHOD_NOT_ALLOWED);
    let allow = HeaderValue::from_static("GET, HEAD");
    answer.headers_mut().insert(ALLOW, allow);
    answer
}

/// Sends the request and passes the answer on, at the same time: a script may answer before it has read everything.
async fn converse(
    stream: Box<dyn Stream>,
    opening: Vec<u8>,
    upload: Upload,
    mut answering: Answering,
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let sent = send(&mut writer, opening, upload);
    let failed = {
        let received = answering.receive(&mut reader);
        tokio::pin!(sent);
        tokio::pin!(received);
        tokio::select! {
            sent = &mut sent => match sent {
                // The upload says itself what was wrong with it.
                Err(Unsent::Upload) => return,
                // Perhaps it has answered all the same; if not, its end says so.
                Ok(()) | Err(Unsent::Line) => received.await,
            },
            received = &mut received => received,
        }
    };
    if let Err(failure) = failed {
        answering.fail(failure);
    }
}

enum Unsent {
    Upload,
    Line,
}

async fn send(
    writer: &mut (impl tokio::io::AsyncWrite + Unpin),
    opening: Vec<u8>,
    mut upload: Upload,
) -> Result<(), Unsent> {
    let line = |_: io::Error| Unsent::Line;
    writer.write_all(&opening).await.map_err(line)?;
    while let Some(frame) = upload.frame().await {
        let frame = frame.map_err(|_| Unsent::Upload)?;
        // A part of nothing would end it.
        let data = frame.into_data().unwrap_or_default();
        if !data.is_empty() {
            writer
                .write_all(&records::stdin(&data))
                .await
                .map_err(line)?;
        }
    }
    writer.write_all(&records::stdin(&[])).await.map_err(line)?;
    writer.flush().await.map_err(line)
}

/// An answer on its way to the visitor.
struct Answering {
    head: Option<oneshot::Sender<Result<CgiHead, Failure>>>,
    parts: mpsc::Sender<io::Result<Bytes>>,
    idle: Duration,
    log: Log,
}

impl Answering {
    async fn receive(
        &mut self,
        reader: &mut (impl tokio::io::AsyncRead + Unpin),
    ) -> Result<(), Failure> {
        let (mut records, mut gathering) = (Records::default(), Gathering::default());
        let mut buffer = vec![0; READ_BYTES];
        loop {
            while let Some(record) = records.next().map_err(Failure::Malformed)? {
                match record {
                    Record::Stdout(part) => self.stdout(part, &mut gathering).await?,
                    Record::Stderr(said) => self.log.add(&said),
                    Record::End { protocol_status: 0 } if self.head.is_some() => {
                        return Err(Failure::Malformed("it ended before it began"));
                    }
                    Record::End { protocol_status: 0 } => {
                        let _ = timeout(self.idle, self.parts.send(Ok(passed::END))).await;
                        return Ok(());
                    }
                    Record::End { .. } => {
                        return Err(Failure::Broken("it takes no more requests".to_owned()));
                    }
                }
            }
            let read = match self.head {
                // Whoever waits for the head has a clock.
                Some(_) => reader.read(&mut buffer).await,
                None => match timeout(self.idle, reader.read(&mut buffer)).await {
                    Ok(read) => read,
                    Err(_) => return Err(Failure::Slow),
                },
            };
            match read {
                Ok(0) => return Err(Failure::Broken("it closed its line".to_owned())),
                Ok(read) => records.push(&buffer[..read]),
                Err(error) => return Err(Failure::Broken(error.to_string())),
            }
        }
    }

    async fn stdout(&mut self, part: Bytes, gathering: &mut Gathering) -> Result<(), Failure> {
        let part = match self.head.take() {
            None => part,
            Some(waiting) => match gathering.take(&part).map_err(Failure::Malformed) {
                Ok(Some((head, rest))) => {
                    // Who doesn't wait any more ends all this by letting go of it.
                    let _ = waiting.send(Ok(head));
                    rest
                }
                Ok(None) => {
                    self.head = Some(waiting);
                    return Ok(());
                }
                Err(failure) => {
                    self.head = Some(waiting);
                    return Err(failure);
                }
            },
        };
        if part.is_empty() {
            return Ok(());
        }
        // A visitor who takes nothing for so long gives up the place.
        match timeout(self.idle, self.parts.send(Ok(part))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Failure::Broken("the visitor left".to_owned())),
        }
    }

    fn fail(mut self, failure: Failure) {
        match self.head.take() {
            Some(waiting) => {
                let _ = waiting.send(Err(failure));
            }
            None => {
                // Where there is no room for it, an answer that just stops says as much.
                let error = io::Error::other(failure.to_string());
                let _ = self.parts.try_send(Err(error));
            }
        }
    }
}

/// What an application says to those who keep it.
struct Log {
    site: String,
    name: String,
    left_bytes: usize,
}

impl Log {
    fn of(upstream: &Upstream) -> Self {
        Self {
            site: upstream.settings.host.to_string(),
            name: upstream.settings.name.clone(),
            left_bytes: MAX_LOGGED_BYTES,
        }
    }

    fn add(&mut self, said: &[u8]) {
        let said = &said[..said.len().min(self.left_bytes)];
        self.left_bytes -= said.len();
        let text = String::from_utf8_lossy(said);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            // Quoted, so that no line of it looks like one of ours.
            tracing::warn!(site = self.site, name = self.name, said = ?line, "an application complains");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_script_opens_nothing_that_its_own_path_does_not() {
        // `/admin/*` is for editors, and the visitor is none; `/index.php` and all else are the application's.
        let all = |path: &str| Some(!path.starts_with("/admin"));
        assert!(may_run("/", "/index.php", "", &all));
        assert!(may_run("/index.php/news/1", "/index.php", "/news/1", &all));
        assert!(!may_run(
            "/index.php/admin/config",
            "/index.php",
            "/admin/config",
            &all
        ));
        assert!(!may_run(
            "/index.php/%61dmin",
            "/index.php",
            "/admin",
            &|path| { Some(!path.starts_with("/%61dmin")) }
        ));
        assert!(!may_run("/admin/", "/admin/index.php", "", &all));
        // Only `/:lang/contact` is the application's.
        let one = |path: &str| path.ends_with("/contact").then_some(true);
        assert!(may_run("/fr/contact", "/index.php", "", &one));
        assert!(!may_run(
            "/xmlrpc.php/contact",
            "/xmlrpc.php",
            "/contact",
            &one
        ));
        let nested = |path: &str| Some(path != "/shop/admin");
        assert!(!may_run(
            "/shop/run.php/admin",
            "/shop/run.php",
            "/admin",
            &nested
        ));
    }
}
