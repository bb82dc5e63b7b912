//! An application on this machine, asked behind the web server that it will have: PHP-FPM by FastCGI, and files as they lie.
//!
//! It answers under its public name before anything is published under it, and no listener has to be opened for that. Whoever asks
//! may be root, and the files are the application's: each is opened once, below its root, and judged by what was opened.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::fetch::Answer;
use crate::site::Origin;

/// An answer of an application, or a file, at most.
const MAX_ANSWER_BYTES: usize = 512 << 20;
/// A record's content at most (FastCGI 1.0, section 3.3).
const MAX_RECORD_BYTES: usize = 65_535;
const BEGIN: u8 = 1;
const END: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;
/// As a responder, on a connection that ends with the answer.
const RESPONDER: [u8; 8] = [0, 1, 0, 0, 0, 0, 0, 0];
/// Endings that some servers run, besides `.php`: never sent as files.
const PROGRAMS: [&str; 6] = ["php3", "php4", "php5", "php7", "phtml", "phar"];

/// An application on this machine.
#[derive(Clone, Debug)]
pub struct Local {
    /// PHP-FPM's socket.
    pub socket: PathBuf,
    /// The folder of its programs.
    pub root: PathBuf,
    /// Addresses below which no program is run.
    pub no_scripts: Vec<String>,
    /// The type of a file by its name and its content.
    pub type_of: fn(&str, &[u8]) -> String,
}

/// Who answers an address.
enum Answers {
    File(PathBuf),
    Program { file: PathBuf, name: String },
    Folder,
    Refused,
    Nobody,
}

impl Local {
    /// Asks for an address, path and query, under the name of `origin`.
    ///
    /// # Errors
    /// In words, when it gives no whole answer.
    pub async fn get(&self, origin: &Origin, address: &str) -> Result<Answer, String> {
        let path = address.split('?').next().unwrap_or_default();
        match self.who(path) {
            Answers::Refused => Ok(said(403, &[])),
            Answers::Nobody => Ok(said(404, &[])),
            Answers::Folder => {
                let to = address.replacen(path, &format!("{path}/"), 1);
                Ok(said(301, &[("location", &to)]))
            }
            Answers::File(below) => {
                let shown = self.root.join(&below);
                let body = self.read(&below);
                let body = body.map_err(|error| format!("{}: {error}", shown.display()))?;
                let name = below.file_name().unwrap_or_default().to_string_lossy();
                let mut answer = said(200, &[("content-type", &(self.type_of)(&name, &body))]);
                answer.body = body;
                Ok(answer)
            }
            Answers::Program { file, name } => {
                let asked = self.run(origin, address, &file, &name).await;
                asked.map_err(|error| format!("{}: {error}", self.socket.display()))
            }
        }
    }

