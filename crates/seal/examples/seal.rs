//! Sealed files from the command line, to try this crate against other programs.
//!
//!     seal new x25519|hybrid              a new identity, on standard output
//!     seal recipient IDENTITY-FILE        its public half
//!     seal seal RECIPIENT…  <plain >file
//!     seal open IDENTITY-FILE <file >plain

use std::error::Error;
use std::io::{Read as _, Write as _};

use amana_seal::age::{HybridIdentity, Identity, Recipient, X25519Identity, open_all, seal_all};
use zeroize::Zeroizing;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["new", "x25519"] => print(X25519Identity::generate()?.reveal().as_bytes()),
        ["new", "hybrid"] => print(HybridIdentity::generate()?.reveal().as_bytes()),
        ["recipient", path] => print(identity(path)?.recipient().encode().as_bytes()),
        ["seal", recipients @ ..] => {
            let recipients: Result<Vec<Recipient>, _> =
                recipients.iter().map(|text| text.parse()).collect();
            print(&seal_all(&recipients?, &input()?)?)
        }
        ["open", path] => print(&open_all(&[identity(path)?], &input()?)?),
        _ => Err("usage: seal new KIND | recipient FILE | seal RECIPIENT… | open FILE".into()),
    }
}

fn identity(path: &str) -> Result<Identity, Box<dyn Error>> {
    let text = Zeroizing::new(std::fs::read_to_string(path)?);
    Ok(text.trim().parse()?)
}

fn input() -> Result<Zeroizing<Vec<u8>>, Box<dyn Error>> {
    let mut bytes = Zeroizing::new(Vec::new());
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn print(bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    Ok(std::io::stdout().lock().write_all(bytes)?)
}
