//! Over sockets: those who are slow, those who are many, and those who come beside them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use amana_sites::serve::{Addresses, Allowance, Pace, Running, Server, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::ground::Ground;

const HOST: &str = "www.finances.gov";
const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: www.finances.gov\r\n\r\n";

fn listening(settings: Settings, page: &[u8]) -> (Arc<Server>, Running, SocketAddr) {
    let ground = Arc::new(Ground::default());
    let server = ground.server(settings);
    server.put(ground.deploy_of(HOST, 1, &[("/index.html", page)]));
    let wanted = Addresses {
        http: "127.0.0.1:0".parse().unwrap(),
        https: None,
    };
    let running = server.listen(wanted, 2).unwrap();
    let address = running.addresses().http;
    (server, running, address)
}

async fn status(stream: &mut TcpStream) -> String {
    let mut line = [0; 12];
    match stream.read_exact(&mut line).await {
        Ok(_) => String::from_utf8_lossy(&line).into_owned(),
        Err(error) => error.kind().to_string(),
    }
}

async fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(ASK).await.unwrap();
    status(&mut stream).await
}

/// Stops on another thread: this one's has the clients.
async fn stop(running: Running) {
    tokio::task::spawn_blocking(|| running.stop())
        .await
        .unwrap();
}

#[tokio::test]
async fn requests_come_in_a_row_and_all_at_once() {
    let (_, running, address) = listening(Settings::default(), b"hello");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&ASK.repeat(20)).await.unwrap();
    let mut all = String::new();
    while all.matches("hello").count() < 20 {
        let mut some = [0; 4096];
        let read = stream.read(&mut some).await.unwrap();
        assert!(read > 0, "{all}");
        all.push_str(&String::from_utf8_lossy(&some[..read]));
    }
    drop(stream);
    for wrong in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(wrong.as_bytes()).await.unwrap();
        assert_eq!(status(&mut stream).await, "HTTP/1.1 400", "{wrong:?}");
    }
    stop(running).await;
}

#[tokio::test]
async fn slow_heads_are_let_go_and_hold_up_nobody() {
    let pace = Pace {
        head: Duration::from_millis(400),
        head_when_crowded: Duration::from_millis(200),
        ..Pace::default()
    };
    let allowance = Allowance {
        connections: 400,
        connections_each: 400,
        ..Allowance::default()
    };
    let settings = Settings {
        pace,
        allowance,
        ..Settings::default()
    };
    let (_, running, address) = listening(settings, b"hello");
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: www.fin")
            .await
            .unwrap();
        slow.push(stream);
    }
    for _ in 0..50 {
        assert_eq!(ask(address).await, "HTTP/1.1 200");
    }
    for mut stream in slow {
        // A byte now and then doesn't help: the whole head has its time.
        let _ = stream.write_all(b"a").await;
        let mut rest = Vec::new();
        // Closed or reset, it ends.
        let _ = stream.read_to_end(&mut rest).await;
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
    }
    stop(running).await;
}

#[tokio::test]
async fn one_address_has_its_share_of_places_and_of_requests() {
    let allowance = Allowance {
        connections: 100,
        connections_each: 3,
        requests_per_s: 0.001,
        burst: 5.0,
    };
    let settings = Settings {
        allowance,
        ..Settings::default()
    };
    let (_, running, address) = listening(settings, b"hello");
    let mut first = TcpStream::connect(address).await.unwrap();
    let mut two = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        assert_eq!(status(&mut stream).await, "HTTP/1.1 200");
        two.push(stream);
    }
    first.write_all(ASK).await.unwrap();
    assert_eq!(status(&mut first).await, "HTTP/1.1 200");
    let mut fourth = TcpStream::connect(address).await.unwrap();
    let _ = fourth.write_all(ASK).await;
    assert_ne!(status(&mut fourth).await, "HTTP/1.1 200");
    let mut told = Vec::new();
    drop(first);
    for stream in &mut two {
        // What is left of the first answer comes before the second one.
        stream.write_all(&ASK.repeat(3)).await.unwrap();
        let mut some = vec![0; 64 * 1024];
        let mut all = String::new();
        while all.matches("HTTP/1.1 ").count() < 3 {
            let read = stream.read(&mut some).await.unwrap();
            assert!(read > 0, "{all}");
            all.push_str(&String::from_utf8_lossy(&some[..read]));
        }
        told.push(all);
    }
    let told = told.concat();
    assert_eq!(told.matches("HTTP/1.1 200").count(), 2, "{told}");
    assert_eq!(told.matches("HTTP/1.1 429").count(), 4, "{told}");
    stop(running).await;
}

#[tokio::test]
async fn who_takes_an_answer_too_slowly_is_let_go() {
    let pace = Pace {
        window: Duration::from_millis(400),
        window_bytes: 64 * 1024 * 1024,
        ..Pace::default()
    };
    let settings = Settings {
        pace,
        ..Settings::default()
    };
    let page: Vec<u8> = vec![7; 32 * 1024 * 1024];
    let (_, running, address) = listening(settings, &page);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(ASK).await.unwrap();
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.unwrap();
    // It reads nothing more until the server has stopped, which waits for the answer to end or to be given up.
    stop(running).await;
    let mut got = Vec::new();
    let _ = stream.read_to_end(&mut got).await;
    assert!(got.len() < page.len());
}

#[tokio::test]
async fn what_was_asked_before_the_stop_is_answered() {
    let page = vec![7; 4 * 1024 * 1024];
    let (server, running, address) = listening(Settings::default(), &page);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(ASK).await.unwrap();
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.unwrap();
    let stopping = tokio::spawn(stop(running));
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() > page.len());
    stopping.await.unwrap();
    server.close_log();
}

#[tokio::test]
async fn two_servers_do_not_share_a_port() {
    let (server, running, address) = listening(Settings::default(), b"hello");
    let wanted = Addresses {
        http: address,
        https: None,
    };
    let refused = server.listen(wanted, 1).map(drop).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::AddrInUse);
    stop(running).await;
    stop(server.listen(wanted, 1).unwrap()).await;
}
