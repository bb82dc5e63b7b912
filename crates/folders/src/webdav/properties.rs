//! Dead properties (RFC 4918 §4): what programs set beside a file and read back as it was. They are a note of the tree's, a JSON
//! list of namespace, name and element.

use dav_server::fs::DavProp;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::tree::fits;

/// The properties of one file or folder.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Properties(Vec<Property>);

#[derive(Serialize, Deserialize)]
struct Property {
    #[serde(rename = "ns", default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
    /// The whole element, as it was set.
    xml: String,
}

impl Properties {
    /// Of a note; one that isn't of this kind has none.
    pub(super) fn read(note: Option<&str>) -> Self {
        note.and_then(|note| serde_json::from_str(note).ok())
            .unwrap_or_default()
    }

    /// The note to keep; none without properties.
    pub(super) fn note(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        serde_json::to_string(self).ok()
    }

    /// Sets and removes in the order given, all or nothing (RFC 4918 §9.2): what became of each. `None` when nothing is to be kept
    /// of it, since one can't be.
    pub(super) fn patch(
        mut self,
        changes: Vec<(bool, DavProp)>,
    ) -> (Option<Self>, Vec<(StatusCode, DavProp)>) {
        let mut told = Vec::with_capacity(changes.len());
        let mut refused = None;
        for (place, (is_set, mut change)) in changes.into_iter().enumerate() {
            let same = |kept: &Property| {
                kept.name == change.name && kept.namespace.as_deref() == change.namespace.as_deref()
            };
            self.0.retain(|kept| !same(kept));
            let xml = change.xml.take();
            if is_set && let Some(xml) = xml.and_then(|xml| String::from_utf8(xml).ok()) {
                self.0.push(Property {
                    namespace: change.namespace.clone(),
                    name: change.name.clone(),
                    xml,
                });
            }
            let is_kept = self.note().is_none_or(|note| fits(&note));
            if !is_kept && refused.is_none() {
                refused = Some(place);
            }
            told.push(change);
        }
        let status = |place: usize| match refused {
            None => StatusCode::OK,
            Some(refused) if refused == place => StatusCode::INSUFFICIENT_STORAGE,
            Some(_) => StatusCode::FAILED_DEPENDENCY,
        };
        let told = told.into_iter().enumerate();
        let told = told
            .map(|(place, change)| (status(place), change))
            .collect();
        (refused.is_none().then_some(self), told)
    }

    /// One of them, as it was set.
    pub(super) fn one(&self, wanted: &DavProp) -> Option<Vec<u8>> {
        let mut all = self.0.iter();
        let found = all.find(|kept| {
            kept.name == wanted.name && kept.namespace.as_deref() == wanted.namespace.as_deref()
        });
        found.map(|kept| kept.xml.clone().into_bytes())
    }

    /// All of them, with what they say or by name alone.
    pub(super) fn all(self, with_content: bool) -> Vec<DavProp> {
        let shown = |kept: Property| DavProp {
            name: kept.name,
            prefix: None,
            namespace: kept.namespace,
            xml: with_content.then(|| kept.xml.into_bytes()),
        };
        self.0.into_iter().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str, says: &str) -> DavProp {
        DavProp {
            name: name.to_owned(),
            prefix: None,
            namespace: Some("urn:office".to_owned()),
            xml: Some(format!("<{name} xmlns=\"urn:office\">{says}</{name}>").into_bytes()),
        }
    }

    fn codes(told: &[(StatusCode, DavProp)]) -> Vec<u16> {
        told.iter().map(|(status, _)| status.as_u16()).collect()
    }

    #[test]
    fn what_is_set_comes_back_from_its_note() {
        let set = vec![
            (true, property("author", "Zaïnaba")),
            (true, property("state", "draft")),
            (true, property("state", "final")),
            (false, property("absent", "")),
        ];
        let (kept, told) = Properties::default().patch(set);
        assert_eq!(codes(&told), [200; 4]);
        assert!(told.iter().all(|(_, told)| told.xml.is_none()));
        let note = kept.unwrap().note().unwrap();
        let read = Properties::read(Some(&note));
        assert_eq!(
            read.one(&property("state", "")),
            property("state", "final").xml
        );
        assert_eq!(read.one(&property("absent", "")), None);
        let elsewhere = DavProp {
            namespace: None,
            ..property("state", "")
        };
        assert_eq!(read.one(&elsewhere), None);
        assert_eq!(Properties::read(Some(&note)).all(true).len(), 2);
        assert!(read.all(false).iter().all(|one| one.xml.is_none()));
        let (none, _) = Properties::read(Some(&note)).patch(vec![
            (false, property("author", "")),
            (false, property("state", "")),
        ]);
        assert_eq!(none.unwrap().note(), None);
    }

    #[test]
    fn too_much_is_refused_whole() {
        let set = vec![
            (true, property("author", "Zaïnaba")),
            (true, property("summary", &"x".repeat(20_000))),
            (true, property("state", "final")),
        ];
        let (kept, told) = Properties::default().patch(set);
        assert!(kept.is_none());
        assert_eq!(codes(&told), [424, 507, 424]);
    }

    #[test]
    fn a_note_of_another_kind_has_none() {
        for note in [
            None,
            Some(""),
            Some("{}"),
            Some("[1]"),
            Some("[{\"name\": \"x\"}]"),
        ] {
            assert!(Properties::read(note).all(true).is_empty(), "{note:?}");
        }
    }
}
