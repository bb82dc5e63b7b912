//! The status page of a gateway: French first, then English, no script, nothing that isn't on this machine.

use std::fmt::{self, Write as _};

use super::status::Status;
use crate::output;

/// One language of the page.
struct Language {
    code: &'static str,
    title: &'static str,
    connected: &'static str,
    not_connected: &'static str,
    vouches: &'static str,
    cannot_vouch: &'static str,
    line: &'static str,
    ledger: &'static str,
    witnessed: &'static str,
    freshness: &'static str,
    never: &'static str,
    queue: &'static str,
    spool: &'static str,
    keyring: &'static str,
    alone: &'static str,
    pages: &'static str,
    alarms: &'static str,
    no_alarm: &'static str,
    evidence: &'static str,
    keep: &'static str,
    bytes: &'static str,
    number: &'static str,
}

const FRENCH: Language = Language {
    code: "fr",
    title: "Passerelle de",
    connected: "reliée au centre de données",
    not_connected: "le centre de données ne répond pas ; les nouvelles tentatives sont automatiques",
    vouches: "ce qu’elle sert est contresigné par un quorum récent",
    cannot_vouch: "aucun quorum récent : elle ne peut pas garantir que ce qu’elle sert est le plus récent",
    line: "Liaison",
    ledger: "Registre suivi jusqu’à l’inscription",
    witnessed: "Inscriptions contresignées par le quorum",
    freshness: "Fraîcheur",
    never: "aucune encore",
    queue: "Actes en attente de réponse",
    spool: "Dépôts gardés ici en attendant le centre",
    keyring: "Trousseau ; dépositaires et jeu de pages",
    alone: "UNE SEULE PERSONNE détient toutes les clés de l’institution : si sa page est perdue, tout est perdu ; si elle \
            est volée, tout est lisible. Partagez-la : amana keys reshare --custodians 3-of-5",
    pages: "Les pages des dépositaires sont encore sur ce disque. Imprimez-les, remettez-les, puis effacez :",
    alarms: "Alertes",
    no_alarm: "aucune",
    evidence: "preuve",
    keep: "Gardez ces fichiers et montrez-les à un tiers : amana receipt verify les juge.",
    bytes: "octets",
    number: "n°",
};

const ENGLISH: Language = Language {
    code: "en",
    title: "Gateway of",
    connected: "connected to the data centre",
    not_connected: "the data centre doesn't answer; it is tried again by itself",
    vouches: "what it serves is cosigned by a fresh quorum",
    cannot_vouch: "no fresh quorum: it can't vouch that what it serves is the newest",
    line: "Line",
    ledger: "Ledger followed up to entry",
    witnessed: "Entries that the quorum has cosigned",
    freshness: "Freshness",
    never: "none yet",
    queue: "Acts waiting for their answer",
    spool: "Deposits kept here until the data centre has them",
    keyring: "Keyring; custodians and set of pages",
    alone: "ONE PERSON ALONE holds all keys of the institution: if that page is lost, all is lost; if it is stolen, all can \
            be read. Share it: amana keys reshare --custodians 3-of-5",
    pages: "The custodians' pages are still on this disk. Print them, hand them over, then erase:",
    alarms: "Alarms",
    no_alarm: "none",
    evidence: "evidence",
    keep: "Keep these files and show them to somebody else: amana receipt verify judges them.",
    bytes: "bytes",
    number: "number",
};

/// The page.
pub(crate) fn html(status: &Status) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"fr\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"refresh\" content=\"10\">\n\
         <link rel=\"stylesheet\" href=\"/pages.css\">\n<title>Amana – {}</title>\n<h1>Amana</h1>\n",
        Escaped(&status.gateway.institution)
    );
    for language in [&FRENCH, &ENGLISH] {
        section(&mut page, language, status);
    }
    page.push_str(
        "<p><a href=\"/healthz\">healthz</a> <a href=\"/readyz\">readyz</a> <a href=\"/metrics\">metrics</a></p>\n</html>\n",
    );
    page
}

