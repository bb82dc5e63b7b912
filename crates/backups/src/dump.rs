//! What a dump of a database holds, and whether it is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde::Serialize;

use crate::rows::{created_columns, inserted, table};
use crate::sql::{self, Shape, Visitor};
use crate::unpack::{Bounds, Packing, first};
use crate::{Error, Result};

const MAX_TABLES: usize = 10_000;
/// Options of WordPress that tell where a site is and what runs in it.
const OPTIONS: [&str; 8] = [
    "siteurl",
    "home",
    "blogname",
    "active_plugins",
    "template",
    "stylesheet",
    "db_version",
    "users_can_register",
];
/// Programs whose dumps say at the end that they came so far.
const SAY_THE_END: [&str; 3] = ["-- MySQL dump ", "-- MariaDB dump ", "mysqldump"];
const INSERT: [&[&str]; 4] = [
    &["INSERT", "IGNORE?", "INTO"],
    &["REPLACE", "INTO"],
    &["INSERT", "LOW_PRIORITY?", "DELAYED?", "IGNORE?", "INTO?"],
    &["REPLACE", "INTO?"],
];

/// What a dump holds.
#[derive(Clone, Default, Debug, Serialize)]
pub struct Dump {
    /// The program that made it, as it says.
    pub made_by: Option<String>,
    /// Its tables.
    pub tables: BTreeSet<String>,
    /// Those options of WordPress that matter here.
    pub options: BTreeMap<String, String>,
    /// Whom WordPress lets administer it: names to sign in with.
    pub administrators: BTreeSet<String>,
    /// Beginnings of statements that reach beyond the database, and are left out.
    pub left_out: Vec<String>,
    /// Whether it makes views or triggers in another user's name, which a database refuses to users without rights of root.
    pub has_definers: bool,
}

/// Reads a dump, plain or packed by gzip, and writes it to `copy` without what reaches beyond its database.
///
/// # Errors
/// [`Error::Dump`] when it can't be read, isn't a dump, or isn't whole; [`Error::TooMuch`] when it is longer than its bound.
pub fn read(path: &Path, prefix: &str, bounds: Bounds, copy: &mut dyn Write) -> Result<Dump> {
    let wrong = |why: String| Error::Dump {
        path: path.to_owned(),
        why,
    };
    let file = File::open(path).map_err(Error::file(path))?;
    let mut from = BufReader::with_capacity(1 << 17, file);
    let plain: Box<dyn Read> = match Packing::of(&first(&mut from).map_err(Error::file(path))?) {
        Packing::Gzip => Box::new(MultiGzDecoder::new(from)),
        Packing::None => Box::new(from),
        Packing::Other(what) => {
            let why = format!("{what} isn't read here; give the dump as .sql or .sql.gz");
            return Err(wrong(why));
        }
    };
    let mut facts = Facts::of(prefix);
    // One byte more than it may have tells that it has more.
    let plain = plain.take(bounds.bytes.saturating_add(1));
    let mut plain = BufReader::with_capacity(1 << 17, plain);
    let shape = sql::read(&mut plain, &mut facts, copy)
        .map_err(|error| wrong(format!("it can't be read to its end: {error}")))?;
    if plain.get_ref().limit() == 0 {
        return Err(Error::TooMuch {
            path: path.to_owned(),
            bound: format!("{} GiB", bounds.bytes >> 30),
            option: "--max-gib",
        });
    }
    whole(&shape, &facts).map_err(wrong)?;
    Ok(facts.dump(shape))
}

fn whole(shape: &Shape, facts: &Facts) -> Result<(), String> {
    let (beginning, end) = (
        String::from_utf8_lossy(&shape.beginning),
        String::from_utf8_lossy(&shape.end),
    );
    if facts.dump.tables.is_empty() && !shape.is_open {
        return Err("it makes no table; is this a dump of a database?".to_owned());
    }
    let again = "it is cut off, and a part of the site would be missing: make it again";
    if shape.is_open {
        return Err(again.to_owned());
    }
    let says_the_end = SAY_THE_END.iter().any(|mark| beginning.contains(mark));
    if says_the_end && !end.contains("-- Dump completed") {
        return Err(format!("its last line isn't that of its program; {again}"));
    }
    Ok(())
}

