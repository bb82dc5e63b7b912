//! A share's words as a QR code, drawn as one SVG path.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};
use zeroize::Zeroizing;

/// Light modules around the code (ISO/IEC 18004 §6.3.8).
const QUIET_ZONE: i32 = 4;

/// An `svg` element of the text, without a size: the style sheet gives it one.
pub(super) fn svg(text: &str, label: &str) -> Zeroizing<String> {
    // Medium: 15 % of the code may be stained or torn.
    let code = QrCode::encode_text(text, QrCodeEcc::Medium)
        .expect("the longest share is shorter than the largest code");
    let side = code.size() + 2 * QUIET_ZONE;
    let mut path = Zeroizing::new(String::with_capacity(64 * 1024));
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size())
                .take_while(|x| code.get_module(*x, y))
                .count();
            let run = i32::try_from(run).expect("a code has at most 177 modules a side");
            if run > 0 {
                let (left, top) = (x + QUIET_ZONE, y + QUIET_ZONE);
                write!(path, "M{left} {top}h{run}v1h-{run}z").expect("a String takes all");
            }
            x += run + 1;
        }
    }
    Zeroizing::new(format!(
        "<svg viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"{label}\" shape-rendering=\"crispEdges\">\
         <path d=\"{}\"/></svg>",
        path.as_str()
    ))
}
