//! A link by which an official gets what he or she first signs in with: made, and told this once.

use std::sync::Arc;

use amana_access::{AccountName, Actor, NewInvitation, Owner, Role, Session};
use askama::Template;
use axum::response::Response;
use serde::Serialize;

use super::me::seconds;
use crate::api::Way;
use crate::frame::Frame;
use crate::{Console, Language, Page, Result, menu};

/// Such a link. Whoever has it becomes that official, so it has no `Debug` and is in no log.
#[derive(Serialize)]
pub(crate) struct Link {
    /// Whose account it leads to.
    account: String,
    /// The address.
    url: String,
    /// Its code, for who can't follow it.
    code: String,
    /// When it ends, in seconds since 1970.
    expires_s: u64,
    /// `<ledger>/<index>` of the act that made the link.
    receipt: String,
    /// The same of the act that named the official, if that was done with it.
    named: Option<String>,
    #[serde(skip)]
    owner: Owner,
}

#[derive(Template)]
#[template(path = "account/link.html")]
struct LinkPage {
    frame: Frame,
    link: Link,
    until: String,
    back: String,
}

impl Link {
    /// Of a link that was just made.
    pub(crate) fn of(console: &Console, made: NewInvitation, named: Option<String>) -> Self {
        let code = made.code.reveal().to_string();
        Self {
            account: made.account.to_string(),
            url: format!("{}/account/enrol?code={code}", console.origin.origin()),
            code,
            expires_s: seconds(made.expires_ms),
            receipt: made.receipt,
            named,
            owner: made.account.owner,
        }
    }

    /// Names somebody, by one's own word alone, with a first link.
    ///
    /// # Errors
    /// Those of [`amana_access::Access::name_official`] and [`amana_access::Access::invite`].
    pub(crate) async fn naming(
        console: &Console,
        owner: Owner,
        name: &str,
        role: Role,
        actor: &Actor,
    ) -> Result<Self> {
        let name = name.parse()?;
        let named = console.access.name_official(&owner, &name, role, actor);
        let (official, receipt) = named.await?;
        let account = AccountName { owner, official };
        let made = console.access.invite(&account, actor).await?;
        Ok(Self::of(console, made, Some(receipt)))
    }

    /// Another first link for who has one.
    ///
    /// # Errors
    /// Those of [`amana_access::Access::invite`].
    pub(crate) async fn again(
        console: &Console,
        account: &AccountName,
        actor: &Actor,
    ) -> Result<Self> {
        let made = console.access.invite(account, actor).await?;
        Ok(Self::of(console, made, None))
    }

    /// Told to who asked for it: as a page, or as it stands.
    ///
    /// # Errors
    /// When the page can't be written.
    pub(crate) fn told(
        self,
        way: Way,
        language: Language,
        session: &Arc<Session>,
    ) -> Result<Response> {
        match way {
            Way::Call => Ok(way.answer(self, ())),
            Way::Form => Ok(way.answer((), self.page(language, session)?)),
        }
    }

    /// The page that shows it.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn page(self, language: Language, session: &Session) -> Result<Page> {
        let texts = language.texts();
        let (at, back) = match (&session.account.owner, &self.owner) {
            (Owner::Institution(_), _) => ("/account/officials", "/account/officials".to_owned()),
            (Owner::Operator, Owner::Operator) => ("/operator/staff", "/operator/staff".to_owned()),
            (Owner::Operator, Owner::Institution(name)) => (
                "/operator/institutions",
                format!("/operator/institutions/{name}"),
            ),
        };
        Page::of(&LinkPage {
            frame: menu::frame(texts, session, at, texts.account.new_link),
            until: texts.moment(&self.expires_s),
            link: self,
            back,
        })
    }
}
