//! One connection, and what waits on it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};

use super::database::Database;
use super::failure::{meant, unreachable};
use super::line::{self, ANSWER_WITHIN, TRY_AFTER};
use super::memory::Memory;
use super::runtime::OwnRuntime;
use super::together;
use super::values::{Owned, declared};
use crate::rows::{Isolation, Value};
use crate::sqlite::Use;
use crate::{Error, Result};

/// A writer's answer is awaited for less than a reader's: acts wait behind it, and another line may do.
const WRITER_ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Rows that are fetched at once: few first, for who stops early.
const FIRST_ROWS: u32 = 128;
const MORE_ROWS: u32 = 1024;
/// Statements whose plans are kept.
const STATEMENTS: usize = 512;

/// A change that waits for the next answer.
struct Unsent {
    statement: Prepared,
    values: Vec<Owned>,
}

/// How a statement is sent: prepared before, with its text, or once only.
enum Prepared {
    Kept(Arc<str>, Statement),
    Once(String),
}

/// A change as it is sent: of one row, or an insert of many.
enum Outgoing {
    One(Unsent),
    Many(Statement, ParameterTypes, Vec<Vec<Owned>>),
}

/// Inserts of one text: how one is sent, and the rows.
struct Inserts {
    sql: Arc<str>,
    one: Statement,
    rows: Vec<Vec<Owned>>,
}

/// A text is prepared once for each.
pub(super) type ParameterTypes = Vec<Type>;

/// A question about many sets of values, all of these types.
pub(super) type AboutMany = (Arc<str>, ParameterTypes, Vec<Vec<Owned>>);

/// The first row of the answer about each set.
pub(super) type Firsts = Vec<Option<Row>>;

type Statements = HashMap<Arc<str>, Vec<(ParameterTypes, Statement)>>;

type Sent = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + Send>>;

/// One connection.
pub(crate) struct Session {
    own: OwnRuntime,
    client: Arc<Client>,
    statements: RefCell<Statements>,
    /// Statements about many at once, by the text of the one.
    many: RefCell<HashMap<(Arc<str>, ParameterTypes), Statement>>,
    pub(super) memory: RefCell<Memory>,
    unsent: RefCell<Vec<Unsent>>,
    cursors: Cell<u64>,
    used: Cell<Instant>,
    broken: Cell<bool>,
    answer_within: Duration,
}

impl Session {
    /// Connects, to the server that takes writes.
    ///
    /// # Errors
    /// [`Error::Unreachable`]; [`Error::Folder`] for a server that can't be used, with what to change.
    pub(crate) fn open(database: &Database, how: Use) -> Result<Self> {
        let own = OwnRuntime::new()?;
        let answer_within = match how {
            Use::Write => WRITER_ANSWER_WITHIN,
            _ => ANSWER_WITHIN,
        };
        let client = own.block(line::connect(database, how, answer_within))?;
        Ok(Self {
            own,
            client: Arc::new(client),
            statements: RefCell::default(),
            many: RefCell::default(),
            memory: RefCell::default(),
            unsent: RefCell::default(),
            cursors: Cell::new(0),
            used: Cell::new(Instant::now()),
            broken: Cell::new(false),
            answer_within,
        })
    }

