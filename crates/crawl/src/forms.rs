//! Forms: a folder answers none of them, so that somebody decides of each.

use crate::html::Tag;

/// What a form is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Purpose {
    /// Finds pages.
    Search,
    /// Comments on a page.
    Comment,
    /// Lets people in.
    SignIn,
    /// Writes to somebody, or anything else that is sent.
    Message,
}

impl Purpose {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Comment => "comment",
            Self::SignIn => "sign-in",
            Self::Message => "message",
        }
    }
}

/// A form of a page.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Form {
    /// What it is for.
    pub purpose: Purpose,
    /// Where it is sent, as the page writes it.
    pub action: String,
    /// Whether it is sent as a body.
    pub is_post: bool,
    /// The names of its fields.
    pub fields: Vec<String>,
    /// Of a search, the field with the words that are looked for.
    pub query_field: Option<String>,
}

/// The forms of a page.
#[must_use]
pub fn forms(tags: &[Tag]) -> Vec<Form> {
    let mut found = Vec::new();
    // The form, whether it asks for a password, whether it searches.
    let mut open: Option<(Form, bool, bool)> = None;
    for tag in tags {
        match (tag.name.as_str(), tag.is_end) {
            ("form", false) => {
                found.extend(open.take().map(closed));
                open = Some(opened(tag));
            }
            ("form", true) => found.extend(open.take().map(closed)),
            ("input" | "textarea" | "select", false) => {
                let Some((form, has_password, has_search)) = &mut open else {
                    continue;
                };
                let kind = tag.value("type").unwrap_or_default();
                *has_password |= kind.eq_ignore_ascii_case("password");
                let name = tag.value("name").unwrap_or_default();
                let is_search =
                    kind.eq_ignore_ascii_case("search") || matches!(name, "s" | "searchword" | "q");
                if is_search && form.query_field.is_none() {
                    *has_search = true;
                    form.query_field = Some(name.to_owned());
                }
                if !name.is_empty() {
                    form.fields.push(name.to_owned());
                }
            }
            _ => {}
        }
    }
    found.extend(open.map(closed));
    found
}

fn opened(tag: &Tag) -> (Form, bool, bool) {
    let method = tag.value("method").unwrap_or_default();
    let form = Form {
        purpose: Purpose::Message,
        action: tag.value("action").unwrap_or_default().to_owned(),
        is_post: method.eq_ignore_ascii_case("post"),
        fields: Vec::new(),
        query_field: None,
    };
    (form, false, tag.value("role") == Some("search"))
}

fn closed((mut form, has_password, has_search): (Form, bool, bool)) -> Form {
    form.purpose = if has_password {
        Purpose::SignIn
    } else if form.action.contains("wp-comments-post")
        || form.fields.iter().any(|field| field == "comment_post_ID")
    {
        Purpose::Comment
    } else if has_search && !form.is_post {
        Purpose::Search
    } else {
        Purpose::Message
    };
    form
}
