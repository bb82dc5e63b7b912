//! Retention and legal hold.

use amana_vault::RetentionMode;

use crate::texts::locks::LockWords;

pub(crate) const WORDS: LockWords = LockWords {
    title: "Retention",
    none: "Versions can be deleted at any time.",
    no_default: "Only what a deposit asks for",
    no_suspend: "Its versions can be locked, so that it keeps them for good.",
    default_lead: "What each new version gets from now on. Once set, versions can be locked for good; those that are there stay as they are.",
    default_mode: "New versions: who may end their retention early",
    how_long: "For how long",
    unit: "Unit",
    days: "days",
    years: "years of 365 days",
    set_default: "Set for new versions",
    make: "Let versions be locked (for deeds, accounts, evidence); never taken off again",
    hold: "Legal hold",
    held: "held: it can’t be deleted, whatever the date",
    lead: "Until its last day this version can’t be deleted, by anybody. It can be prolonged here; a shorter time takes two officials, or is impossible.",
    last_day: "Keep until this day (UTC)",
    who_ends: "Who may end it early",
    retain: "Retain",
    put_hold: "Put under legal hold",
    lift: "Lift the legal hold",
    end: "End the retention early",
    end_means: "You propose it, and another official approves it under “Colleagues”. Both acts stand in the ledger.",
    propose: "Propose the end of the retention",
    stays: "This version can’t be deleted now: it is retained, or held.",
    mode: |mode| match mode {
        RetentionMode::Governance => "two officials together (governance)",
        RetentionMode::Compliance => "nobody (compliance)",
    },
    default_days: |mode, days| match days {
        1 => format!("New versions: one day; who may end it early: {mode}"),
        _ => format!("New versions: {days} days; who may end it early: {mode}"),
    },
    default_years: |mode, years| match years {
        1 => format!("New versions: one year; who may end it early: {mode}"),
        _ => format!("New versions: {years} years; who may end it early: {mode}"),
    },
    until: |until, mode| format!("until {until}; who may end it early: {mode}"),
};
