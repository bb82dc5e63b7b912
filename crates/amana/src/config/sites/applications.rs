//! Where the applications of sites are: `[[sites.application]]`.

use std::collections::HashSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use amana_sites::code::CodeFolder;
use amana_sites::serve::{Application, Backend, Code, FastCgi, Health, Limits, Network, Place};
use amana_sites::{Address, Host, is_application_name};
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde::Deserialize;

/// The longest pause between two looks at its health, in seconds.
const MAX_PAUSE_S: f64 = 3600.0;
/// The longest wait, in seconds: a visitor's line on which nothing moves for 75 is closed.
const MAX_WAIT_S: f64 = 70.0;
const MAX_CONNECTIONS: usize = 4096;
/// As much as a file of a site may have.
const MAX_BODY_MIB: u64 = 5 << 10;
/// Where programs that are common keep what visitors and editors put there.
const NO_SCRIPTS: [&str; 2] = ["/wp-content/uploads", "/sites/default/files"];

/// `[[sites.application]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationConfig {
    /// The site.
    host: String,
    /// As the site's `_applications` names it.
    name: String,
    /// `http://host:port`, or `unix:/path`.
    http: Option<String>,
    /// `host:port`, or `unix:/path`.
    fastcgi: Option<String>,
    /// With `fastcgi`: folder of the scripts.
    root: Option<PathBuf>,
    /// With `fastcgi`: script of a folder, and of what isn't there.
    index: Option<String>,
    /// With `fastcgi`: paths below which nothing is run.
    no_scripts: Option<Vec<String>>,
    /// With `http`: folder of its programs, for sites whose publishers sign them; with `fastcgi` it is `root`.
    code: Option<PathBuf>,
    /// With `code`: paths in it that are left out, since nothing in them is run; with `fastcgi` they are `no_scripts`.
    code_without: Option<Vec<String>>,
    /// How often its programs are looked at.
    code_every_s: Option<f64>,
    /// Who may ask.
    from: Option<Vec<String>>,
    /// Path that is asked for every so often.
    health: Option<String>,
    health_every_s: Option<f64>,
    /// Requests at a time.
    connections: Option<usize>,
    /// See [`Limits`].
    wait_s: Option<f64>,
    connect_s: Option<f64>,
    timeout_s: Option<f64>,
    idle_s: Option<f64>,
    body_mib: Option<u64>,
}

/// The applications that are described so.
///
/// # Errors
/// A field with a wrong value, which is named with its application.
pub(super) fn applications(described: &[ApplicationConfig]) -> Result<Vec<Application>> {
    let mut known = HashSet::new();
    let mut applications = Vec::with_capacity(described.len());
    for one in described {
        let told = || format!("sites.application {} of {}", one.name, one.host);
        let application = one.application().with_context(told)?;
        let named = (application.host.clone(), application.name.clone());
        ensure!(known.insert(named), "{}: it stands there twice", told());
        applications.push(application);
    }
    Ok(applications)
}

impl ApplicationConfig {
    fn application(&self) -> Result<Application> {
        let host: Host = self.host.parse().context("host")?;
        ensure!(
            is_application_name(&self.name),
            "name: it has small letters, digits and -, at most 63"
        );
        let from = self.from.as_ref().map(|from| {
            let networks = from
                .iter()
                .map(|network| parsed::<Network>("from", network));
            networks.collect::<Result<Vec<_>>>()
        });
        let backend = self.backend()?;
        Ok(Application {
            host,
            name: self.name.clone(),
            code: self.code(&backend)?,
            backend,
            from: from.transpose()?,
            health: self.health()?,
            limits: self.limits()?,
        })
    }

    fn backend(&self) -> Result<Backend> {
        let of_fastcgi = [
            ("root", self.root.is_some()),
            ("index", self.index.is_some()),
            ("no_scripts", self.no_scripts.is_some()),
        ];
        match (&self.http, &self.fastcgi) {
            (Some(http), None) => {
                for (field, is_there) in of_fastcgi {
                    ensure!(!is_there, "{field} goes with fastcgi, not with http");
                }
                let place = match (http.strip_prefix("http://"), http.starts_with("unix:")) {
                    (Some(place), _) => place.strip_suffix('/').unwrap_or(place),
                    (None, true) => http,
                    (None, false) => {
                        bail!("http is {http:?}, and is written http://host:port or unix:/path")
                    }
                };
                Ok(Backend::Http(parsed::<Place>("http", place)?))
            }
            (None, Some(place)) => Ok(Backend::FastCgi(self.fastcgi(place)?)),
            _ => bail!("it has either http or fastcgi"),
        }
    }

