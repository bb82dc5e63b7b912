//! `[blobs]` in amana.toml: large content in an object store rather than in the data folder.

mod http;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amana_store::{BackEnd, ObjectPlace, Patience};
use amana_tls::{Place, Trust};
use anyhow::{Context as _, Result, bail};
use object_store::aws::AmazonS3Builder;
use object_store::azure::{MicrosoftAzureBuilder, split_sas};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ClientOptions, RetryConfig};
use serde::Deserialize;

use crate::centre::{Centre, blocking};
use crate::config::Config;
use crate::durable::read_private;
use http::Dialer;

/// Room for the read cache unless another is named, in MiB.
const CACHE_MIB: u64 = 1024;
/// Signed unless another is named.
const REGION: &str = "us-east-1";
/// Between two sweeps.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Where large content lies.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlobsConfig {
    /// `s3://bucket/prefix`, `az://container/prefix` or `gs://bucket/prefix`.
    pub(crate) url: String,
    /// Where the store answers; its provider's own address when it isn't named.
    endpoint: Option<String>,
    /// The bucket's region, for S3.
    region: Option<String>,
    /// File with the store's key, mode 600.
    key_file: PathBuf,
    /// Whom to believe at an `https://` endpoint: a file with the authority's certificate, or its digest.
    authority: Option<String>,
    /// Whether an endpoint beyond loopback may be without TLS.
    #[serde(default)]
    allow_plain_http: bool,
    /// Room for the read cache in the data folder.
    cache_mib: Option<u64>,
}

/// Whose store it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Provider {
    S3,
    Azure,
    Google,
}

/// A key as `amana access-key create --json` prints it, or as S3 stores give it.
#[derive(Deserialize)]
struct S3Key {
    access_key_id: String,
    secret_access_key: String,
}

/// A key of a storage account: one of the two.
#[derive(Deserialize)]
struct AzureKey {
    account: String,
    access_key: Option<String>,
    sas_token: Option<String>,
}

impl BlobsConfig {
    /// What types can't say.
    ///
    /// # Errors
    /// A field with a wrong value, which is named.
    pub(crate) fn check(&self) -> Result<()> {
        self.parts()?;
        let Some(endpoint) = &self.endpoint else {
            if self.authority.is_some() {
                bail!("blobs.authority needs blobs.endpoint");
            }
            return Ok(());
        };
        let place: Place = endpoint.parse().context("blobs.endpoint")?;
        if !place.is_tls && !place.is_loopback() && !self.allow_plain_http {
            bail!(
                "blobs.endpoint is {endpoint}, which isn't TLS: name one with https://, or set allow_plain_http in [blobs]"
            );
        }
        if !place.is_tls && self.authority.is_some() {
            bail!("blobs.authority needs an endpoint with https://");
        }
        self.trust().map(drop)
    }

    /// Provider, bucket and prefix.
    fn parts(&self) -> Result<(Provider, &str, &str)> {
        let wrong =
            "blobs.url must be s3://bucket/prefix, az://container/prefix or gs://bucket/prefix";
        let (scheme, rest) = self.url.split_once("://").context(wrong)?;
        let provider = match scheme {
            "s3" => Provider::S3,
            "az" => Provider::Azure,
            "gs" => Provider::Google,
            _ => bail!(wrong),
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            bail!(wrong);
        }
        Ok((provider, bucket, prefix.trim_matches('/')))
    }

    fn trust(&self) -> Result<Option<Trust>> {
        let trust = self.authority.as_ref().map(|text| text.parse());
        trust.transpose().context("blobs.authority")
    }

    /// The place, ready to be asked. It isn't asked yet.
    fn open(&self) -> Result<ObjectPlace> {
        let (provider, bucket, prefix) = self.parts()?;
        let key = read_private(&self.key_file)?;
        let host = self.endpoint.as_deref().map(str::parse::<Place>);
        let dialer = Dialer::new(host.transpose()?, self.trust()?, self.allow_plain_http);
        let back_end: Arc<dyn BackEnd> = match provider {
            Provider::S3 => Arc::new(self.s3(bucket, &key, dialer)?),
            Provider::Azure => Arc::new(self.azure(bucket, &key, dialer)?),
            Provider::Google => Arc::new(self.google(bucket, &key, dialer)?),
        };
        Ok(ObjectPlace {
            name: self.url.trim_end_matches('/').to_owned(),
            back_end,
            prefix: prefix.to_owned(),
            cache_bytes: self.cache_mib.unwrap_or(CACHE_MIB) << 20,
            patience: Patience::default(),
        })
    }

