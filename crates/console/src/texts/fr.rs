//! Français : la source de chaque phrase.

mod account;
mod agreements;
mod alerts;
mod books;
mod capacity;
mod centre;
mod content;
mod custodians;
mod evidence;
mod files;
mod frame;
mod gateway;
mod health;
mod help;
mod indicators;
mod journal;
mod keys;
mod locks;
mod messages;
mod moments;
mod notices;
mod officials;
mod operator;
mod proof;
mod provider;
mod publishing;
mod receipts;
mod refusals;
mod school;
mod support;
mod upload;
mod usage;
mod verify;

use super::Texts;

/// Les mots français.
pub const FR: Texts = Texts {
    tag: "fr",
    name: "Français",
    dir: "ltr",
    moments: moments::WORDS,
    frame: frame::WORDS,
    account: account::WORDS,
    provider: provider::WORDS,
    books: books::WORDS,
    journal: journal::WORDS,
    content: content::WORDS,
    upload: upload::WORDS,
    keys: keys::WORDS,
    usage: usage::WORDS,
    evidence: evidence::WORDS,
    custodians: custodians::WORDS,
    alerts: alerts::WORDS,
    support: support::WORDS,
    centre: centre::WORDS,
    proof: proof::WORDS,
    verify: verify::WORDS,
    help: help::WORDS,
    gateway: gateway::WORDS,
    files: files::WORDS,
    operator: operator::WORDS,
    capacity: capacity::WORDS,
    health: health::WORDS,
    locks: locks::WORDS,
    messages: messages::WORDS,
    notices: notices::WORDS,
    agreements: agreements::WORDS,
    indicators: indicators::WORDS,
    school: school::WORDS,
    publishing: publishing::WORDS,
    refusal: refusals::told,
};
