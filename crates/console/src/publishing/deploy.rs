//! `/publishing/{host}/deploys/{number}`: one deploy: its files, and what changed against the one before.

use std::sync::Arc;

use amana_ledger::digits;
use amana_sites::{Deploy, File, Manifest};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

use super::difference::{Addresses, Difference};
use super::{manifest, site_of};
use crate::account::me::seconds;
use crate::books::space::Space;
use crate::content::links::encode;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Language, Page, Result, blocking};

/// Files on a page.
const PAGE: usize = 100;

/// A deploy of a site.
#[derive(Deserialize)]
pub(super) struct Named {
    host: String,
    number: u64,
}

/// The address after which a page of files begins.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct After {
    after: String,
}

/// A file of a deploy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Line {
    address: String,
    size_bytes: u64,
    sha256: String,
    #[serde(rename = "type")]
    media_type: String,
}

/// What a deploy holds, while it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Content {
    files: u64,
    bytes: u64,
    /// The deploy that the difference is to, if there is one and it is kept.
    against: Option<u64>,
    difference: Difference,
    /// A page of its files, in the order of addresses.
    listed: Vec<Line>,
    /// The address after which the next page begins, if there is one.
    next: Option<String>,
}

/// A deploy, as its institution sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Whole {
    host: String,
    number: u64,
    /// In seconds since 1970.
    since_s: u64,
    manifest: String,
    receipt: String,
    signers: Vec<String>,
    /// Whether it is the one to be served.
    newest: bool,
    /// The name at which it is shown while it is kept.
    preview: String,
    /// Nothing once its manifest was let go.
    content: Option<Content>,
}

async fn whole(
    console: &Arc<Console>,
    space: &Space,
    named: Named,
    after: String,
) -> Result<Whole> {
    let (reader, institution) = (console.clone(), space.institution.to_string());
    let (site, deploy, before, signers) = blocking(move || -> Result<_> {
        let site = site_of(&reader, &institution, &named.host)?;
        let host = &site.place.host;
        let deploy = reader.sites.deploy(host, named.number)?;
        let before = reader.sites.deploys_before(host, named.number, 1)?.pop();
        let (history, _) = reader.sites.history(&site.place)?;
        let signers = history.signers(named.number).to_vec();
        Ok((site, deploy, before, signers))
    })
    .await?;
    let newest = site.live.as_ref();
    Ok(Whole {
        host: site.place.host.to_string(),
        number: deploy.number,
        since_s: seconds(deploy.since_ms),
        manifest: digits(&deploy.manifest),
        receipt: deploy.receipt(),
        signers,
        newest: newest.is_some_and(|newest| newest.number == deploy.number),
        preview: format!("{}--{}", deploy.number, site.place.host),
        content: content(console, &deploy, before, after).await?,
    })
}

/// What is kept of it. One that was let go, as older ones are, has nothing to show; neither has one whose manifest is damaged.
async fn content(
    console: &Arc<Console>,
    deploy: &Deploy,
    before: Option<Deploy>,
    after: String,
) -> Result<Option<Content>> {
    let Some(own) = kept(console, deploy).await? else {
        return Ok(None);
    };
    let earlier = match &before {
        Some(before) => kept(console, before).await?,
        None => None,
    };
    let against = before.filter(|_| earlier.is_some());
    let counted = blocking(move || {
        let difference = match &earlier {
            Some(earlier) => Difference::between(earlier, &own),
            None => Difference::of_all(&own),
        };
        let mut rest = own
            .files()
            .range::<str, _>((
                std::ops::Bound::Excluded(after.as_str()),
                std::ops::Bound::Unbounded,
            ))
            .map(line);
        let listed: Vec<Line> = rest.by_ref().take(PAGE).collect();
        let next = rest.next().and(listed.last());
        Content {
            files: own.files().len() as u64,
            bytes: own.files().values().map(|file| file.size).sum(),
            against: against.map(|against| against.number),
            difference,
            next: next.map(|line| line.address.clone()),
            listed,
        }
    });
    Ok(Some(counted.await))
}

async fn kept(console: &Console, deploy: &Deploy) -> Result<Option<Manifest>> {
    use amana_sites::Error as E;
    match manifest(console, &deploy.place, &deploy.manifest).await {
        Ok(manifest) => Ok(Some(manifest)),
        Err(crate::Error::Sites(E::NoManifest { .. } | E::OtherContent { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

fn line((address, file): (&String, &File)) -> Line {
    Line {
        address: address.clone(),
        size_bytes: file.size,
        sha256: digits(&file.sha256),
        media_type: file.media_type.clone(),
    }
}

#[derive(Template)]
#[template(path = "publishing/deploy.html")]
struct DeployPage {
    frame: Frame,
    space: Space,
    deploy: Whole,
}

impl DeployPage {
    fn may_go_back(&self) -> bool {
        let manages = self.space.may(amana_access::Operation::ManageSites);
        manages && !self.deploy.newest && self.deploy.content.is_some()
    }

    fn holds(&self, content: &Content) -> String {
        let texts = self.frame.texts;
        let files = texts.number(&content.files);
        (texts.publishing.files)(content.files, &files, &texts.size(&content.bytes))
    }

    fn others(&self, addresses: &Addresses) -> Option<String> {
        let texts = self.frame.texts;
        let others = addresses.others();
        (others > 0).then(|| (texts.publishing.and_others)(&texts.number(&others)))
    }

    fn against(&self, content: &Content) -> String {
        let texts = self.frame.texts;
        match &content.against {
            Some(number) => (texts.publishing.against)(&texts.number(number)),
            None => texts.publishing.against_nothing.to_owned(),
        }
    }

    /// The sorts of what changed, each under its name.
    fn sorts<'a>(&self, difference: &'a Difference) -> Vec<(String, &'a Addresses)> {
        sorts(&self.frame, difference)
    }

    fn next(&self, address: &str) -> String {
        let mut link = format!(
            "/publishing/{}/deploys/{}?after=",
            self.deploy.host, self.deploy.number
        );
        encode(&mut link, address);
        link
    }
}

/// The sorts of what changed, each under its name with how many there are; those that have none are left out.
pub(super) fn sorts<'a>(frame: &Frame, difference: &'a Difference) -> Vec<(String, &'a Addresses)> {
    let (texts, words) = (frame.texts, &frame.texts.publishing);
    let all = [
        (words.added, &difference.added),
        (words.changed, &difference.changed),
        (words.removed, &difference.removed),
    ];
    all.into_iter()
        .filter(|(_, addresses)| addresses.count > 0)
        .map(|(told, addresses)| (told(&texts.number(&addresses.count)), addresses))
        .collect()
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
    Path(named): Path<Named>,
    Query(asked): Query<After>,
) -> Result<Page> {
    let deploy = whole(&console, &space, named, asked.after).await?;
    let texts = language.texts();
    let mut frame = space.frame(texts, "/publishing", texts.publishing.title);
    let number = texts.number(&deploy.number);
    frame.title = (texts.publishing.deploy_title)(&number, &deploy.host).into();
    Page::of(&DeployPage {
        frame,
        space,
        deploy,
    })
}

/// `GET /api/v1/publishing/{host}/deploys/{number}`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    space: Space,
    Path(named): Path<Named>,
    Query(asked): Query<After>,
) -> Result<Json<Whole>> {
    whole(&console, &space, named, asked.after).await.map(Json)
}
