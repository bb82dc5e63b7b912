//! The faulty twin: each write, of files and of rows alike, passes here, where a test makes it fail in one of two ways.

use std::sync::Arc;

use crate::{Error, Result};

/// How a write fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It didn't happen, and says so.
    Lost,
    /// It happened, and says that it failed.
    Kept,
}

type Plan = Arc<dyn Fn(&'static str) -> Option<Fault> + Send + Sync>;

/// Decides which writes fail; by default none does.
#[derive(Clone, Default)]
pub struct Faults(Option<Plan>);

impl Faults {
    /// Every write that happens passes its name (`file.sync`, `rows.commit`…) to `plan`.
    #[must_use]
    pub fn planned(plan: impl Fn(&'static str) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(plan)))
    }

    pub(crate) fn write<T>(&self, op: &'static str, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let Some(plan) = &self.0 else { return run() };
        let failed = || Error::File {
            op,
            path: "(a fault that a test asked for)".into(),
            source: std::io::Error::other("injected"),
        };
        match plan(op) {
            None => run(),
            Some(Fault::Lost) => Err(failed()),
            Some(Fault::Kept) => run().and_then(|_| Err(failed())),
        }
    }
}
