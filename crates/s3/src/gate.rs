//! Who asks: signatures against access keys, and no request without a caller.

use std::sync::Arc;

use amana_access::Caller;
use http::Extensions;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{Credentials, S3Auth, SecretKey};
use s3s::{S3Request, S3Result, s3_error};

use crate::callers::Callers;

/// Gives `s3s` the secrets, and each verified request its [`Caller`].
#[derive(Clone)]
pub(crate) struct Gate(pub(crate) Arc<dyn Callers>);

impl Gate {
    /// Puts the caller beside the request. `s3s` skips its access hook where it has no auth, so the verbs ask for the
    /// caller again ([`caller`]) and refuse without one.
    pub(crate) fn admit(
        &self,
        credentials: Option<&Credentials>,
        extensions: &mut Extensions,
    ) -> S3Result<()> {
        let Some(credentials) = credentials else {
            return Err(s3_error!(
                AccessDenied,
                "Anonymous requests are refused: sign the request"
            ));
        };
        let caller = self.look_up(&credentials.access_key, |caller, _| caller)?;
        extensions.insert(caller);
        Ok(())
    }

    fn look_up<T>(
        &self,
        access_key: &str,
        take: impl FnOnce(Arc<Caller>, &str) -> T,
    ) -> S3Result<T> {
        match self.0.caller(access_key) {
            Ok(Some((caller, secret))) => Ok(take(caller, &secret)),
            Ok(None) => Err(s3_error!(
                InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            )),
            Err(error) => {
                tracing::error!(%error, "an access key could not be looked up");
                Err(s3_error!(
                    InternalError,
                    "We encountered an internal error. Please try again."
                ))
            }
        }
    }
}

#[async_trait::async_trait]
impl S3Auth for Gate {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        self.look_up(access_key, |_, secret| SecretKey::from(secret))
    }
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let credentials = cx.credentials().cloned();
        self.admit(credentials.as_ref(), cx.extensions_mut())
    }
}

/// The caller of a request that passed the gate.
pub(crate) fn caller<T>(request: &S3Request<T>) -> S3Result<&Arc<Caller>> {
    request.extensions.get::<Arc<Caller>>().ok_or_else(|| {
        s3_error!(
            AccessDenied,
            "Anonymous requests are refused: sign the request"
        )
    })
}
