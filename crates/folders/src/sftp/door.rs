//! Who comes in, and what they may ask for: one session of SFTP a channel, and nothing else of SSH.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use amana_access::Caller;
use amana_vault::Vault;
use russh::keys::PublicKey;
use russh::server::VerifiedPublicKey;
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session as Ssh};
use russh::{Channel, ChannelId};
use subtle::ConstantTimeEq as _;
use tokio::sync::watch;

use super::Authorized;
use super::session::Session;
use super::writers::Writers;
use crate::{Callers, Patience};

/// The most channels of one connection, each a session: programs share a connection among windows.
const MAX_CHANNELS: usize = 8;

/// What all connections share.
pub(super) struct Doors {
    pub(super) vault: Arc<Vault>,
    pub(super) callers: Callers,
    pub(super) authorized: Authorized,
    pub(super) patience: Arc<Patience>,
    pub(super) writers: Writers,
}

impl Doors {
    /// Who has that access key and secret.
    fn known(&self, id: &str, secret: &str) -> Option<Arc<Caller>> {
        let (caller, known) = (self.callers)(id)?;
        let equal: bool = known.as_bytes().ct_eq(secret.as_bytes()).into();
        equal.then_some(caller)
    }

    /// Who has the access key for which that public key was let in.
    fn let_in(&self, id: &str, key: &PublicKey) -> Option<Arc<Caller>> {
        let mut key = key.clone();
        key.set_comment("");
        let text = key.to_openssh().ok()?;
        let (caller, _) = (self.callers)(id)?;
        (self.authorized)(id, text.trim_end()).then_some(caller)
    }
}

/// One connection.
pub(super) struct Door {
    doors: Arc<Doors>,
    address: Option<IpAddr>,
    signed_in: watch::Sender<bool>,
    caller: Option<Arc<Caller>>,
    /// Those that haven't been asked for anything yet.
    channels: HashMap<ChannelId, Channel<Msg>>,
    opened: usize,
}

impl Door {
    pub(super) fn new(doors: Arc<Doors>, address: IpAddr, signed_in: watch::Sender<bool>) -> Self {
        Self {
            doors,
            address: Some(address),
            signed_in,
            caller: None,
            channels: HashMap::new(),
            opened: 0,
        }
    }

    fn enter(&mut self, id: &str, caller: Option<Arc<Caller>>) -> Auth {
        let Some(caller) = caller else {
            tracing::info!(address = ?self.address, "refused over SFTP");
            return Auth::reject();
        };
        self.doors.patience.right(self.address, id);
        self.caller = Some(caller);
        // Nobody who still waits is no fault.
        let _ = self.signed_in.send(true);
        Auth::Accept
    }
}

impl Handler for Door {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        let (patience, now) = (&self.doors.patience, Instant::now());
        if patience.wait(self.address, user, now).is_some() {
            return Ok(Auth::reject());
        }
        let known = self.doors.known(user, password);
        if known.is_none() {
            patience.wrong(self.address, user, now);
        }
        Ok(self.enter(user, known))
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, russh::Error> {
        Ok(match self.doors.let_in(user, offer.public_key) {
            Some(_) => Auth::Accept,
            None => Auth::reject(),
        })
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, russh::Error> {
        let known = self.doors.let_in(user, key.public_key);
        Ok(self.enter(user, known))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Ssh,
    ) -> Result<(), russh::Error> {
        // Dropped, the reply refuses.
        if self.opened < MAX_CHANNELS {
            self.opened += 1;
            self.channels.insert(channel.id(), channel);
            reply.accept().await;
        }
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _: &mut Ssh) -> Result<(), russh::Error> {
        self.channels.remove(&channel);
        self.opened = self.opened.saturating_sub(1);
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        ssh: &mut Ssh,
    ) -> Result<(), russh::Error> {
        let asked = self.channels.remove(&channel).zip(self.caller.clone());
        let Some((stream, caller)) = asked.filter(|_| name == "sftp") else {
            return ssh.channel_failure(channel);
        };
        ssh.channel_success(channel)?;
        let callers = self.doors.callers.clone();
        let id = caller.access_key_id.to_string();
        let session = Session::new(
            self.doors.vault.clone(),
            caller,
            Box::new(move || callers(&id).is_some()),
            self.doors.writers.clone(),
        );
        // It ends with the connection, whose end is the end of its stream.
        tokio::spawn(session.run(stream.into_stream()));
        Ok(())
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        ssh: &mut Ssh,
    ) -> Result<(), russh::Error> {
        ssh.channel_failure(channel)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _: &[u8],
        ssh: &mut Ssh,
    ) -> Result<(), russh::Error> {
        ssh.channel_failure(channel)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(russh::Pty, u32)],
        ssh: &mut Ssh,
    ) -> Result<(), russh::Error> {
        ssh.channel_failure(channel)
    }
}
