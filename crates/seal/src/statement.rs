//! The signed text of a sealed act: all that the data centre learns of it, and all that it is held to.
//!
//! UTF-8 lines in one order, an empty line, one signature line. Everything that could be swapped is in it: the ledger, the
//! keyring and epoch, the slots with the entries that last touched them (compare-and-set), each piece of ciphertext with
//! its digest, and the digest of the envelope, whose associated data is this same text up to its own line. Nothing in it
//! is secret. A statement has exactly one spelling: parsing accepts no other.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Format, Result};
use crate::member::{MemberId, MemberKey, VerifyingKey};
use crate::signing::{DASH, sha256};
use crate::text::{self, Lines, base64_bytes, decimal, hex_bytes, split};

/// The first line.
pub const STATEMENT_HEADER: &str = "amana.sealed/v1";
/// The longest signed statement, in bytes.
pub const MAX_STATEMENT_BYTES: usize = 1024 * 1024;
/// The most slots that one act touches; as many again may be retired.
pub const MAX_SLOTS: usize = 8;
/// The most pieces that one act releases: those of the largest multipart upload.
pub const MAX_RELEASES: usize = 10_000;
/// The largest envelope, in bytes.
pub const MAX_ENVELOPE_BYTES: u64 = 8 * 1024 * 1024;
/// The longest origin of a ledger, in bytes.
pub const MAX_ORIGIN_BYTES: usize = 255;
/// The longest word on either side of a verb's dot, in bytes.
pub const MAX_VERB_WORD_BYTES: usize = 24;

/// What an act does, as the ledger's kinds are written: `object.put`, `bucket.versioning`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Verb(String);

impl Verb {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Verb {
    type Err = Error;

    fn from_str(verb: &str) -> Result<Self> {
        let word = |word: &str| {
            (1..=MAX_VERB_WORD_BYTES).contains(&word.len())
                && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        };
        match verb.split_once('.') {
            Some((noun, act)) if word(noun) && word(act) => Ok(Self(verb.to_owned())),
            _ => Err(malformed("the verb is not two lower-case words with a dot")),
        }
    }
}

/// The name of a piece of ciphertext at the data centre: 16 random bytes, as 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PieceId(pub [u8; 16]);

impl fmt::Display for PieceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for PieceId {
    type Err = Error;

    fn from_str(hex: &str) -> Result<Self> {
        hex_bytes(hex)
            .map(Self)
            .ok_or(malformed("a piece's id is not 32 hex digits"))
    }
}

/// The bucket of an act, and the entries that it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketAt {
    /// Its name: 3 to 63 of `a-z0-9.-`.
    pub name: String,
    /// Index of the entry that created it; none while it is being created.
    pub created: Option<u64>,
    /// Index of its newest `bucket.*` entry; none while it is being created.
    pub settings: Option<u64>,
}

/// A slot that an act moves, if the entry that moved it last is still this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touch {
    /// The slot's id: an HMAC under the institution's name key.
    pub slot: [u8; 32],
    /// Index of the entry that touched it last; none if no entry did.
    pub last: Option<u64>,
}

/// A piece of ciphertext that an act brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Its id.
    pub id: PieceId,
    /// Its length, in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the ciphertext.
    pub sha256: [u8; 32],
}

/// The envelope that belongs to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvelopeDigest {
    /// Its length, in bytes.
    pub size_bytes: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

impl EnvelopeDigest {
    /// The digest of an envelope.
    #[must_use]
    pub fn of(envelope: &[u8]) -> Self {
        Self {
            size_bytes: envelope.len() as u64,
            sha256: sha256(envelope),
        }
    }
}

/// What a member states of one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Origin of the institution's ledger, such as `centre.example/ledgers/finances/vault`.
    pub ledger: String,
    /// Who signs.
    pub member: MemberId,
    /// Number of the keyring that the signer stands in.
    pub keyring: u64,
    /// Number of the epoch that the envelope and the pieces are sealed for.
    pub epoch: u32,
    /// 8 random bytes, which become the tag of version ids.
    pub act: [u8; 8],
    /// What is done.
    pub verb: Verb,
    /// Where.
    pub bucket: BucketAt,
    /// Slots set to this entry, at most [`MAX_SLOTS`].
    pub touches: Vec<Touch>,
    /// Slots of which nothing is left after this entry, at most [`MAX_SLOTS`].
    pub retires: Vec<Touch>,
    /// The ciphertext that comes with the act.
    pub piece: Option<Piece>,
    /// Pieces that no version needs after this entry, at most [`MAX_RELEASES`].
    pub releases: Vec<PieceId>,
    /// The envelope. It isn't part of [`Statement::aad`], so that an envelope is sealed first and then named here.
    pub envelope: EnvelopeDigest,
}

