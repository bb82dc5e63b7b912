//! Which language an asker gets.

use amana_console::Language;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn the_choice_stands_above_the_browser_and_french_when_nothing_says_otherwise() {
    let house = House::new().await;
    for (path, headers, expected) in [
        ("/", vec![], "fr"),
        ("/", vec![("accept-language", "sw")], "fr"),
        (
            "/",
            vec![("accept-language", "en-GB,en;q=0.9,fr;q=0.8")],
            "en",
        ),
        (
            "/",
            vec![("accept-language", "en;q=0.1, fr-KM;q=0.5")],
            "fr",
        ),
        ("/", vec![("accept-language", "en;q=0, ar")], "fr"),
        (
            "/",
            vec![("accept-language", "fr"), ("cookie", "a=b; lang=en")],
            "en",
        ),
        ("/?lang=fr", vec![("cookie", "lang=en")], "fr"),
        ("/?a=b&lang=en", vec![], "en"),
        ("/?lang=xx", vec![("accept-language", "en")], "en"),
    ] {
        let answer = house.ask(path, &headers).await;
        let lang = format!("<html lang=\"{expected}\"");
        assert!(answer.text().contains(&lang), "{path} {headers:?}");
        assert_eq!(answer.header("content-language"), expected);
        assert!(answer.header("vary").contains("accept-language"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_kept() {
    let house = House::new().await;
    let answer = house.ask("/proof?lang=en", &[]).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("lang=en; Path=/; Max-Age="), "{cookie}");
    assert_eq!(house.ask("/proof", &[]).await.header("set-cookie"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_page_in_another_language_keeps_what_was_asked() {
    let house = House::new().await;
    let answer = house.ask("/account/sign-in?a=1&lang=fr&b=%22x", &[]).await;
    let text = answer.text();
    assert!(
        text.contains("href=\"?a=1&#38;b=%22x&#38;lang=en\""),
        "{text}"
    );
    assert!(
        house
            .ask("/", &[])
            .await
            .text()
            .contains("href=\"?lang=en\"")
    );
}

#[test]
fn numbers_and_times_are_said_as_each_language_says_them() {
    let (french, english) = (Language::French.texts(), Language::English.texts());
    assert_eq!(french.number(&1_234_567), "1\u{202f}234\u{202f}567");
    assert_eq!(english.number(&1_234_567), "1,234,567");
    assert_eq!(english.number(&999), "999");
    assert_eq!(
        french.moment(&1_795_996_800),
        "30 novembre 2026 à 00:00:00 (UTC)"
    );
    assert_eq!(
        english.moment(&1_796_083_199),
        "30 November 2026 at 23:59:59 (UTC)"
    );
    assert_eq!(english.stamp(&1_796_083_199), "2026-11-30T23:59:59Z");
    assert_eq!(french.ago(&3), "à l’instant");
    assert_eq!(french.ago(&119), "il y a 119 secondes");
    assert_eq!(english.ago(&7_199), "119 minutes ago");
    assert_eq!(english.ago(&400_000), "4 days ago");
}

#[test]
fn sizes_are_short_and_of_one_form() {
    let (fr, en) = (Language::French.texts(), Language::English.texts());
    for (bytes, french, english) in [
        (0, "0 octet", "0 bytes"),
        (1, "1 octet", "1 byte"),
        (999, "999 octets", "999 bytes"),
        (1_000, "1 ko", "1 kB"),
        (1_250, "1,3 ko", "1.3 kB"),
        (999_960, "1 Mo", "1 MB"),
        (250_000_000, "250 Mo", "250 MB"),
        (70_700_000_000, "70,7 Go", "70.7 GB"),
        (u64::MAX, "18446,7 Po", "18446.7 PB"),
    ] {
        let told = [fr, en].map(|texts| texts.size(&bytes).replace('\u{a0}', " "));
        assert_eq!(told, [french, english]);
    }
}
