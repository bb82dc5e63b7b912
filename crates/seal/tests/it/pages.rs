//! Custodians' pages: all that must stand on them, and nothing that a browser would run or load.

use amana_seal::pages::{Page, PageKey};
use amana_seal::root::Root;
use amana_seal::shares::*;
use zeroize::Zeroizing;

fn pages(institution: &str, plan: &str) -> Vec<(Share, String, String, String)> {
    let root = Root::from_seed(Zeroizing::new([0x5A; 32]));
    let plan: GroupPlan = plan.parse().expect("a plan");
    let page = |share: Share| {
        let page = Page {
            key: PageKey::Institution,
            institution,
            plan: &plan,
            set: 2,
            date: "2026-11-22",
            share: &share,
        };
        let (text, html, name) = (
            page.text().to_string(),
            page.html().to_string(),
            page.file_name(),
        );
        (share, text, html, name)
    };
    split(&root, &plan)
        .expect("split")
        .into_iter()
        .map(page)
        .collect()
}

#[test]
fn a_page_carries_the_share_and_says_what_to_do() {
    for (share, text, html, _) in pages("finances", "3-of-5") {
        for (at, index) in share.indices().iter().enumerate() {
            let (position, word, number) = (at + 1, word(*index), index + 1);
            assert!(
                text.contains(&format!("{position:>2}. {word:<9} {number:>4}")),
                "{position}"
            );
            assert!(html.contains(&format!(
                "<th>{position}</th><td class=\"word\">{word}</td><td class=\"number\">{number}</td>"
            )));
        }
        let place = format!("Part {} sur 5 / Share {0} of 5", share.member_number());
        for needed in [
            place.as_str(),
            "3 parts sur 5 reconstituent les clés",
            "3 of 5 shares rebuild the keys",
            "2026-11-22",
            "n° 2",
            "finances",
        ] {
            assert!(text.contains(needed), "{needed}");
        }
        assert!(html.find("3 parts sur 5 reconstituent") < html.find("3 of 5 shares rebuild"));
        assert!(text.lines().all(|line| line.chars().count() <= 78));
        assert!(html.contains("<svg "));
    }
}

#[test]
fn a_page_can_be_typed_back() {
    for (share, text, ..) in pages("finances", "2-of-3") {
        let mut words = vec![String::new(); ROOT_SHARE_WORDS];
        let mut numbers = words.clone();
        for line in text.lines().filter(|line| line.starts_with("  ")) {
            let fields: Vec<_> = line.split_whitespace().collect();
            for triple in fields.chunks(3) {
                let position: usize = triple[0].trim_end_matches('.').parse().expect("a position");
                words[position - 1] = triple[1].to_owned();
                numbers[position - 1] = triple[2].to_owned();
            }
        }
        for typed in [words.join(" "), numbers.join(" ")] {
            assert_eq!(
                *Share::parse(&typed).expect("the page's words").mnemonic(),
                *share.mnemonic()
            );
        }
    }
}

#[test]
fn a_page_runs_and_loads_nothing() {
    let institution = "<script>alert('x')</script> & \"Fils\"";
    for (_, _, html, _) in pages(institution, "2(cabinet:1-of-1,l'ICT:2-of-3)") {
        let lower = html.to_lowercase();
        for banned in [
            "<script",
            "javascript:",
            " src=",
            " href=",
            "url(",
            "@import",
            " onload",
            "http:",
            "https:",
            "style=\"",
        ] {
            assert!(!lower.contains(banned), "{banned}");
        }
        assert!(
            html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;Fils&quot;")
        );
        assert!(html.contains("default-src 'none'"));
    }
}

#[test]
fn a_page_names_its_group() {
    let pages = pages("finances", "2(cabinet:1-of-1,Cour suprême:2-of-3)");
    let names: Vec<_> = pages.iter().map(|(.., name)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "part-2-1-cabinet-1",
            "part-2-2-cour-supr-me-1",
            "part-2-2-cour-supr-me-2",
            "part-2-2-cour-supr-me-3"
        ]
    );
    let (_, text, html, _) = &pages[2];
    // The text is wrapped.
    let text = text.replace('\n', " ");
    for page in [&text, html] {
        assert!(page.contains("2 groupes sur 2 reconstituent les clés"));
        assert!(page.contains("le groupe «\u{a0}Cour suprême\u{a0}» compte avec 2 de ses 3 parts"));
        assert!(page.contains(
            "2 of 2 groups rebuild the keys; the group “Cour suprême” counts with 2 of its 3 shares"
        ));
    }
}

#[test]
fn one_person_alone_is_told_so() {
    let (_, text, html, name) = &pages("finances", "1-of-1")[0];
    assert_eq!(name, "part-2-1-1");
    for page in [text, html] {
        assert!(page.contains("This share alone rebuilds the keys"));
        assert!(page.contains("amana keys reshare"));
    }
}
