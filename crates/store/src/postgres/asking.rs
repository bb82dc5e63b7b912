//! Questions of one statement, outside any transaction. Those who ask at the same time share a round trip, and those who ask
//! the same share a statement, so that a question costs the less the more is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::sync::oneshot;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};

use super::database::Database;
use super::failure::{meant, unreachable};
use super::line::{self, TRY_AFTER};
use super::together;
use super::values::Owned;
use crate::rows::Value;
use crate::sqlite::Use;
use crate::store::lock_state;
use crate::{Error, Result};

/// A question is answered at once, or its line is given up: others wait behind it, and another line may do.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Lines on which questions are asked at once.
const LINES: usize = 2;
/// Questions of one text in a statement at most: of the largest content in rows they bring 4 MiB.
const TOGETHER: usize = 128;
/// Questions that wait at most.
const MAX_WAITING: usize = 16 * 1024;

/// Who asks what.
struct Question {
    sql: &'static str,
    values: Vec<Owned>,
    answer: oneshot::Sender<Result<Option<Row>>>,
}

/// A line and what was prepared on it.
struct Line {
    client: Client,
    used: Instant,
    statements: HashMap<(&'static str, Vec<Type>, bool), Statement>,
}

/// Those who ask, and the lines.
#[derive(Default)]
pub(crate) struct Asking(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: Vec<Question>,
    idle: Vec<Line>,
    flying: usize,
}

impl Asking {
    /// The first row of the answer, as of an instant after the call. The runtime that this is called on drives the line.
    ///
    /// # Errors
    /// [`Error::Unreachable`], or that the server refused the statement.
    pub(crate) async fn first(
        &self,
        database: &Database,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<Row>> {
        let (answer, answered) = oneshot::channel();
        let question = Question {
            sql,
            values: values.iter().map(Owned::from).collect(),
            answer,
        };
        {
            let mut state = lock_state(&self.0);
            if state.waiting.len() >= MAX_WAITING {
                return Err(unreachable("too many read at once".into()));
            }
            state.waiting.push(question);
            if state.flying < LINES {
                state.flying += 1;
                let flight = Flight {
                    state: self.0.clone(),
                    is_counted: true,
                };
                tokio::spawn(fly(flight, database.clone()));
            }
        }
        let lost = |_| Err(unreachable("the question was lost".into()));
        answered.await.unwrap_or_else(lost)
    }
}

/// What carries questions; counted until it ends, however it ends.
struct Flight {
    state: Arc<Mutex<State>>,
    is_counted: bool,
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.is_counted {
            lock_state(&self.state).flying -= 1;
        }
    }
}

impl Flight {
    /// What waits. When nothing does the flight is over, in the same step, so that nobody is left waiting.
    fn board(&mut self, line: &mut Option<Line>) -> Vec<Question> {
        let mut state = lock_state(&self.state);
        let waiting = std::mem::take(&mut state.waiting);
        if waiting.is_empty() {
            state.idle.extend(line.take());
            state.flying -= 1;
            self.is_counted = false;
        }
        waiting
    }
}

async fn fly(mut flight: Flight, database: Database) {
    let mut line = lock_state(&flight.state).idle.pop();
    loop {
        // Whoever is ready to ask comes along.
        tokio::task::yield_now().await;
        let questions = flight.board(&mut line);
        if questions.is_empty() {
            return;
        }
        let mut usable = match usable(line.take(), &database).await {
            Ok(line) => line,
            Err(error) => {
                for question in questions {
                    let _ = question.answer.send(Err(error.again()));
                }
                continue;
            }
        };
        // Who was asked about and isn't answered learns it when the question is dropped.
        let carried = tokio::time::timeout(ANSWER_WITHIN, usable.carry(questions)).await;
        line = carried.is_ok().then_some(usable);
    }
}

/// The line, if it is one still, or another.
async fn usable(line: Option<Line>, database: &Database) -> Result<Line> {
    if let Some(line) = line.filter(|line| !line.client.is_closed())
        && line.answers().await
    {
        return Ok(line);
    }
    Ok(Line {
        client: line::connect(database, Use::Read, ANSWER_WITHIN).await?,
        used: Instant::now(),
        statements: HashMap::new(),
    })
}

impl Line {
    /// Whether it is there still, as far as anybody knows; one that wasn't used for a while is tried.
    async fn answers(&self) -> bool {
        if Instant::now() - self.used < TRY_AFTER {
            return true;
        }
        let tried = tokio::time::timeout(ANSWER_WITHIN, self.client.check_connection());
        tried.await.is_ok_and(|tried| tried.is_ok())
    }

