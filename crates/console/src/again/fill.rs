//! A page whose form was refused, given back: what was typed stands in its fields again, and what is wrong is told above and
//! beside the field.
//!
//! Never given back: passwords and codes, hidden fields, files, and the box that confirms something.

use std::ops::Range;

use super::html::{Tag, escaped, mended, tags, unescaped};
use crate::account::form::{Fields, ONCE, SURE, TOKEN};

/// Name of the sentence beside the field, and of the field where the template gave none.
const WHY: &str = "refused-why";
const FIELD: &str = "refused-field";

/// What is told above the form.
pub(super) struct Alert<'a> {
    /// Before the page's title.
    pub(super) mark: &'a str,
    /// What is wrong, in a sentence.
    pub(super) told: &'a str,
    /// The error's code, where the sentence is of the code alone.
    pub(super) code: Option<&'a str>,
    /// The fields that it may be about: the first that the form has.
    pub(super) fields: Vec<&'a str>,
}

/// A form of a page: its tags, the opening one first.
struct Form<'t, 'h> {
    tags: &'t [Tag<'h>],
    /// Where it begins among the page's tags.
    at: usize,
}

/// The page with the form's fields as they were typed, and what is wrong; nothing when it has no such form.
pub(super) fn filled(
    html: &str,
    action: &str,
    typed: &Fields,
    alert: Option<&Alert<'_>>,
) -> Option<String> {
    let tags = tags(html);
    let form = form_of(&tags, action, typed)?;
    let mut edits = controls(html, &form, typed);
    if let Some(alert) = alert {
        let anchor = mark(html, &form, alert, &mut edits);
        above(html, &tags, alert, &anchor, &mut edits);
        // A form that is folded away is opened.
        let before = &tags[..form.at];
        let folds = |name: &str| before.iter().rposition(|tag| tag.name == name);
        if let Some(at) = folds("details").filter(|at| folds("/details") < Some(*at)) {
            edits.push((
                before[at].at.clone(),
                before[at].with(&[("open", Some(""))]),
            ));
        }
    }
    Some(mended(html, edits))
}

/// The same page with a field in each form by which a repeat is known; a form of files has none.
pub(super) fn stamped(html: &str, nonce: &str) -> String {
    let forms = tags(html).into_iter().filter(|tag| {
        tag.name == "form" && tag.is("method", "post") && tag.value("enctype").is_none()
    });
    let field = format!("<input type=\"hidden\" name=\"{ONCE}\" value=\"{nonce}\">");
    let edits = forms.map(|tag| (tag.at.end..tag.at.end, field.clone()));
    mended(html, edits.collect())
}

/// Of the forms that go there, the one that was sent: its hidden fields and its button are those that came.
fn form_of<'t, 'h>(all: &'t [Tag<'h>], action: &str, typed: &Fields) -> Option<Form<'t, 'h>> {
    let mut first = None;
    for (at, tag) in all.iter().enumerate() {
        if tag.name != "form" || !tag.is("method", "post") || !tag.is("action", action) {
            continue;
        }
        let rest = &all[at..];
        let length = rest.iter().position(|tag| tag.name == "/form")?;
        let form = Form {
            tags: &rest[..length],
            at,
        };
        if form.was_sent(typed) {
            return Some(form);
        }
        first.get_or_insert(form);
    }
    first
}

impl Form<'_, '_> {
    fn was_sent(&self, typed: &Fields) -> bool {
        let own = |name: &str| name != TOKEN && name != ONCE;
        let mut hidden = self.tags.iter().filter(|tag| tag.is("type", "hidden"));
        let hidden = hidden.all(|tag| {
            let name = tag.value("name").unwrap_or_default();
            !own(&name) || typed.given(&name) == tag.value("value").as_deref()
        });
        let buttons = || self.tags.iter().filter(|tag| tag.name == "button");
        let pressed = |tag: &Tag<'_>| {
            let name = tag.value("name").unwrap_or_default();
            typed.given(&name) == tag.value("value").as_deref()
        };
        let mut named = buttons()
            .filter(|tag| tag.value("name").is_some())
            .peekable();
        hidden && (named.peek().is_none() || named.any(pressed))
    }
}

/// Whether what was typed there is given back.
fn is_given_back(tag: &Tag<'_>) -> bool {
    let kind = tag.value("type").unwrap_or_default();
    let secret = matches!(
        kind.as_str(),
        "password" | "hidden" | "file" | "submit" | "button"
    );
    let filled_in = tag.value("autocomplete").unwrap_or_default();
    !secret && filled_in != "one-time-code" && !tag.is("name", SURE)
}

