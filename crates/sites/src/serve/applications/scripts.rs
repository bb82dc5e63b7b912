//! Which file below an application's folder a path means. Never one outside it, never a script where visitors put files.

use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use super::FastCgi;
use crate::model::is_kept_back;

/// What a path means.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Meant {
    /// A script is run.
    Script {
        /// Its path below the folder, with a slash first.
        name: String,
        /// What followed it in the path.
        path_info: String,
    },
    /// A file is sent as it is.
    File(PathBuf),
    /// A folder, whose path ends with a slash.
    Folder,
    /// Nothing that anybody gets.
    Nothing,
}

/// Finds what a path means, in the spelling of addresses: the script that it leads to, with what follows it; a file; the
/// index of a folder; else the index of them all, which finds out by itself. Blocking.
pub(super) fn find(backend: &FastCgi, path: &str) -> Meant {
    let Some(names) = decoded(path) else {
        return Meant::Nothing;
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut place = backend.root.clone();
    for (depth, name) in names.iter().enumerate() {
        let is_last = depth + 1 == names.len();
        if name.is_empty() {
            // Only the last is: the path ends with a slash.
            break;
        }
        place.push(name);
        let Ok(there) = fs::metadata(&place) else {
            return index(backend);
        };
        if there.is_dir() && is_last {
            return match place.join(&backend.index).is_file() {
                true => Meant::Folder,
                false => index(backend),
            };
        }
        if there.is_file() && is_script(name) {
            let rest = &names[depth + 1..];
            let path_info = match rest.is_empty() {
                true => String::new(),
                false => format!("/{}", rest.join("/")),
            };
            return script(backend, &names[..=depth].join("/"), path_info);
        }
        if there.is_file() && is_last {
            return file(backend, &place, &names);
        }
        if !there.is_dir() {
            return index(backend);
        }
    }
    if names.len() > 1 && place.join(&backend.index).is_file() {
        let folder = names[..names.len() - 1].join("/");
        return script(
            backend,
            &format!("{folder}/{}", backend.index),
            String::new(),
        );
    }
    index(backend)
}

/// The names of a path; none where one can't be a file's.
fn decoded(path: &str) -> Option<Vec<String>> {
    let names = path.strip_prefix('/')?.split('/');
    let names: Vec<String> = names.map(name).collect::<Option<_>>()?;
    let whole = &names[..names.len() - 1];
    (!whole.iter().any(String::is_empty)).then_some(names)
}

fn name(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after.first_chunk::<2>()) {
            (b'%', Some(digits)) => {
                bytes.push(hex::decode(digits).ok()?[0]);
                rest = &after[2..];
            }
            (b'%', None) => return None,
            _ => bytes.push(byte),
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    let is_plain = !name.contains(['/', '\0']) && name != "." && name != "..";
    is_plain.then_some(name)
}

fn is_script(name: &str) -> bool {
    name.len() > 4 && name.ends_with(".php")
}

fn index(backend: &FastCgi) -> Meant {
    match backend.root.join(&backend.index).is_file() {
        true => script(backend, &backend.index, String::new()),
        false => Meant::Nothing,
    }
}

/// The script at that path below the folder, unless it mustn't be run.
fn script(backend: &FastCgi, path: &str, path_info: String) -> Meant {
    let Some(own) = below(&backend.root, &backend.root.join(path)) else {
        return Meant::Nothing;
    };
    let asked = format!("/{path}");
    let is_forbidden = |path: &str| {
        backend
            .no_scripts
            .iter()
            .any(|folder| is_within(folder, path))
    };
    // By the path that was asked, and by the one that links lead to.
    if is_forbidden(&asked) || is_forbidden(&own) || hidden(&asked) {
        return Meant::Nothing;
    }
    Meant::Script {
        name: asked,
        path_info,
    }
}

fn file(backend: &FastCgi, place: &Path, names: &[&str]) -> Meant {
    // What isn't a script by its name may be one by another server's, or hold passwords.
    if names.iter().any(|name| is_kept_back(name)) {
        return Meant::Nothing;
    }
    match below(&backend.root, place) {
        Some(own) if !own.split('/').any(is_kept_back) => Meant::File(place.to_owned()),
        _ => Meant::Nothing,
    }
}

/// The path below the folder, all links followed; none when they lead out of it.
fn below(root: &Path, place: &Path) -> Option<String> {
    let (root, place) = (fs::canonicalize(root).ok()?, fs::canonicalize(place).ok()?);
    let own = place.strip_prefix(root).ok()?.to_owned();
    let own = String::from_utf8(own.into_os_string().into_vec()).ok()?;
    Some(format!("/{own}"))
}

fn is_within(folder: &str, path: &str) -> bool {
    let rest = path.strip_prefix(folder.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.starts_with('/'))
}

fn hidden(path: &str) -> bool {
    path.split('/').any(|name| name.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn ground() -> (tempfile::TempDir, FastCgi) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        for name in [
            "index.php",
            "wp-login.php",
            "wp-config.php.bak",
            "readme.txt",
            ".env",
            ".hidden/x.php",
            "old.PHP",
            "old.phtml",
            "wp-admin/index.php",
            "wp-admin/css/login.css",
            "empty/x.txt",
            "wp-content/uploads/shell.php",
            "wp-content/uploads/photo é.jpg",
            "wp-content/uploadsmore/x.php",
            ".php",
        ] {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        fs::write(folder.path().join("outside.php"), "x").unwrap();
        fs::write(folder.path().join("outside.txt"), "x").unwrap();
        symlink("../outside.php", root.join("linked.php")).unwrap();
        symlink("../outside.txt", root.join("linked.txt")).unwrap();
        symlink("wp-config.php.bak", root.join("innocent.txt")).unwrap();
        symlink("wp-content/uploads/shell.php", root.join("door.php")).unwrap();
        let backend = FastCgi {
            place: "127.0.0.1:9000".parse().unwrap(),
            root,
            index: "index.php".to_owned(),
            no_scripts: vec!["/wp-content/uploads/".to_owned()],
        };
        (folder, backend)
    }

    fn run(name: &str, path_info: &str) -> Meant {
        Meant::Script {
            name: name.to_owned(),
            path_info: path_info.to_owned(),
        }
    }

    #[test]
    fn a_path_means_a_script_a_file_or_the_index() {
        let (_folder, backend) = ground();
        let root = backend.root.clone();
        for (path, meant) in [
            ("/", run("/index.php", "")),
            ("/index.php", run("/index.php", "")),
            ("/wp-login.php", run("/wp-login.php", "")),
            (
                "/index.php/2027/01/budget",
                run("/index.php", "/2027/01/budget"),
            ),
            ("/wp-login.php/", run("/wp-login.php", "/")),
            ("/wp-admin/", run("/wp-admin/index.php", "")),
            ("/wp-admin", Meant::Folder),
            (
                "/wp-admin/css/login.css",
                Meant::File(root.join("wp-admin/css/login.css")),
            ),
            ("/2027/01/budget/", run("/index.php", "")),
            ("/readme.txt/more", run("/index.php", "")),
            ("/absent.php", run("/index.php", "")),
            ("/empty", run("/index.php", "")),
            ("/empty/", run("/index.php", "")),
            (
                "/wp-content/uploads/photo%20%C3%A9.jpg",
                Meant::File(root.join("wp-content/uploads/photo é.jpg")),
            ),
            (
                "/wp-content/uploadsmore/x.php",
                run("/wp-content/uploadsmore/x.php", ""),
            ),
        ] {
            assert_eq!(find(&backend, path), meant, "{path}");
        }
    }

    #[test]
    fn nothing_leaves_the_folder_and_nothing_is_run_where_visitors_put_files() {
        let (_folder, backend) = ground();
        for path in [
            "/wp-content/uploads/shell.php",
            "/wp-content/uploads/shell.php/photo.jpg",
            "/wp-content/uploads%2Fshell.php",
            "/door.php",
            "/linked.php",
            "/linked.txt",
            "/innocent.txt",
            "/wp-config.php.bak",
            "/.env",
            "/.hidden/x.php",
            "/.php",
            "/old.PHP",
            "/old.phtml",
            "/..%2Foutside.php",
            "/../outside.php",
            "/wp-admin/../index.php",
            "//index.php",
            "/wp-admin//index.php",
            "/x%00.php",
            "/x%FF",
            "/x%",
            "/x%zz",
            "index.php",
        ] {
            assert_eq!(find(&backend, path), Meant::Nothing, "{path}");
        }
        fs::remove_file(backend.root.join("index.php")).unwrap();
        assert_eq!(find(&backend, "/absent"), Meant::Nothing);
    }
}
