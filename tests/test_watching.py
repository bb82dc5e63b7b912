"""What a data centre and a gateway tell whoever watches them: metrics, logs, and the doctor."""

import json
import re

import pytest

import gateway
from centre import ROOT, Centre, http_get, wait_until

FILES = (ROOT / "packaging" / "grafana" / "amana.json", ROOT / "packaging" / "prometheus" / "alerts.yml")


def metrics(server):
    """Names of the samples, and the families, as the format has them."""
    import ssl
    import urllib.request

    believed = ssl.create_default_context(cafile=server.authority) if server.authority else None
    with urllib.request.urlopen(f"{server.web_url}/metrics", timeout=30, context=believed) as answer:
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        text = answer.read().decode()
    families = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    samples = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            samples[name] = float(value)
    for sample in samples:
        name = sample.split("{")[0]
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in families or families.get(family) == "histogram", f"{name} has no TYPE"
    return families, samples


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A data centre with a mirror and with a witness in its policy, and a gateway, all of it under TLS."""
    data = tmp_path_factory.mktemp("watched") / "data"
    data.mkdir(mode=0o700)
    place = tmp_path_factory.mktemp("usb")
    (data / "amana.toml").write_text(f'[[mirror]]\nname = "usb"\nplace = "{place}"\n')
    centre = Centre(data).start(AMANA_TLS="always", AMANA_LOG_FORMAT="json")
    running, account = gateway.enrolled(centre, "finances", tmp_path_factory.mktemp("gateway") / "data")
    running.stop()
    running.start(AMANA_TLS="always")
    witness = tmp_path_factory.mktemp("witness") / "data"
    key = json.loads(centre.run("witness", "key", "--data", witness, "--name", "court", "--json").stdout)["vkey"]
    centre.run("policy", "witness", "add", "court", key, "--data", centre.data)
    pinned = ("--authority", centre.authority, "--policy", centre.policy)
    centre.run("witness", "--data", witness, "--centre", centre.web_url, *pinned, "--once")
    account.client().create_bucket(Bucket="kept")
    account.client().put_object(Bucket="kept", Key="a", Body=b"x" * 100)
    yield centre, running, account
    running.kill()
    centre.kill()


def test_every_metric_of_the_dashboard_and_of_the_alerts_exists(watched):
    centre, running, account = watched
    account.client().list_buckets()
    # A mirror is told of from its first round on.
    wait_until(lambda: "amana_mirror_failing" in metrics(centre)[0], "the mirror is begun")
    found = set()
    for server in (centre, running):
        families, samples = metrics(server)
        found |= set(families) | {name.split("{")[0] for name in samples}
    for path in FILES:
        named = set(re.findall(r"\bamana_[a-z0-9_]+", path.read_text()))
        assert len(named) > 5
        assert named <= found, f"{path.name} names what nobody tells: {named - found}"
    json.loads(FILES[0].read_text())


def test_requests_are_counted_by_front_verb_and_status(watched):
    _, running, account = watched
    before = metrics(running)[1].get('amana_requests_total{front="s3",verb="GET",status="404"}', 0)
    with pytest.raises(Exception, match="NoSuchKey"):
        account.client().get_object(Bucket="kept", Key="absent")
    families, after = metrics(running)
    assert after['amana_requests_total{front="s3",verb="GET",status="404"}'] == before + 1
    assert families["amana_request_duration_seconds"] == "histogram"
    buckets = [value for name, value in after.items() if re.match(r'amana_request_duration_seconds_bucket.*"s3",verb="PUT"', name)]
    assert buckets == sorted(buckets)
    assert buckets[-1] == after['amana_request_duration_seconds_count{front="s3",verb="PUT"}'] > 0


def test_the_writer_and_the_witness_are_seen(watched):
    centre, _, _ = watched
    _, samples = metrics(centre)
    assert samples["amana_commit_duration_seconds_count"] > 0
    assert samples["amana_grouped_acts_total"] >= samples["amana_commit_duration_seconds_count"]
    assert samples["amana_queued_acts"] == 0
    assert samples['amana_witness_cosigned_timestamp_seconds{witness="court"}'] > 1.7e9
    assert samples["amana_tls_certificate_expiry_timestamp_seconds"] > samples['amana_witness_cosigned_timestamp_seconds{witness="court"}']
    assert samples["amana_disk_free_bytes"] <= samples["amana_disk_size_bytes"]


def test_log_lines_bear_the_id_that_the_client_is_told(new_centre):
    centre = new_centre(AMANA_LOG="info,amana::requests=debug", AMANA_LOG_FORMAT="json")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    status, told, _ = http_get(f"{centre.s3_url}/nothing", headers)
    assert status == 403
    lines = [json.loads(line) for line in centre.log().splitlines() if line.startswith("{")]
    ours = [line for line in lines if line.get("span", {}).get("request_id") == told["x-amz-request-id"]]
    assert ours, centre.log()
    assert ours[0]["span"]["trace_id"] == trace
    assert ours[0]["fields"]["status"] == 403


def test_every_listener_names_its_requests(new_centre):
    """In the answer's head, in a refusal's body, and in each line of the log."""
    centre = new_centre(AMANA_LOG="info,amana::requests=debug", AMANA_LOG_FORMAT="json")
    trace = "4bf92f3577b34da6a3ce929d0e0e4737"
    paths = ("/healthz", "/absent", "/receipts/finances/vault/0", "/api/v1/enrolments/none")
    answers = [http_get(f"{centre.web_url}{path}", {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}) for path in paths]
    ids = [told["x-request-id"] for _, told, _ in answers]
    assert len(set(ids)) == len(ids) and all(re.fullmatch("[0-9A-F]{16}", one) for one in ids)
    refusals = [(one, json.loads(body)) for one, (_, told, body) in zip(ids, answers) if told["content-type"] == "application/json"]
    assert refusals and all(body["request_id"] == one for one, body in refusals)
    centre.run("institution", "show", "nobody", "--data", centre.data, code=1)
    lines = [json.loads(line) for line in centre.log().splitlines() if line.startswith("{")]
    of = {line["span"]["request_id"]: line for line in lines if "span" in line}
    assert [of[one]["fields"]["status"] for one in ids] == [status for status, _, _ in answers]
    assert all(of[one]["span"]["trace_id"] == trace for one in ids)
    assert of[ids[2]]["fields"]["route"] == "/receipts/{owner}/{name}/{index}"
    assert any(line["fields"]["route"] == "/v1/institutions/{name}" for line in of.values()), "the socket's have ids too"


def doctor(server, *words, code=0):
    done = server.run("doctor", "--data", server.data, "--json", *words, code=code)
    found = json.loads(done.stdout)
    assert all(one["why"] and one["advice"] for one in found if one["level"] != "good")
    return {one["code"]: one for one in found}


def test_the_doctor_finds_a_centre_well(watched):
    centre, _, _ = watched
    found = doctor(centre, code=None)
    assert {"runs", "clock-agrees", "witnesses-come", "tls-good", "modes-good"} <= set(found)
    # Whether a disk syncs and has room is the machine's matter, whatever it is.
    bad = [one for one in found.values() if one["level"] == "bad" and one["code"] not in {"sync-lies", "space-gone"}]
    assert bad == []


def test_the_doctor_looks_at_a_gateway(watched):
    _, running, _ = watched
    found = doctor(running, code=None)
    assert {"runs", "tls-good", "modes-good"} <= set(found)
    assert "no-quorum" not in found


def test_the_doctor_speaks_french_and_english(watched):
    centre, _, _ = watched
    french = centre.run("doctor", "--data", centre.data, "--lang", "fr", code=None).stdout
    english = centre.run("doctor", "--data", centre.data, "--lang", "en", code=None).stdout
    assert "Le serveur tourne" in french
    assert "The server runs" in english
    of_lang = centre.run("doctor", "--data", centre.data, code=None, environment={"LANG": "fr_FR.UTF-8"}).stdout
    assert "Le serveur tourne" in of_lang


def test_the_doctor_names_what_is_bad(new_centre):
    centre = new_centre()
    assert "no-quorum" in doctor(centre, code=None)
    seed = centre.data / "keys" / "operator.seed"
    seed.chmod(0o644)
    found = doctor(centre, code=1)
    assert found["mode-open"]["level"] == "bad"
    assert str(seed) in found["mode-open"]["what"]
    assert f"chmod go= {seed}" in found["mode-open"]["advice"]
    seed.chmod(0o600)
    centre.stop()
    assert "not-running" in doctor(centre, code=None)
    assert not (centre.data / ".doctor").exists()


def test_the_doctor_asks_for_copies(new_centre, tmp_path):
    centre = new_centre()
    assert {"no-mirror", "seed-not-backed-up"} <= set(doctor(centre, code=None))
    centre.run("operator-key", "backup", "--data", centre.data, "--custodians", "2-of-3", "--pages", tmp_path / "pages")
    with open(centre.data / "amana.toml", "a") as config:
        config.write(f'\n[[mirror]]\nname = "usb"\nplace = "{tmp_path / "usb"}"\n')
    centre.run("mirror", "--once", "--data", centre.data, code=1)
    (tmp_path / "usb").mkdir()
    found = doctor(centre, code=None)
    assert re.search(r"2-of-3, on \d{4}-\d\d-\d\d$", found["seed-backed-up"]["what"])
    centre.run("mirror", "--once", "--data", centre.data)
    assert "mirror-kept" in doctor(centre, code=None)
    (tmp_path / "usb").rename(tmp_path / "away")
    centre.stop()
    centre.start()
    wait_until(lambda: "mirror-fails" in doctor(centre, code=None), "the doctor misses the mirror")


def test_the_doctor_reads_a_given_certificate(new_centre, tmp_path):
    from test_tls import certificate

    centre = new_centre()
    centre.stop()
    cert, key = certificate(tmp_path / "short", "short", days="3")
    given = {"AMANA_TLS_CERTIFICATE": str(cert), "AMANA_TLS_KEY": str(key), "AMANA_TLS_NAMES": "127.0.0.1,other.example"}
    told = centre.run("doctor", "--data", centre.data, "--json", environment=given, code=None)
    found = {one["code"]: one for one in json.loads(told.stdout)}
    assert found["tls-expires"]["level"] == "notice"
    assert "other.example" in found["tls-names"]["what"]
    cert.write_text("no certificate")
    told = centre.run("doctor", "--data", centre.data, "--json", environment=given, code=1)
    assert '"tls-unreadable"' in told.stdout


def test_the_doctor_needs_a_folder_of_ours(new_centre, tmp_path):
    refused = new_centre().run("doctor", "--data", tmp_path / "nothing", code=1)
    assert "neither a data centre nor a gateway" in refused.stderr
