//! The page as HTML for one sheet of A4: style in the file, no script, nothing loaded.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::wording::{Wording, english, french};
use super::{COLUMN_WORDS, Page};
use crate::Qr;
use crate::shares::word;

const STYLE: &str = include_str!("pages.css");

/// Printed from a disk: the file itself says that nothing may be loaded or run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(super) fn page(page: &Page<'_>) -> Zeroizing<String> {
    // The room is reserved at once: a text that grew would leave copies behind.
    let mut html = Zeroizing::new(String::with_capacity(128 * 1024));
    let (french, english) = (french(page), english(page));
    let _ = write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{} \u{2013} {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        french.title,
        page.file_name(),
    );
    head(page, &french, &english, &mut html);
    words(page, &french, &english, &mut html);
    html.push_str("<div class=\"says\">\n");
    for wording in [&french, &english] {
        says(wording, &mut html);
    }
    html.push_str("</div>\n</main>\n</body>\n</html>\n");
    html
}

fn head(page: &Page<'_>, french: &Wording, english: &Wording, html: &mut String) {
    let _ = write!(
        html,
        "<header>\n<h1>{} <span lang=\"en\">{}</span></h1>\n<dl>\n",
        french.title, english.title
    );
    let mut fact = |french: &str, english: &str, value: &str| {
        let english = if french == english {
            String::new()
        } else {
            format!(" <span lang=\"en\">{english}</span>")
        };
        let value = escape(value);
        let _ = writeln!(
            html,
            "<div><dt>{french}{english}</dt><dd>{value}</dd></div>"
        );
    };
    fact(french.institution, english.institution, page.institution);
    if let Some(group) = page.group().filter(|group| !group.name().is_empty()) {
        fact(french.group, english.group, group.name());
    }
    let (number, count) = page.place();
    fact("Part", "Share", &format!("{number} / {count}"));
    fact(french.set, english.set, &page.set.to_string());
    fact(french.date, english.date, page.date);
    let _ = write!(
        html,
        "</dl>\n<p class=\"threshold\">{}. <span lang=\"en\">{}.</span></p>\n</header>\n",
        escape(&french.threshold),
        escape(&english.threshold)
    );
}

fn words(page: &Page<'_>, french: &Wording, english: &Wording, html: &mut String) {
    html.push_str("<section class=\"words\">\n<div class=\"columns\">\n");
    let indices = page.share.indices();
    for (column, chunk) in indices.chunks(COLUMN_WORDS).enumerate() {
        html.push_str("<table>\n");
        for (row, index) in chunk.iter().enumerate() {
            let position = column * COLUMN_WORDS + row + 1;
            let (word, number) = (word(*index), index + 1);
            let _ = writeln!(
                html,
                "<tr><th>{position}</th><td class=\"word\">{word}</td><td class=\"number\">{number}</td></tr>"
            );
        }
        html.push_str("</table>\n");
    }
    let label = format!("{} / {}", french.words, english.words);
    let code = Qr::of(&page.share.mnemonic())
        .expect("the longest share is shorter than what a code holds");
    let _ = write!(
        html,
        "</div>\n<figure>\n<svg viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"QR\" shape-rendering=\"crispEdges\">\
         <path d=\"{path}\"/></svg>\n</figure>\n<p class=\"legend\">{label}</p>\n</section>\n",
        side = code.side,
        path = code.path.as_str()
    );
}

fn says(wording: &Wording, html: &mut String) {
    let _ = writeln!(html, "<section lang=\"{}\">", wording.tag);
    for (head, paragraphs) in &wording.sections {
        let _ = writeln!(html, "<h2>{head}</h2>");
        for paragraph in paragraphs {
            let _ = writeln!(html, "<p>{}</p>", escape(paragraph));
        }
    }
    html.push_str("</section>\n");
}

/// Names are text from people; nothing in them may become markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