    /// As a web server before WordPress decides: what is a file is sent, the rest is the first program's.
    fn who(&self, path: &str) -> Answers {
        let plain = decoded(path);
        let plain = plain.trim_start_matches('/');
        let below = Path::new(plain);
        let is_plain = |part: Component<'_>| match part {
            Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
            _ => false,
        };
        if !below.components().all(is_plain) || plain.contains('\0') {
            return Answers::Refused;
        }
        let is_scriptless = self
            .no_scripts
            .iter()
            .any(|folder| below.starts_with(folder.trim_start_matches('/')));
        let look = |below: &Path| self.open(below, OFlags::PATH)?.metadata();
        let is_file = |below: &Path| look(below).is_ok_and(|found: Metadata| found.is_file());
        let found = look(below).ok();
        let ending = below.extension().and_then(|ending| ending.to_str());
        let ending = ending.unwrap_or_default().to_ascii_lowercase();
        match found {
            Some(found) if found.is_file() && PROGRAMS.contains(&ending.as_str()) => {
                Answers::Refused
            }
            Some(found) if found.is_file() && ending == "php" => match is_scriptless {
                true => Answers::Refused,
                false => Answers::Program {
                    file: self.root.join(below),
                    name: format!("/{plain}"),
                },
            },
            Some(found) if found.is_file() => Answers::File(below.to_owned()),
            Some(_) if !plain.is_empty() && is_file(&below.join("index.php")) && !is_scriptless => {
                match path.ends_with('/') {
                    false => Answers::Folder,
                    true => Answers::Program {
                        file: self.root.join(below).join("index.php"),
                        name: format!("/{plain}index.php"),
                    },
                }
            }
            _ if is_file(Path::new("index.php")) => Answers::Program {
                file: self.root.join("index.php"),
                name: "/index.php".to_owned(),
            },
            _ => Answers::Nobody,
        }
    }

    /// Opens what is there, unless a link leads out of the application. A pipe isn't waited for.
    fn open(&self, below: &Path, how: OFlags) -> io::Result<File> {
        let root = open(
            &self.root,
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let below = match below.as_os_str().is_empty() {
            true => Path::new("."),
            false => below,
        };
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let how = how | OFlags::CLOEXEC;
        Ok(openat2(root.as_fd(), below, how, Mode::empty(), within)?.into())
    }

    fn read(&self, below: &Path) -> io::Result<Vec<u8>> {
        let file = self.open(below, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(wrong("it is no file"));
        }
        if found.len() > MAX_ANSWER_BYTES as u64 {
            return Err(wrong("it is too long"));
        }
        let mut body = Vec::new();
        file.take(MAX_ANSWER_BYTES as u64).read_to_end(&mut body)?;
        Ok(body)
    }

    async fn run(
        &self,
        origin: &Origin,
        address: &str,
        file: &Path,
        name: &str,
    ) -> io::Result<Answer> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        let params = self.params(origin, address, file, name);
        let mut sent = record(BEGIN, &RESPONDER);
        for part in params.chunks(MAX_RECORD_BYTES) {
            sent.extend(record(PARAMS, part));
        }
        sent.extend(record(PARAMS, &[]));
        sent.extend(record(STDIN, &[]));
        stream.write_all(&sent).await?;
        let mut wire = Vec::new();
        loop {
            let mut head = [0; 8];
            stream.read_exact(&mut head).await?;
            let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
            let mut content = vec![0; length + usize::from(head[6])];
            stream.read_exact(&mut content).await?;
            match head[1] {
                STDOUT => wire.extend_from_slice(&content[..length]),
                END => break,
                _ => {}
            }
            if wire.len() > MAX_ANSWER_BYTES {
                return Err(wrong("its answer is too long"));
            }
        }
        answer(&wire).ok_or_else(|| wrong("its answer has no head"))
    }

    /// RFC 3875, section 4.1.
    fn params(&self, origin: &Origin, address: &str, file: &Path, name: &str) -> Vec<u8> {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let (host, port) = match origin.authority.rsplit_once(':') {
            Some((host, port)) => (host, port),
            None => (&*origin.authority, if origin.is_tls { "443" } else { "80" }),
        };
        let (file, root) = (file.to_string_lossy(), self.root.to_string_lossy());
        let mut pairs = vec![
            ("GATEWAY_INTERFACE", "CGI/1.1"),
            ("REQUEST_METHOD", "GET"),
            ("REQUEST_URI", address),
            ("DOCUMENT_URI", path),
            ("QUERY_STRING", query),
            ("SCRIPT_FILENAME", &*file),
            ("SCRIPT_NAME", name),
            ("DOCUMENT_ROOT", &*root),
            ("SERVER_SOFTWARE", "amana"),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("SERVER_NAME", host),
            ("SERVER_PORT", port),
            ("HTTP_HOST", origin.authority.as_str()),
            ("HTTP_ACCEPT", "*/*"),
            ("REMOTE_ADDR", "127.0.0.1"),
            ("REDIRECT_STATUS", "200"),
        ];
        if origin.is_tls {
            pairs.push(("HTTPS", "on"));
        }
        let mut params = Vec::new();
        for (name, value) in pairs {
            for length in [name.len(), value.len()] {
                match u8::try_from(length) {
                    Ok(short) if short < 128 => params.push(short),
                    _ => {
                        let length = u32::try_from(length).unwrap_or(u32::MAX >> 1);
                        params.extend((length | 1 << 31).to_be_bytes());
                    }
                }
            }
            params.extend_from_slice(name.as_bytes());
            params.extend_from_slice(value.as_bytes());
        }
        params
    }
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a record is cut to its bound");
    let [high, low] = length.to_be_bytes();
    [&[1, kind, 0, 1, high, low, 0, 0], content].concat()
}

/// The head that a program wrote (RFC 3875, section 6), and the body behind it.
fn answer(wire: &[u8]) -> Option<Answer> {
    let breaks: [&[u8]; 2] = [b"\r\n\r\n", b"\n\n"];
    let end = breaks.iter().filter_map(|end| {
        let at = wire.windows(end.len()).position(|window| window == *end)?;
        Some((at, at + end.len()))
    });
    let (end, body) = end.min()?;
    let head = String::from_utf8_lossy(&wire[..end]).into_owned();
    let mut status = None;
    let mut headers = Vec::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        let (name, value) = (name.to_ascii_lowercase(), value.trim());
        match &*name {
            "status" => status = value.split(' ').next().and_then(|code| code.parse().ok()),
            _ => headers.push((name, value.to_owned())),
        }
    }
    let is_redirect = headers.iter().any(|(name, _)| name == "location");
    Some(Answer {
        status: status.unwrap_or(if is_redirect { 302 } else { 200 }),
        headers,
        body: wire[body..].to_vec(),
    })
}

fn said(status: u16, headers: &[(&str, &str)]) -> Answer {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Answer {
        status,
        headers: headers.iter().map(owned).collect(),
        body: Vec::new(),
    }
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

/// A path with its escapes resolved.
fn decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut plain = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let code = path.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                plain.push(code);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
