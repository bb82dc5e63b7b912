//! `[oidc]` in amana.toml: the provider of the State by which officials may sign in, and how it is reached.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amana_console::provider::{Line, MAX_ANSWER_BYTES, Provider, Settings};
use amana_tls::{Connector, Place, Trust};
use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Config;
use crate::durable::read_private;

/// A provider has this long for an answer, connection and all.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest name that people are shown, in bytes.
const MAX_NAME_BYTES: usize = 60;

/// A provider of the State.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OidcConfig {
    /// Its issuer, to the byte as its metadata say it.
    issuer: String,
    /// What it calls us.
    client_id: String,
    /// File with the client's secret, mode 600; nothing for a client that has none.
    client_secret_file: Option<PathBuf>,
    /// What people call it, in French.
    name_fr: String,
    /// The same in English.
    name_en: String,
    /// Whom to believe there: `sha256:…` or a PEM file; the system's authorities otherwise.
    authority: Option<String>,
}

impl OidcConfig {
    /// What types can't say.
    ///
    /// # Errors
    /// A field with a wrong value, which is named.
    pub(crate) fn check(&self) -> Result<()> {
        let place: Place = self.issuer.parse().context("oidc.issuer")?;
        if !place.is_tls && !place.is_loopback() {
            bail!(
                "oidc.issuer is {}, which isn't TLS: name one with https://",
                self.issuer
            );
        }
        if self.issuer.contains(['?', '#']) {
            bail!(
                "oidc.issuer is {}: it has no query and no fragment",
                self.issuer
            );
        }
        if self.client_id.is_empty() {
            bail!("oidc.client_id is empty: it is what the provider calls this data centre");
        }
        for (field, name) in [("name_fr", &self.name_fr), ("name_en", &self.name_en)] {
            let shown = !name.trim().is_empty() && name.len() <= MAX_NAME_BYTES;
            if !shown || name.chars().any(char::is_control) {
                bail!(
                    "oidc.{field} must be 1 to {MAX_NAME_BYTES} bytes without control characters"
                );
            }
        }
        if !place.is_tls && self.authority.is_some() {
            bail!("oidc.authority needs an issuer with https://");
        }
        self.trust().map(drop)
    }

    fn trust(&self) -> Result<Trust> {
        match &self.authority {
            Some(authority) => authority.parse().context("oidc.authority"),
            None => Ok(Trust::System),
        }
    }

    fn secret(&self) -> Result<Option<Zeroizing<String>>> {
        let read = self.client_secret_file.as_deref().map(read_private);
        let read = read.transpose().context("oidc.client_secret_file")?;
        Ok(read.map(|secret| Zeroizing::new(secret.trim_end().to_owned())))
    }
}

impl Config {
    /// The provider of the State by which officials may sign in, not yet asked.
    ///
    /// # Errors
    /// For a secret that can't be read, or that others may read.
    pub(crate) fn provider(&self) -> Result<Option<Arc<Provider>>> {
        let Some(oidc) = &self.oidc else {
            return Ok(None);
        };
        let settings = Settings {
            issuer: oidc.issuer.clone(),
            client_id: oidc.client_id.clone(),
            client_secret: oidc.secret()?,
            name_fr: oidc.name_fr.clone(),
            name_en: oidc.name_en.clone(),
        };
        let line = Dialled {
            trust: oidc.trust()?,
        };
        Ok(Some(Arc::new(Provider::new(settings, Arc::new(line)))))
    }
}

/// A connection for each question: they are few.
struct Dialled {
    trust: Trust,
}

impl Line for Dialled {
    fn ask(&self, request: Request<Bytes>) -> BoxFuture<'_, io::Result<Response<Bytes>>> {
        Box::pin(async move {
            let asked = tokio::time::timeout(TIMEOUT, self.asked(request));
            asked.await.map_err(|_| io::ErrorKind::TimedOut)?
        })
    }
}

impl Dialled {
    async fn asked(&self, request: Request<Bytes>) -> io::Result<Response<Bytes>> {
        let (mut parts, body) = request.into_parts();
        let place: Place = parts.uri.to_string().parse().map_err(io::Error::other)?;
        let host = HeaderValue::from_str(&place.authority()).map_err(io::Error::other)?;
        let connector = Connector::new(place, self.trust.clone()).map_err(io::Error::other)?;
        let stream = connector.connect().await.map_err(io::Error::other)?;
        let shaken = handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = shaken.map_err(io::Error::other)?;
        // It ends with the answer, which says how.
        let driver = tokio::spawn(connection);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = path.parse().map_err(io::Error::other)?;
        parts.headers.insert(header::HOST, host);
        let request = Request::from_parts(parts, Full::new(body));
        let answer = sender
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        driver.abort();
        Ok(Response::from_parts(
            parts,
            body.map_err(io::Error::other)?.to_bytes(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    const GOOD: &str = "issuer = \"https://id.example\"\nclient_id = \"amana\"\nname_fr = \"Identité\"\nname_en = \"Identity\"";

    fn told(oidc: &str) -> Option<String> {
        let read = toml::from_str::<Config>(&format!("[oidc]\n{oidc}"));
        match read {
            Ok(config) => config.oidc?.check().err().map(|error| format!("{error:#}")),
            Err(error) => Some(error.to_string()),
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        assert_eq!(told(GOOD), None);
        for (good, wrong, field) in [
            ("https://id.example", "http://id.example", "oidc.issuer"),
            ("https://id.example", "id.example", "oidc.issuer"),
            ("https://id.example", "https://id.example?a", "oidc.issuer"),
            ("\"amana\"", "\"\"", "oidc.client_id"),
            ("Identité", "", "oidc.name_fr"),
            ("Identity", "a\\nb", "oidc.name_en"),
            ("name_en", "name_de", "name_de"),
            ("client_id = \"amana\"\n", "", "client_id"),
            (
                "client_id",
                "authority = \"sha256:12\"\nclient_id",
                "oidc.authority",
            ),
        ] {
            let said = told(&GOOD.replace(good, wrong));
            assert!(
                said.as_ref().is_some_and(|said| said.contains(field)),
                "{wrong}: {said:?}"
            );
        }
        assert_eq!(
            told(&GOOD.replace("https://id.example", "http://localhost:3000")),
            None
        );
    }
}
