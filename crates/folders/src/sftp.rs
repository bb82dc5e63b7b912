//! SFTP, for programs that know folders and not S3: SSH by the `russh` library, the messages and the files are ours.
//!
//! A person signs in with an access key: its id is the user name, its secret the password; or with a public key that the
//! institution let in for that access key. There is no shell, no command, no forwarding.

mod door;
mod host_key;
mod names;
mod session;
mod upload;
mod wire;
mod writers;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use amana_vault::Vault;
use russh::server::{Config, run_stream};
use russh::{Disconnect, MethodKind, MethodSet, SshId};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::{Callers, Patience};
use door::{Door, Doors};
pub use host_key::{HostKey, public_key};
use writers::Writers;

/// Whether a public key, in OpenSSH's form without a comment, was let in for an access key.
pub type Authorized = Arc<dyn Fn(&str, &str) -> bool + Send + Sync + 'static>;

/// Connections at a time; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 128;
/// Whoever hasn't signed in within this time is let go.
const TO_SIGN_IN: Duration = Duration::from_mins(1);
/// Whoever says nothing for so long is let go.
const IDLE: Duration = Duration::from_mins(15);
/// An answer to a wrong password takes at least so long.
const REFUSAL: Duration = Duration::from_secs(1);
/// Wrong passwords of one connection.
const MAX_TRIES: usize = 6;
/// What one channel may send before it was read.
const WINDOW_BYTES: u32 = 1024 * 1024;
/// Pause after a failed accept: out of file descriptors, for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Whether a message, without its length, is a request of SFTP that can be understood: for who tries the parser.
#[must_use]
pub fn is_request(message: &[u8]) -> bool {
    wire::parse(bytes::Bytes::copy_from_slice(message)).is_ok()
}

/// Folders over SSH.
pub struct Sftp {
    doors: Arc<Doors>,
    ssh: Arc<Config>,
}

impl Sftp {
    /// On that vault, for those whose keys `callers` knows and `authorized` lets in.
    #[must_use]
    pub fn new(
        vault: Arc<Vault>,
        callers: Callers,
        authorized: Authorized,
        patience: Arc<Patience>,
        key: HostKey,
    ) -> Self {
        let ssh = Config {
            server_id: SshId::Standard("SSH-2.0-Amana".into()),
            methods: MethodSet::from(&[MethodKind::PublicKey, MethodKind::Password][..]),
            auth_rejection_time: REFUSAL,
            // The first question of every program is which ways there are.
            auth_rejection_time_initial: Some(Duration::ZERO),
            max_auth_attempts: MAX_TRIES,
            keys: vec![key.into_key()],
            inactivity_timeout: Some(IDLE),
            window_size: WINDOW_BYTES,
            nodelay: true,
            ..Config::default()
        };
        let doors = Doors {
            vault,
            callers,
            authorized,
            patience,
            writers: Writers::default(),
        };
        Self {
            doors: Arc::new(doors),
            ssh: Arc::new(ssh),
        }
    }

    /// Serves until `stop`, and then until nobody writes, for `grace` at most: a file that hasn't come whole leaves the old one.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
        grace: Duration,
    ) {
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let (end, ended) = watch::channel(false);
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            let admitted = tokio::select! {
                () = &mut stop => break,
                Some(_) = connections.join_next() => continue,
                Ok(place) = room.clone().acquire_owned() => place,
            };
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => {
                    let (doors, ssh) = (self.doors.clone(), self.ssh.clone());
                    let ended = ended.clone();
                    connections.spawn(async move {
                        converse(doors, ssh, stream, address, ended).await;
                        drop(admitted);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        if tokio::time::timeout(grace, self.doors.writers.none())
            .await
            .is_err()
        {
            tracing::warn!("files that were being written over SFTP are left as they were");
        }
        // Nobody who still listens is no fault.
        let _ = end.send(true);
        while connections.join_next().await.is_some() {}
    }
}

/// Serves one connection, until either side ends it.
async fn converse(
    doors: Arc<Doors>,
    ssh: Arc<Config>,
    stream: TcpStream,
    address: SocketAddr,
    mut ended: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection waits for full packets");
    }
    let (signed_in, mut inside) = watch::channel(false);
    let door = Door::new(doors, address.ip(), signed_in);
    let greeted = tokio::time::timeout(TO_SIGN_IN, run_stream(ssh, stream, door));
    let mut session = match greeted.await {
        Ok(Ok(session)) => session,
        Ok(Err(error)) => return tracing::debug!(%error, "no SSH with a client"),
        Err(_) => return tracing::debug!("a client said nothing"),
    };
    let handle = session.handle();
    let too_late = async {
        let signed_in = inside.wait_for(|inside| *inside);
        if tokio::time::timeout(TO_SIGN_IN, signed_in).await.is_ok() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        over = &mut session => {
            if let Err(error) = over {
                tracing::debug!(%error, "an SSH connection ended early");
            }
            return;
        }
        () = too_late => {}
        _ = ended.wait_for(|ended| *ended) => {}
    }
    let farewell = handle.disconnect(Disconnect::ByApplication, "goodbye".into(), "en".into());
    if farewell.await.is_ok() {
        // It is sent, or the other side is gone; nobody waits for one that doesn't read.
        let _ = tokio::time::timeout(REFUSAL, session).await;
    }
}