/// Each field as it was typed.
fn controls(html: &str, form: &Form<'_, '_>, typed: &Fields) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    let mut select = None;
    for (place, tag) in form.tags.iter().enumerate() {
        let name = tag.value("name").unwrap_or_default();
        match tag.name {
            "input" if is_given_back(tag) => {
                let given = typed.given(&name);
                let value = tag.value("value").unwrap_or_else(|| "on".to_owned());
                let is_box = tag.is("type", "checkbox") || tag.is("type", "radio");
                let set = match (is_box, given) {
                    (true, _) => ("checked", (given == Some(&value)).then_some("")),
                    (false, Some(given)) => ("value", Some(given)),
                    (false, None) => continue,
                };
                edits.push((tag.at.clone(), tag.with(&[set])));
            }
            "textarea" => {
                let end = form.tags.get(place + 1).map(|end| end.at.start);
                if let (Some(given), Some(end)) = (typed.given(&name), end) {
                    // The first end of line in a field is none of its text (HTML §13.1.2.5).
                    let text = format!("\n{}", escaped(given));
                    edits.push((tag.at.end..end, text));
                }
            }
            "select" => select = typed.given(&name),
            "/select" => select = None,
            "option" => {
                let Some(given) = select else { continue };
                let text = || html[tag.at.end..].split('<').next().map(unescaped);
                let value = tag.value("value").or_else(text).unwrap_or_default();
                let chosen = (value.trim() == given).then_some("");
                edits.push((tag.at.clone(), tag.with(&[("selected", chosen)])));
            }
            _ => {}
        }
    }
    edits
}

/// What is told of a field stands beside it. Gives where it is: its name in the page, and its label.
fn mark(
    html: &str,
    form: &Form<'_, '_>,
    alert: &Alert<'_>,
    edits: &mut Vec<(Range<usize>, String)>,
) -> Option<(String, String)> {
    let is_shown = |tag: &&Tag<'_>| {
        matches!(tag.name, "input" | "textarea" | "select") && !tag.is("type", "hidden")
    };
    let named = |field: &&str| {
        let mut shown = form.tags.iter().filter(is_shown);
        shown.find(|tag| tag.is("name", field))
    };
    let tag = alert.fields.iter().find_map(named)?;
    let id = tag.value("id").unwrap_or_else(|| FIELD.to_owned());
    let hints = tag.value("aria-describedby").unwrap_or_default();
    let hints = format!("{hints} {WHY}");
    let set = [
        ("id", Some(id.as_str())),
        ("aria-invalid", Some("true")),
        ("aria-describedby", Some(hints.trim())),
    ];
    // What was filled in is kept: the two edits of one tag become one.
    let filled = edits.iter().position(|(at, _)| *at == tag.at);
    let own = filled.map(|place| edits.remove(place).1);
    let own = own.unwrap_or_else(|| html[tag.at.clone()].to_owned());
    let marked = tags(&own).first().map(|own| own.with(&set));
    edits.push((tag.at.clone(), marked.unwrap_or(own)));
    let told = escaped(alert.told);
    let ends = form.tags.iter().filter(|end| end.at.start >= tag.at.end);
    let end = match tag.name {
        "input" => tag.at.end,
        name => {
            let closing = format!("/{name}");
            let mut ends = ends.clone();
            ends.find(|end| end.name == closing)?.at.end
        }
    };
    let is_choice = tag.is("type", "radio") || tag.is("type", "checkbox");
    // A choice stands before its label, in one line with it.
    let end = match is_choice {
        true => ends
            .clone()
            .find(|end| end.name == "/label")
            .map_or(end, |end| end.at.end),
        false => end,
    };
    edits.push((
        end..end,
        format!("<span class=\"error\" id=\"{WHY}\">{told}</span>"),
    ));
    Some((id.clone(), label(html, form, &id, is_choice)))
}

/// What a field is called on its page: a group of choices by its legend.
fn label(html: &str, form: &Form<'_, '_>, id: &str, is_choice: bool) -> String {
    let legend = form
        .tags
        .iter()
        .find(|tag| tag.name == "legend")
        .filter(|_| is_choice);
    let label = || {
        let mut labels = form.tags.iter().filter(|tag| tag.name == "label");
        labels.find(|tag| tag.is("for", id))
    };
    let text = |tag: &Tag<'_>| html[tag.at.end..].split('<').next().map(unescaped);
    let text = legend.or_else(label).and_then(text).unwrap_or_default();
    let punctuation = |letter: char| letter == ':' || letter.is_whitespace();
    text.trim_start().trim_end_matches(punctuation).to_owned()
}

