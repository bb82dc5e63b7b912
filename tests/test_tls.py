"""TLS on every listener, by an authority of one's own or a certificate that was given: as curl, boto3, openssl, a gateway and
a witness meet it."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess

import boto3
import pytest
from botocore.exceptions import SSLError

import gateway
from centre import Centre, binary, die_with_parent, free_port, http_get, surroundings, wait_until


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A data centre that speaks TLS on loopback as well."""
    centre = Centre(tmp_path_factory.mktemp("secure") / "data").start(AMANA_TLS="always")
    yield centre
    centre.kill()


@pytest.fixture(scope="module")
def bureau(secure):
    return secure.institution("bureau")


def curl(*words):
    return subprocess.run(["curl", "-sS", *map(str, words)], capture_output=True, text=True, timeout=60)


def handshake(port, *words):
    """What openssl sees of a port."""
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def digest(centre):
    return json.loads(centre.run("authority", "show", "--data", centre.data, "--json").stdout)["digest"]


def test_curl_believes_the_authority_and_no_other(secure):
    assert curl("--cacert", secure.authority, f"{secure.web_url}/readyz").stdout == "ready\n"
    refused = curl(f"{secure.web_url}/readyz")
    assert refused.returncode == 60, refused.stderr


def test_boto3_deposits_over_tls(bureau):
    s3 = bureau.client()
    s3.create_bucket(Bucket="sealed-line")
    content = os.urandom(3_000_000)
    s3.put_object(Bucket="sealed-line", Key="a/b", Body=content)
    assert s3.get_object(Bucket="sealed-line", Key="a/b")["Body"].read() == content


def test_boto3_refuses_a_stranger(bureau, tmp_path):
    stranger = Centre(tmp_path / "stranger").start(AMANA_TLS="always")
    try:
        s3 = boto3.client(
            "s3",
            endpoint_url=bureau.centre.s3_url,
            region_name="us-east-1",
            aws_access_key_id=bureau.access_key_id,
            aws_secret_access_key=bureau.secret_access_key,
            verify=stranger.authority,
        )
        with pytest.raises(SSLError):
            s3.list_buckets()
    finally:
        stranger.kill()


def test_python_believes_it_by_the_strict_rules(secure):
    """RFC 5280 to the letter, as Python 3.13 has it by default."""
    strict = ssl.create_default_context(cafile=secure.authority)
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    with socket.create_connection(("127.0.0.1", secure.web_port)) as line:
        with strict.wrap_socket(line, server_hostname="localhost") as under:
            assert under.version() == "TLSv1.3"


@pytest.mark.parametrize("version, shown", [("-tls1_3", "TLSv1.3"), ("-tls1_2", "TLSv1.2")])
def test_openssl_speaks_both_versions(secure, version, shown):
    for port in (secure.web_port, secure.s3_port):
        seen = handshake(port, version, "-CAfile", secure.authority, "-alpn", "http/1.1", "-verify_return_error")
        assert "Verify return code: 0 (ok)" in seen.stdout, seen.stdout + seen.stderr
        assert shown in seen.stdout
        assert "ALPN protocol: http/1.1" in seen.stdout