impl Statement {
    /// The associated data of the envelope: the statement's lines before `envelope`.
    #[must_use]
    pub fn aad(&self) -> String {
        let Self {
            ledger,
            member,
            keyring,
            epoch,
            verb,
            ..
        } = self;
        let BucketAt {
            name,
            created,
            settings,
        } = &self.bucket;
        let (created, settings) = (index_text(*created), index_text(*settings));
        let act = hex::encode(self.act);
        let mut text = format!(
            "{STATEMENT_HEADER}\nledger {ledger}\nmember {member}\nkeyring {keyring}\nepoch {epoch}\nact {act}\n\
             verb {verb}\nbucket {name} {created} {settings}\n"
        );
        for (label, slots) in [("touch", &self.touches), ("retire", &self.retires)] {
            for Touch { slot, last } in slots {
                text += &format!("{label} {} {}\n", hex::encode(slot), index_text(*last));
            }
        }
        if let Some(Piece {
            id,
            size_bytes,
            sha256,
        }) = &self.piece
        {
            text += &format!("piece {id} {size_bytes} {}\n", hex::encode(sha256));
        }
        for piece in &self.releases {
            text += &format!("release {piece}\n");
        }
        text
    }

    /// The text that is signed, up to and with its empty line.
    #[must_use]
    pub fn text(&self) -> String {
        let EnvelopeDigest { size_bytes, sha256 } = self.envelope;
        format!(
            "{}envelope {size_bytes} {}\n\n",
            self.aad(),
            hex::encode(sha256)
        )
    }

    /// The statement with its signature.
    ///
    /// # Errors
    /// [`Error::WrongMember`] if it names another member than the key's; [`Error::Malformed`] and [`Error::TooLarge`] if a
    /// field goes beyond its bounds: what is signed goes through the parser that its readers use.
    pub fn sign(&self, key: &MemberKey) -> Result<SignedStatement> {
        check_member(self.member, key.id())?;
        let text = self.text();
        let signature = key.sign(text.as_bytes());
        let line = format!("{DASH}{} {}\n", key.id(), text::to_base64(&signature));
        SignedStatement::parse((text + &line).as_bytes())
    }
}

/// A statement as it travels: its text, then `— <member id> <base64 of the signature>`.
///
/// It means nothing until [`SignedStatement::verify`] has accepted it under the member's key of the current keyring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedStatement {
    bytes: Vec<u8>,
    text_bytes: usize,
    statement: Statement,
    signature: [u8; 64],
}

impl SignedStatement {
    /// A signed statement from its bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`] over [`MAX_STATEMENT_BYTES`] or over the bound of a field; [`Error::Malformed`] for whatever
    /// isn't the one spelling of a statement.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_STATEMENT_BYTES {
            return Err(too_large(MAX_STATEMENT_BYTES));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))?;
        let mut lines = Lines::new(Format::Statement, text);
        let statement = parse_statement(&mut lines)?;
        let text_bytes = text.len() - lines.rest().len();
        let signature = parse_signature(&mut lines, statement.member)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            text_bytes,
            statement,
            signature,
        })
    }

    /// What is stated.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The bytes as they came, which are also the only ones that parse to this.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the bytes, by which an acknowledgement names the statement.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.bytes)
    }

    /// Checks that the member's key signed this.
    ///
    /// # Errors
    /// [`Error::WrongMember`] if the key isn't the one that the statement names; [`Error::BadSignature`].
    pub fn verify(&self, key: &VerifyingKey) -> Result<()> {
        let member = self.statement.member;
        check_member(member, MemberId::of(key))?;
        if key.verifies(&self.bytes[..self.text_bytes], &self.signature) {
            Ok(())
        } else {
            Err(Error::BadSignature { member })
        }
    }

    /// Checks that an envelope is the one that was signed for.
    ///
    /// # Errors
    /// [`Error::WrongEnvelope`].
    pub fn check_envelope(&self, envelope: &[u8]) -> Result<()> {
        if EnvelopeDigest::of(envelope) == self.statement.envelope {
            Ok(())
        } else {
            Err(Error::WrongEnvelope)
        }
    }
}

fn parse_statement(lines: &mut Lines<'_>) -> Result<Statement> {
    lines.exactly(STATEMENT_HEADER, "the first line is not amana.sealed/v1")?;
    let ledger = lines.field("ledger", "no ledger line")?;
    if !text::is_word(ledger, MAX_ORIGIN_BYTES) {
        return Err(malformed("the ledger is not an origin"));
    }
    let statement = Statement {
        ledger: ledger.to_owned(),
        member: lines.field("member", "no member line")?.parse()?,
        keyring: decimal(lines.field("keyring", "no keyring line")?)
            .filter(|number| *number > 0)
            .ok_or(malformed("the keyring's number is not a number from 1"))?,
        epoch: decimal(lines.field("epoch", "no epoch line")?)
            .and_then(|number| u32::try_from(number).ok())
            .ok_or(malformed("the epoch is not a 32-bit number"))?,
        act: hex_bytes(lines.field("act", "no act line")?)
            .ok_or(malformed("the act is not 16 hex digits"))?,
        verb: lines.field("verb", "no verb line")?.parse()?,
        bucket: parse_bucket(lines.field("bucket", "no bucket line")?)?,
        touches: parse_touches(lines, "touch")?,
        retires: parse_touches(lines, "retire")?,
        piece: lines.field_if("piece").map(parse_piece).transpose()?,
        releases: lines
            .fields("release", MAX_RELEASES)?
            .into_iter()
            .map(str::parse)
            .collect::<Result<_>>()?,
        envelope: parse_envelope(lines.field("envelope", "no envelope line where it belongs")?)?,
    };
    lines.exactly("", "no empty line after the envelope")?;
    check_named_once(&statement)?;
    Ok(statement)
}

