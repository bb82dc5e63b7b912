//! An identity at a provider of the State, bound to an official.

use crate::acts::credential::{CredentialBody, CredentialLinks};
use crate::credentials::{Leave, NewCredential};
use crate::oidc::Identity;
use crate::views::credentials;
use crate::{Access, Result};

impl Access {
    /// Binds an identity, by a link or for who is signed in with something of one's own.
    ///
    /// # Errors
    /// [`crate::Error::UnknownCode`], [`crate::Error::NeedsOwn`], [`crate::Error::Identity`] for one that was brought before,
    /// [`crate::Error::IdentityTaken`], [`crate::Error::TooMany`], [`crate::Error::Busy`], [`crate::Error::Store`].
    pub async fn bind_identity(
        &self,
        leave: &Leave<'_>,
        identity: &Identity,
    ) -> Result<NewCredential> {
        let links = |official| CredentialLinks {
            official,
            kind: credentials::IDENTITY.to_owned(),
            invitation: None,
            counter: 0,
            answered: Some(identity.answered()),
            secret: None,
        };
        let body = CredentialBody {
            passkey: None,
            identity: Some(hex::encode(identity.digest())),
            public_key: None,
            label: identity.label().to_owned(),
        };
        self.add(leave, links, body, None).await
    }
}
