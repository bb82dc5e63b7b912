//! Every page, over a real store in a temporary folder, as a browser asks for it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod access_keys;
mod account;
mod again;
mod api;
mod assets;
mod books;
mod calls;
mod content;
mod contrast;
mod forms;
mod gateway;
mod home;
mod house;
mod language;
mod leaving;
mod locks;
mod markup;
mod officials;
mod once;
mod operators;
mod pages;
mod program;
mod proof;
mod provider;
mod publishing;
mod pupil;
mod queries;
mod refusals;
mod school;
mod services;
mod shelf;
mod state;
mod told;