    fn is_plain(&self) -> bool {
        let endpoint = self.endpoint.as_deref();
        endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"))
    }

    fn s3(&self, bucket: &str, key: &str, dialer: Dialer) -> Result<object_store::aws::AmazonS3> {
        let key: S3Key = serde_json::from_str(key).with_context(|| {
            format!(
                "{}: it must hold what `amana access-key create --json` prints",
                self.key_file.display()
            )
        })?;
        let builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(self.region.as_deref().unwrap_or(REGION))
            .with_access_key_id(key.access_key_id)
            .with_secret_access_key(key.secret_access_key)
            .with_allow_http(self.is_plain())
            // One object a request: not every store has the other.
            .with_disable_bulk_delete(true)
            .with_retry(no_retries())
            .with_http_connector(dialer);
        let builder = match &self.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint.trim_end_matches('/')),
            None => builder,
        };
        Ok(builder.build()?)
    }

    fn azure(
        &self,
        container: &str,
        key: &str,
        dialer: Dialer,
    ) -> Result<object_store::azure::MicrosoftAzure> {
        let wrong = || {
            format!(
                "{}: it must hold {{\"account\": …, \"access_key\": …}} or {{\"account\": …, \"sas_token\": …}}",
                self.key_file.display()
            )
        };
        let key: AzureKey = serde_json::from_str(key).with_context(wrong)?;
        let builder = MicrosoftAzureBuilder::new()
            .with_container_name(container)
            .with_account(key.account)
            .with_client_options(ClientOptions::new().with_allow_http(self.is_plain()))
            .with_retry(no_retries())
            .with_http_connector(dialer);
        let builder = match (key.access_key, key.sas_token) {
            (Some(key), None) => builder.with_access_key(key),
            (None, Some(token)) => builder.with_sas_authorization(split_sas(&token)?),
            _ => bail!(wrong()),
        };
        let builder = match &self.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint.trim_end_matches('/').to_owned()),
            None => builder,
        };
        Ok(builder.build()?)
    }

    /// The key is a service account's, as Google gives it.
    fn google(
        &self,
        bucket: &str,
        key: &str,
        dialer: Dialer,
    ) -> Result<object_store::gcp::GoogleCloudStorage> {
        let builder = GoogleCloudStorageBuilder::new()
            .with_bucket_name(bucket)
            .with_service_account_key(key)
            .with_client_options(ClientOptions::new().with_allow_http(self.is_plain()))
            .with_retry(no_retries())
            .with_http_connector(dialer);
        let builder = match &self.endpoint {
            Some(endpoint) => builder.with_base_url(endpoint.trim_end_matches('/')),
            None => builder,
        };
        let built = builder.build();
        built.with_context(|| self.key_file.display().to_string())
    }
}

impl Config {
    /// The object store that holds large content; none is the data folder.
    ///
    /// # Errors
    /// A key file that is no key, or that others may read.
    pub(crate) fn object_place(&self) -> Result<Option<ObjectPlace>> {
        let Some(blobs) = &self.blobs else {
            return Ok(None);
        };
        let opened = blobs.open();
        let opened = opened.with_context(|| format!("[blobs] in amana.toml: {}", blobs.url));
        opened.map(Some)
    }
}

/// Goes through the store's list at the start and each day; never ends.
pub(crate) async fn sweep_daily(centre: Arc<Centre>) {
    loop {
        let store = centre.store.clone();
        let swept = blocking(move || store.sweep_blobs()).await;
        match swept {
            Ok(None) => return std::future::pending().await,
            Ok(Some(swept)) => tracing::info!(
                blobs = swept.blobs,
                bytes = swept.bytes,
                unnamed = swept.unnamed,
                removed = swept.removed,
                "the list of large content was held against the rows"
            ),
            Err(error) => tracing::warn!(%error, "large content was not listed"),
        }
        tokio::time::sleep(DAY).await;
    }
}

/// The store asks again by itself, and knows better for how long.
fn no_retries() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    }
}