    fn fastcgi(&self, place: &str) -> Result<FastCgi> {
        let root = self
            .root
            .clone()
            .context("root: fastcgi needs the folder of the scripts")?;
        ensure!(
            root.is_absolute() && root.to_str().is_some(),
            "root is {}, and must be a whole path, of UTF-8",
            root.display()
        );
        let index = self.index.clone().unwrap_or_else(|| "index.php".to_owned());
        ensure!(
            index.ends_with(".php") && !index.contains('/'),
            "index is {index:?}, and must be the name of a file that ends with .php"
        );
        let no_scripts = match &self.no_scripts {
            Some(paths) => paths.clone(),
            None => NO_SCRIPTS.map(str::to_owned).to_vec(),
        };
        if let Some(wrong) = no_scripts.iter().find(|path| !path.starts_with('/')) {
            bail!("no_scripts: {wrong:?} doesn't begin with /");
        }
        Ok(FastCgi {
            place: parsed("fastcgi", place)?,
            root,
            index,
            no_scripts,
        })
    }

    fn code(&self, backend: &Backend) -> Result<Option<Code>> {
        let every = seconds(
            ("code_every_s", MAX_PAUSE_S),
            self.code_every_s,
            Duration::from_secs(60),
        )?;
        let folder = match (backend, &self.code) {
            (Backend::FastCgi(_), Some(_)) => bail!("code goes with http; with fastcgi it is root"),
            (Backend::FastCgi(fastcgi), None) => {
                ensure!(
                    self.code_without.is_none(),
                    "code_without goes with http; with fastcgi no_scripts are left out"
                );
                CodeFolder {
                    root: fastcgi.root.clone(),
                    without: fastcgi.no_scripts.clone(),
                }
            }
            (Backend::Http(_), Some(root)) => {
                ensure!(
                    root.is_absolute(),
                    "code is {}, and must be a whole path",
                    root.display()
                );
                let without = self.code_without.clone().unwrap_or_default();
                if let Some(wrong) = without.iter().find(|path| !path.starts_with('/')) {
                    bail!("code_without: {wrong:?} doesn't begin with /");
                }
                CodeFolder {
                    root: root.clone(),
                    without,
                }
            }
            (Backend::Http(_), None) => {
                ensure!(
                    self.code_without.is_none() && self.code_every_s.is_none(),
                    "code_without and code_every_s need code, the folder of its programs"
                );
                return Ok(None);
            }
        };
        Ok(Some(Code { folder, every }))
    }

    fn health(&self) -> Result<Option<Health>> {
        let Some(path) = &self.health else {
            ensure!(
                self.health_every_s.is_none(),
                "health_every_s needs health, the path that is asked for"
            );
            return Ok(None);
        };
        Address::parse(path).context("health")?;
        Ok(Some(Health {
            path: path.clone(),
            every: seconds(
                ("health_every_s", MAX_PAUSE_S),
                self.health_every_s,
                Duration::from_secs(10),
            )?,
        }))
    }

    fn limits(&self) -> Result<Limits> {
        let usual = Limits::default();
        let connections = self.connections.unwrap_or(usual.connections);
        ensure!(
            (1..=MAX_CONNECTIONS).contains(&connections),
            "connections is {connections}, and must be between 1 and {MAX_CONNECTIONS}"
        );
        let body_mib = self.body_mib.unwrap_or(usual.body_bytes >> 20);
        ensure!(
            body_mib <= MAX_BODY_MIB,
            "body_mib is {body_mib}, and must be at most {MAX_BODY_MIB}"
        );
        Ok(Limits {
            connections,
            wait: seconds(("wait_s", MAX_WAIT_S), self.wait_s, usual.wait)?,
            connect: seconds(("connect_s", MAX_WAIT_S), self.connect_s, usual.connect)?,
            head: seconds(("timeout_s", MAX_WAIT_S), self.timeout_s, usual.head)?,
            idle: seconds(("idle_s", MAX_WAIT_S), self.idle_s, usual.idle)?,
            body_bytes: body_mib << 20,
        })
    }
}

fn parsed<T: FromStr<Err = &'static str>>(field: &str, text: &str) -> Result<T> {
    text.parse()
        .map_err(|why| anyhow!("{field} is {text:?}: {why}"))
}

fn seconds((field, most): (&str, f64), given: Option<f64>, usual: Duration) -> Result<Duration> {
    let Some(given) = given else {
        return Ok(usual);
    };
    ensure!(
        (0.01..=most).contains(&given),
        "{field} is {given}, and must be between 0.01 and {most} seconds"
    );
    Ok(Duration::from_secs_f64(given))
}

