//! The fifth exercise: a key is shared among five custodians, and three of them rebuild it to open a sealed letter.
//!
//! It is the ceremony of an institution's root, with the same shares and the same seal, but for one thing: here the data centre
//! makes the key and keeps the shares, so that one person can play three custodians. So it opens nothing but this letter.

use std::sync::Arc;

use amana_access::{Lesson, TrainingKeys};
use amana_seal::age::{Identity, Recipient, open_all, seal_all};
use amana_seal::pages::{Page as SharePage, PageKey};
use amana_seal::root::Root;
use amana_seal::shares::{Gathering, GroupPlan, ROOT_SHARE_WORDS, Share, ShareFault, split};
use amana_store::{EntryId, clock, entries};
use amana_vault::{ObjectKey, VersionRef};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::answer::{Asked, Miss, Outcome, Tried};
use super::exercise::{Exercise, outside};
use super::files;
use super::trainee::Trainee;
use crate::account::form::{Fields, Posted, Tokened};
use crate::account::guard::Signed;
use crate::again::Retyped;
use crate::api::Call;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Error, Language, Result, menu};

/// Three of five.
const PLAN: &str = "3-of-5";
/// Shares that the form takes.
const FIELDS: [&str; 3] = ["share-1", "share-2", "share-3"];
/// Shares that a call brings at most.
const MAX_SHARES: usize = 5;
/// The longest share as it is typed, in bytes.
const MAX_TYPED_BYTES: usize = 1000;

fn plan() -> GroupPlan {
    PLAN.parse().expect("a plan that a test parses")
}

/// What came of shares that were put together.
struct Rebuilt {
    /// The letter, once it was opened.
    letter: Option<String>,
    /// Pairs of the shares that were given, by their numbers: neither of them opened anything.
    pairs: Vec<(u8, u8)>,
    /// How many there were, of how many it takes.
    have: usize,
}

