//! What a session was asked ahead of its time, and was told: see [`crate::ahead`].

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio_postgres::Row;

use super::session::{AboutMany, Firsts, Session};
use super::together;
use super::values::Owned;
use crate::rows::Value;
use crate::{Error, Result};

type Asked = (Arc<str>, Vec<Owned>);

/// Answers of this transaction, and what is done with them.
#[derive(Default)]
pub(super) struct Memory {
    manner: Manner,
    noted: HashSet<Asked>,
    told: HashMap<Asked, Option<Arc<Row>>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Manner {
    /// None: every question is asked.
    #[default]
    Nothing,
    /// A question that wasn't answered before is noted, and fails.
    Note,
    /// A question that was answered before isn't asked again.
    Recall,
}

impl Session {
    /// Forgets everything: another transaction begins.
    pub(super) fn forget(&self) {
        *self.memory.borrow_mut() = Memory::default();
    }

    /// From now on questions are noted.
    pub(crate) fn note(&self) {
        self.memory.borrow_mut().manner = Manner::Note;
    }

    /// From now on what was told before is told again, or isn't.
    pub(crate) fn recall(&self, may: bool) {
        self.memory.borrow_mut().manner = if may { Manner::Recall } else { Manner::Nothing };
    }

    /// Asks what was noted, all of it in one round trip; says whether that was anything.
    pub(crate) fn answer_noted(&self) -> Result<bool> {
        let asked = self.noted();
        if asked.is_empty() {
            return Ok(false);
        }
        let answers = self.first_of_each(&asked)?;
        self.keep_answers(asked, answers);
        Ok(true)
    }

    /// All rows of an answer about some numbers, which are the first parameter. What was noted is answered with it, as things
    /// stand after it.
    pub(crate) fn query_about(&self, sql: &str, numbers: &[i64]) -> Result<Vec<Row>> {
        let asked = self.noted();
        let (rows, answers) = self.query_about_and_first_of_each(sql, numbers, &asked)?;
        self.keep_answers(asked, answers);
        Ok(rows)
    }

    /// What was noted, those of one text together. Nothing is noted any more.
    fn noted(&self) -> Vec<AboutMany> {
        self.recall(false);
        let noted = std::mem::take(&mut self.memory.borrow_mut().noted);
        let mut asked: Vec<AboutMany> = Vec::new();
        for (sql, values) in noted {
            let types = together::types(&values);
            let alike = |of: &&mut AboutMany| of.0 == sql && of.1 == types;
            match asked.iter_mut().find(alike) {
                Some((_, _, sets)) => sets.push(values),
                None => asked.push((sql, types, vec![values])),
            }
        }
        asked
    }

    fn keep_answers(&self, asked: Vec<AboutMany>, answers: Vec<Firsts>) {
        let mut memory = self.memory.borrow_mut();
        for ((sql, _, sets), rows) in asked.into_iter().zip(answers) {
            for (values, row) in sets.into_iter().zip(rows) {
                memory.told.insert((sql.clone(), values), row.map(Arc::new));
            }
        }
    }

    /// The first row of an answer.
    pub(crate) fn first(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<Arc<Row>>> {
        let mut memory = self.memory.borrow_mut();
        if memory.manner != Manner::Nothing {
            let asked: Asked = (sql.into(), values.iter().map(Owned::from).collect());
            if let Some(told) = memory.told.get(&asked) {
                return Ok(told.clone());
            }
            if memory.manner == Manner::Note {
                // Where there is nothing to ask about, or of no known type, it is asked when its time comes.
                if together::can_be_many(&asked.1) {
                    memory.noted.insert(asked);
                }
                return Err(not_yet());
            }
        }
        drop(memory);
        Ok(self.query(sql, values)?.into_iter().next().map(Arc::new))
    }

    /// While questions are noted nothing else is asked.
    pub(super) fn refuse_while_noting(&self) -> Result<()> {
        match self.memory.borrow().manner {
            Manner::Note => Err(not_yet()),
            Manner::Nothing | Manner::Recall => Ok(()),
        }
    }
}

fn not_yet() -> Error {
    Error::Failed {
        why: "it is asked when its time comes".into(),
    }
}
