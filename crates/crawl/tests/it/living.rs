//! A small living site: read, cut, read on, and written.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use amana_crawl::crawl::{Bounds, Crawled, Wanted, crawl};
use amana_crawl::folder;
use amana_crawl::report::{Became, Report};
use amana_crawl::site::Origin;
use amana_sites::{Address, Answer, Host, media_type, read_folder};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub(crate) type Asked = Arc<Mutex<Vec<String>>>;

/// Serves until the test ends; the answer to a path it doesn't know is 404.
pub(crate) async fn serve<B: Into<Vec<u8>> + 'static>(
    pages: impl Fn(&str) -> Option<(u16, String, B)> + Send + Sync + 'static,
) -> (Origin, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let asked = Asked::default();
    let noted = asked.clone();
    let pages = Arc::new(pages);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, noted.clone(), pages.clone()));
        }
    });
    (
        Origin::parse(&format!("http://{address}")).expect("it is an origin"),
        asked,
    )
}

async fn converse<F, B: Into<Vec<u8>>>(
    stream: TcpStream,
    asked: Asked,
    pages: Arc<F>,
) -> io::Result<()>
where
    F: Fn(&str) -> Option<(u16, String, B)>,
{
    let mut stream = BufReader::new(stream);
    loop {
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            if stream.read_line(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(path.clone());
        let missing = || {
            (
                404,
                "text/html; charset=UTF-8".to_owned(),
                b"<p>nothing here".to_vec(),
            )
        };
        let said = pages(&path).map(|(status, head, body)| (status, head, body.into()));
        let (status, head, body) = said.unwrap_or_else(missing);
        let head = match status {
            301 | 302 => format!("Location: {head}"),
            _ => format!("Content-Type: {head}"),
        };
        let text = format!(
            "HTTP/1.1 {status} x\r\n{head}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(text.as_bytes()).await?;
        stream.write_all(&body).await?;
    }
}

pub(crate) fn html(body: &str) -> Option<(u16, String, String)> {
    Some((200, "text/html; charset=UTF-8".to_owned(), body.to_owned()))
}

/// A ministry's site with a post behind two addresses, a feed, a calendar without an end and a picture on another host.
fn ministry(path: &str, cdn: &str) -> Option<(u16, String, String)> {
    let of = |kind: &str, body: &str| Some((200, kind.to_owned(), body.to_owned()));
    let to = |to: &str| Some((301, to.to_owned(), String::new()));
    match path {
        "/" => html(&format!(
            "<link rel=stylesheet href='/s.css?ver=1'><a href='/?p=12'>short</a><a href=/about>about</a><a href='/old/'>o</a>\
             <a href='/private/x'>p</a><a href='/cal/1'>c</a><img src='{cdn}/i.png'><a href='/gone'>g</a>\
             <script>run()</script><form><input type=search name=s></form>"
        )),
        "/hello/" => html(
            "<h1>hello</h1><link rel=stylesheet href='/s.css?ver=2'><a href='/?page_id=3'>three</a>",
        ),
        "/?p=12" => to("/hello/"),
        "/old/" => to("/about"),
        "/about" => html("about"),
        "/?page_id=3" => html("three"),
        "/from-sitemap" => html("known to the sitemap alone"),
        "/s.css?ver=1" | "/s.css?ver=2" => {
            of("text/css; charset=UTF-8", "a { background: url(b.png) }")
        }
        "/b.png" => of("image/png", "PNG"),
        "/robots.txt" => of(
            "text/plain; charset=utf-8",
            "User-agent: *\nDisallow: /private/\n",
        ),
        "/sitemap.xml" => of(
            "application/xml",
            "<urlset><url><loc>/from-sitemap</loc></url></urlset>",
        ),
        "/feed/" => of("application/rss+xml; charset=UTF-8", "<rss></rss>"),
        "/private/x" => html("private"),
        _ => {
            let month: u32 = path.strip_prefix("/cal/")?.parse().ok()?;
            html(&format!("<a href='/cal/{}'>next</a>", month + 1))
        }
    }
}

pub(crate) fn wanted(start: &Origin, cdn: &Origin) -> Wanted<'static> {
    Wanted {
        start: start.clone(),
        new_host: Some("new.example".to_owned()),
        assets: vec![cdn.clone()],
        is_own: false,
        aliases: Vec::new(),
        local: None,
        rate: 10_000.0,
        bounds: Bounds {
            alike: 5,
            ..Bounds::default()
        },
        seeds: Vec::new(),
        trust: amana_tls::Trust::System,
        agent: "amana".to_owned(),
        now: &|| "2026-11-23T00:00:00Z".to_owned(),
    }
}

fn type_of(name: &str, is_utf8: bool) -> String {
    media_type(name, if is_utf8 { b"" } else { &[0xff] })
}

pub(crate) async fn import(wanted: &Wanted<'_>, out: &Path) -> (Crawled, Report) {
    let state = folder::prepare(out).expect("the place is free");
    let crawled = crawl(wanted, &state.join("archive.warc.gz"), &mut |_, _| {}).await;
    let crawled = crawled.expect("the site answers");
    let report = folder::write(&crawled, out, &type_of).expect("the folder is written");
    report
        .write(&state, "today")
        .expect("the report is written");
    (crawled, report)
}

async fn two_hosts() -> (Origin, Origin, Asked) {
    let (cdn, _) =
        serve(|path| (path == "/i.png").then(|| (200, "image/png".to_owned(), "CDN".to_owned())))
            .await;
    let cdn_url = cdn.url();
    let (start, asked) = serve(move |path| ministry(path, &cdn_url)).await;
    (start, cdn, asked)
}

#[tokio::test]
async fn a_site_becomes_a_folder() {
    let (start, cdn, _) = two_hosts().await;
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("site");
    let (_, report) = import(&wanted(&start, &cdn), &out).await;
    let text = |name: &str| fs::read_to_string(out.join(name)).expect(name);
    assert_eq!(
        text("hello/index.html"),
        ministry("/hello/", "").expect("it is there").2
    );
    let prefix = format!("_assets/{}", cdn.authority.replace(':', "_"));
    assert!(text("index.html").contains(&format!("<img src='/{prefix}/i.png'>")));
    assert_eq!(text(&format!("{prefix}/i.png")), "CDN");
    assert_eq!(text("s.css"), "a { background: url(b.png) }");
    assert_eq!(text("404.html"), "<p>nothing here");
    let addresses = text("_addresses");
    assert!(
        addresses.contains("/feed/\tfeed/index.xml\tapplication/rss+xml; charset=UTF-8\n"),
        "{addresses}"
    );
    assert!(
        addresses.contains("/?page_id=3\t_addresses.d/"),
        "{addresses}"
    );
    assert!(
        !addresses.contains("ver="),
        "one file answers every version: {addresses}"
    );
    assert_eq!(
        text("_redirects"),
        "/ p=12 /hello/ 301!\n/ s=:query /_search/?q=:query 302!\n/old/ /about 301!\n"
    );
    assert!(text("_headers").contains("script-src 'self' 'sha256-"));
    let became: HashMap<&str, Became> = report
        .addresses
        .iter()
        .map(|row| (row.address.as_str(), row.became))
        .collect();
    assert_eq!(became["/from-sitemap"], Became::File);
    assert_eq!(became["/private/x"], Became::LeftOut);
    assert_eq!(became["/gone"], Became::Missing);
    assert_eq!(
        (became["/cal/5"], became["/cal/6"]),
        (Became::File, Became::LeftOut)
    );
    assert!(!became.contains_key("/favicon.ico"), "nobody asked for it");
    let codes: Vec<&str> = report
        .decisions
        .iter()
        .map(|decision| decision.code.as_str())
        .collect();
    assert_eq!(codes, ["trap", "robots", "form-search", "broken-link"]);
    assert!(!report.complete);
    for (name, word) in [
        ("report.html", "Search forms"),
        ("rapport.html", "Formulaires de recherche"),
        ("report.json", "form-search"),
    ] {
        let text = fs::read_to_string(folder::state_of(&out).join(name)).expect(name);
        assert!(text.contains(word), "{name}");
    }
}

/// By the rules of the server and of whoever verifies.
#[tokio::test]
async fn the_folder_answers_as_the_site_did() {
    let (start, cdn, _) = two_hosts().await;
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("site");
    import(&wanted(&start, &cdn), &out).await;
    let host: Host = "new.example".parse().expect("it is a host");
    let folder = read_folder(&out, &host, &BTreeSet::new()).expect("a deploy takes it");
    let asked = [
        "/",
        "/hello/",
        "/?p=12",
        "/old/",
        "/about",
        "/?page_id=3",
        "/from-sitemap",
        "/s.css?ver=1",
        "/s.css?ver=2",
        "/b.png",
        "/robots.txt",
        "/feed/",
        "/cal/3",
        "/nothing/here",
    ];
    for address in asked {
        let answer = folder
            .manifest
            .answer(&Address::parse(address).expect(address));
        match (ministry(address, &cdn.url()), answer) {
            (Some((200, kind, _)), Answer::File { status, file, .. }) => {
                assert_eq!(
                    (status, file.media_type.to_lowercase()),
                    (200, kind.to_lowercase()),
                    "{address}"
                );
            }
            (
                Some((status, to, _)),
                Answer::Redirect {
                    status: own,
                    to: leads,
                },
            ) => {
                assert_eq!((status, to), (own, leads), "{address}");
            }
            (None, Answer::File { status, .. }) => assert_eq!(status, 404, "{address}"),
            (before, after) => panic!("{address}: {before:?} became {after:?}"),
        }
    }
    let search = folder
        .manifest
        .answer(&Address::parse("/?s=loi").expect("it is an address"));
    assert!(
        matches!(&search, Answer::Redirect { to, .. } if to == "/_search/?q=loi"),
        "{search:?}"
    );
}

/// What the old site should never have shown comes along, so that somebody sees it, and no deploy takes it unasked.
#[tokio::test]
async fn what_the_old_site_exposed_is_a_decision() {
    let (start, _) = serve(|path| match path {
        "/" => html("<a href='/.env'>x</a>"),
        "/.env" => Some((200, "text/plain".to_owned(), "DB_PASSWORD=x".to_owned())),
        _ => None,
    })
    .await;
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("site");
    let (_, report) = import(&wanted(&start, &start), &out).await;
    let decision = report
        .decisions
        .iter()
        .find(|decision| decision.code == "secret" && decision.what == ".env");
    let decision = decision.expect("it is listed");
    assert_eq!(
        (decision.what.as_str(), &*decision.at),
        (".env", &["/.env".to_owned()][..])
    );
    let host: Host = "new.example".parse().expect("it is a host");
    let refused = read_folder(&out, &host, &BTreeSet::new());
    assert!(
        refused.is_err_and(|error| error.to_string().contains("/.env: settings with passwords"))
    );
}

#[tokio::test]
async fn an_import_that_was_cut_goes_on_and_ends_as_one_that_was_not() {
    let (start, cdn, asked) = two_hosts().await;
    let place = tempfile::tempdir().expect("a folder");
    let (whole, cut) = (place.path().join("whole"), place.path().join("cut"));
    let wanted = wanted(&start, &cdn);
    import(&wanted, &whole).await;
    let count = |asked: &Asked| asked.lock().unwrap_or_else(PoisonError::into_inner).len();
    let all = count(&asked);
    let archive = folder::prepare(&cut)
        .expect("the place is free")
        .join("archive.warc.gz");
    let enough = all + 9;
    {
        let mut ignore = |_, _| {};
        let reading = crawl(&wanted, &archive, &mut ignore);
        tokio::pin!(reading);
        // Dropped in the middle of a request, as a kill would end it.
        let asked = asked.clone();
        std::future::poll_fn(move |context| match reading.as_mut().poll(context) {
            std::task::Poll::Pending if count(&asked) < enough => std::task::Poll::Pending,
            _ => std::task::Poll::Ready(()),
        })
        .await;
    }
    import(&wanted, &cut).await;
    let asked_twice = count(&asked) - 2 * all;
    assert!(
        asked_twice <= 1,
        "only the request that was cut is made again: {asked_twice}"
    );
    for name in [
        "index.html",
        "_redirects",
        "_addresses",
        "_headers",
        "hello/index.html",
    ] {
        assert_eq!(
            fs::read(whole.join(name)).expect(name),
            fs::read(cut.join(name)).expect(name),
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_is_there_is_not_overwritten_and_another_site_not_mixed_in() {
    let (start, cdn, _) = two_hosts().await;
    let (other, _) = serve(|_| html("another site")).await;
    let place = tempfile::tempdir().expect("a folder");
    let taken = place.path().join("taken");
    fs::create_dir(&taken).expect("it is made");
    fs::write(taken.join("mine"), "x").expect("it is written");
    assert!(folder::prepare(&taken).is_err());
    let out = place.path().join("site");
    import(&wanted(&start, &cdn), &out).await;
    let archive = folder::state_of(&out).join("archive.warc.gz");
    let refused = crawl(&wanted(&other, &cdn), &archive, &mut |_, _| {}).await;
    assert!(refused.is_err_and(|error| error.code() == "crawl-other-site"));
}
