//! Who asks: signatures against access keys, and no request without a caller.

use std::sync::Arc;

use amana_access::Caller;
use http::{Extensions, StatusCode};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{Credentials, S3Auth, SecretKey};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use crate::callers::{Callers, CallersError, Known};
use crate::error::{internal, store_failure};
use crate::refusal::Refusal;
use crate::standing::Standing;

/// Gives `s3s` the secrets, and each verified request its [`Caller`].
#[derive(Clone)]
pub(crate) struct Gate(pub(crate) Arc<dyn Callers>);

impl Gate {
    /// Puts the caller beside the request, and the question whether its key stands. `s3s` skips its access hook where it has no auth, so
    /// the verbs ask for the caller again ([`caller`]) and refuse without one.
    pub(crate) async fn admit(
        &self,
        credentials: Option<&Credentials>,
        extensions: &mut Extensions,
    ) -> S3Result<()> {
        let (Some(credentials), Some(standing)) = (credentials, extensions.get::<Standing>())
        else {
            return Err(anonymous());
        };
        let (caller, _) = self.recall(&credentials.access_key)?;
        let (callers, key) = (self.0.clone(), caller.access_key_id.clone());
        let question = async move {
            match callers.stands(&key).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(unknown()),
                Err(error) => Err(unsaid(&error)),
            }
        };
        standing.keep(question).await;
        extensions.insert(caller);
        Ok(())
    }

    fn recall(&self, access_key: &str) -> Result<Known, Refusal> {
        match self.0.recall(access_key) {
            Ok(known) => known.ok_or_else(unknown),
            Err(error) => Err(unsaid(&error)),
        }
    }
}

fn anonymous() -> S3Error {
    s3_error!(
        AccessDenied,
        "Anonymous requests are refused: sign the request"
    )
}

fn unknown() -> Refusal {
    let message = "The AWS Access Key Id you provided does not exist in our records.";
    Refusal::new(StatusCode::FORBIDDEN, "InvalidAccessKeyId", message)
}

fn unsaid(error: &CallersError) -> Refusal {
    if let Some(amana_access::Error::Store(store)) = error.downcast_ref() {
        return store_failure(store);
    }
    tracing::error!(%error, "an access key could not be looked up");
    internal("We encountered an internal error. Please try again.".into())
}

#[async_trait::async_trait]
impl S3Auth for Gate {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let (_, secret) = self.recall(access_key)?;
        Ok(SecretKey::from(secret.as_str()))
    }
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let credentials = cx.credentials().cloned();
        let admitted = self.admit(credentials.as_ref(), cx.extensions_mut());
        admitted.await
    }
}

/// The caller of a request that passed the gate, once it is known that the key stands.
pub(crate) fn caller<T>(
    request: &S3Request<T>,
) -> impl Future<Output = S3Result<Arc<Caller>>> + use<T> {
    let claimed = claimed(request);
    let stands = stands(request);
    async move {
        stands.await?;
        claimed
    }
}

/// The caller whom a request's signature names, before it is known whether the key stands: to look things up with, together
/// with asking whether it [`stands`]. No answer goes out before that is known.
pub(crate) fn claimed<T>(request: &S3Request<T>) -> S3Result<Arc<Caller>> {
    let caller = request.extensions.get::<Arc<Caller>>();
    caller.cloned().ok_or_else(anonymous)
}

/// Asks whether the key of a request stands.
pub(crate) fn stands<T>(request: &S3Request<T>) -> impl Future<Output = S3Result<()>> + use<T> {
    let standing = request.extensions.get::<Standing>().cloned();
    async move { Ok(standing.ok_or_else(anonymous)?.told().await?) }
}