fn parse_signature(lines: &mut Lines<'_>, member: MemberId) -> Result<[u8; 64]> {
    let why = "the signature line is not a dash, the member's id and 64 bytes in base64";
    let (id, base64) = lines
        .line(why)?
        .strip_prefix(DASH)
        .and_then(|line| line.split_once(' '))
        .ok_or(malformed(why))?;
    if id.parse::<MemberId>()? != member {
        return Err(malformed(
            "the signature is of another member than the text",
        ));
    }
    if !lines.rest().is_empty() {
        return Err(malformed("something follows the signature"));
    }
    base64_bytes(base64).ok_or(malformed(why))
}

fn parse_bucket(line: &str) -> Result<BucketAt> {
    let [name, created, settings] =
        split(line).ok_or(malformed("a bucket line is not a name and two entries"))?;
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
    if !(3..=63).contains(&name.len()) || !name.bytes().all(letters) {
        return Err(malformed("the bucket's name is not 3 to 63 of a-z0-9.-"));
    }
    let (created, settings) = (parse_index(created)?, parse_index(settings)?);
    match (created, settings) {
        (None, Some(_)) | (Some(_), None) => {
            return Err(malformed("a bucket has both its entries or neither"));
        }
        (Some(created), Some(settings)) if settings < created => {
            return Err(malformed("a bucket's settings are older than the bucket"));
        }
        _ => {}
    }
    Ok(BucketAt {
        name: name.to_owned(),
        created,
        settings,
    })
}

fn parse_touches(lines: &mut Lines<'_>, label: &str) -> Result<Vec<Touch>> {
    let parse = |line| {
        let [slot, last] = split(line).ok_or(malformed("a slot line is not an id and an entry"))?;
        Ok(Touch {
            slot: hex_bytes(slot).ok_or(malformed("a slot's id is not 64 hex digits"))?,
            last: parse_index(last)?,
        })
    };
    lines
        .fields(label, MAX_SLOTS)?
        .into_iter()
        .map(parse)
        .collect()
}

fn parse_piece(line: &str) -> Result<Piece> {
    let [id, size, digest] =
        split(line).ok_or(malformed("a piece line is not id, size, digest"))?;
    Ok(Piece {
        id: id.parse()?,
        size_bytes: decimal(size).ok_or(malformed("a piece's size is not a number"))?,
        sha256: hex_bytes(digest).ok_or(malformed("a piece's digest is not 64 hex digits"))?,
    })
}

fn parse_envelope(line: &str) -> Result<EnvelopeDigest> {
    let [size, digest] = split(line).ok_or(malformed("an envelope line is not size and digest"))?;
    Ok(EnvelopeDigest {
        size_bytes: decimal(size)
            .filter(|size| *size <= MAX_ENVELOPE_BYTES)
            .ok_or(malformed("the envelope's size is not a number up to 8 MiB"))?,
        sha256: hex_bytes(digest).ok_or(malformed("an envelope's digest is not 64 hex digits"))?,
    })
}

/// A slot or a piece stands in one line: two of them could ask for two things at once.
fn check_named_once(statement: &Statement) -> Result<()> {
    let mut slots = HashSet::new();
    let mut touches = statement.touches.iter().chain(&statement.retires);
    if !touches.all(|touch| slots.insert(touch.slot)) {
        return Err(malformed("a slot is named twice"));
    }
    let mut pieces: HashSet<_> = statement.piece.iter().map(|piece| piece.id).collect();
    if !statement.releases.iter().all(|piece| pieces.insert(*piece)) {
        return Err(malformed("a piece is named twice"));
    }
    Ok(())
}

fn check_member(named: MemberId, key: MemberId) -> Result<()> {
    if named == key {
        Ok(())
    } else {
        Err(Error::WrongMember { named, key })
    }
}

fn parse_index(text: &str) -> Result<Option<u64>> {
    if text == "-" {
        return Ok(None);
    }
    let index = decimal(text).ok_or(malformed("an entry is neither a number nor a hyphen"))?;
    Ok(Some(index))
}

fn index_text(index: Option<u64>) -> String {
    index.map_or_else(|| "-".to_owned(), |index| index.to_string())
}

const fn malformed(why: &'static str) -> Error {
    Format::Statement.malformed(why)
}

const fn too_large(max: usize) -> Error {
    Error::TooLarge {
        format: Format::Statement,
        max,
    }
}
