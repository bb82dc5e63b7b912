//! The two ceremonies: a key is made (§7.1), and signs (§7.2).

use amana_ledger::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::cbor::Value;
use super::{PasskeyFault, PublicKey, RelyingParty, decoded};
use crate::Result;

const MAX_CLIENT_DATA_BYTES: usize = 4096;
const MAX_ATTESTATION_BYTES: usize = 16 * 1024;
const MAX_AUTHENTICATOR_DATA_BYTES: usize = 4096;
const MAX_SIGNATURE_BYTES: usize = 1024;
const MAX_CREDENTIAL_ID_BYTES: usize = 1023;

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// What a browser gives of a key just made, decoded and not yet judged.
pub struct Registration {
    client_data: Vec<u8>,
    attestation: Vec<u8>,
}

/// A key that was just made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPasskey {
    /// The authenticator's name for it.
    pub id: Vec<u8>,
    /// The key.
    pub key: PublicKey,
    /// How often it signed; 0 for ever where the authenticator doesn't count.
    pub counter: u32,
}

impl Registration {
    /// Of the form's fields, in base64url.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`].
    pub fn parse(client_data: &str, attestation: &str) -> Result<Self> {
        Ok(Self {
            client_data: decoded("the client data", client_data, MAX_CLIENT_DATA_BYTES)?,
            attestation: decoded("the attestation", attestation, MAX_ATTESTATION_BYTES)?,
        })
    }

    /// The key, if it was made for this console, in answer to this challenge, by a person who was verified. The attestation
    /// statement is read past: nothing is asked of the authenticator's make, so nothing in it could count.
    ///
    /// # Errors
    /// A [`PasskeyFault`].
    pub fn verify(
        &self,
        console: &RelyingParty,
        challenge: &[u8],
    ) -> Result<NewPasskey, PasskeyFault> {
        judge_client(&self.client_data, "webauthn.create", console, challenge)?;
        let (attestation, []) = Value::read(&self.attestation).ok_or(PasskeyFault::Attestation)?
        else {
            return Err(PasskeyFault::Attestation);
        };
        let stated = attestation.named("attStmt");
        if attestation.named("fmt").is_none() || !matches!(stated, Some(Value::Map(_))) {
            return Err(PasskeyFault::Attestation);
        }
        let data = attestation.named("authData").and_then(Value::bytes);
        let data = AuthenticatorData::read(data.ok_or(PasskeyFault::Attestation)?)?;
        data.judge(console)?;
        let (id, key) = data.credential.ok_or(PasskeyFault::AuthenticatorData)?;
        Ok(NewPasskey {
            id,
            key,
            counter: data.counter,
        })
    }
}

/// What a browser gives of a key that signed, decoded and not yet judged.
pub struct Assertion {
    /// Which key.
    pub credential_id: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl Assertion {
    /// Of the form's fields, in base64url.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`].
    pub fn parse(id: &str, client_data: &str, data: &str, signature: &str) -> Result<Self> {
        Ok(Self {
            credential_id: decoded("the credential id", id, MAX_CREDENTIAL_ID_BYTES)?,
            client_data: decoded("the client data", client_data, MAX_CLIENT_DATA_BYTES)?,
            authenticator_data: decoded(
                "the authenticator data",
                data,
                MAX_AUTHENTICATOR_DATA_BYTES,
            )?,
            signature: decoded("the signature", signature, MAX_SIGNATURE_BYTES)?,
        })
    }

    /// The authenticator's counter, if this key signed for this console, in answer to this challenge, with a person who was
    /// verified. Whether the counter went back is the commit's to say, which knows the last one.
    ///
    /// # Errors
    /// A [`PasskeyFault`].
    pub fn verify(
        &self,
        console: &RelyingParty,
        challenge: &[u8],
        key: &PublicKey,
    ) -> Result<u32, PasskeyFault> {
        judge_client(&self.client_data, "webauthn.get", console, challenge)?;
        let data = AuthenticatorData::read(&self.authenticator_data)?;
        data.judge(console)?;
        let client = Hash::of(&[&self.client_data]);
        let signed = [&self.authenticator_data[..], client.as_bytes()].concat();
        key.verify(&signed, &self.signature)?;
        Ok(data.counter)
    }
}

/// Members beyond these are new ones of the standard's, to be read past (§5.8.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

fn judge_client(
    json: &[u8],
    ceremony: &str,
    console: &RelyingParty,
    challenge: &[u8],
) -> Result<(), PasskeyFault> {
    let client: ClientData = serde_json::from_slice(json).map_err(|_| PasskeyFault::ClientData)?;
    if client.r#type != ceremony {
        return Err(PasskeyFault::Ceremony);
    }
    if client.challenge != URL_SAFE_NO_PAD.encode(challenge) {
        return Err(PasskeyFault::Challenge);
    }
    if client.origin != console.origin() {
        return Err(PasskeyFault::Origin);
    }
    if client.cross_origin {
        return Err(PasskeyFault::CrossOrigin);
    }
    Ok(())
}

/// `hash of the relying party's id (32) ‖ flags (1) ‖ counter (4, big-endian)`, then, if the flags say so, the new
/// credential and extensions (§6.1).
struct AuthenticatorData {
    party: [u8; 32],
    flags: u8,
    counter: u32,
    credential: Option<Attested>,
}

/// The authenticator's name for a key, and the key.
type Attested = (Vec<u8>, PublicKey);

impl AuthenticatorData {
    fn read(bytes: &[u8]) -> Result<Self, PasskeyFault> {
        let malformed = PasskeyFault::AuthenticatorData;
        let (party, rest) = bytes.split_first_chunk::<32>().ok_or(malformed)?;
        let (&flags, rest) = rest.split_first().ok_or(malformed)?;
        let (counter, rest) = rest.split_first_chunk::<4>().ok_or(malformed)?;
        let (credential, rest) = if flags & HAS_CREDENTIAL == 0 {
            (None, rest)
        } else {
            let (credential, rest) = credential(rest)?;
            (Some(credential), rest)
        };
        let rest = if flags & HAS_EXTENSIONS == 0 {
            rest
        } else {
            Value::read(rest).ok_or(malformed)?.1
        };
        if !rest.is_empty() {
            return Err(malformed);
        }
        Ok(Self {
            party: *party,
            flags,
            counter: u32::from_be_bytes(*counter),
            credential,
        })
    }

    fn judge(&self, console: &RelyingParty) -> Result<(), PasskeyFault> {
        let ours = console.id_hash().ok_or(PasskeyFault::RelyingParty)?;
        if self.party != *ours.as_bytes() {
            return Err(PasskeyFault::RelyingParty);
        }
        if self.flags & PRESENT == 0 {
            return Err(PasskeyFault::NotPresent);
        }
        if self.flags & VERIFIED == 0 {
            return Err(PasskeyFault::NotVerified);
        }
        Ok(())
    }
}

/// `make of the authenticator (16) ‖ length (2, big-endian) ‖ credential id ‖ COSE_Key` (§6.5.1).
fn credential(bytes: &[u8]) -> Result<(Attested, &[u8]), PasskeyFault> {
    let malformed = PasskeyFault::AuthenticatorData;
    let (_, rest) = bytes.split_first_chunk::<16>().ok_or(malformed)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (id, rest) = rest.split_at_checked(length).ok_or(malformed)?;
    if id.is_empty() || id.len() > MAX_CREDENTIAL_ID_BYTES {
        return Err(malformed);
    }
    let (key, rest) = PublicKey::read(rest)?;
    Ok(((id.to_vec(), key), rest))
}