    /// Asks all of these, and answers.
    async fn carry(&mut self, questions: Vec<Question>) {
        let mut sorted: HashMap<(&'static str, Vec<Type>), Vec<Question>> = HashMap::new();
        for question in questions {
            let types = together::types(&question.values);
            let alike = sorted.entry((question.sql, types)).or_default();
            alike.push(question);
        }
        let mut asked = Vec::new();
        for ((sql, types), mut alike) in sorted {
            let first = alike.first();
            let many = first.is_some_and(|first| together::can_be_many(&first.values));
            let at_once = if many { TOGETHER } else { 1 };
            while !alike.is_empty() {
                let rest = alike.split_off(at_once.min(alike.len()));
                let some = std::mem::replace(&mut alike, rest);
                match self.statement(sql, &types, some.len() > 1).await {
                    Ok(statement) => asked.push((statement, some)),
                    Err(error) => answer_all(some, &error),
                }
            }
        }
        let asked = asked
            .into_iter()
            .map(|(statement, some)| self.ask(statement, some));
        let again: Vec<Question> = join_all(asked).await.into_iter().flatten().collect();
        for question in again {
            let types = together::types(&question.values);
            match self.statement(question.sql, &types, false).await {
                Ok(statement) => drop(self.ask(statement, vec![question]).await),
                Err(error) => answer_all(vec![question], &error),
            }
        }
        self.used = Instant::now();
    }

    async fn statement(
        &mut self,
        sql: &'static str,
        types: &[Type],
        many: bool,
    ) -> Result<Statement> {
        let key = (sql, types.to_vec(), many);
        if let Some(statement) = self.statements.get(&key) {
            return Ok(statement.clone());
        }
        let prepared = if many {
            let arrays: Vec<Type> = types.iter().filter_map(together::array_of).collect();
            let text = together::question(sql, types);
            self.client.prepare_typed(&text, &arrays).await
        } else {
            self.client.prepare_typed(sql, types).await
        };
        let prepared = prepared.map_err(|error| meant(&error))?;
        self.statements.insert(key, prepared.clone());
        Ok(prepared)
    }

    /// Asks one statement and answers its questions; gives back those of a statement that was refused for one of them.
    async fn ask(&self, statement: Statement, questions: Vec<Question>) -> Vec<Question> {
        let sets: Vec<&Vec<Owned>> = questions.iter().map(|question| &question.values).collect();
        let rows = if let [values] = &*sets {
            let values: Vec<Value<'_>> = values.iter().map(Owned::as_value).collect();
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
            self.client.query(&statement, &values).await
        } else {
            let columns = together::columns(&together::types(sets[0]), &sets);
            let columns: Vec<&(dyn ToSql + Sync)> =
                columns.iter().map(|column| column as _).collect();
            self.client.query(&statement, &columns).await
        };
        match rows.map_err(|error| meant(&error)) {
            Ok(rows) => {
                let firsts = match questions.len() {
                    1 => vec![rows.into_iter().next()],
                    many => together::firsts(rows, many),
                };
                for (question, first) in questions.into_iter().zip(firsts) {
                    let _ = question.answer.send(Ok(first));
                }
                Vec::new()
            }
            Err(error) if error.is_refusal() && questions.len() > 1 => questions,
            Err(error) => {
                answer_all(questions, &error);
                Vec::new()
            }
        }
    }
}

fn answer_all(questions: Vec<Question>, error: &Error) {
    for question in questions {
        let _ = question.answer.send(Err(error.again()));
    }
}
