//! `amana authority`: the own authority of a data centre, a gateway or a witness, which clients of its listeners pin.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::DEFAULT_DATA;
use crate::output;
use crate::tls::own_authority;

/// The authority that signs the certificates of listeners.
#[derive(Subcommand)]
pub(crate) enum Authority {
    /// Show what clients pin: the digest, or with --pem the certificate
    Show(Show),
}

/// Whose, and how.
#[derive(Args)]
pub(crate) struct Show {
    /// Folder of the data centre, the gateway or the witness
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA)]
    data: PathBuf,
    /// Print the certificate, for curl --cacert, AWS_CA_BUNDLE and the like
    #[arg(long, conflicts_with = "json")]
    pem: bool,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Authority {
    /// Does what was asked.
    pub(crate) fn run(&self) -> Result<()> {
        let Self::Show(show) = self;
        let data = show.data.display();
        let Some(authority) = own_authority::load(&show.data)? else {
            bail!(
                "there is no authority in {data}: it is made when a listener first speaks TLS, which is beyond loopback, or \
                 anywhere with tls = \"always\", and without tls_certificate"
            );
        };
        let path = own_authority::certificate_in(&show.data);
        let digest = authority.digest().to_string();
        if show.pem {
            return output::line(authority.certificate_pem().trim_end());
        }
        if show.json {
            let shown = json!({ "digest": digest, "certificate": path });
            return output::line(&shown.to_string());
        }
        output::line(&format!(
            "{digest}\nWitnesses and gateways pin it with --authority {digest}\nOther programs take the file {}",
            path.display()
        ))
    }
}