def test_older_versions_are_refused(secure):
    seen = handshake(secure.web_port, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")
    assert seen.returncode != 0
    assert "Cipher is (NONE)" in seen.stdout, seen.stdout


def test_plain_http_on_a_port_of_tls_is_told_so(secure):
    for port in (secure.web_port, secure.s3_port):
        status, _, body = http_get(f"http://127.0.0.1:{port}/readyz")
        assert status == 400
        assert b"https://" in body


def test_stalled_handshakes_hold_nobody_up(secure):
    lines = [socket.create_connection(("127.0.0.1", secure.web_port)) for _ in range(200)]
    try:
        assert curl("--cacert", secure.authority, f"{secure.web_url}/readyz", "--max-time", 5).stdout == "ready\n"
    finally:
        for line in lines:
            line.close()


def test_the_authority_is_shown_and_kept(secure):
    key = secure.data / "keys" / "authority.key"
    assert key.stat().st_mode & 0o777 == 0o600
    shown = secure.run("authority", "show", "--data", secure.data).stdout
    assert digest(secure) in shown
    pem = secure.run("authority", "show", "--data", secure.data, "--pem").stdout
    assert pem == pathlib.Path(secure.authority).read_text()
    of_openssl = subprocess.run(
        ["openssl", "x509", "-in", secure.authority, "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True
    ).stdout
    assert of_openssl.split("=")[1].strip().replace(":", "").lower() == digest(secure).removeprefix("sha256:")


def test_no_authority_is_made_where_none_is_needed(new_centre):
    centre = new_centre()
    assert not (centre.data / "keys" / "authority.key").exists()
    assert "there is no authority" in centre.run("authority", "show", "--data", centre.data, code=1).stderr


def test_the_authority_stays_the_same(new_centre):
    centre = new_centre(AMANA_TLS="always")
    before = digest(centre)
    centre.stop()
    centre.start(AMANA_TLS="always")
    assert digest(centre) == before


def test_a_restored_centre_shows_the_authority_that_was_pinned(new_centre, tmp_path):
    centre = new_centre(AMANA_TLS="always")
    before = digest(centre)
    centre.stop()
    place, seed = tmp_path / "mirror", tmp_path / "seed"
    place.mkdir()
    with open(centre.data / "amana.toml", "a") as config:
        config.write(f'\n[[mirror]]\nname = "usb"\nplace = "{place}"\n')
    centre.run("mirror", "--once", "--data", centre.data)
    shutil.copy(centre.data / "keys" / "operator.seed", seed)
    shutil.rmtree(centre.data)
    back = ["restore", "--from", place, "--seed-file", seed, "--data", centre.data]
    assert "asks for no witnesses" in centre.run(*back, code=1).stderr
    centre.run(*back, "--without-witnesses")
    assert digest(centre) == before
    centre.start(AMANA_TLS="always")
    assert curl("--cacert", centre.authority, f"{centre.web_url}/readyz").stdout == "ready\n"
    assert digest(centre) == before


def test_an_authority_without_its_key_is_told_of(new_centre):
    centre = new_centre(AMANA_TLS="always")
    centre.stop()
    (centre.data / "keys" / "authority.key").unlink()
    centre.start(wait=False, AMANA_TLS="always")
    assert centre.died() == 1
    assert "authority.key is missing" in centre.log()


def certificate(folder, name, days="30"):
    """A self-signed certificate and its key, as somebody else's tools make them."""
    folder.mkdir(exist_ok=True)
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", days]
        + ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_given_certificates_are_read_again_without_a_restart(new_centre, tmp_path):
    cert, key = certificate(tmp_path / "given", "first")
    given = {"AMANA_TLS": "always", "AMANA_TLS_CERTIFICATE": cert, "AMANA_TLS_KEY": key}
    centre = Centre(tmp_path / "centre")
    try:
        centre.start(wait=False, **given)
        url = f"https://127.0.0.1:{centre.web_port}/readyz"
        wait_until(lambda: curl("--cacert", cert, url).stdout == "ready\n", centre.log)
        assert not (centre.data / "keys" / "authority.key").exists()
        new_cert, new_key = certificate(tmp_path / "renewed", "second")
        for fresh, old in ((new_cert, cert), (new_key, key)):
            shutil.copy(fresh, old.with_suffix(".new"))
            old.with_suffix(".new").rename(old)
        wait_until(lambda: curl("--cacert", new_cert, url).stdout == "ready\n", "the renewed certificate is shown")
        centre.stop()
    finally:
        centre.kill()


@pytest.mark.parametrize(
    "given, told",
    [
        ({"AMANA_TLS": "never"}, "AMANA_TLS"),
        ({"AMANA_TLS": "always", "AMANA_ALLOW_PLAIN_HTTP": "true"}, "allow_plain_http"),
        ({"AMANA_TLS_CERTIFICATE": "/nowhere/cert.pem"}, "tls_key"),
        ({"AMANA_TLS_KEY": "/nowhere/key.pem"}, "tls_certificate"),
        (
            {"AMANA_TLS": "always", "AMANA_TLS_CERTIFICATE": "/nowhere/cert.pem", "AMANA_TLS_KEY": "/nowhere/key.pem"},
            "/nowhere/cert.pem",
        ),
        ({"AMANA_TLS": "always", "AMANA_TLS_NAMES": "no name"}, "tls_names"),
    ],
)
def test_a_wrong_configuration_is_refused_by_its_field(tmp_path, given, told):
    centre = Centre(tmp_path / "data")
    centre.start(wait=False, **given)
    assert centre.died() == 1
    assert told in centre.log()


def test_beyond_loopback_tls_is_spoken_unless_a_proxy_does(tmp_path):
    """On all addresses, so that loopback reaches a listener that others reach too."""
    centre = Centre(tmp_path / "data")
    centre.web_port, centre.s3_port = free_port(), free_port()
    beyond = {"AMANA_LISTEN_WEB": f"0.0.0.0:{centre.web_port}", "AMANA_LISTEN_S3": f"0.0.0.0:{centre.s3_port}"}
    try:
        centre.start(wait=False, **beyond)
        authority = centre.data / "keys" / "authority.crt"
        url = f"127.0.0.1:{centre.web_port}/readyz"
        wait_until(lambda: curl("--cacert", authority, f"https://{url}").stdout == "ready\n", centre.log)
        centre.stop()
        centre.start(wait=False, AMANA_ALLOW_PLAIN_HTTP="true", **beyond)
        wait_until(lambda: curl(f"http://{url}").stdout == "ready\n", centre.log)
        centre.stop()
    finally:
        centre.kill()


def test_a_gateway_is_enrolled_over_https_by_its_code_alone(secure, tmp_path):
    """The code carries the authority: nothing else is typed. Then everything goes over TLS, on both sides."""
    secure.run("institution", "add", "justice", "--data", secure.data)
    running = gateway.Gateway(secure, "justice", tmp_path / "gateway").enrol()
    assert digest(secure) in (running.data / "gateway.toml").read_text()
    running.start(AMANA_TLS="always")
    try:
        s3 = running.account().client()
        s3.create_bucket(Bucket="judgements")
        content = os.urandom(9_000_000)
        s3.put_object(Bucket="judgements", Key="2026/1", Body=content)
        assert s3.get_object(Bucket="judgements", Key="2026/1")["Body"].read() == content
        running.stop()
    finally:
        running.kill()
    secure.check()


def test_a_gateway_with_another_authority_goes_no_further(secure, tmp_path):
    secure.run("institution", "add", "customs", "--data", secure.data)
    code = json.loads(secure.run("enrolment", "issue", "customs", "--data", secure.data, "--json").stdout)["code"]
    words = ("gateway", "init", "--data", tmp_path / "gateway", "--centre", secure.web_url, "--policy", secure.policy)
    published = hashlib.sha256(secure.policy.read_bytes()).hexdigest()
    words = (*words, "--policy-sha256", published)
    wrong = secure.run(*words, "--code", code.split("+")[0] + "+" + "0" * 64, code=1)
    assert "isn't signed by the pinned authority sha256:0000" in wrong.stderr
    assert "--authority" not in wrong.stdout


def test_a_gateway_sends_nothing_beyond_loopback_without_tls(secure, tmp_path):
    words = ("gateway", "init", "--data", tmp_path / "gateway", "--centre", "http://192.0.2.1:7400", "--code", "X")
    refused = secure.run(*words, "--policy", secure.policy, code=1)
    assert "allow_plain_http" in refused.stderr


def test_a_secret_is_not_sent_beyond_loopback_without_tls(secure, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s")
    words = ("ledger", "show", "bureau/vault", "--centre", "http://192.0.2.1:7400")
    refused = secure.run(*words, "--access-key", "A", "--secret-file", secret, code=1)
    assert "isn't sent without TLS" in refused.stderr


def test_a_witness_cosigns_over_https(secure, bureau, tmp_path):
    bureau.client().create_bucket(Bucket="for-the-witness")
    shown = json.loads(secure.run("witness", "key", "--data", tmp_path / "witness", "--name", "court", "--json").stdout)
    secure.run("policy", "witness", "add", "court", shown["vkey"], "--data", secure.data)
    words = ("witness", "--data", tmp_path / "witness", "--policy", secure.policy, "--once", "--json")
    pinned = ("--centre", secure.web_url, "--authority")
    told = secure.run(*words, *pinned, digest(secure)).stdout
    assert re.search(r'"cosigned":[1-9]', told), told
    secure.run(*words, *pinned, secure.authority)
    refused = secure.run(*words, *pinned, "sha256:" + "0" * 64, code=1)
    assert "isn't signed by" in refused.stderr
    unknown = secure.run(*words, "--centre", secure.web_url, code=1)
    assert "isn't signed by an authority that this system believes" in unknown.stderr


def test_a_witness_serves_over_https(tmp_path, secure):
    port = free_port()
    witness = subprocess.Popen(
        [binary(), "witness", "--data", tmp_path / "witness", "--policy", secure.policy]
        + ["--listen", f"127.0.0.1:{port}", "--tls-always"],
        env=surroundings(),
        stdout=subprocess.DEVNULL,
        preexec_fn=die_with_parent,
    )
    try:
        authority = tmp_path / "witness" / "keys" / "authority.crt"
        url = f"https://127.0.0.1:{port}/healthz"
        wait_until(lambda: curl("--cacert", authority, url).stdout == "ok\n", "the witness serves")
        os.kill(witness.pid, signal.SIGTERM)
        assert witness.wait(30) == 0
    finally:
        if witness.poll() is None:
            os.kill(witness.pid, signal.SIGKILL)
            witness.wait(30)
