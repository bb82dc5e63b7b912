//! What somebody has to decide of a folder that was made, or to look at.

use std::collections::BTreeMap;

use super::Writing;
use crate::crawl::{Outcome, Seen, Why};
use crate::policy::{self, LeftOut};
use crate::report::{Became, Decision};
use crate::site::Target;

impl Writing<'_> {
    /// Addresses that weren't asked for and that a visitor may ask for, by what they have in common.
    fn left_out(&self, why: LeftOut) -> BTreeMap<String, Vec<String>> {
        let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let named = |seen: &&Seen| seen.why < Why::Guess && seen.outcome == Outcome::LeftOut(why);
        for seen in self.crawled.seen.iter().filter(named) {
            let address = self.crawled.site.address(&seen.target);
            by_reason
                .entry(reason(why, &seen.target))
                .or_default()
                .push(address);
        }
        by_reason
    }

    /// What wasn't asked for: either where the import was cut short, or where it passed something over.
    pub(super) fn decide_left_out(&self, is_cut: bool, decisions: &mut Vec<Decision>) {
        for why in LeftOut::ALL
            .into_iter()
            .filter(|why| why.is_cut() == is_cut)
        {
            let code = if is_cut { why.code() } else { "left-out" };
            for (what, at) in self.left_out(why) {
                decisions.push(Decision::of(code, &what, &at));
            }
        }
    }

    pub(super) fn decide(&self, decisions: &mut Vec<Decision>) {
        for (found, pages) in &self.found {
            decisions.push(Decision::of(found.suspicion.code(), &found.what, pages));
        }
        for (form, pages) in &self.forms {
            let code = format!("form-{}", form.purpose.code());
            let what = format!("{} ({})", form.action, form.fields.join(", "));
            decisions.push(Decision::of(&code, &what, pages));
        }
        for host in self.scripts.hosts() {
            decisions.push(Decision::of("script-host", host, &[]));
        }
        if self.scripts.are_too_many() {
            decisions.push(Decision::of("many-inline-scripts", "_headers", &[]));
        }
        if !self.naming_old_host.is_empty() {
            let pages = &self.naming_old_host;
            decisions.push(Decision::of(
                "names-old-host",
                &self.crawled.site.home.authority,
                pages,
            ));
        }
        self.decide_left_out(false, decisions);
        for (became, code) in [
            (Became::Failed, "failed"),
            (Became::Refused, "refused"),
            (Became::Missing, "broken-link"),
        ] {
            for row in self.rows.iter().filter(|row| row.became == became) {
                let named_at: Vec<String> = row.named_at.iter().cloned().collect();
                decisions.push(Decision::of(code, &row.address, &named_at));
            }
        }
    }
}

/// What addresses that were left out have in common.
fn reason(why: LeftOut, target: &Target) -> String {
    match why {
        LeftOut::Bound => "--max-addresses, --max-gib".to_owned(),
        LeftOut::Robots => "robots.txt".to_owned(),
        LeftOut::Trap => policy::pattern(target),
        LeftOut::Noise => format!("?{}=", policy::noise(target).unwrap_or_default()),
        LeftOut::Shape => "…".to_owned(),
        LeftOut::ForEditors => target.bare().to_owned(),
    }
}
