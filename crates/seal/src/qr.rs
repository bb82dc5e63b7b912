//! A text as a QR code, drawn as one SVG path: a share's words on paper, the seed of a telephone's codes on a page.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};
use zeroize::Zeroizing;

/// Light modules around the code (ISO/IEC 18004 §6.3.8).
const QUIET_ZONE: i32 = 4;

/// A code to be drawn in a square of `side` by `side` modules, light where nothing is drawn.
pub struct Qr {
    /// Modules a side, with the light ones around.
    pub side: i32,
    /// The dark modules, as the `d` of an SVG `path`. It says what the text says, so it is erased when dropped.
    pub path: Zeroizing<String>,
}

impl Qr {
    /// Of a text; nothing for one that is longer than a code holds, 2331 bytes.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        // Medium: 15 % of the code may be stained or torn.
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = Zeroizing::new(String::with_capacity(64 * 1024));
        for y in 0..code.size() {
            let mut x = 0;
            while x < code.size() {
                let run = (x..code.size())
                    .take_while(|x| code.get_module(*x, y))
                    .count();
                let run = i32::try_from(run).ok()?;
                if run > 0 {
                    let (left, top) = (x + QUIET_ZONE, y + QUIET_ZONE);
                    // Writing to a string doesn't fail.
                    let _ = write!(path, "M{left} {top}h{run}v1h-{run}z");
                }
                x += run + 1;
            }
        }
        Some(Self {
            side: code.size() + 2 * QUIET_ZONE,
            path,
        })
    }
}
