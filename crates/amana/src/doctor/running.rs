//! The same look from inside a running data centre, for its operator's pages: without its mirrors' places, which may be slow
//! and whose state it knows itself.

use std::cmp::Reverse;

use amana_console::machine::{Finding as Told, Level as Weight};

use super::{Findings, Language, Level, copies, disk, machine, secrets, service};
use crate::admin::health;
use crate::centre::Centre;

/// What is found, the worst first; `growth` is what is used more a day, in bytes, where that is known. Blocking.
pub(crate) fn of_running(
    centre: &Centre,
    growth: Option<f64>,
    language: amana_console::Language,
) -> Vec<Told> {
    let data = centre.store.folder();
    let mut found = Findings::default();
    // Rows that can't be read are told by every page; what else there is to find still is.
    let running = health::read(centre).ok();
    service::look(&mut found, data, false, running.as_ref());
    machine::look(&mut found, running.as_ref());
    disk::look(&mut found, data, growth);
    secrets::look(&mut found, data, false);
    copies::seed(&mut found, data);
    found.0.sort_by_key(|finding| Reverse(finding.level));
    let language = match language {
        amana_console::Language::French => Language::Fr,
        amana_console::Language::English => Language::En,
    };
    let told = found.0.iter().map(|finding| {
        let [what, why, advice] = finding.told(language);
        Told {
            level: match finding.level {
                Level::Good => Weight::Good,
                Level::Notice => Weight::Notice,
                Level::Bad => Weight::Bad,
            },
            code: finding.code.as_str().to_owned(),
            what,
            why,
            advice,
        }
    });
    told.collect()
}
