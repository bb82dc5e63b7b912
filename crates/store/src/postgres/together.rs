//! Many of one statement as one: a question asked about many values, a row each of many changes. The texts are made from
//! the one text that both engines have.

use std::error::Error as StdError;
use std::fmt::Write as _;

use bytes::{BufMut as _, BytesMut};
use tokio_postgres::Row;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::values::{Owned, declared};
use crate::rows::Value;

/// A question as one about many sets of values. Each row of the answer has one more column at its end: the number of its
/// set, from 1.
pub(super) fn question(sql: &str, types: &[Type]) -> String {
    format!(
        "SELECT r.*, q.n FROM {} WITH ORDINALITY AS q({}, n) CROSS JOIN LATERAL ({}) AS r",
        unnested(types),
        names(types.len()),
        about(sql)
    )
}

/// An insert of one row as one of many; nothing for a change that is more, or depends on what stands already.
pub(super) fn insert(sql: &str, types: &[Type]) -> Option<String> {
    let (into, row) = split_insert(sql)?;
    if !types.iter().all(|ty| array_of(ty).is_some()) {
        return None;
    }
    Some(format!(
        "{into} SELECT {} FROM {} AS q({})",
        about(row),
        unnested(types),
        names(types.len())
    ))
}

/// Whether it inserts one row and no more, so that any number of such changes may be made in any order.
pub(super) fn is_insert(sql: &str) -> bool {
    split_insert(sql).is_some()
}

fn split_insert(sql: &str) -> Option<(&str, &str)> {
    let (into, row) = sql.split_once(" VALUES (")?;
    let row = row.trim_end().strip_suffix(')')?;
    (sql.starts_with("INSERT INTO ") && !row.contains(['(', ')'])).then_some((into, row))
}

fn unnested(types: &[Type]) -> String {
    let arrays = types.iter().enumerate();
    let arrays = arrays.map(|(index, ty)| format!("${}::{}[]", index + 1, ty.name()));
    format!("unnest({})", arrays.collect::<Vec<_>>().join(", "))
}

fn names(count: usize) -> String {
    let names = (1..=count).map(|number| format!("a{number}"));
    names.collect::<Vec<_>>().join(", ")
}

/// The text with `q.a1` in place of `$1`.
fn about(sql: &str) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Writing to a string doesn't fail.
        let _ = write!(text, "q.a{part}");
    }
    text
}

/// The type of an array of these; nothing for a type that no value of ours has.
pub(super) fn array_of(ty: &Type) -> Option<Type> {
    [
        (Type::INT8, Type::INT8_ARRAY),
        (Type::TEXT, Type::TEXT_ARRAY),
        (Type::BYTEA, Type::BYTEA_ARRAY),
    ]
    .into_iter()
    .find_map(|(one, many)| (*ty == one).then_some(many))
}

/// One parameter of many sets, as an array.
#[derive(Debug)]
pub(super) struct Column<'v> {
    pub(super) of: Type,
    pub(super) values: Vec<Value<'v>>,
}

impl ToSql for Column<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let has_null = self.values.contains(&Value::Null);
        out.put_i32(1);
        out.put_i32(has_null.into());
        out.put_u32(self.of.oid());
        out.put_i32(self.values.len().try_into()?);
        out.put_i32(1);
        for value in &self.values {
            let bytes: &[u8] = match value {
                Value::Null => {
                    out.put_i32(-1);
                    continue;
                }
                Value::Int(int) => &int.to_be_bytes(),
                Value::Text(text) => text.as_bytes(),
                Value::Blob(bytes) => bytes,
            };
            out.put_i32(bytes.len().try_into()?);
            out.put_slice(bytes);
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The parameters of many sets, whose members are of these types.
pub(super) fn columns<'v>(types: &[Type], sets: &[&'v Vec<Owned>]) -> Vec<Column<'v>> {
    let column = |(index, of): (usize, &Type)| Column {
        of: of.clone(),
        values: sets.iter().map(|set| set[index].as_value()).collect(),
    };
    types.iter().enumerate().map(column).collect()
}

/// The types that a set of values is declared with.
pub(super) fn types(values: &[Owned]) -> Vec<Type> {
    let values = values.iter();
    values.map(|value| declared(&value.as_value())).collect()
}

/// Whether a question about these can be asked about many.
pub(super) fn can_be_many(values: &[Owned]) -> bool {
    !values.is_empty() && types(values).iter().all(|ty| array_of(ty).is_some())
}

/// The first row about each set, where `sets` were asked about together: a row's last column says which it is about. Of one
/// set alone all rows are about it.
pub(super) fn firsts(rows: Vec<Row>, sets: usize) -> Vec<Option<Row>> {
    let mut firsts: Vec<Option<Row>> = (0..sets).map(|_| None).collect();
    for row in rows {
        let number: Option<i64> = row.try_get(row.len() - 1).ok();
        let place = number.and_then(|number| usize::try_from(number - 1).ok());
        if let Some(first) = place.and_then(|place| firsts.get_mut(place)) {
            first.get_or_insert(row);
        }
    }
    firsts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_about_many_is_made_from_the_one() {
        let one = "SELECT size FROM versions WHERE bucket = $1 AND key = $2 AND $1 > 0";
        let many = question(one, &[Type::INT8, Type::BYTEA]);
        assert_eq!(
            many,
            "SELECT r.*, q.n FROM unnest($1::int8[], $2::bytea[]) WITH ORDINALITY AS q(a1, a2, n) CROSS JOIN LATERAL \
             (SELECT size FROM versions WHERE bucket = q.a1 AND key = q.a2 AND q.a1 > 0) AS r"
        );
    }

    #[test]
    fn only_an_insert_of_one_row_is_made_many() {
        let types = [Type::INT8, Type::TEXT];
        let many = insert("INSERT INTO a (b, c, d) VALUES ($1, 0, $2)", &types);
        assert_eq!(
            many.as_deref(),
            Some(
                "INSERT INTO a (b, c, d) SELECT q.a1, 0, q.a2 FROM unnest($1::int8[], $2::text[]) AS q(a1, a2)"
            )
        );
        for other in [
            "INSERT INTO a (b) VALUES ($1) ON CONFLICT (b) DO NOTHING",
            "INSERT INTO a (b) VALUES ((SELECT MAX(b) FROM a))",
            "INSERT INTO a (b) SELECT $1",
            "UPDATE a SET b = $1",
            "DELETE FROM a WHERE b = $1",
        ] {
            assert!(!is_insert(other), "{other}");
        }
    }
}
