//! An authority of one's own: one ECDSA P-256 key that signs leaves for the listeners of one folder, and nothing else.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData as _, SanType,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::{Digest, Error, Result, pem};

/// How long a leaf lives, in seconds: a week, so that a stolen one is soon worth nothing.
pub const LEAF_LIFE_S: i64 = 7 * 24 * 60 * 60;
/// Clocks of machines without a network are wrong by so much, in seconds, and more often behind.
const SLACK_S: i64 = 24 * 60 * 60;
/// Twenty years: whoever pins it should not have to pin another one.
const LIFE_DAYS: i64 = 20 * 365;

/// The authority: its key, and the certificate that others pin.
pub struct Authority {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

/// A certificate for some names, with its key, and the authority's own certificate behind it.
pub struct Leaf {
    /// The leaf first, then the authority.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's key. It stays in memory.
    pub key: PrivateKeyDer<'static>,
    /// When it expires, in seconds since 1970.
    pub expires_s: i64,
}

impl Authority {
    /// A new one, from `now_s`, seconds since 1970, on.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate(now_s: i64) -> Result<Self> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let mut params = params(&key);
        params.not_before = date(now_s - SLACK_S)?;
        params.not_after = date(now_s)? + Duration::days(LIFE_DAYS);
        let certificate = params.self_signed(&key).map_err(failed)?.der().clone();
        Ok(Self { certificate, key })
    }

    /// The one that was kept, from two PEM texts.
    ///
    /// # Errors
    /// When they are none, or not of one another.
    pub fn of_pem(certificate: &str, key: &str) -> Result<Self> {
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|error| Error::unusable("the authority's certificate", error))?;
        let der = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes())
            .map_err(|error| Error::unusable("the authority's key", error))?;
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ECDSA_P256_SHA256)
            .map_err(|error| Error::unusable("the authority's key", error))?;
        let public = key.public_key_raw();
        if !certificate.windows(public.len()).any(|part| part == public) {
            return Err(Error::unusable(
                "the authority's key",
                "it isn't that of its certificate",
            ));
        }
        Ok(Self { certificate, key })
    }

    /// Its certificate in PEM, as `curl --cacert` reads it.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.certificate).to_string()
    }

    /// Its key in PEM (PKCS #8).
    #[must_use]
    pub fn key_pem(&self) -> Zeroizing<String> {
        pem::encode("PRIVATE KEY", self.key.serialized_der())
    }

    /// What others pin.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.certificate)
    }

    /// A leaf for those names, each a DNS name, perhaps `*.` before it, or an IP address; with a key of its own, from
    /// `from_s` to `until_s`, seconds since 1970.
    ///
    /// # Errors
    /// [`Error::Name`]; and when the system has no randomness.
    pub fn leaf(&self, names: &[String], from_s: i64, until_s: i64) -> Result<Leaf> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let mut leaf = CertificateParams::default();
        leaf.distinguished_name = DistinguishedName::new();
        leaf.distinguished_name
            .push(DnType::CommonName, "Amana listener");
        leaf.subject_alt_names = names
            .iter()
            .map(|name| subject(name))
            .collect::<Result<_>>()?;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // RFC 5280 §4.2.1.1; Python refuses a leaf without it.
        leaf.use_authority_key_identifier_extension = true;
        leaf.not_before = date(from_s)?;
        leaf.not_after = date(until_s)?;
        let issuer = Issuer::new(params(&self.key), &self.key);
        let signed = leaf.signed_by(&key, &issuer).map_err(failed)?;
        Ok(Leaf {
            chain: vec![signed.der().clone(), self.certificate.clone()],
            key: PrivatePkcs8KeyDer::from(key.serialized_der().to_vec()).into(),
            expires_s: until_s,
        })
    }

    /// A leaf for a week from now.
    ///
    /// # Errors
    /// As [`Authority::leaf`].
    pub fn fresh_leaf(&self, names: &[String], now_s: i64) -> Result<Leaf> {
        self.leaf(names, now_s - SLACK_S, now_s + LEAF_LIFE_S)
    }
}

/// All that a leaf repeats of its issuer follows from the issuer's key: so the key and the certificate are enough to go on.
fn params(key: &KeyPair) -> CertificateParams {
    let id = Digest::of(&key.subject_public_key_info()).to_hex();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Amana authority {}", &id[..16]));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn subject(name: &str) -> Result<SanType> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let wrong = || Error::Name {
        name: name.to_owned(),
    };
    let plain = name.strip_prefix("*.").unwrap_or(name);
    rustls::pki_types::DnsName::try_from(plain).map_err(|_| wrong())?;
    Ok(SanType::DnsName(name.try_into().map_err(|_| wrong())?))
}

fn date(time_s: i64) -> Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(time_s)
        .map_err(|error| Error::unusable("this machine's clock", error))
}

fn failed(error: rcgen::Error) -> Error {
    Error::unusable("a certificate can't be made", error)
}
