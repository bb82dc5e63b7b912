//! Shares by command line, for tests that set our SLIP-0039 beside another program's; never for real keys.
//!
//!     shares split PLAN             the secret in hex on standard input; one share a line
//!     shares combine [PASSPHRASE]   shares on standard input, one a line; the secret in hex
//!     shares pages PLAN FOLDER      the secret in hex on standard input; each share's page into the folder

use std::error::Error;
use std::io::{BufRead as _, Read as _, Write as _};
use std::path::Path;

use amana_seal::pages::{Page, PageKey};
use amana_seal::shares::{Gathering, GroupPlan, Share, split_secret};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["split", plan] => {
            let mut out = std::io::stdout().lock();
            for share in split_secret(&secret()?, b"", &plan.parse()?)? {
                writeln!(out, "{}", *share.mnemonic())?;
            }
        }
        ["combine"] => combine("")?,
        ["combine", passphrase] => combine(passphrase)?,
        ["pages", plan, folder] => pages(&plan.parse()?, Path::new(folder))?,
        _ => {
            return Err(
                "usage: shares split PLAN | combine [PASSPHRASE] | pages PLAN FOLDER".into(),
            );
        }
    }
    Ok(())
}

fn secret() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut typed = String::new();
    std::io::stdin().read_to_string(&mut typed)?;
    Ok(hex::decode(typed.trim())?)
}

fn combine(passphrase: &str) -> Result<(), Box<dyn Error>> {
    let mut gathering = Gathering::new();
    for line in std::io::stdin().lock().lines() {
        gathering.add(Share::parse(&line?)?)?;
    }
    let secret = gathering.secret(passphrase.as_bytes())?;
    writeln!(std::io::stdout(), "{}", hex::encode(&*secret))?;
    Ok(())
}

fn pages(plan: &GroupPlan, folder: &Path) -> Result<(), Box<dyn Error>> {
    for share in split_secret(&secret()?, b"", plan)? {
        let (institution, date) = ("finances", "2026-11-22");
        let page = Page {
            key: PageKey::Institution,
            institution,
            plan,
            set: 2,
            date,
            share: &share,
        };
        let name = page.file_name();
        std::fs::write(
            folder.join(&name).with_extension("html"),
            page.html().as_bytes(),
        )?;
        std::fs::write(
            folder.join(&name).with_extension("txt"),
            page.text().as_bytes(),
        )?;
    }
    Ok(())
}
