//! A data centre that says exactly what a test tells it to, byte by byte.

use std::sync::{Arc, Mutex};

use amana_gateway::centre::{Asker, Centre, MEMBER, Patience};
use amana_tls::{Connector, Place, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Duration, sleep};

/// One thing that it does on a connection.
#[derive(Clone)]
pub(crate) enum Step {
    /// Waits for a request with its body, and remembers its head.
    Hear,
    /// Says this.
    Say(Vec<u8>),
    /// Says this again and again, for as long as it is listened to, with pauses.
    Drip(Vec<u8>, Duration),
    /// Says nothing more, and holds the line.
    Hold,
}

/// What was heard, head by head.
pub(crate) type Heard = Arc<Mutex<Vec<String>>>;

/// Serves connections one after the other, each by its own script; gives the address and what is heard.
pub(crate) async fn serve(scripts: Vec<Vec<Step>>) -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let heard = Heard::default();
    let told = heard.clone();
    tokio::spawn(async move {
        for script in scripts {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            tokio::spawn(play(stream, script, told.clone()));
        }
    });
    (format!("http://{address}"), heard)
}

async fn play(mut stream: TcpStream, script: Vec<Step>, heard: Heard) {
    for step in script {
        match step {
            Step::Hear => match hear(&mut stream).await {
                Some(head) => heard.lock().expect("no test panicked here").push(head),
                None => return,
            },
            Step::Say(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Step::Drip(bytes, pause) => {
                while stream.write_all(&bytes).await.is_ok() {
                    sleep(pause).await;
                }
            }
            Step::Hold => std::future::pending().await,
        }
    }
}

/// The head of the next request; its body is read and left out.
async fn hear(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(head)
}

/// An answer of that status with that body, and nothing wrong with it.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Step {
    let length = body.len();
    Step::Say(
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
            .into_bytes(),
    )
}

/// A client whose clock stands at 1,000,000 s and whose patience is short.
pub(crate) fn client(url: &str) -> Centre {
    let asker = Asker {
        scheme: MEMBER,
        institution: "finances".into(),
        member: "0123456789abcdef".into(),
        sign: Arc::new(|_| [7; 64]),
    };
    let patience = Patience {
        connect: Duration::from_secs(5),
        answer: Duration::from_millis(500),
        silence: Duration::from_millis(500),
        grace: Duration::from_millis(300),
        least_bytes_s: 1 << 40,
    };
    let place = url.parse::<Place>().expect("a URL");
    let dial = Connector::new(place.clone(), Trust::System).expect("plain");
    Centre::new(
        &place,
        asker,
        Arc::new(dial),
        patience,
        Arc::new(|| 1_000_000),
    )
    .expect("a URL")
}
