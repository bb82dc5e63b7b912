//! What stands around every page: title, menu, languages, foot.

use std::borrow::Cow;

use crate::assets::Asset;
use crate::banner::{self, Banner};
use crate::language::Language;
use crate::texts::Texts;

/// The frame of a page, as `templates/frame.html` reads it.
pub struct Frame {
    /// The words of the page's language.
    pub texts: &'static Texts,
    /// What the page is, before the data centre's name.
    pub title: Cow<'static, str>,
    /// Whose pages these are: the data centre's name, or an institution's.
    pub owner: String,
    /// Where one can go from here.
    pub menu: Vec<MenuItem>,
    /// Links at the foot of the page that lead to what programs read.
    pub foot: Vec<MenuItem>,
    /// What stands above the page, if anything must.
    pub note: Option<String>,
}

/// A link of the menu.
pub struct MenuItem {
    /// Where it leads.
    pub href: &'static str,
    /// What it says.
    pub label: &'static str,
    /// Whether the page is already there.
    pub current: bool,
}

/// A public page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// What this data centre is.
    Centre,
    /// The live proof.
    Proof,
    /// Verifying a receipt.
    Verify,
    /// The sites hosted here.
    Sites,
    /// Help.
    Help,
    /// Who is signed in, or the way in.
    Account,
    /// None of the menu: an error.
    Nowhere,
}

/// A page of a gateway's folders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FolderPage {
    /// Folders and files.
    Folders,
    /// What one shares.
    Shares,
    /// None of the menu.
    Nowhere,
}

/// A page of a gateway itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GatewayPlace {
    /// How it is.
    Gateway,
    /// Its folders, whose pages have a frame of their own.
    Folders,
    /// Help.
    Help,
    /// None of the menu.
    Nowhere,
}

impl Frame {
    /// The frame of a public page.
    pub(crate) fn public(
        texts: &'static Texts,
        title: &'static str,
        owner: &str,
        at: Place,
    ) -> Self {
        let words = &texts.frame;
        let item = |place, href, label| MenuItem {
            href,
            label,
            current: place == at,
        };
        Self {
            texts,
            title: title.into(),
            owner: owner.to_owned(),
            menu: vec![
                item(Place::Centre, "/", words.centre),
                item(Place::Proof, "/proof", words.proof),
                item(Place::Verify, "/verify", words.verify),
                item(Place::Sites, "/sites", texts.publishing.title),
                item(Place::Help, "/help", words.help),
                item(Place::Account, "/account", texts.account.account),
            ],
            foot: [
                ("/notices", texts.notices.title),
                ("/directory", texts.notices.directory),
                ("/policy", words.policy),
                ("/national/checkpoint", words.checkpoint),
                ("/api/v1/openapi.json", words.api),
            ]
            .map(|(href, label)| MenuItem {
                href,
                label,
                current: false,
            })
            .into(),
            note: None,
        }
    }

    /// The frame of a page of a gateway's folders.
    pub(crate) fn folders(
        texts: &'static Texts,
        title: &'static str,
        institution: &str,
        at: FolderPage,
    ) -> Self {
        let words = &texts.files;
        let item = |href, label, current| MenuItem {
            href,
            label,
            current,
        };
        Self {
            texts,
            title: title.into(),
            owner: institution.to_owned(),
            menu: vec![
                item("/folders", words.title, at == FolderPage::Folders),
                item("/folders/shares", words.shares, at == FolderPage::Shares),
                item("/", words.gateway, false),
                item("/help", texts.frame.help, false),
            ],
            foot: Vec::new(),
            note: None,
        }
    }

    /// The frame of a gateway's page.
    pub(crate) fn gateway(
        texts: &'static Texts,
        title: &'static str,
        institution: &str,
        at: GatewayPlace,
    ) -> Self {
        let item = |place, href, label| MenuItem {
            href,
            label,
            current: place == at,
        };
        let foot = ["/healthz", "/readyz", "/metrics"].map(|href| MenuItem {
            href,
            // What monitoring asks for has one name in every language.
            label: &href[1..],
            current: false,
        });
        Self {
            texts,
            title: title.into(),
            owner: institution.to_owned(),
            menu: vec![
                item(GatewayPlace::Gateway, "/", texts.files.gateway),
                item(GatewayPlace::Folders, "/folders", texts.files.title),
                item(GatewayPlace::Help, "/help", texts.frame.help),
            ],
            foot: foot.into(),
            note: None,
        }
    }

    /// Notices in force, for who is signed in.
    #[must_use]
    pub fn notices(&self) -> Vec<Banner> {
        banner::in_force(self.texts)
    }

    /// Path of the stylesheet.
    #[must_use]
    pub fn style(&self) -> &'static str {
        Asset::Style.path()
    }

    /// Path of the mark.
    #[must_use]
    pub fn mark(&self) -> &'static str {
        Asset::Mark.path()
    }

    /// Path of the script that copies.
    #[must_use]
    pub fn copy(&self) -> &'static str {
        Asset::Copy.path()
    }

    /// The other languages of this page: tag, own name, and link.
    #[must_use]
    pub fn languages(&self) -> Vec<(&'static str, &'static str, String)> {
        let others = Language::ALL.into_iter();
        let others = others.filter(|language| language.texts().tag != self.texts.tag);
        let link = |language: Language| {
            let texts = language.texts();
            (texts.tag, texts.name, language.link())
        };
        others.map(link).collect()
    }
}
