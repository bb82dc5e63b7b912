//! The side that calls.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error as TlsError};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use crate::{Error, Place, Result, Stream, Trust};

/// Connects to one place. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    place: Place,
    address: Option<SocketAddr>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    trust: Trust,
}

impl Connector {
    /// To that place; `trust` counts where TLS is spoken.
    ///
    /// # Errors
    /// When the authority can't be read, or the host is no name.
    pub fn new(place: Place, trust: Trust) -> Result<Self> {
        let tls = place
            .is_tls
            .then(|| {
                let connector = TlsConnector::from(Arc::new(trust.config()?));
                Ok((connector, name_of(&place)?))
            })
            .transpose()?;
        Ok(Self {
            place,
            address: None,
            tls,
            trust,
        })
    }

    /// The same place, looked for at that address, whatever its name leads to.
    #[must_use]
    pub fn at(self, address: SocketAddr) -> Self {
        Self {
            address: Some(address),
            ..self
        }
    }

    /// Another place, under the same trust.
    ///
    /// # Errors
    /// As [`Connector::new`].
    pub fn to(&self, place: Place) -> Result<Self> {
        let tls = match &self.tls {
            Some((connector, _)) if place.is_tls => Some((connector.clone(), name_of(&place)?)),
            _ => return Self::new(place, self.trust.clone()),
        };
        Ok(Self {
            place,
            address: None,
            tls,
            trust: self.trust.clone(),
        })
    }

    /// The same place, and whoever answers may choose one of those protocols (RFC 7301).
    ///
    /// # Errors
    /// When there is no authority to believe.
    pub fn speaking(self, protocols: &[&[u8]]) -> Result<Self> {
        let Some((_, name)) = self.tls else {
            return Ok(self);
        };
        let tls = Some((self.trust.connector(protocols)?, name));
        Ok(Self { tls, ..self })
    }

    /// The machines that the place's name leads to; the one given, if one was.
    ///
    /// # Errors
    /// When the name leads nowhere.
    pub async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        if let Some(address) = self.address {
            return Ok(vec![address]);
        }
        let Place { host, port, .. } = &self.place;
        let found = lookup_host((host.as_str(), *port)).await?;
        let found: BTreeSet<SocketAddr> = found.collect();
        if found.is_empty() {
            let why = format!("{host} leads nowhere");
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        }
        Ok(found.into_iter().collect())
    }

    /// The place.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Makes a connection. Whoever calls bounds the time.
    ///
    /// # Errors
    /// When nobody answers, or who answers isn't believed; in words for people.
    pub async fn connect(&self) -> io::Result<Stream> {
        let Place { host, port, .. } = &self.place;
        let stream = match self.address {
            Some(address) => TcpStream::connect(address).await?,
            None => TcpStream::connect((host.as_str(), *port)).await?,
        };
        stream.set_nodelay(true)?;
        let Some((connector, name)) = &self.tls else {
            return Ok(Stream::Plain(stream));
        };
        match connector.connect(name.clone(), stream).await {
            Ok(stream) => Ok(Stream::Dialled(Box::new(stream))),
            Err(error) => Err(self.explained(error)),
        }
    }

    /// rustls's reason, with what to do about it.
    fn explained(&self, error: io::Error) -> io::Error {
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<TlsError>());
        let host = &self.place.host;
        let why = match inner {
            Some(TlsError::InvalidCertificate(certificate)) => match certificate {
                CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
                    "its certificate isn't signed by {}: ask its operator for the authority's digest (amana authority show), \
                     or look for whoever sits on the line",
                    self.trust
                ),
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "its certificate has expired, or this machine's clock is wrong".to_owned()
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "its certificate isn't good yet, or this machine's clock is wrong".to_owned()
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => format!(
                    "its certificate is not for {host}: its operator adds that name to tls_names"
                ),
                other => format!("its certificate is refused: {other}"),
            },
            Some(TlsError::InvalidMessage(_)) => {
                "it doesn't speak TLS there: perhaps it is http:// and not https://".to_owned()
            }
            _ => return error,
        };
        io::Error::new(io::ErrorKind::InvalidData, why)
    }
}

fn name_of(place: &Place) -> Result<ServerName<'static>> {
    ServerName::try_from(place.host.clone()).map_err(|_| Error::Name {
        name: place.host.clone(),
    })
}
