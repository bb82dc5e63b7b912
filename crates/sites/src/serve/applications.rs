//! Applications that answer some paths of a site: where they are, who may ask them, and how much of them one may have.
//!
//! What it promises:
//! - **Which paths are an application's is the publishers' word**, signed in the manifest; where it is, the operator's
//!   ([`Application`]). Without both, nothing is asked.
//! - **A request is sent once.** Only a connection that can't be made is tried again; what was sent may have been done.
//! - **Altered programs aren't asked**, where the publishers signed which they are ([`Code`]): the deploy answers in their stead.
//! - **Each has bounds**: connections, waiting, heads, bodies both ways, silence.
//!
//! What it deliberately does not do: keep connections open between requests (a new one is never half closed), cache, or change
//! what an application says, but for what belongs to a connection.

mod asked;
mod cgi_head;
mod code;
mod fastcgi;
mod files;
mod health;
mod http;
mod instead;
mod networks;
mod params;
mod passed;
mod place;
mod records;
mod scripts;
mod upload;
mod upstream;

use std::path::PathBuf;
use std::time::Duration;

pub use code::Code;
pub use networks::Network;
pub use place::Place;
pub use records::is_fastcgi_answer;
pub use upload::Rest;

pub(super) use fastcgi::only_read;
pub(super) use instead::Way;
pub(super) use upstream::Upstreams;

use crate::Host;

/// An application of a site.
#[derive(Clone, Debug)]
pub struct Application {
    /// The site.
    pub host: Host,
    /// What the site's publishers call it.
    pub name: String,
    /// Where it is.
    pub backend: Backend,
    /// Who may ask it; everybody when none. Where the publishers say that it is for editors, nobody is one without this.
    pub from: Option<Vec<Network>>,
    /// A path that is asked for every so often; while it isn't answered well, nothing else is.
    pub health: Option<Health>,
    /// Its programs, for sites whose publishers sign them.
    pub code: Option<Code>,
    /// How much of it one may have.
    pub limits: Limits,
}

/// Where an application is, and what it speaks.
#[derive(Clone, Debug)]
pub enum Backend {
    /// HTTP/1.1.
    Http(Place),
    /// FastCGI.
    FastCgi(FastCgi),
}

/// Scripts in a folder, and what runs them.
#[derive(Clone, Debug)]
pub struct FastCgi {
    /// Where it listens.
    pub place: Place,
    /// The folder, as both sides know it.
    pub root: PathBuf,
    /// The script of a folder, and of all that isn't there.
    pub index: String,
    /// Paths below which no script is run: where visitors put files.
    pub no_scripts: Vec<String>,
}

/// How it is found out whether an application is well.
#[derive(Clone, Debug)]
pub struct Health {
    /// The path that is asked for.
    pub path: String,
    /// How often.
    pub every: Duration,
}

/// How much of an application one may have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests at a time.
    pub connections: usize,
    /// How long a request waits for its turn.
    pub wait: Duration,
    /// For a connection, all tries together.
    pub connect: Duration,
    /// Until an answer begins.
    pub head: Duration,
    /// Between two parts of an answer.
    pub idle: Duration,
    /// A request's body, in bytes.
    pub body_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 32,
            wait: Duration::from_secs(5),
            connect: Duration::from_secs(2),
            head: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            body_bytes: 64 << 20,
        }
    }
}
