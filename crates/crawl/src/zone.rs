//! What else lives under a site's name: the inventory of its zone, as far as asking for common names tells, and what to do when
//! the site moves. Name servers and mail servers are not this program's: people move names, with this list in hand.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use crate::dns::{Kind, Record, ask};
use crate::{Error, Result};

/// Names that zones commonly have. Nobody tells all names of a zone to strangers.
const COMMON: [&str; 26] = [
    "www",
    "mail",
    "smtp",
    "imap",
    "pop",
    "webmail",
    "mx",
    "mx1",
    "mx2",
    "ftp",
    "cpanel",
    "autodiscover",
    "autoconfig",
    "ns1",
    "ns2",
    "intranet",
    "portail",
    "vpn",
    "_dmarc",
    "_mta-sts",
    "mta-sts",
    "default._domainkey",
    "google._domainkey",
    "selector1._domainkey",
    "selector2._domainkey",
    "mail._domainkey",
];
const EACH: [Kind; 5] = [Kind::A, Kind::Aaaa, Kind::Cname, Kind::Mx, Kind::Txt];
const OF_ZONE: [Kind; 3] = [Kind::Soa, Kind::Ns, Kind::Caa];

/// A zone, as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Its records, in order.
    pub records: BTreeSet<Record>,
}

/// Asks a name server for the zone of a host; nothing where nobody tells of one. `ids` gives each question its number, which
/// nobody should guess.
pub async fn inventory(
    server: SocketAddr,
    host: &str,
    ids: &mut dyn FnMut() -> u16,
) -> Option<Zone> {
    let labels: Vec<&str> = host.split('.').collect();
    for first in 0..labels.len() {
        let name = labels[first..].join(".");
        let said = ask(server, ids(), &name, Kind::Soa).await?;
        if said
            .iter()
            .any(|record| record.kind == Kind::Soa && record.name == name)
        {
            return Some(of(server, name, host, ids).await);
        }
    }
    None
}

async fn of(server: SocketAddr, zone: String, host: &str, ids: &mut dyn FnMut() -> u16) -> Zone {
    let mut names = BTreeSet::from([host.to_owned(), zone.clone()]);
    names.extend(COMMON.iter().map(|name| format!("{name}.{zone}")));
    let mut records = BTreeSet::new();
    let end = format!(".{zone}");
    for name in names {
        let more: &[Kind] = if name == zone { &OF_ZONE } else { &[] };
        for kind in EACH.iter().chain(more) {
            let said = ask(server, ids(), &name, *kind).await.unwrap_or_default();
            // What a name in another zone leads to isn't this zone's.
            let own = |record: &Record| record.name == zone || record.name.ends_with(&end);
            records.extend(said.into_iter().filter(own));
        }
    }
    Zone {
        name: zone,
        records,
    }
}

impl Zone {
    /// As a zone file (RFC 1035 §5).
    #[must_use]
    pub fn file(&self) -> String {
        let mut text = format!(
            "; As far as asking for common names tells: compare it with what your name servers' operator has.\n$ORIGIN {}.\n",
            self.name
        );
        let mut records: Vec<&Record> = self.records.iter().collect();
        records.sort_by_key(|record| (record.name != self.name, &record.name, record.kind));
        for record in records {
            let short = match record.name.strip_suffix(&self.name) {
                Some("") => "@",
                Some(short) => short.trim_end_matches('.'),
                None => &record.name,
            };
            text.push_str(&format!(
                "{short}\t{}\tIN\t{}\t{}\n",
                record.ttl_s,
                record.kind.name(),
                record.data
            ));
        }
        text
    }

    /// What to do when the site of that host moves: in English, and in French.
    #[must_use]
    pub fn checklists(&self, host: &str) -> (String, String) {
        let of = |kinds: &[Kind], name: &str| -> String {
            let found = self
                .records
                .iter()
                .filter(|record| record.name == name && kinds.contains(&record.kind));
            let lines: Vec<String> = found
                .map(|record| format!("    {} {} {}", record.name, record.kind.name(), record.data))
                .collect();
            if lines.is_empty() {
                "    –".to_owned()
            } else {
                lines.join("\n")
            }
        };
        let site = of(&[Kind::A, Kind::Aaaa, Kind::Cname], host);
        let mail = of(&[Kind::Mx, Kind::Txt], &self.name);
        let ttl_s = self
            .records
            .iter()
            .filter(|record| record.name == host)
            .map(|record| record.ttl_s)
            .max()
            .unwrap_or(3600);
        let fill = |text: &str| {
            text.replace("{host}", host)
                .replace("{zone}", &self.name)
                .replace("{site}", &site)
                .replace("{mail}", &mail)
                .replace("{ttl}", &ttl_s.to_string())
        };
        (
            fill(include_str!("../assets/move.md")),
            fill(include_str!("../assets/demenagement.md")),
        )
    }

    /// Writes the zone file and the checklists into a folder.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn write(&self, folder: &Path, host: &str) -> Result<()> {
        let (english, french) = self.checklists(host);
        for (name, text) in [
            ("zone.db", self.file()),
            ("move.md", english),
            ("demenagement.md", french),
        ] {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Error::file(&path))?;
        }
        Ok(())
    }
}
