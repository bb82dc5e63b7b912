//! `amana serve`: what the first start makes, and what later starts find.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use crate::binary::{Centre, Ran, amana, run_on};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// `amana serve` that is expected to end by itself.
fn serve(folder: &Path, environment: &[(&str, &str)]) -> Ran {
    let mut command = amana();
    command.args(["serve", "--data"]).arg(folder.join("data"));
    command.env("AMANA_LISTEN_WEB", "127.0.0.1:0");
    command.env("AMANA_LISTEN_S3", "127.0.0.1:0");
    command.env("AMANA_LISTEN_SITES_HTTP", "127.0.0.1:0");
    command.env("AMANA_LISTEN_SITES_HTTPS", "127.0.0.1:0");
    command.envs(environment.iter().copied());
    Ran::of(command.output().unwrap())
}

#[test]
fn the_first_start_makes_everything() {
    let centre = Centre::start();
    let data = centre.data();
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("amana.sock")), 0o600);
    assert_eq!(mode(&data.join("keys/operator.seed")), 0o600);
    let policy = fs::read_to_string(data.join("policy")).unwrap();
    assert_eq!(centre.get("/policy", None), (200, policy));
    assert_eq!(centre.get("/healthz", None), (200, "ok\n".to_owned()));
    assert_eq!(centre.get("/readyz", None), (200, "ready\n".to_owned()));
    assert!(
        centre
            .get("/metrics", None)
            .1
            .contains("\namana_acts_total 0\n")
    );
    assert!(centre.get("/", None).1.contains("Un centre de données"));
    assert_eq!(centre.get("/nothing", None).0, 404);
}

#[test]
fn a_later_start_recovers_it() {
    let centre = Centre::start();
    let key = centre.institution("finances");
    let (_, policy) = centre.get("/policy", None);
    let (code, folder) = centre.stop();
    assert_eq!(code, 0);
    let centre = Centre::start_in(folder, &[]);
    assert_eq!(centre.get("/policy", None).1, policy);
    assert_eq!(
        centre
            .get("/ledgers/finances/vault/checkpoint", Some(&key))
            .0,
        200
    );
}

#[test]
fn the_name_is_chosen_once() {
    let folder = TempDir::new().unwrap();
    let named = [("AMANA_CENTRE", "centre.example")];
    let centre = Centre::start_in(folder, &named);
    assert!(
        centre
            .get("/policy", None)
            .1
            .contains("\nlog centre.example/national+")
    );
    let (_, folder) = centre.stop();
    serve(folder.path(), &[("AMANA_CENTRE", "other.example")])
        .refused("can't become other.example");
    // Without the variable, the name stands in amana.toml.
    let centre = Centre::start_in(folder, &[]);
    assert!(
        centre
            .get("/national/checkpoint", None)
            .1
            .starts_with("centre.example/national\n")
    );
}

#[test]
fn a_second_server_on_the_folder_is_refused() {
    let centre = Centre::start();
    serve(centre.folder.path(), &[]).refused("another amana serves this folder");
    assert_eq!(centre.get("/healthz", None).0, 200);
    // The first one's socket is still its own.
    centre.run(&["institution", "list"]).done();
}

#[test]
fn a_wrong_field_is_named() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let config = folder.path().join("data/amana.toml");
    for (text, named) in [
        ("listen_wbe = \"127.0.0.1:0\"\n", "listen_wbe"),
        ("listen_web = \"nowhere\"\n", "listen_web"),
        ("epoch_busy_s = 0\n", "epoch_busy_s"),
        ("centre = \"a b\"\n", "a b"),
    ] {
        fs::write(&config, text).unwrap();
        let ran = serve(folder.path(), &[]);
        assert!(
            ran.err.contains("amana.toml") || named != "listen_wbe",
            "{}",
            ran.err
        );
        ran.refused(named);
    }
}

#[test]
fn a_wrong_variable_is_named() {
    let folder = TempDir::new().unwrap();
    serve(folder.path(), &[("AMANA_LISTEN_WBE", "x")]).refused("AMANA_LISTEN_WBE");
    serve(folder.path(), &[("AMANA_EPOCH_BUSY_S", "soon")]).refused("AMANA_EPOCH_BUSY_S=soon");
    serve(folder.path(), &[("AMANA_LOG", "=,=")]).refused("log is");
}

#[test]
fn what_is_said_of_tls_must_fit_together() {
    let folder = TempDir::new().unwrap();
    let both = [("AMANA_TLS", "always"), ("AMANA_ALLOW_PLAIN_HTTP", "true")];
    serve(folder.path(), &both).refused("allow_plain_http");
    serve(folder.path(), &[("AMANA_TLS_KEY", "/key.pem")]).refused("tls_certificate");
    serve(folder.path(), &[("AMANA_STOP_WITHIN_S", "-1")]).refused("stop_within_s");
}

#[test]
fn a_taken_port_is_named() {
    let centre = Centre::start();
    let folder = TempDir::new().unwrap();
    serve(folder.path(), &[("AMANA_LISTEN_WEB", &centre.web)]).refused("listen_web");
}

#[test]
fn the_socket_is_found_under_a_long_path() {
    let folder = TempDir::new().unwrap();
    let long = folder.path().join("a".repeat(120));
    fs::create_dir(&long).unwrap();
    let inner = TempDir::new_in(&long).unwrap();
    let centre = Centre::start_in(inner, &[]);
    centre.run(&["institution", "add", "finances"]).done();
}

#[test]
fn without_a_server_the_commands_say_how_to_start_one() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("amana.toml"), "").unwrap();
    run_on(folder.path(), &["institution", "list"]).refused("start it with: amana serve --data");
}