/// What is learnt on the way.
struct Facts {
    prefix: String,
    dump: Dump,
    columns: BTreeMap<String, Vec<String>>,
    /// Names to sign in with, by id.
    users: BTreeMap<String, String>,
    /// Ids of those who administer.
    powerful: BTreeSet<String>,
}

impl Facts {
    fn of(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            dump: Dump::default(),
            columns: BTreeMap::new(),
            users: BTreeMap::new(),
            powerful: BTreeSet::new(),
        }
    }

    /// A table of WordPress that is looked into, without its prefix.
    fn known<'a>(&self, table: &'a str) -> Option<&'a str> {
        let bare = table.strip_prefix(&self.prefix)?;
        ["options", "users", "usermeta"]
            .contains(&bare)
            .then_some(bare)
    }

    fn dump(mut self, shape: Shape) -> Dump {
        let named = |id: &String| self.users.get(id).cloned();
        self.dump.administrators = self.powerful.iter().filter_map(named).collect();
        self.dump.left_out = shape.dropped;
        let beginning = String::from_utf8_lossy(&shape.beginning).into_owned();
        self.dump.made_by = beginning
            .lines()
            .filter_map(|line| line.strip_prefix("-- "))
            .find(|line| line.to_ascii_lowercase().contains("dump"))
            .map(str::to_owned);
        self.dump
    }

    fn row(&mut self, table: &str, value: &dyn Fn(&str, usize) -> Option<String>) {
        match table {
            "options" => {
                let name = value("option_name", 1).unwrap_or_default();
                if OPTIONS.contains(&name.as_str()) {
                    let said = value("option_value", 2).unwrap_or_default();
                    self.dump.options.insert(name, said);
                }
            }
            "users" => {
                if let (Some(id), Some(name)) = (value("ID", 0), value("user_login", 1)) {
                    self.users.insert(id, name);
                }
            }
            _ => {
                let key = value("meta_key", 2).unwrap_or_default();
                let said = value("meta_value", 3).unwrap_or_default();
                if key == format!("{}capabilities", self.prefix)
                    && said.contains("\"administrator\"")
                {
                    self.powerful.extend(value("user_id", 1));
                }
            }
        }
    }
}

impl Visitor for Facts {
    fn wants(&mut self, head: &str) -> bool {
        if head.contains("DEFINER=") {
            self.dump.has_definers = true;
        }
        if let Some(name) = created(head) {
            let is_known = self.known(&name).is_some();
            if self.dump.tables.len() < MAX_TABLES {
                self.dump.tables.insert(name);
            }
            return is_known;
        }
        inserted_into(head).is_some_and(|name| self.known(&name).is_some())
    }

    fn statement(&mut self, statement: &[u8]) {
        let beginning = &statement[..statement.len().min(512)];
        let head = String::from_utf8_lossy(beginning);
        if let Some(name) = created(&head) {
            let columns = created_columns(&String::from_utf8_lossy(statement));
            self.columns.insert(name, columns);
            return;
        }
        let Some(name) = inserted_into(&head) else {
            return;
        };
        let Some(bare) = self.known(&name).map(str::to_owned) else {
            return;
        };
        let (named, rows) = inserted(statement);
        let made = self.columns.get(&name).cloned().unwrap_or_default();
        let columns = if named.is_empty() { made } else { named };
        for row in rows {
            let value = |column: &str, usual: usize| {
                let at = columns
                    .iter()
                    .position(|own| own.eq_ignore_ascii_case(column));
                let at = if columns.is_empty() { Some(usual) } else { at };
                row.get(at?).cloned().flatten()
            };
            self.row(&bare, &value);
        }
    }
}

fn created(head: &str) -> Option<String> {
    table(head, &["CREATE", "TABLE", "IF?", "NOT?", "EXISTS?"])
}

fn inserted_into(head: &str) -> Option<String> {
    INSERT.iter().find_map(|keywords| table(head, keywords))
}
