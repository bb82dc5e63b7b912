//! Figures for Prometheus, in its text format: which requests came, how they ended, how long they took.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use amana_store::figures::{BOUNDS_S, Histogram};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};

/// The content type of the format.
pub(crate) const FORMAT: &str = "text/plain; version=0.0.4";

/// Text in the format, family by family.
#[derive(Default)]
pub(crate) struct Text(String);

impl Text {
    /// Begins a family. Writing to a string can't fail, here and below.
    pub(crate) fn family(&mut self, name: &str, kind: &str, what: &str) {
        let _ = writeln!(self.0, "# HELP {name} {what}\n# TYPE {name} {kind}");
    }

    /// One value of the family; `labels` as they stand in braces, or nothing.
    pub(crate) fn value(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }

    /// A family of one value.
    pub(crate) fn alone(&mut self, name: &str, kind: &str, what: &str, value: impl Display) {
        self.family(name, kind, what);
        self.value(name, "", value);
    }

    /// The values of one histogram of the family.
    pub(crate) fn histogram(&mut self, name: &str, labels: &str, histogram: &Histogram) {
        let before = if labels.is_empty() {
            String::new()
        } else {
            format!("{labels},")
        };
        let bucket = format!("{name}_bucket");
        for (bound, count) in BOUNDS_S.iter().zip(histogram.cumulative()) {
            self.value(&bucket, &format!("{before}le=\"{bound}\""), count);
        }
        self.value(&bucket, &format!("{before}le=\"+Inf\""), histogram.count());
        let sum_s = histogram.sum().as_secs_f64();
        self.value(&format!("{name}_sum"), labels, sum_s);
        self.value(&format!("{name}_count"), labels, histogram.count());
    }

    /// Takes lines that are in the format already.
    pub(crate) fn push(&mut self, lines: &str) {
        self.0.push_str(lines);
    }

    /// Room on the disk of a folder.
    pub(crate) fn disk(&mut self, folder: &Path) {
        let Ok(disk) = rustix::fs::statvfs(folder) else {
            return;
        };
        for (name, what, value) in [
            (
                "amana_disk_free_bytes",
                "Bytes free on the disk of the data folder.",
                disk.f_bavail.saturating_mul(disk.f_frsize),
            ),
            (
                "amana_disk_size_bytes",
                "Size of that disk.",
                disk.f_blocks.saturating_mul(disk.f_frsize),
            ),
            (
                "amana_disk_free_inodes",
                "Files that may still be made there.",
                disk.f_favail,
            ),
        ] {
            self.alone(name, "gauge", what, value);
        }
    }

    /// All of it.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Requests since the start.
#[derive(Default)]
pub(crate) struct Requests(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    answered: BTreeMap<(&'static str, &'static str, u16), u64>,
    took: BTreeMap<(&'static str, &'static str), Arc<Histogram>>,
}

impl Requests {
    /// Counts one, by its front, its method, and how it ended.
    pub(crate) fn observe(
        &self,
        front: &'static str,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        let verb = verb(method);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counted
            .answered
            .entry((front, verb, status.as_u16()))
            .or_default() += 1;
        let histogram = counted.took.entry((front, verb)).or_default().clone();
        drop(counted);
        histogram.observe(took);
    }

    /// Writes what was counted.
    pub(crate) fn write(&self, text: &mut Text) {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = "amana_requests_total";
        text.family(name, "counter", "Requests answered.");
        for ((front, verb, status), count) in &counted.answered {
            let labels = format!("front=\"{front}\",verb=\"{verb}\",status=\"{status}\"");
            text.value(name, &labels, count);
        }
        let name = "amana_request_duration_seconds";
        text.family(name, "histogram", "Time until the head of the answer.");
        for ((front, verb), took) in &counted.took {
            text.histogram(name, &format!("front=\"{front}\",verb=\"{verb}\""), took);
        }
    }
}

/// Few words, whatever clients invent.
fn verb(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// Counts what the S3 front answers.
pub(crate) fn observer(requests: Arc<Requests>) -> amana_s3::Observe {
    Arc::new(move |method, status, took| requests.observe("s3", method, status, took))
}

/// Counts what the web listener answers.
pub(crate) async fn observe_web(
    State(requests): State<Arc<Requests>>,
    request: Request,
    next: Next,
) -> Response {
    let (method, began) = (request.method().clone(), Instant::now());
    let answer = next.run(request).await;
    requests.observe("web", &method, answer.status(), Instant::now() - began);
    answer
}
