//! `/operator/capacity`: room on the disk, how it went, and when it will be full.

use std::sync::Arc;

use amana_access::Session;
use askama::Template;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::forecast::{Forecast, Trust, forecast};
use super::plot::Plot;
use crate::account::guard::Signed;
use crate::frame::Frame;
use crate::machine::{Capacity, Level};
use crate::{Console, Language, Page, Result, blocking, menu};

/// Below these parts of the disk it is time to act, and too late, as the doctor says.
const LOW: u64 = 15;
const GONE: u64 = 3;

/// The disk, and what is foretold of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Disk {
    /// Room now and before.
    #[serde(flatten)]
    pub capacity: Capacity,
    /// Nothing while there are too few samples.
    pub forecast: Option<Forecast>,
    /// How much it matters.
    pub level: Level,
}

impl Disk {
    pub(crate) async fn read(console: &Arc<Console>) -> Self {
        let machine = console.machine.clone();
        let capacity = blocking(move || machine.capacity()).await;
        let percent = capacity.free_bytes.saturating_mul(100) / capacity.size_bytes.max(1);
        Self {
            forecast: forecast(&capacity),
            level: match percent {
                _ if capacity.size_bytes == 0 => Level::Notice,
                0..GONE => Level::Bad,
                GONE..LOW => Level::Notice,
                _ => Level::Good,
            },
            capacity,
        }
    }
}

#[derive(Template)]
#[template(path = "operators/capacity.html")]
struct CapacityPage {
    frame: Frame,
    disk: Disk,
    plot: Option<Plot>,
}

impl CapacityPage {
    fn share(&self) -> String {
        let (texts, capacity) = (self.frame.texts, &self.disk.capacity);
        let percent = capacity.free_bytes.saturating_mul(100) / capacity.size_bytes.max(1);
        let (free, size) = (
            texts.size(&capacity.free_bytes),
            texts.size(&capacity.size_bytes),
        );
        (texts.capacity.free_of)(&free, &size, percent)
    }

    fn growth(&self, forecast: &Forecast) -> String {
        let texts = self.frame.texts;
        let told = |bytes: i64| match bytes {
            ..0 => format!("−{}", texts.size(&bytes.unsigned_abs())),
            bytes => texts.size(&bytes.unsigned_abs()),
        };
        (texts.capacity.growth_told)(
            &told(forecast.bytes_a_day),
            &told(forecast.least_bytes_a_day),
            &told(forecast.most_bytes_a_day),
        )
    }

    fn full(&self, forecast: &Forecast) -> String {
        let (texts, words) = (self.frame.texts, &self.frame.texts.capacity);
        let day = |time_s: u64| texts.day(&time_s);
        match (forecast.full_s, forecast.earliest_s, forecast.latest_s) {
            (_, None, _) => words.never.to_owned(),
            (full, Some(earliest), latest) => {
                let full = full.map_or_else(|| words.beyond.to_owned(), day);
                let latest = latest.map_or_else(|| words.beyond.to_owned(), day);
                (words.full_told)(&full, &day(earliest), &latest)
            }
        }
    }

    fn trust(&self, forecast: &Forecast) -> String {
        let words = &self.frame.texts.capacity;
        let told = match forecast.trust {
            Trust::Good => words.trust_good,
            Trust::Rough => words.trust_rough,
            Trust::None => words.trust_none,
        };
        (words.made_of)(told, forecast.samples, forecast.days)
    }

    /// The newest first, as people look for them.
    fn rows(&self) -> Vec<(String, String)> {
        let texts = self.frame.texts;
        let samples = self.disk.capacity.samples.iter().rev();
        samples
            .map(|sample| (texts.day(&sample.at_s), texts.size(&sample.used_bytes)))
            .collect()
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let disk = Disk::read(&console).await;
    Page::of(&CapacityPage {
        frame: frame(language, &session),
        plot: Plot::of(&disk.capacity),
        disk,
    })
}

fn frame(language: Language, session: &Session) -> Frame {
    let texts = language.texts();
    menu::frame(texts, session, "/operator/capacity", texts.capacity.title)
}

/// The same for programs.
pub(super) async fn api(State(console): State<Arc<Console>>) -> Json<Disk> {
    Json(Disk::read(&console).await)
}
