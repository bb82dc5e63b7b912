//! The folder from which an application is set up: its files, its settings, and what a machine needs to run it.

mod php;
mod settings;
mod system;
mod texts;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::application::{Application, FILE};
use crate::find::Kind;
use crate::look::Looked;
use crate::php::Settings;
use crate::{Error, Result};

/// Fresh bytes.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

/// What a backup gave, of which the folder is made.
pub struct Source<'a> {
    /// The application's files, which are moved.
    pub root: &'a Path,
    /// Its old settings.
    pub settings: &'a Settings,
    /// What stays behind of its files.
    pub looked: &'a Looked,
}

/// Makes the folder, in which the dump lies already. Gives the names of old settings that weren't taken over.
///
/// # Errors
/// When a file can't be moved or written.
pub fn make(
    application: &Application,
    source: &Source<'_>,
    out: &Path,
    random: Random<'_>,
) -> Result<Vec<String>> {
    let files = out.join("files");
    fs::rename(source.root, &files).map_err(Error::file(source.root))?;
    for (place, _) in &source.looked.stay_behind {
        let path = files.join(place);
        let removed = match path.is_dir() {
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        };
        removed.map_err(Error::file(&path))?;
    }
    // The guard refuses everything where a folder isn't there that it guards.
    let guarded = application.no_scripts().iter();
    let guarded = guarded.map(|folder| folder.trim_start_matches('/'));
    for below in guarded.chain(application.writable().iter().copied()) {
        let folder = files.join(below);
        fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    }
    let password = secret(random);
    let mut left = Vec::new();
    match application.kind {
        Kind::WordPress => {
            let made = settings::wordpress(application, source, &password, random);
            write(&files.join("wp-config.php"), &made.text)?;
            left = made.left;
        }
        Kind::Joomla => {
            let text = settings::joomla(application, source.settings, &password, &secret(random));
            write(&files.join("configuration.php"), &text)?;
        }
        Kind::Php => {}
    }
    write_texts(application, &password, out)?;
    Ok(left)
}

/// Writes what follows from the application and its password alone.
///
/// # Errors
/// When a file can't be written.
pub(crate) fn write_texts(application: &Application, password: &str, out: &Path) -> Result<()> {
    let mut texts = vec![
        ("guard.php".to_owned(), php::guard(application)),
        ("php-fpm.conf".to_owned(), php::pool(application)),
        (application.unit(), system::unit(application)),
        ("sysusers.conf".to_owned(), system::users(application)),
        (
            "database.sql".to_owned(),
            system::database(application, password),
        ),
        (
            "database.cnf".to_owned(),
            system::client(application, password),
        ),
        ("amana.toml".to_owned(), system::stanza(application)),
        (
            "_applications".to_owned(),
            system::applications(application),
        ),
        ("README.txt".to_owned(), texts::english(application)),
        ("LISEZMOI.txt".to_owned(), texts::french(application)),
    ];
    if application.kind == Kind::WordPress {
        let timer = format!("{}-cron", application.user());
        texts.push((format!("{timer}.service"), system::cron(application)));
        texts.push((format!("{timer}.timer"), system::timer(application)));
    }
    let said = serde_json::to_string_pretty(application).map_err(|error| Error::Text {
        what: FILE,
        why: error.to_string(),
    })?;
    texts.push((FILE.to_owned(), said));
    for (name, text) in texts {
        write(&out.join(name), &text)?;
    }
    Ok(())
}

/// Nobody else reads it: passwords are among these.
fn write(path: &Path, text: &str) -> Result<()> {
    let opened = fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    opened
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(Error::file(path))
}

/// 256 bits, as digits that no language has to escape.
fn secret(random: Random<'_>) -> String {
    let mut bytes = [0; 32];
    random(&mut bytes);
    hex::encode(bytes)
}
