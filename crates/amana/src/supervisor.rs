//! What systemd is told: that the service is ready, that it stops, that it lives (sd_notify(3)).
//!
//! The protocol is one datagram with lines of `NAME=value` to the socket in `NOTIFY_SOCKET`. Without the variable nobody asks.

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use tokio::task::JoinHandle;

const SOCKET: &str = "NOTIFY_SOCKET";
/// Microseconds within which it wants to hear that the service lives, and from which process.
const WATCHDOG_US: &str = "WATCHDOG_USEC";
const WATCHDOG_PID: &str = "WATCHDOG_PID";

/// Who started this process, if that wants to hear of it.
pub(crate) struct Supervisor {
    to: Option<(UnixDatagram, SocketAddr)>,
    alive: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// As the environment names it.
    pub(crate) fn of_environment() -> Self {
        let to = std::env::var_os(SOCKET).and_then(|name| {
            let opened = address(&name).and_then(|to| Ok((UnixDatagram::unbound()?, to)));
            opened
                .inspect_err(|error| tracing::warn!(%error, "{SOCKET} can't be used"))
                .ok()
        });
        Self { to, alive: None }
    }

    /// Says that it serves, and from now on, as often as is wanted, that it lives: a task does, so that a process whose
    /// tasks don't run any more is started again.
    pub(crate) fn ready(&mut self) {
        self.tell("READY=1");
        let Some(pause) = watchdog_pause() else {
            return;
        };
        let Some((socket, to)) = self.to.as_ref() else {
            return;
        };
        let Ok(socket) = socket.try_clone() else {
            return;
        };
        let to = to.clone();
        self.alive = Some(tokio::spawn(async move {
            loop {
                // Nobody who hears it is no fault of ours.
                let _ = socket.send_to_addr(b"WATCHDOG=1", &to);
                tokio::time::sleep(pause).await;
            }
        }));
    }

    /// Says that it stops, which may take so long.
    pub(crate) fn stopping(&self, within: Duration) {
        let within_us = (within + Duration::from_secs(2)).as_micros();
        self.tell(&format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={within_us}"));
    }

    fn tell(&self, text: &str) {
        if let Some((socket, to)) = &self.to
            && let Err(error) = socket.send_to_addr(text.as_bytes(), to)
        {
            tracing::warn!(%error, "systemd can't be told {text}");
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Some(alive) = &self.alive {
            alive.abort();
        }
    }
}

/// A path, or after `@` a name that no file system has.
fn address(name: &OsString) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(name),
    }
}

/// Half of what is wanted, so that a late one is still in time.
fn watchdog_pause() -> Option<Duration> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    if number(WATCHDOG_PID).is_some_and(|pid| pid != u64::from(std::process::id())) {
        return None;
    }
    number(WATCHDOG_US)
        .map(|within| Duration::from_micros(within / 2).max(Duration::from_millis(1)))
}
