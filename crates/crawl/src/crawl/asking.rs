//! Answers, from the archive or from the server.

use std::collections::HashMap;
use std::path::Path;

use url::Url;

use super::Wanted;
use crate::fetch::{Answer, Fetcher};
use crate::site::{Origin, Site, Target};
use crate::warc::{Archive, Held, Place};
use crate::{Error, Result};

/// Redirects from the address that was given to the site's own.
const MAX_MOVES: usize = 4;

/// An archive of another site isn't this import's state.
pub(super) fn same_site(site: &Site, held: &[Held], path: &Path) -> Result<()> {
    let Some(first) = held.first() else {
        return Ok(());
    };
    let there = Url::parse(&first.url).ok().and_then(|url| Origin::of(&url));
    match there {
        Some(there) if there.authority == site.home.authority => Ok(()),
        there => Err(Error::OtherSite {
            path: path.to_owned(),
            there: there.map_or_else(|| first.url.clone(), |origin| origin.url()),
        }),
    }
}

/// Asks the archive first, then the server.
pub(super) struct Asking<'a> {
    pub(super) fetcher: Fetcher,
    pub(super) archive: Archive,
    held: HashMap<String, Place>,
    /// Of all bodies in the archive.
    pub(super) bytes: u64,
    now: &'a dyn Fn() -> String,
}

impl<'a> Asking<'a> {
    pub(super) fn new(wanted: &Wanted<'a>, archive: Archive, held: Vec<Held>) -> Result<Self> {
        Ok(Self {
            fetcher: Fetcher::new(
                &wanted.agent,
                wanted.trust.clone(),
                wanted.rate,
                wanted.local.clone(),
            )?,
            archive,
            bytes: held.iter().map(|held| held.size).sum(),
            held: held
                .into_iter()
                .map(|held| (held.url, held.place))
                .collect(),
            now: wanted.now,
        })
    }

    pub(super) async fn ask(
        &mut self,
        site: &Site,
        target: &Target,
    ) -> Result<Result<(Answer, Place), String>> {
        let url = site.url(target);
        if let Some(place) = self.held.get(&url) {
            return Ok(Ok((self.archive.read(*place)?, *place)));
        }
        let answer = match self.fetcher.get(site, target).await {
            Ok(answer) => answer,
            Err(why) => return Ok(Err(why)),
        };
        let head = self.fetcher.head(site, target);
        let place = self
            .archive
            .add(&url, head.as_deref(), &answer, &(self.now)())?;
        self.bytes += answer.body.len() as u64;
        self.held.insert(url, place);
        Ok(Ok((answer, place)))
    }

    /// Follows the first page to the host that answers for the site.
    pub(super) async fn find_home(&mut self, site: &mut Site) -> Result<()> {
        for _ in 0..MAX_MOVES {
            let first = Target::own("/");
            let refused = |why: String| Error::FirstPage {
                url: site.url(&first),
                why,
            };
            let (answer, _) = self.ask(site, &first).await?.map_err(&refused)?;
            let url = Url::parse(&site.url(&first)).map_err(|error| refused(error.to_string()))?;
            let next = answer.location().and_then(|to| url.join(to).ok());
            let moved = next.as_ref().and_then(Origin::of);
            match moved {
                Some(next) if next != site.home => {
                    let old = std::mem::replace(&mut site.home, next);
                    if old.authority != site.home.authority {
                        site.aliases.push(old.authority);
                    }
                }
                _ if answer.status >= 400 => {
                    return Err(refused(format!("it answers {}", answer.status)));
                }
                _ => return Ok(()),
            }
        }
        Err(Error::FirstPage {
            url: site.home.url(),
            why: "it leads from one host to the next".to_owned(),
        })
    }
}