#[cfg(test)]
mod tests {
    use super::super::SitesConfig;

    fn checked(text: &str) -> Result<usize, String> {
        let config: SitesConfig = toml::from_str(text).map_err(|error| error.to_string())?;
        let settings = config.settings().map_err(|error| format!("{error:#}"))?;
        Ok(settings.applications.len())
    }

    fn of(fields: &str) -> Result<usize, String> {
        checked(&format!(
            "[[application]]\nhost = 'www.finances.example'\nname = 'wordpress'\n{fields}"
        ))
    }

    #[test]
    fn applications_are_read() {
        assert_eq!(of("http = 'http://127.0.0.1:8080/'"), Ok(1));
        assert_eq!(of("http = 'unix:/run/app.sock'\nfrom = []"), Ok(1));
        let whole = "fastcgi = 'unix:/run/php/x.sock'\nroot = '/srv/x'\nindex = 'app.php'\nno_scripts = ['/files']\n\
                     from = ['10.0.0.0/8', '::1']\nhealth = '/wp-login.php'\nhealth_every_s = 2\nconnections = 8\nwait_s = 1\n\
                     connect_s = 0.5\ntimeout_s = 30\nidle_s = 30\nbody_mib = 16";
        assert_eq!(of(whole), Ok(1));
        let of_http = "http = 'http://127.0.0.1:1'\ncode = '/srv/x'\ncode_without = ['/files']\ncode_every_s = 5";
        assert_eq!(of(of_http), Ok(1));
        assert_eq!(of(&format!("{whole}\ncode_every_s = 5")), Ok(1));
        assert_eq!(checked(""), Ok(0));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let fastcgi = "fastcgi = '127.0.0.1:9000'\nroot = '/srv/x'\n";
        let http = "http = 'http://127.0.0.1:1'\n";
        for (fields, named) in [
            (String::new(), "either http or fastcgi"),
            (
                format!("{fastcgi}http = 'http://127.0.0.1:1'"),
                "either http or fastcgi",
            ),
            ("http = 'https://x.example'".to_owned(), "http is"),
            ("http = 'http://x.example'".to_owned(), "http is"),
            (
                "http = 'http://x:1'\nroot = '/srv'".to_owned(),
                "root goes with fastcgi",
            ),
            ("fastcgi = '127.0.0.1:9000'".to_owned(), "root"),
            ("fastcgi = 'unix:x'\nroot = '/srv'".to_owned(), "fastcgi is"),
            (
                "fastcgi = '127.0.0.1:9000'\nroot = 'srv'".to_owned(),
                "root is srv",
            ),
            (format!("{fastcgi}index = 'a/b.php'"), "index is"),
            (format!("{fastcgi}no_scripts = ['x']"), "no_scripts"),
            (format!("{fastcgi}from = ['10.0.0.1/8']"), "from is"),
            (format!("{fastcgi}health = 'x'"), "health"),
            (format!("{fastcgi}health_every_s = 1"), "health_every_s"),
            (format!("{fastcgi}connections = 0"), "connections is 0"),
            (format!("{fastcgi}timeout_s = 0"), "timeout_s is 0"),
            (format!("{fastcgi}idle_s = 80"), "idle_s is 80"),
            (format!("{fastcgi}body_mib = 9999999"), "body_mib"),
            (format!("{fastcgi}timeout = 3"), "timeout"),
            (format!("{fastcgi}code = '/srv'"), "code goes with http"),
            (format!("{fastcgi}code_without = []"), "code_without goes"),
            (format!("{fastcgi}code_every_s = 0"), "code_every_s is 0"),
            (format!("{http}code_every_s = 5"), "need code"),
            (format!("{http}code_without = []"), "need code"),
            (format!("{http}code = 'srv'"), "code is srv"),
            (
                format!("{http}code = '/srv'\ncode_without = ['x']"),
                "code_without: ",
            ),
        ] {
            let told = of(&fields).unwrap_err();
            assert!(told.contains(named), "{fields}: {told}");
        }
        let twice = format!("[[application]]\nhost = 'a.example'\nname = 'x'\n{fastcgi}").repeat(2);
        assert!(checked(&twice).unwrap_err().contains("twice"));
        let named = "[[application]]\nhost = 'a.example'\nname = 'X'\nhttp = 'http://x:1'";
        assert!(checked(named).unwrap_err().contains("name"));
    }
}
