//! The data centre, asked in the name of a member or of the root itself: for keyrings, and for the entries that hold them.

use std::sync::Arc;

use amana_gateway::Error::{Malformed, Refused};
use amana_gateway::centre::{Asker, Centre, MEMBER, Patience, Sign};
use amana_seal::keyring::{Bundle, Custodians, MAX_BUNDLE_BYTES};
use amana_seal::member::MemberKey;
use amana_seal::root::{Root, RootKey};
use amana_store::clock;
use amana_tls::Connector;
use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::held_keyring::HeldKeyring;
use crate::client::segment;
use crate::wire::Acts;

/// The longest page of acts, in bytes.
const MAX_ACTS_BYTES: usize = 32 * 1024 * 1024;
/// The longest answer to a keyring, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The kind of act that publishes a keyring.
const PUBLISH: &str = "keyring.publish";

/// A data centre that answers one asker.
pub(crate) struct Link {
    centre: Centre,
    institution: String,
}

/// A keyring that was recorded.
pub(crate) struct Published {
    /// Name of its receipt: ledger and index.
    pub(crate) receipt: String,
}

impl Published {
    /// Index of its entry in the institution's ledger.
    pub(crate) fn index(&self) -> &str {
        self.receipt.rsplit('/').next().unwrap_or_default()
    }
}

impl Link {
    /// Asks as a member.
    ///
    /// # Errors
    /// For a place that can't be.
    pub(crate) fn of_member(
        way: Connector,
        institution: &str,
        member: &Arc<MemberKey>,
    ) -> Result<Self> {
        let (id, key) = (member.id().to_string(), member.clone());
        Self::new(way, institution, id, Arc::new(move |text| key.sign(text)))
    }

    /// Asks as the root, while it is rebuilt.
    ///
    /// # Errors
    /// As [`Link::of_member`].
    pub(crate) fn of_root(way: Connector, institution: &str, root: &Arc<Root>) -> Result<Self> {
        let key = root.clone();
        Self::new(
            way,
            institution,
            "root".to_owned(),
            Arc::new(move |text| key.sign(text)),
        )
    }

    fn new(way: Connector, institution: &str, member: String, sign: Sign) -> Result<Self> {
        let asker = Asker {
            scheme: MEMBER,
            institution: institution.to_owned(),
            member,
            sign,
        };
        let place = way.place().clone();
        let now_s = Arc::new(|| clock::system_ms().div_euclid(1000));
        Ok(Self {
            centre: Centre::new(&place, asker, Arc::new(way), Patience::default(), now_s)?,
            institution: institution.to_owned(),
        })
    }

    /// The newest keyring that the data centre shows.
    ///
    /// # Errors
    /// When it refuses, or what it shows is none.
    pub(crate) async fn newest(&self) -> Result<Bundle> {
        let newest = self.centre.get(&self.path(), MAX_BUNDLE_BYTES).await?;
        Bundle::parse(&newest).context("what the data centre shows as the newest keyring")
    }

    /// The newest keyring, accepted step by step after the one that is held.
    ///
    /// # Errors
    /// When the data centre shows an older keyring, another one, or one that breaks the rules: it is lying then.
    pub(crate) async fn follow(&self, held: HeldKeyring) -> Result<HeldKeyring> {
        let newest = self.newest().await?;
        let (ours, theirs) = (held.keyring().number, newest.keyring().number);
        if theirs < ours {
            bail!(
                "the data centre shows keyring {theirs}, and this machine holds {ours}: it is withheld, or the data centre was \
                 restored from an older copy; nothing was changed"
            );
        }
        if theirs == ours {
            if newest.signed().digest() != held.bundle().signed().digest() {
                bail!(
                    "the data centre shows another keyring {ours} than the one that this machine holds; keep {} and call the \
                     institution's other admins",
                    "keyring.json"
                );
            }
            return Ok(held);
        }
        if theirs == ours + 1 {
            return held.followed_by(newest);
        }
        let mut held = held;
        for bundle in self.recorded().await? {
            if bundle.keyring().number > held.keyring().number {
                held = held.followed_by(bundle)?;
            }
        }
        Ok(held)
    }

