//! The stylesheet, the mark and the scripts: compiled in, each at a path that names its content, so that browsers keep it
//! for good and never show an old one.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};

use crate::dress::accepts_gzip;
use crate::error::Error;

/// A file that pages name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asset {
    /// The stylesheet.
    Style,
    /// The mark, in pages and in tabs.
    Mark,
    /// Verifies receipts: `docs/formats/receipt.md`, whole.
    Receipt,
    /// The page around it.
    Verify,
    /// Asks browsers for passkeys.
    Passkey,
    /// Deposits files in parts.
    Upload,
    /// Sends files, and says how far they are.
    Files,
    /// Signs changes of sites with a publisher's key.
    Sign,
    /// Buttons that copy.
    Copy,
}

impl Asset {
    /// Every asset.
    pub const ALL: [Self; 9] = [
        Self::Style,
        Self::Mark,
        Self::Receipt,
        Self::Verify,
        Self::Passkey,
        Self::Upload,
        Self::Files,
        Self::Sign,
        Self::Copy,
    ];

    /// Where it is served.
    #[must_use]
    pub fn path(self) -> &'static str {
        &self.served().path
    }

    /// Its content.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Style => include_str!("../assets/style.css"),
            Self::Mark => include_str!("../assets/mark.svg"),
            Self::Receipt => include_str!("../assets/receipt.js"),
            Self::Verify => include_str!("../assets/verify.js"),
            Self::Passkey => include_str!("../assets/passkey.js"),
            Self::Upload => include_str!("../assets/upload.js"),
            Self::Files => include_str!("../assets/files.js"),
            Self::Sign => include_str!("../assets/sign.js"),
            Self::Copy => include_str!("../assets/copy.js"),
        }
    }

    /// What is served: of a script that pages work without, only what browsers run, since it comes over thin lines. What verifies
    /// receipts stays as it was written, to be read by whoever doesn't take its word.
    #[must_use]
    pub fn served_text(self) -> Cow<'static, str> {
        let is_read = matches!(
            self,
            Self::Style | Self::Mark | Self::Receipt | Self::Verify
        );
        if is_read {
            return self.text().into();
        }
        let lines = self.text().lines().map(str::trim_start);
        let run = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
        run.collect::<Vec<_>>().join("\n").into()
    }

    /// How many bytes of it travel to a browser that takes gzip.
    #[must_use]
    pub fn packed_bytes(self) -> usize {
        self.served().gzip.len()
    }

    const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Style => ("style", "css"),
            Self::Mark => ("mark", "svg"),
            Self::Receipt => ("receipt", "js"),
            Self::Verify => ("verify", "js"),
            Self::Passkey => ("passkey", "js"),
            Self::Upload => ("upload", "js"),
            Self::Files => ("files", "js"),
            Self::Sign => ("sign", "js"),
            Self::Copy => ("copy", "js"),
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Style => "text/css; charset=utf-8",
            Self::Mark => "image/svg+xml",
            Self::Receipt
            | Self::Verify
            | Self::Passkey
            | Self::Upload
            | Self::Files
            | Self::Sign
            | Self::Copy => "text/javascript; charset=utf-8",
        }
    }

    fn served(self) -> &'static Served {
        // `ALL` is in the order of the variants.
        &SERVED[self as usize]
    }
}

struct Served {
    path: String,
    text: Cow<'static, str>,
    gzip: Vec<u8>,
}

static SERVED: LazyLock<[Served; Asset::ALL.len()]> = LazyLock::new(|| {
    Asset::ALL.map(|asset| {
        let (stem, end) = asset.name();
        let text = asset.served_text();
        let digest = hex::encode(Sha256::digest(text.as_bytes()));
        Served {
            path: format!("/assets/{stem}.{}.{end}", &digest[..16]),
            gzip: gzip(text.as_bytes()),
            text,
        }
    })
});

/// RFC 1952.
pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(plain).and_then(|()| encoder.finish());
    written.expect("a vector takes every byte")
}

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(serve))
}

/// `GET /assets/<name>.<digest>.<end>`.
async fn serve(Path(name): Path<String>, asker: HeaderMap) -> Response {
    let wanted = |asset: &Asset| asset.path().strip_prefix("/assets/") == Some(&*name);
    let Some(asset) = Asset::ALL.into_iter().find(wanted) else {
        return Error::NotFound.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
    ];
    if accepts_gzip(&asker) {
        let coding = [(header::CONTENT_ENCODING, "gzip")];
        return (headers, coding, asset.served().gzip.as_slice()).into_response();
    }
    (headers, &*asset.served().text).into_response()
}