/// What is told at the top of the page.
fn above(
    html: &str,
    all: &[Tag<'_>],
    alert: &Alert<'_>,
    anchor: &Option<(String, String)>,
    edits: &mut Vec<(Range<usize>, String)>,
) {
    if let Some(title) = all.iter().find(|tag| tag.name == "title") {
        let mark = format!("{} – ", escaped(alert.mark));
        edits.push((title.at.end..title.at.end, mark));
    }
    let place = all.iter().find(|tag| tag.name == "/h1");
    let place = place.map_or(html.len(), |tag| tag.at.end);
    let told = escaped(alert.told);
    let told = match anchor {
        Some((id, label)) if !label.is_empty() => {
            format!(
                "<a href=\"#{}\">{}</a> – {told}",
                escaped(id),
                escaped(label)
            )
        }
        _ => told,
    };
    let code = alert
        .code
        .map(|code| format!(" <code>{}</code>", escaped(code)));
    let code = code.unwrap_or_default();
    let text = format!("\n<p class=\"card bad\" role=\"alert\" id=\"refused\">{told}{code}</p>");
    edits.push((place..place, text));
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(
        "<title>T</title><h1>T</h1>",
        "<form method=\"post\" action=\"/x\"><input type=\"hidden\" name=\"act\" value=\"a\"><input name=\"other\"></form>",
        "<details><summary>s</summary><form method=\"post\" action=\"/x\">",
        "<input type=\"hidden\" name=\"token\" value=\"t\"><input type=\"hidden\" name=\"act\" value=\"b\">",
        "<label for=\"n\">Name :</label><input id=\"n\" name=\"n\" value=\"old\" aria-describedby=\"n-hint\" required>",
        "<input name=\"secret\" type=\"password\"><input name=\"code\" autocomplete=\"one-time-code\">",
        "<textarea name=\"text\">old</textarea>",
        "<select name=\"s\"><option value=\"1\" selected>one</option><option>two</option></select>",
        "<input type=\"checkbox\" name=\"c\" value=\"1\" checked><input type=\"checkbox\" name=\"sure\" value=\"yes\">",
        "<input type=\"radio\" name=\"r\" value=\"x\"><input type=\"radio\" name=\"r\" value=\"y\">",
        "</form></details>",
    );

    fn typed(pairs: &[(&str, &str)]) -> Fields {
        Fields::of(
            pairs
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
        )
    }

    #[test]
    fn what_was_typed_is_given_back_where_it_was_typed() {
        let typed = typed(&[
            ("token", "stolen"),
            ("act", "b"),
            ("n", "\"><script>"),
            ("secret", "hush"),
            ("code", "123456"),
            ("text", "</textarea><b>"),
            ("s", "two"),
            ("sure", "yes"),
            ("r", "y"),
            ("other", "elsewhere"),
        ]);
        let alert = Alert {
            mark: "Refused",
            told: "It's <wrong>.",
            code: None,
            fields: vec!["absent", "n"],
        };
        let page = filled(PAGE, "/x", &typed, Some(&alert)).unwrap_or_default();
        for part in [
            "<title>Refused – T</title>",
            "role=\"alert\" id=\"refused\"><a href=\"#n\">Name</a> – It&#39;s &#60;wrong&#62;.</p>",
            "<details open><summary>",
            "<input type=\"hidden\" name=\"token\" value=\"t\">",
            " value=\"&#34;&#62;&#60;script&#62;\" id=\"n\" aria-invalid=\"true\" aria-describedby=\"n-hint refused-why\">",
            "<span class=\"error\" id=\"refused-why\">It&#39;s &#60;wrong&#62;.</span>",
            "<textarea name=\"text\">\n&#60;/textarea&#62;&#60;b&#62;</textarea>",
            "<option value=\"1\">one</option><option selected>two</option>",
            "<input type=\"checkbox\" name=\"c\" value=\"1\"><input type=\"checkbox\" name=\"sure\" value=\"yes\">",
            "<input type=\"radio\" name=\"r\" value=\"x\"><input type=\"radio\" name=\"r\" value=\"y\" checked>",
            "value=\"a\"><input name=\"other\">",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        for secret in ["hush", "123456", "stolen", "elsewhere", "<script", "<b>"] {
            assert!(!page.contains(secret), "{secret} in {page}");
        }
    }

    #[test]
    fn a_form_that_is_not_there_is_not_filled() {
        assert!(filled(PAGE, "/y", &typed(&[]), None).is_none());
        // None was sent as it came: the first of that place.
        let page = filled(PAGE, "/x", &typed(&[("act", "c"), ("other", "o")]), None);
        assert!(page.is_some_and(|page| page.contains("<input name=\"other\" value=\"o\">")));
    }

    #[test]
    fn each_form_but_those_of_files_is_stamped() {
        let page = stamped(
            &format!("{PAGE}<form method=\"get\" action=\"/\"></form>"),
            "abc",
        );
        assert_eq!(page.matches("name=\"once\" value=\"abc\"").count(), 2);
        let files = "<form method=\"post\" action=\"/f\" enctype=\"multipart/form-data\"></form>";
        assert_eq!(stamped(files, "abc"), files);
    }
}
