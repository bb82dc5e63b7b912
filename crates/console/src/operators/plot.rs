//! A line through samples as SVG, drawn here: no script, no style of its own, and a table beside it says the same.

use std::fmt::Write as _;

use super::forecast::{exact, whole};
use crate::machine::Capacity;

/// The drawing's own units: what it is scaled to is the page's matter.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;

/// The points of the line and of the area under it, and where the disk's end lies.
pub(super) struct Plot {
    /// `x,y x,y …`, for `<polyline>`.
    pub(super) line: String,
    /// The same with both lower corners, for `<polygon>`.
    pub(super) area: String,
}

impl Plot {
    /// What was used, from nothing to the whole disk; nothing where there is no line to draw.
    pub(super) fn of(capacity: &Capacity) -> Option<Self> {
        let (first, last) = (capacity.samples.first()?, capacity.samples.last()?);
        let span = last.at_s.saturating_sub(first.at_s);
        if span == 0 || capacity.size_bytes == 0 {
            return None;
        }
        let mut line = String::new();
        for sample in &capacity.samples {
            let along = exact(sample.at_s - first.at_s) / exact(span);
            let up = (exact(sample.used_bytes) / exact(capacity.size_bytes)).min(1.0);
            // Writing to a string can't fail.
            let _ = write!(
                line,
                "{},{} ",
                whole(along * WIDTH),
                whole(HEIGHT - up * HEIGHT)
            );
        }
        let line = line.trim_end().to_owned();
        let (width, height) = (whole(WIDTH), whole(HEIGHT));
        let area = format!("0,{height} {line} {width},{height}");
        Some(Self { line, area })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Sample;

    #[test]
    fn the_line_goes_from_corner_to_corner() {
        let samples =
            [(10, 0), (20, 50), (30, 400)].map(|(at_s, used_bytes)| Sample { at_s, used_bytes });
        let mut disk = Capacity {
            size_bytes: 100,
            free_bytes: 0,
            samples: samples.to_vec(),
        };
        let plot = Plot::of(&disk).unwrap();
        assert_eq!(plot.line, "0,200 320,100 640,0");
        assert_eq!(plot.area, "0,200 0,200 320,100 640,0 640,200");
        disk.samples.truncate(1);
        assert!(Plot::of(&disk).is_none());
    }
}
