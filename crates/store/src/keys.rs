//! The data centre's own keys: one seed, in `keys/operator.seed` (mode 0600), from which all others derive by HKDF.
//!
//! The seed signs checkpoints and registry rows, hides who was busy (slot secrets), and seals access keys' secrets at
//! rest. It opens nothing that an institution seals.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use amana_ledger::SigningKey;
use amana_seal::root::Root;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::mirror::MirrorKey;
use crate::{Error, LedgerId, Result, folders};

/// The seed and what derives from it.
pub struct Keys {
    seed: Zeroizing<[u8; 32]>,
    centre: String,
}

impl Keys {
    /// Loads the seed under `folder`, or makes it when `folder` is new.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Folder`] for a seed that isn't 64 hexadecimal digits.
    pub fn load_or_create(folder: &Path, centre: &str) -> Result<Self> {
        check_centre(centre)?;
        let path = folder.join("operator.seed");
        if !path.exists() {
            create(folder, &path)?;
        }
        Self::load(folder, centre)
    }

    /// The keys of a seed as it stands in its file: 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`Error::Folder`] for another text.
    pub fn of_text(text: &str, centre: &str) -> Result<Self> {
        check_centre(centre)?;
        let mut seed = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), seed.as_mut_slice()).map_err(|_| Error::Folder {
            path: "the operator's seed".into(),
            why: "it must be 64 hexadecimal digits".into(),
        })?;
        Ok(Self {
            seed,
            centre: centre.to_owned(),
        })
    }

    /// For who hasn't got the seed, and asks for origins alone: nothing that it signs or opens is worth anything.
    pub(crate) fn blank(centre: &str) -> Result<Self> {
        check_centre(centre)?;
        Ok(Self {
            seed: Zeroizing::new([0; 32]),
            centre: centre.to_owned(),
        })
    }

    /// Loads the seed under `folder`.
    ///
    /// # Errors
    /// As [`Keys::load_or_create`], and [`Error::File`] when there is none.
    pub fn load(folder: &Path, centre: &str) -> Result<Self> {
        check_centre(centre)?;
        let path = folder.join("operator.seed");
        let text = Zeroizing::new(fs::read_to_string(&path).map_err(Error::file("read", &path))?);
        let mut seed = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), seed.as_mut_slice()).map_err(|_| Error::Folder {
            path,
            why: "it must hold 64 hexadecimal digits; restore it from its backup".into(),
        })?;
        Ok(Self {
            seed,
            centre: centre.to_owned(),
        })
    }

    /// The seed as a secret that custodians share: for its backup on paper, and for nothing else.
    #[must_use]
    pub fn to_share(&self) -> Root {
        Root::from_seed(self.seed.clone())
    }

    /// Keys from the seed that custodians rebuilt.
    ///
    /// # Errors
    /// [`Error::Folder`] for a name that no data centre has.
    pub fn of_shared(shared: &Root, centre: &str) -> Result<Self> {
        check_centre(centre)?;
        Ok(Self {
            seed: Zeroizing::new(*shared.seed()),
            centre: centre.to_owned(),
        })
    }

    /// Name of the data centre.
    #[must_use]
    pub fn centre(&self) -> &str {
        &self.centre
    }

    /// Origin of a ledger's checkpoints.
    #[must_use]
    pub fn origin(&self, ledger_name: &str) -> String {
        format!("{}/ledgers/{ledger_name}", self.centre)
    }

    /// Origin of the national log's checkpoints.
    #[must_use]
    pub fn national_origin(&self) -> String {
        format!("{}/national", self.centre)
    }

    /// The key that signs a ledger's checkpoints. Each ledger has its own, since trust policies tell logs apart by key.
    #[must_use]
    pub fn ledger_key(&self, ledger_name: &str) -> SigningKey {
        let origin = self.origin(ledger_name);
        let seed = self.derive(&["log", &origin]);
        SigningKey::from_seed(&origin, *seed)
            .expect("a checked centre and a ledger's name make a key name")
    }

    /// The key that signs the national log's checkpoints and the registry's rows.
    #[must_use]
    pub fn national_key(&self) -> SigningKey {
        let origin = self.national_origin();
        let seed = self.derive(&["log", &origin]);
        SigningKey::from_seed(&origin, *seed)
            .expect("a checked centre and a ledger's name make a key name")
    }

    /// The secret from which a ledger's slot salts derive.
    #[must_use]
    pub fn slot_secret(&self, ledger: LedgerId) -> Zeroizing<[u8; 32]> {
        self.derive(&["slot", &ledger.0.to_string()])
    }

    /// Seals a secret for the rows: `nonce (24) ‖ ciphertext ‖ tag (16)`, bound to `name`.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce).map_err(|e| Error::Folder {
            path: "/dev/urandom".into(),
            why: e.to_string(),
        })?;
        let sealed = self.cipher().encrypt(
            XNonce::from_slice(&nonce),
            Payload {
                msg: secret,
                aad: name.as_bytes(),
            },
        );
        let sealed = sealed.map_err(|_| Error::TooLarge {
            what: "a secret",
            max: u64::MAX,
        })?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what [`Keys::seal`] sealed.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn unseal(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let damaged = || Error::Damaged {
            what: format!("the secret {name}"),
            why: "it doesn't open".into(),
        };
        let (nonce, sealed) = sealed.split_at_checked(24).ok_or_else(damaged)?;
        let opened = self.cipher().decrypt(
            XNonce::from_slice(nonce),
            Payload {
                msg: sealed,
                aad: name.as_bytes(),
            },
        );
        opened.map(Zeroizing::new).map_err(|_| damaged())
    }

    /// What opens, beside the institutions' own keys, every mirror in a place that isn't the operator's.
    #[must_use]
    pub fn mirror_key(&self) -> MirrorKey {
        MirrorKey::from_seed(self.derive(&["mirror"]))
    }

    /// What vouches for the tokens that browsers bring back: the same on every node.
    #[must_use]
    pub fn sign_in_key(&self) -> Zeroizing<[u8; 32]> {
        self.derive(&["sign-in"])
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.derive(&["secrets"])).into())
    }

    fn derive(&self, labels: &[&str]) -> Zeroizing<[u8; 32]> {
        let info = format!("amana/key/v1\0{}", labels.join("\0"));
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.seed.as_slice())
            .expand(info.as_bytes(), key.as_mut_slice())
            .expect("32 bytes are within what HKDF-SHA256 gives");
        key
    }
}

/// The name stands in every origin and key name: no spaces, no `+`, and room for a ledger's name after it.
fn check_centre(centre: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_/:".contains(c);
    if centre.is_empty() || centre.len() > 100 || !centre.chars().all(plain) {
        return Err(Error::Folder {
            path: "the data centre's name".into(),
            why: format!(
                "{centre:?} must be 1 to 100 letters, digits, dots, dashes or slashes, such as a domain name"
            ),
        });
    }
    Ok(())
}

fn create(folder: &Path, path: &Path) -> Result<()> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|e| Error::Folder {
        path: "/dev/urandom".into(),
        why: e.to_string(),
    })?;
    folders::make(folder, 0o755)?;
    let tmp = folder.join("operator.seed.new");
    let text = Zeroizing::new(format!("{}\n", hex::encode(seed.as_slice())));
    let mut file = fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&tmp)
        .map_err(Error::file("create", &tmp))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(Error::file("write", &tmp))?;
    fs::rename(&tmp, path).map_err(Error::file("rename", &tmp))?;
    folders::sync(folder)
}