    /// Waits for an answer. Within a server's runtime, the other tasks of this thread go on elsewhere meanwhile.
    fn wait<T>(&self, asked: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T> {
        if self.broken.get() {
            return Err(unreachable("the connection was lost".into()));
        }
        let bounded = async { tokio::time::timeout(self.answer_within, asked).await };
        let answer = match self.own.block(bounded) {
            Ok(answer) => answer.map_err(|error| meant(&error)),
            Err(_) => Err(unreachable(format!(
                "no answer within {} seconds",
                self.answer_within.as_secs()
            ))),
        };
        self.used.set(Instant::now());
        if answer.as_ref().is_err_and(Error::is_unreachable) {
            self.broken.set(true);
        }
        answer
    }

    /// Hands over what waits, in order; the answers are still to come.
    async fn send(&self) -> Result<Vec<Sent>, tokio_postgres::Error> {
        let mut sent: Vec<Sent> = Vec::new();
        for outgoing in self.joined().await? {
            let client = self.client.clone();
            let mut one: Sent = Box::pin(async move {
                match outgoing {
                    Outgoing::One(Unsent { statement, values }) => {
                        let values: Vec<Value<'_>> = values.iter().map(Owned::as_value).collect();
                        match statement {
                            Prepared::Kept(_, statement) => {
                                client.execute_raw(&statement, &values).await
                            }
                            Prepared::Once(sql) => {
                                client.execute_typed(&sql, &typed(&values)).await
                            }
                        }
                    }
                    Outgoing::Many(statement, types, rows) => {
                        let rows: Vec<&Vec<Owned>> = rows.iter().collect();
                        let columns = together::columns(&types, &rows);
                        client.execute_raw(&statement, &columns).await
                    }
                }
            });
            // It is on its way once it was polled.
            match futures::poll!(&mut one) {
                std::task::Poll::Ready(done) => sent.push(Box::pin(async { done })),
                std::task::Poll::Pending => sent.push(one),
            }
        }
        Ok(sent)
    }

    /// What waits, with the inserts of one text as one: they commute with one another, and with inserts of other texts,
    /// since none looks at what stands.
    async fn joined(&self) -> Result<Vec<Outgoing>, tokio_postgres::Error> {
        let mut joined: Vec<Outgoing> = Vec::new();
        let mut run: Vec<Inserts> = Vec::new();
        for change in self.unsent.take() {
            match change.statement {
                Prepared::Kept(sql, one) if together::is_insert(&sql) => {
                    match run.iter_mut().find(|inserts| inserts.sql == sql) {
                        Some(inserts) => inserts.rows.push(change.values),
                        None => run.push(Inserts {
                            sql,
                            one,
                            rows: vec![change.values],
                        }),
                    }
                }
                _ => {
                    self.join_run(&mut run, &mut joined).await?;
                    joined.push(Outgoing::One(change));
                }
            }
        }
        self.join_run(&mut run, &mut joined).await?;
        Ok(joined)
    }

    async fn join_run(
        &self,
        run: &mut Vec<Inserts>,
        joined: &mut Vec<Outgoing>,
    ) -> Result<(), tokio_postgres::Error> {
        for Inserts { sql, one, rows } in run.drain(..) {
            let types = one.params();
            let many = match rows.len() {
                1 => None,
                _ => together::insert(&sql, types),
            };
            if let Some(text) = many {
                let statement = self.prepared_many(&sql, types, &text).await?;
                joined.push(Outgoing::Many(statement, types.to_vec(), rows));
                continue;
            }
            joined.extend(rows.into_iter().map(|values| {
                Outgoing::One(Unsent {
                    statement: Prepared::Kept(sql.clone(), one.clone()),
                    values,
                })
            }));
        }
        Ok(())
    }

    /// A statement about many, whose parameters are arrays of `types`; `sql` is the text of the one, `text` its own.
    async fn prepared_many(
        &self,
        sql: &Arc<str>,
        types: &[Type],
        text: &str,
    ) -> Result<Statement, tokio_postgres::Error> {
        let key = (sql.clone(), types.to_vec());
        if let Some(known) = self.many.borrow().get(&key) {
            return Ok(known.clone());
        }
        let arrays: Vec<Type> = types.iter().filter_map(together::array_of).collect();
        let statement = self.client.prepare_typed(text, &arrays).await?;
        let mut many = self.many.borrow_mut();
        if many.len() >= STATEMENTS {
            many.clear();
        }
        many.insert(key, statement.clone());
        Ok(statement)
    }

    /// Asks, together with what waits. The first failure counts: what came after it was refused for its sake.
    fn ask<T>(&self, asked: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T> {
        self.wait(async {
            let sent = self.send().await?;
            let (done, answer) = join(join_all(sent), asked).await;
            done.into_iter().collect::<Result<Vec<_>, _>>()?;
            answer
        })
    }

    fn prepare(&self, sql: &str, values: &[Value<'_>]) -> Result<Statement> {
        self.prepare_named(sql, values)
            .map(|(_, statement)| statement)
    }

    fn prepare_named(&self, sql: &str, values: &[Value<'_>]) -> Result<(Arc<str>, Statement)> {
        let types = || values.iter().map(declared);
        if let Some(known) = self.known(sql, types()) {
            return Ok(known);
        }
        let types: Vec<Type> = types().collect();
        self.wait(self.prepared_one(sql, &types))
    }

    fn known(&self, sql: &str, types: impl Iterator<Item = Type>) -> Option<(Arc<str>, Statement)> {
        let statements = self.statements.borrow();
        let (text, known) = statements.get_key_value(sql)?;
        let types: Vec<Type> = types.collect();
        let same = known.iter().find(|(of, _)| *of == types);
        same.map(|(_, statement)| (text.clone(), statement.clone()))
    }

    /// A statement with parameters of these types, and its text.
    async fn prepared_one(
        &self,
        sql: &str,
        types: &[Type],
    ) -> Result<(Arc<str>, Statement), tokio_postgres::Error> {
        if let Some(known) = self.known(sql, types.iter().cloned()) {
            return Ok(known);
        }
        let statement = self.client.prepare_typed(sql, types).await?;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        let text: Arc<str> = sql.into();
        let known = statements.entry(text.clone()).or_default();
        known.push((types.to_vec(), statement.clone()));
        Ok((text, statement))
    }

    /// All rows of an answer.
    pub(crate) fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>> {
        self.refuse_while_noting()?;
        let statement = self.prepare(sql, values)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        self.ask(self.client.query(&statement, &values))
    }

    /// All rows of an answer about some numbers, which are the first parameter; and after it, in the same round trip, the first
    /// rows of the answers to other questions.
    pub(super) fn query_about_and_first_of_each(
        &self,
        sql: &str,
        numbers: &[i64],
        asked: &[AboutMany],
    ) -> Result<(Vec<Row>, Vec<Firsts>)> {
        let about: &(dyn ToSql + Sync) = &numbers;
        self.ask(async {
            let (_, statement) = self.prepared_one(sql, &[Type::INT8_ARRAY]).await?;
            let values = [about];
            let rows = self.client.query(&statement, &values);
            let (rows, firsts) = join(rows, self.firsts_of_each(asked)).await;
            Ok((rows?, firsts?))
        })
    }

    /// The first rows of the answers to a question about each of these sets of values, which are of one kind.
    ///
    /// # Errors
    /// As for one: the transaction is lost for all.
    pub(super) fn first_of_each(&self, asked: &[AboutMany]) -> Result<Vec<Firsts>> {
        self.ask(self.firsts_of_each(asked))
    }

    async fn firsts_of_each(
        &self,
        asked: &[AboutMany],
    ) -> Result<Vec<Firsts>, tokio_postgres::Error> {
        let mut statements = Vec::new();
        for (sql, types, sets) in asked {
            let statement = match &sets[..] {
                [_] => self.prepared_one(sql, types).await?.1,
                _ => {
                    let text = together::question(sql, types);
                    self.prepared_many(sql, types, &text).await?
                }
            };
            statements.push(statement);
        }
        let asked = asked.iter().zip(&statements);
        let answers = asked.map(|((_, types, sets), statement)| async {
            if let [values] = &sets[..] {
                let values: Vec<Value<'_>> = values.iter().map(Owned::as_value).collect();
                let values: Vec<&(dyn ToSql + Sync)> =
                    values.iter().map(|value| value as _).collect();
                let rows = self.client.query(statement, &values).await?;
                return Ok(vec![rows.into_iter().next()]);
            }
            let columns = together::columns(types, &sets.iter().collect::<Vec<_>>());
            let columns: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|one| one as _).collect();
            let rows = self.client.query(statement, &columns).await?;
            Ok(together::firsts(rows, sets.len()))
        });
        join_all(answers).await.into_iter().collect()
    }

    /// Visits rows as they are fetched, until `visit` breaks. Other queries may run meanwhile.
    pub(crate) fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut visit: impl FnMut(&Row) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.refuse_while_noting()?;
        let cursor = self.cursors.replace(self.cursors.get() + 1);
        self.unsent.borrow_mut().push(Unsent {
            statement: Prepared::Once(format!("DECLARE amana_{cursor} NO SCROLL CURSOR FOR {sql}")),
            values: values.iter().map(Owned::from).collect(),
        });
        let mut wanted = FIRST_ROWS;
        'rows: loop {
            let fetch = format!("FETCH {wanted} FROM amana_{cursor}");
            let rows = self.ask(self.client.query_typed(&fetch, &[]))?;
            for row in &rows {
                if visit(row)?.is_break() {
                    break 'rows;
                }
            }
            if rows.len() < wanted as usize {
                break;
            }
            wanted = MORE_ROWS;
        }
        self.unsent.borrow_mut().push(Unsent {
            statement: Prepared::Once(format!("CLOSE amana_{cursor}")),
            values: Vec::new(),
        });
        Ok(())
    }

    /// Changes rows, together with the next answer.
    pub(crate) fn defer(&self, sql: &str, values: &[Value<'_>]) -> Result<()> {
        let (text, statement) = self.prepare_named(sql, values)?;
        let statement = Prepared::Kept(text, statement);
        self.unsent.borrow_mut().push(Unsent {
            statement,
            values: values.iter().map(Owned::from).collect(),
        });
        Ok(())
    }

    /// Changes rows; returns how many.
    pub(crate) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        let statement = self.prepare(sql, values)?;
        self.ask(self.client.execute_raw(&statement, values))
    }

    /// Runs statements without parameters, each in a transaction of its own.
    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        self.ask(self.client.batch_execute(sql))
    }

