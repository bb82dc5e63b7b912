//! The charts of `docs/scale.md`, from the figures beside them.

use std::fs;
use std::path::Path;

use crate::chart::{Chart, Series};
use crate::country::{Busy, Country};
use crate::gauge::{Spread, count};
use crate::ground::Outcome;
use crate::objects::Decade;

/// Draws every chart of a folder.
pub(crate) fn draw(folder: &Path) -> Outcome<()> {
    let decades: Vec<Decade> = read(folder, "objects.json")?;
    fs::write(folder.join("objects.svg"), warm(&decades).svg())?;
    fs::write(folder.join("objects-cold.svg"), cold(&decades).svg())?;
    let after: Vec<Country> = read(folder, "country.json")?;
    let before: Vec<Country> = read(folder, "country-before.json")?;
    fs::write(folder.join("epochs.svg"), epochs(&before, &after).svg())?;
    fs::write(
        folder.join("witnesses.svg"),
        witnesses(&before, &after).svg(),
    )?;
    Ok(())
}

fn read<T: serde::de::DeserializeOwned>(folder: &Path, name: &str) -> Outcome<Vec<T>> {
    Ok(serde_json::from_str(&fs::read_to_string(
        folder.join(name),
    )?)?)
}

/// The shape of the lines when everything comes from the disk.
const COLD: &str = "Lines rise until each answer has pages of its own to read, at a million objects, and slowly \
                    from there.";

/// Some figure of a decade.
type Figure = fn(&Decade) -> f64;

fn by_objects(decades: &[Decade], name: &str, figure: Figure) -> Series {
    let points = decades
        .iter()
        .map(|decade| (count(decade.objects), figure(decade)));
    Series {
        name: name.to_owned(),
        points: points.collect(),
        dashed: false,
    }
}

fn warm(decades: &[Decade]) -> Chart {
    let line = |name, figure| by_objects(decades, name, figure);
    Chart {
        title: "What a verb costs in a bucket that grows".into(),
        says: says(
            "CPU time of each verb in microseconds",
            "Every line is flat or grows slowly.",
            decades,
            |decade| decade.get,
        ),
        across: "objects in the bucket".into(),
        up: "microseconds of CPU, pages in memory, median".into(),
        lines: vec![
            line("1,000 common prefixes", |decade| {
                decade.list_prefixes.cpu_us
            }),
            line("a page of 1,000 keys", |decade| decade.list_keys.cpu_us),
            line("receipt, recorded", |decade| decade.receipt.cpu_us),
            line("inclusion proof", |decade| decade.proof.cpu_us),
            line("put, 64 a group", |decade| decade.put_of_64.cpu_us),
            line("get", |decade| decade.get.cpu_us),
        ],
    }
}

fn cold(decades: &[Decade]) -> Chart {
    let line = |name, figure| by_objects(decades, name, figure);
    Chart {
        title: "The same with nothing in memory, and durable puts".into(),
        says: says(
            "Time of each verb in microseconds",
            COLD,
            decades,
            |decade| decade.get_cold,
        ),
        across: "objects in the bucket".into(),
        up: "microseconds until the answer, the disk's time included, median".into(),
        lines: vec![
            line("1,000 prefixes, cold", |decade| {
                decade.list_prefixes_cold.p50_us
            }),
            line("1,000 keys, cold", |decade| decade.list_keys_cold.p50_us),
            line("put, alone, synced", |decade| decade.put_one.p50_us),
            line("proof, cold", |decade| decade.proof_cold.p50_us),
            line("get, cold", |decade| decade.get_cold.p50_us),
            line("the disk's own sync", |decade| decade.disk_sync.p50_us),
        ],
    }
}

fn says(what: &str, shape: &str, decades: &[Decade], get: fn(&Decade) -> Spread) -> String {
    let ends = (decades.first(), decades.last());
    let (Some(first), Some(last)) = ends else {
        return what.to_owned();
    };
    format!(
        "{what}, by the number of objects, on logarithmic axes. {shape} A get takes {:.0} \
         microseconds of time among {} objects and {:.0} among {}.",
        get(first).p50_us,
        first.objects,
        get(last).p50_us,
        last.objects
    )
}

fn by_institutions(
    countries: &[Country],
    name: &str,
    dashed: bool,
    figure: impl Fn(&Country) -> f64,
) -> Series {
    let points = countries
        .iter()
        .map(|country| (count(country.institutions), figure(country)))
        .filter(|(_, figure)| *figure > 0.0);
    Series {
        name: name.to_owned(),
        points: points.collect(),
        dashed,
    }
}

fn busy_all(country: &Country) -> &Busy {
    let all = country.busy.iter().find(|busy| busy.share_percent == 100);
    all.unwrap_or(&country.busy[0])
}

fn epochs(before: &[Country], after: &[Country]) -> Chart {
    let one_percent = |country: &Country| country.busy[0].epoch.cpu_us / 1e3;
    let all = |country: &Country| busy_all(country).epoch.cpu_us / 1e3;
    let quiet = |country: &Country| country.quiet_cpu_us / 1e3;
    Chart {
        title: "Closing an epoch".into(),
        says: "CPU milliseconds of closing one epoch, by the number of institutions, on logarithmic axes. Every line is \
               straight: an epoch costs a few microseconds an institution."
            .into(),
        across: "institutions".into(),
        up: "milliseconds of CPU, median".into(),
        lines: vec![
            by_institutions(after, "every ledger changed", false, all),
            by_institutions(after, "1 % of them", false, one_percent),
            by_institutions(after, "nothing happened", false, quiet),
            by_institutions(before, "every one, before", true, all),
            by_institutions(before, "nothing, before", true, quiet),
        ],
    }
}

fn witnesses(before: &[Country], after: &[Country]) -> Chart {
    let all = |country: &Country| {
        let visit = &busy_all(country).visit;
        (visit.answering_cpu_us + visit.keeping_cpu_us) / 1e3
    };
    let quiet = |country: &Country| country.quiet_visit.answering_cpu_us / 1e3;
    let receipt = |country: &Country| country.receipt.cpu_us / 1e3;
    Chart {
        title: "A witness's visit, and a receipt, at the data centre".into(),
        says: "CPU milliseconds at the data centre, by the number of institutions, on logarithmic axes: a visit grows with \
               the ledgers that changed, and a receipt with all of them, less than before the mends."
            .into(),
        across: "institutions".into(),
        up: "milliseconds of CPU at the data centre".into(),
        lines: vec![
            by_institutions(after, "visit, all changed", false, all),
            by_institutions(after, "visit, nothing new", false, quiet),
            by_institutions(after, "a receipt", false, receipt),
            by_institutions(before, "visit, all, before", true, all),
            by_institutions(before, "visit, quiet, before", true, quiet),
            by_institutions(before, "a receipt, before", true, receipt),
        ],
    }
}
