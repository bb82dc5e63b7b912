//! The door of an institution that leaves: one place that every plain act passes on its way into the store.

use amana_access::Access;
use amana_store::{Act, At, Content, Denied, EntryId, Reader, Result, Scope, Target, Writer};
use zeroize::Zeroizing;

use super::Sealable;
use crate::Error;

/// An act of a data centre's own vault, which is refused if it brings something and its institution leaves. It is recorded
/// as the act itself.
pub(crate) struct Admitted<A>(pub(crate) A);

impl<A: Sealable> Act for Admitted<A> {
    const KIND: &'static str = A::KIND;
    type Links = A::Links;
    type Body = A::Body;
    type Output = A::Output;
    type Refusal = Error;

    fn actor(&self) -> &str {
        self.0.actor()
    }

    fn target(&self) -> Target {
        self.0.target()
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Result<(), Denied<Error>> {
        let stays = match (self.0.brings(), self.0.target()) {
            (true, Target::Ledger(ledger)) => Access::takes_in(views, ledger),
            _ => Ok(true),
        };
        // Both ask before either is heeded: where rows are far away, their questions travel together.
        let checked = self.0.check(views, now_ms);
        if !stays? {
            return Err(Error::Leaving.into());
        }
        checked
    }

    fn links(&self) -> &A::Links {
        self.0.links()
    }

    fn body(&self) -> Option<&A::Body> {
        self.0.body()
    }

    fn apply(
        links: &A::Links,
        body: Option<&A::Body>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<A::Output> {
        A::apply(links, body, rows, at)
    }

    fn text(&self) -> Option<&str> {
        self.0.text()
    }

    fn take_content(&mut self) -> Vec<Content> {
        self.0.take_content()
    }

    fn weight_bytes(&self) -> usize {
        self.0.weight_bytes()
    }

    fn secrets(&self) -> Vec<(String, Zeroizing<Vec<u8>>)> {
        self.0.secrets()
    }

    fn erases(&self) -> Option<EntryId> {
        self.0.erases()
    }

    fn looks_beyond(&self) -> bool {
        self.0.looks_beyond()
    }

    fn scope(&self) -> Option<Scope> {
        self.0.scope()
    }

    fn frees(&self) -> bool {
        self.0.frees()
    }
}
