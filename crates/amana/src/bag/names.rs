//! Names of files for keys, which may be any text; drawn in `docs/formats/sealed.md`, "Names of files".
//!
//! The sign that escapes is `=` and not `%`: RFC 8493 has manifests escape a `%` once more, and widespread programs don't.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

const MAX_PART_BYTES: usize = 200;
const KEPT_BYTES: usize = 150;

/// The folders that keys make, so that no object's file takes the name of one.
#[derive(Default)]
pub(crate) struct Names {
    folders: HashSet<String>,
}

impl Names {
    /// Notes the folders above the file of a key.
    pub(crate) fn note(&mut self, bucket: &str, key: &str) {
        let path = path(bucket, key);
        for (end, _) in path.match_indices('/') {
            self.folders.insert(path[..end].to_owned());
        }
    }

    /// The file of a version; `None` for the newest of its key. All keys must have been noted.
    pub(crate) fn file(&self, bucket: &str, key: &str, version: Option<&str>) -> String {
        let mut path = path(bucket, key);
        if self.folders.contains(&path) {
            path.push('=');
        }
        match version {
            Some(version) => format!("{path}=v{version}"),
            None => path,
        }
    }
}

fn path(bucket: &str, key: &str) -> String {
    let parts: Vec<String> = key.split('/').map(part).collect();
    format!("{bucket}/{}", parts.join("/"))
}

fn part(text: &str) -> String {
    if text.is_empty() {
        return "=".to_owned();
    }
    if text == "." || text == ".." {
        return text.replace('.', "=2E");
    }
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() || "\"%*:<=>?\\|\u{2028}\u{2029}".contains(char) {
            let mut bytes = [0; 4];
            for byte in char.encode_utf8(&mut bytes).bytes() {
                escaped += &format!("={byte:02X}");
            }
        } else {
            escaped.push(char);
        }
    }
    if escaped.len() <= MAX_PART_BYTES {
        return escaped;
    }
    let mut kept = KEPT_BYTES;
    while !escaped.is_char_boundary(kept) {
        kept -= 1;
    }
    let digest = hex::encode(Sha256::digest(text));
    let kept = escaped[..kept].trim_end_matches('=');
    format!("{kept}=h{}", &digest[..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_file_of_its_own() {
        let keys = [
            "a", "a/b", "a//b", "a/", "/a", "..", "a/../b", "a=", "a=3D", "x:y", "été", "a/=",
            "a\0", "a\u{85}", "a%",
        ];
        let mut names = Names::default();
        keys.iter().for_each(|key| names.note("bucket", key));
        let files: HashSet<_> = keys
            .iter()
            .map(|key| names.file("bucket", key, None))
            .collect();
        assert_eq!(files.len(), keys.len());
        assert!(files.contains("bucket/a="));
        assert!(files.contains("bucket/a/=/b"));
        assert!(files.contains("bucket/=2E=2E"));
        let parts = files.iter().flat_map(|file| file.split('/'));
        assert!(parts.clone().all(|part| !part.is_empty() && part != ".."));
    }

    #[test]
    fn a_long_part_is_cut_at_a_character() {
        let file = Names::default().file("b", &"é".repeat(300), None);
        assert!(file.len() < 255 && file.contains("=h"), "{file}");
        let file = Names::default().file(
            "b",
            &format!("{}={}", "a".repeat(149), "z".repeat(99)),
            None,
        );
        assert!(
            file.starts_with(&format!("b/{}=h", "a".repeat(149))),
            "{file}"
        );
    }
}
