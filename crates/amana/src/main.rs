//! The `amana` command: parses what was asked, runs it, and turns its outcome into an exit code.
//!
//! 0 is done, 1 refused or failed, 2 wrong usage; a command that judges says 3 where it can't. What is printed for the asker goes to stdout; errors go to stderr and
//! say what happened, where, and what to do.

mod admin;
mod bag;
mod centre;
mod cli;
mod client;
mod commands;
mod config;
mod demo;
mod doctor;
mod durable;
mod enrolments;
mod export;
mod first_start;
mod gateway;
mod give_back;
mod health;
mod import;
mod listener;
mod logs;
mod machine;
mod metrics;
mod mirror;
mod object_place;
mod output;
mod own_quorums;
mod patience;
mod progress;
mod quotas;
mod rebuilder_key;
mod release;
mod replay;
mod requests;
mod s3_client;
mod scrub;
mod serve;
mod site_check;
mod sites;
mod socket;
mod stopping;
mod supervisor;
mod tls;
mod traces;
mod web;
mod wire;
mod witness;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&format!("{error:#}"));
            match error.downcast_ref::<output::NotJudged>() {
                Some(_) => ExitCode::from(3),
                None => ExitCode::FAILURE,
            }
        }
    }
}
