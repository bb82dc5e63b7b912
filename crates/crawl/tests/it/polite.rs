//! `robots.txt`.

use amana_crawl::robots::Robots;

const FILE: &str = "User-agent: other\nDisallow: /\n\nUser-agent: *\nUser-agent: x # both\nDisallow: /private/\nAllow: /private/open\n\
Disallow: /*.pdf$\nDisallow:\nCrawl-delay: 2\n\nSitemap: https://x.example/map.xml\n";

#[test]
fn the_longest_rule_decides() {
    let robots = Robots::parse(FILE, "amana");
    assert!(robots.allows("/") && !robots.allows("/private/a") && robots.allows("/private/open/b"));
    assert!(
        !robots.allows("/a/b.pdf") && robots.allows("/a/b.pdf?x") && robots.allows("/a/b.html")
    );
    assert_eq!(robots.crawl_delay_s, Some(2));
    assert_eq!(robots.sitemaps, ["https://x.example/map.xml"]);
}

#[test]
fn a_group_of_our_own_goes_before_that_for_all() {
    let robots = Robots::parse(
        &format!("{FILE}User-agent: Amana\nDisallow: /only/\n"),
        "amana",
    );
    assert!(robots.allows("/private/a") && !robots.allows("/only/x"));
    assert!(!Robots::parse(FILE, "other").allows("/anything"));
    assert!(Robots::default().allows("/"));
}