/// One language of the page. Writing to a string can't fail, so what `write!` gives is let go.
fn section(page: &mut String, words: &Language, status: &Status) {
    let _ = writeln!(
        page,
        "<section lang=\"{}\">\n<h2>{} {}</h2>",
        words.code,
        words.title,
        Escaped(&status.gateway.institution)
    );
    if status.root_alone {
        let _ = writeln!(
            page,
            "<p class=\"warning\"><strong>{}</strong></p>",
            Escaped(words.alone)
        );
    }
    if let Some(pages) = &status.pages {
        let pages = pages.display().to_string();
        let _ = writeln!(
            page,
            "<p class=\"warning\"><strong>{} <code>{}</code></strong></p>",
            Escaped(words.pages),
            Escaped(&pages)
        );
    }
    let _ = write!(page, "<table>");
    for (name, mark, value) in rows(words, status) {
        let (name, value) = (Escaped(name), Escaped(&value));
        let _ = writeln!(page, "<tr><th>{name}</th><td{mark}>{value}</td></tr>");
    }
    let _ = writeln!(page, "</table>\n<h3>{}</h3>", words.alarms);
    let alarms = status.alarms();
    if alarms.is_empty() {
        let _ = writeln!(page, "<p>{}</p>\n</section>", words.no_alarm);
        return;
    }
    let _ = writeln!(page, "<ul class=\"bad\">");
    for (what, file) in &alarms {
        let _ = write!(page, "<li>{}", Escaped(what));
        if let Some(file) = file {
            let _ = write!(
                page,
                " – {}: <code>{}</code>",
                words.evidence,
                Escaped(file)
            );
        }
        let _ = writeln!(page, "</li>");
    }
    let _ = writeln!(page, "</ul>\n<p>{}</p>\n</section>", Escaped(words.keep));
}

const PLAIN: &str = "";
const GOOD: &str = " class=\"good\"";
const BAD: &str = " class=\"bad\"";

/// The table, row by row: what, how it is marked, and its value.
fn rows<'w>(words: &'w Language, status: &Status) -> [(&'w str, &'static str, String); 7] {
    let gateway = &status.gateway;
    let mark = |good: bool| if good { GOOD } else { BAD };
    let mut line = if gateway.connected {
        words.connected.to_owned()
    } else {
        words.not_connected.to_owned()
    };
    if let Some(trouble) = &gateway.trouble {
        // The fault itself, in the words of the log: that is what is searched for, and told to the operator.
        line = format!("{line} – {trouble}");
    }
    let vouches = match gateway.vouched_age_s {
        Some(age_s) => format!("{} ({age_s} s)", words.vouches),
        None => words.cannot_vouch.to_owned(),
    };
    let last = gateway
        .last_vouched_s
        .and_then(|time_s| u64::try_from(time_s).ok());
    let last = last.map_or_else(String::new, |time_s| {
        format!(" ({})", output::time_s(time_s))
    });
    let witnessed = match gateway.witnessed {
        Some(entries) => format!("{entries}{last}"),
        None => words.never.to_owned(),
    };
    let keyring = gateway
        .keyring
        .map_or_else(|| "–".to_owned(), |number| number.to_string());
    [
        (
            words.line,
            mark(gateway.connected),
            format!("{} – {line}", gateway.centre),
        ),
        (
            words.freshness,
            mark(gateway.vouched_age_s.is_some()),
            vouches,
        ),
        (
            words.ledger,
            PLAIN,
            format!(
                "{} / {} ({})",
                gateway.followed, gateway.known, gateway.ledger
            ),
        ),
        (words.witnessed, PLAIN, witnessed),
        (words.queue, PLAIN, gateway.queued.to_string()),
        (
            words.spool,
            PLAIN,
            format!(
                "{} ({} {})",
                gateway.spooled, gateway.spooled_bytes, words.bytes
            ),
        ),
        (
            words.keyring,
            PLAIN,
            format!("{} {keyring} ; {}", words.number, status.custodians()),
        ),
    ]
}

/// A text as HTML shows it: what the data centre said must not become markup.
struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}