    /// The newest keyring, accepted from the first one on, which the pinned root signed.
    ///
    /// # Errors
    /// As [`Link::follow`].
    pub(crate) async fn follow_from_the_first(&self, root: RootKey) -> Result<HeldKeyring> {
        let newest = self.newest().await?;
        let mut held: Option<HeldKeyring> = None;
        for bundle in self.recorded().await? {
            held = Some(match held {
                None => HeldKeyring::first(bundle, root)?,
                Some(held) => held.followed_by(bundle)?,
            });
        }
        match held {
            Some(held) if held.bundle().signed().digest() == newest.signed().digest() => Ok(held),
            _ => bail!(
                "the data centre's newest keyring isn't the last one of the institution's ledger; nothing was changed"
            ),
        }
    }

    /// Every keyring of the institution's ledger, in order.
    async fn recorded(&self) -> Result<Vec<Bundle>> {
        #[derive(Deserialize)]
        struct Core {
            kind: String,
        }
        let mut found = Vec::new();
        let mut from = 0;
        loop {
            let path = format!("/ledgers/{}/vault/acts/{from}", self.institution);
            let page = self.centre.get(&path, MAX_ACTS_BYTES).await?;
            let page: Acts = serde_json::from_slice(&page).with_context(|| path.clone())?;
            let Some(last) = page.acts.last() else {
                return Ok(found);
            };
            from = last.index + 1;
            for act in &page.acts {
                let core: Core = serde_json::from_str(&act.core).with_context(|| path.clone())?;
                if core.kind != PUBLISH {
                    continue;
                }
                let body = act.body.as_ref().with_context(|| {
                    format!(
                        "the keyring in entry {} was erased: it can't be followed",
                        act.index
                    )
                })?;
                found.push(Bundle::parse(body.text.as_bytes())?);
            }
        }
    }

    /// Has the next keyring recorded: from then on its members act, and nobody else.
    ///
    /// # Errors
    /// When it is refused, or the line is cut; whether it was recorded, [`Link::newest`] tells.
    pub(crate) async fn publish(&self, bundle: &Bundle) -> Result<Published> {
        let bundle: Value = serde_json::from_str(&bundle.to_json())?;
        let body = Bytes::from(json!({ "bundle": bundle }).to_string());
        let answer = self
            .centre
            .post(&self.path(), "application/json", body, MAX_ANSWER_BYTES)
            .await?;
        // The keyring may well be recorded then, and whoever asks must be able to tell.
        let answer: Value = serde_json::from_slice(&answer).map_err(|error| Malformed {
            what: "the keyring".to_owned(),
            why: error.to_string(),
        })?;
        let receipt = answer["receipt"].as_str().unwrap_or_default().to_owned();
        Ok(Published { receipt })
    }

    /// Asks whether a keyring with those custodians would be taken, before pages are written for them. A data centre that
    /// doesn't know the question decides when the keyring comes.
    ///
    /// # Errors
    /// When it would be refused, in words that say what to do; or the line is cut.
    pub(crate) async fn may_change(&self, custodians: &Custodians) -> Result<()> {
        let path = format!("{}/custodians", self.path());
        let body = Bytes::from(json!({ "custodians": custodians.to_string() }).to_string());
        let asked = self
            .centre
            .post(&path, "application/json", body, MAX_ANSWER_BYTES)
            .await;
        match asked {
            Err(Refused { status: 404, .. }) => Ok(()),
            Err(Refused { message, .. }) => bail!(message),
            asked => Ok(asked.map(drop)?),
        }
    }

    fn path(&self) -> String {
        format!(
            "/api/v1/institutions/{}/keyring",
            segment(&self.institution)
        )
    }
}