#[derive(Template)]
#[template(path = "school/recover.html")]
struct RecoverPage {
    frame: Frame,
    exercise: Exercise,
    fields: [&'static str; 3],
    made: bool,
    /// Of the try under way.
    rebuilt: Option<Rebuilt>,
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let found = Exercise::find(&console, &session, Lesson::Recover, &asked).await?;
    let Some(exercise) = found else {
        return Ok(outside());
    };
    shown(&console, language, exercise, None).await
}

async fn shown(
    console: &Arc<Console>,
    language: Language,
    exercise: Exercise,
    rebuilt: Option<Rebuilt>,
) -> Result<Response> {
    let made = !shares_of(console, &exercise.trainee).await?.is_empty();
    let page = RecoverPage {
        frame: exercise.frame(language),
        exercise,
        fields: FIELDS,
        made,
        rebuilt,
    };
    Ok(crate::Page::of(&page)?.into_response())
}

/// Makes the key, or puts shares together, as the form's `act` says.
pub(super) async fn by_form(
    State(console): State<Arc<Console>>,
    language: Language,
    posted: Posted,
) -> Result<Response> {
    let trainee = Trainee::of(&console, &posted.session).await?;
    if posted.fields.text("act") == "make" {
        // Another one makes the shares useless that perhaps lie printed on a table.
        if trainee.school.keys.is_some() {
            posted.fields.must_be_sure()?;
        }
        make(&console, &trainee, language).await?;
        return Ok(axum::response::Redirect::to("/school/recover").into_response());
    }
    let typed = FIELDS.iter().filter_map(|name| posted.fields.filled(name));
    let (tried, rebuilt) = recover(&console, &trainee, typed.collect()).await?;
    if matches!(tried, Tried::Missed(Miss::WrongWords)) {
        misread(&posted.fields)?;
    }
    let miss = match tried {
        Tried::Passed(_) => None,
        Tried::Missed(miss) => Some(miss),
    };
    // As it stands now: an exercise that was just passed says so.
    let trainee = Trainee::of(&console, &posted.session).await?;
    let exercise = Exercise::new(trainee, Lesson::Recover, miss);
    let mut answer = shown(&console, language, exercise, rebuilt).await?;
    // The words stay: they are long, and of a training key.
    answer.extensions_mut().insert(Retyped);
    Ok(answer)
}

/// Which share isn't as on its page, and where.
fn misread(fields: &Fields) -> Result<()> {
    for (name, share) in FIELDS.into_iter().zip(1..) {
        let Some(text) = fields.filled(name) else {
            continue;
        };
        let words = text.split_whitespace().count();
        let fault = match Share::parse(text) {
            Ok(_) => continue,
            Err(_) if text.len() > MAX_TYPED_BYTES => Fault::NoShare { share },
            Err(amana_seal::Error::Share(fault)) => match fault {
                ShareFault::UnknownWord { position } | ShareFault::UnknownNumber { position } => {
                    let word = position;
                    Fault::Word { share, word }
                }
                // A word too few or too many spoils the checksum as well, and is what one looks for.
                ShareFault::Length { .. } | ShareFault::Checksum { .. }
                    if words != ROOT_SHARE_WORDS =>
                {
                    Fault::Words { share, words }
                }
                ShareFault::Checksum { suspect } => Fault::Checksum {
                    share,
                    word: suspect,
                },
                _ => Fault::NoShare { share },
            },
            Err(_) => Fault::NoShare { share },
        };
        return Err(Error::typed(name, fault));
    }
    Ok(())
}

/// Makes a key, splits it, seals the letter to it, and forgets it: what is left are the shares.
async fn make(console: &Arc<Console>, trainee: &Trainee, language: Language) -> Result<()> {
    trainee.must_not_have(Lesson::Recover)?;
    trainee.furnish(console).await?;
    if files::is_full(console, trainee).await? {
        return Err(amana_access::Error::SchoolFull {
            why: "its bucket is full",
        }
        .into());
    }
    let letter = language.texts().school.letter;
    let (shares, sealed) = crate::blocking(move || {
        let root = Root::generate()?;
        let shares = split(&root, &plan())?;
        let recipient = Recipient::Hybrid(root.identity().recipient());
        let sealed = seal_all(&[recipient], letter.as_bytes())?;
        let words = shares.iter().map(Share::mnemonic).collect::<Vec<_>>();
        Ok::<_, amana_seal::Error>((words, sealed))
    })
    .await
    .map_err(amana_access::Error::Keyring)?;
    let content = files::taken(console, trainee, Bytes::from(sealed)).await?;
    let key = ObjectKey::parse("coffre/lettre.age")?;
    let index = files::put(console, trainee, &key, content).await?;
    let digest = files::digest(letter.as_bytes());
    let kept = console
        .access
        .keep_training_keys(&trainee.school, &shares, digest, index);
    kept.await?;
    Ok(())
}

/// The shares that were made; none before, and none where a copy of the data centre came without its secrets.
async fn shares_of(console: &Arc<Console>, trainee: &Trainee) -> Result<Vec<Zeroizing<String>>> {
    let Some(keys) = trainee.school.keys.clone() else {
        return Ok(Vec::new());
    };
    console
        .ask(move |access| Ok(access.training_shares(&keys)?))
        .await
}

/// Puts shares together, for real: what they don't open stays shut.
async fn recover(
    console: &Arc<Console>,
    trainee: &Trainee,
    typed: Vec<&str>,
) -> Result<(Tried, Option<Rebuilt>)> {
    trainee.must_not_have(Lesson::Recover)?;
    let missed = |miss| Ok((Tried::Missed(miss), None));
    let Some(keys) = trainee.school.keys.clone() else {
        return missed(Miss::TooEarly);
    };
    if typed.is_empty() || typed.iter().any(|one| one.len() > MAX_TYPED_BYTES) {
        return missed(Miss::WrongWords);
    }
    let mut gathering = Gathering::new();
    let mut numbers = Vec::new();
    for one in &typed {
        let added = Share::parse(one).and_then(|share| {
            numbers.push(share.member_number());
            gathering.add(share)
        });
        match added {
            Ok(()) => {}
            Err(fault) => return missed(miss_of(&fault)),
        }
    }
    let have = numbers.len();
    let root = match gathering.root() {
        Ok(root) => root,
        Err(fault) => {
            let rebuilt = Rebuilt {
                letter: None,
                pairs: Vec::new(),
                have,
            };
            return Ok((Tried::Missed(miss_of(&fault)), Some(rebuilt)));
        }
    };
    let sealed = letter(console, trainee, &keys).await?;
    let opened = open_all(&[Identity::Hybrid(root.identity())], &sealed);
    let Ok(opened) = opened else {
        return missed(Miss::OtherKey);
    };
    if files::digest(&opened) != keys.sha256 {
        return missed(Miss::OtherKey);
    }
    let rebuilt = Rebuilt {
        letter: Some(String::from_utf8_lossy(&opened).into_owned()),
        pairs: shut(&typed)?,
        have,
    };
    let passed = trainee.pass(
        console,
        Lesson::Recover,
        Some(keys.entry),
        Some(keys.sha256),
    );
    Ok((Tried::Passed(passed.await?), Some(rebuilt)))
}

/// Tries each two of the shares alone, and gives those that rebuilt nothing.
fn shut(typed: &[&str]) -> Result<Vec<(u8, u8)>> {
    let mut pairs = Vec::new();
    for (place, first) in typed.iter().enumerate() {
        for second in &typed[place + 1..] {
            let parsed = [first, second].map(|words| Share::parse(words));
            let [Ok(first), Ok(second)] = parsed else {
                return Err(Error::Form);
            };
            let pair = (first.member_number(), second.member_number());
            let mut two = Gathering::new();
            let added = two.add(first).and_then(|()| two.add(second));
            if added.is_err() || two.root().is_err() {
                pairs.push(pair);
            }
        }
    }
    Ok(pairs)
}

/// The sealed letter, as it lies in the bucket.
async fn letter(console: &Arc<Console>, trainee: &Trainee, keys: &TrainingKeys) -> Result<Vec<u8>> {
    let id = EntryId::new(trainee.school.ledger(), keys.entry).ok_or(Error::NotFound)?;
    let key = console
        .read(move |_, rows| {
            let body = entries::entry(rows, id)?.and_then(|entry| entry.body);
            let body: Option<Value> = body.and_then(|(_, body)| serde_json::from_slice(&body).ok());
            let key = body.and_then(|body| body["key"].as_str().map(str::to_owned));
            key.ok_or(Error::NotFound)
        })
        .await?;
    let key = ObjectKey::parse(key)?;
    files::content(console, trainee, &key, VersionRef::Latest).await
}

fn miss_of(fault: &amana_seal::Error) -> Miss {
    match fault {
        amana_seal::Error::Share(ShareFault::Missing(_)) => Miss::TooFew,
        amana_seal::Error::Share(ShareFault::Duplicate { .. }) => Miss::SameShare,
        amana_seal::Error::Share(ShareFault::OtherSet { .. }) => Miss::OtherKey,
        _ => Miss::WrongWords,
    }
}

#[derive(Template)]
#[template(path = "school/shares.html")]
struct SharesPage {
    frame: Frame,
    pages: Vec<Zeroizing<String>>,
}

/// `/school/shares`: the five pages, as custodians get them, to be printed and cut apart.
pub(super) async fn shares(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Response> {
    let Some(trainee) = Trainee::find(&console, &session).await? else {
        return Ok(outside());
    };
    let words = shares_of(&console, &trainee).await?;
    if words.is_empty() {
        return Err(Error::NotFound);
    }
    let today = clock::rfc3339(console.store.now_ms());
    let plan = plan();
    let mut pages = Vec::new();
    for one in &words {
        let share = Share::parse(one).map_err(amana_access::Error::Keyring)?;
        let page = SharePage {
            key: PageKey::Institution,
            institution: trainee.school.name.as_str(),
            plan: &plan,
            set: 1,
            date: &today[..10],
            share: &share,
        };
        pages.push(page.text());
    }
    let texts = language.texts();
    let title = texts.school.shares;
    let page = SharesPage {
        frame: menu::frame(texts, &session, "/school", title),
        pages,
    };
    Ok(crate::Page::of(&page)?.into_response())
}

/// The shares, as programs read them.
#[derive(Serialize)]
pub(super) struct Shares {
    /// `3-of-5`.
    plan: &'static str,
    /// The words of each; none before the key was made.
    shares: Vec<Zeroizing<String>>,
}

/// `GET /api/v1/school/recover`
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Shares>> {
    let shares = match Trainee::find(&console, &session).await? {
        Some(trainee) => shares_of(&console, &trainee).await?,
        None => Vec::new(),
    };
    Ok(Json(Shares { plan: PLAN, shares }))
}

/// `POST /api/v1/school/keys`
pub(super) async fn make_call(
    State(console): State<Arc<Console>>,
    language: Language,
    Tokened { session }: Tokened,
) -> Result<Json<Shares>> {
    let trainee = Trainee::of(&console, &session).await?;
    make(&console, &trainee, language).await?;
    let trainee = Trainee::of(&console, &session).await?;
    let shares = shares_of(&console, &trainee).await?;
    Ok(Json(Shares { plan: PLAN, shares }))
}

/// What programs put together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    shares: Vec<Zeroizing<String>>,
}

/// `POST /api/v1/school/recover`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    call: Call<Given>,
) -> Result<Json<Outcome>> {
    if call.body.shares.len() > MAX_SHARES {
        return Err(Error::Malformed);
    }
    let trainee = Trainee::of(&console, &call.session).await?;
    let typed = call.body.shares.iter().map(|one| one.as_str()).collect();
    let (tried, _) = recover(&console, &trainee, typed).await?;
    Ok(Json(tried.outcome()))
}