    pub(crate) fn begin(&self, isolation: Isolation) -> Result<()> {
        self.forget();
        if Instant::now() - self.used.get() > TRY_AFTER {
            self.wait(self.client.check_connection())?;
        }
        let how = match isolation {
            Isolation::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Isolation::Newest => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Isolation::SnapshotThatWrites => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        };
        self.defer(how, &[])
    }

    pub(crate) fn commit(&self) -> Result<()> {
        self.execute("COMMIT", &[]).map(drop)
    }

    /// Ends the transaction and undoes it.
    pub(crate) fn roll_back(&self) {
        self.unsent.take();
        if self.batch("ROLLBACK").is_err() {
            self.broken.set(true);
        }
    }

    /// Ends a transaction that only read; nobody waits for the answer.
    pub(crate) fn end_reading(&self) {
        let ended = self.defer("COMMIT", &[]).and_then(|()| {
            self.wait(async {
                drop(self.send().await?);
                tokio::task::yield_now().await;
                Ok(())
            })
        });
        if ended.is_err() {
            self.broken.set(true);
        }
    }

    /// Whether the line is there, as far as anybody knows. Nobody drives it while it isn't used, so what has arrived meanwhile
    /// is seen here: the news, and then the end that it means.
    pub(crate) fn is_usable(&self) -> bool {
        self.own.block(async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        });
        !self.broken.get() && !self.client.is_closed()
    }
}

fn typed<'v>(values: &'v [Value<'v>]) -> Vec<(&'v (dyn ToSql + Sync), Type)> {
    let with_type = |value: &'v Value<'v>| (value as &(dyn ToSql + Sync), declared(value));
    values.iter().map(with_type).collect()
}
