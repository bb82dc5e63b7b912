"""Who asks, for what, and by which name: accounts, signatures, presigned URLs, path style and virtual hosts."""

import datetime
import http.client
import socket
import urllib.parse
import urllib.request

import pytest

from centre import http_get
from expect import refused, status
from signing import presigned, signed, signed_chunks

pytestmark = pytest.mark.both_fronts

FORBIDDEN = ({"AccessDenied", "403", "NoSuchBucket", "404"}, {403, 404})


def send(server, method, path, headers, body=None):
    """One raw request, with exactly these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.s3_port, timeout=60)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer, text


def test_two_institutions_see_nothing_of_each_other(s3, justice, bucket):
    s3.put_object(Bucket=bucket, Key="secret", Body=b"of finances")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="u")["UploadId"]
    other = justice.client()
    own = f"{bucket}-justice"
    other.create_bucket(Bucket=own)
    assert bucket not in [one["Name"] for one in other.list_buckets()["Buckets"]]
    assert own not in [one["Name"] for one in s3.list_buckets()["Buckets"]]
    for call in (
        lambda: other.head_bucket(Bucket=bucket),
        lambda: other.list_objects_v2(Bucket=bucket),
        lambda: other.list_object_versions(Bucket=bucket),
        lambda: other.get_object(Bucket=bucket, Key="secret"),
        lambda: other.head_object(Bucket=bucket, Key="secret"),
        lambda: other.put_object(Bucket=bucket, Key="planted", Body=b"x"),
        lambda: other.delete_object(Bucket=bucket, Key="secret"),
        lambda: other.copy_object(Bucket=own, Key="stolen", CopySource={"Bucket": bucket, "Key": "secret"}),
        lambda: other.upload_part(Bucket=bucket, Key="u", UploadId=upload, PartNumber=1, Body=b"x"),
        lambda: other.list_parts(Bucket=bucket, Key="u", UploadId=upload),
        lambda: other.delete_bucket(Bucket=bucket),
        lambda: other.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}),
    ):
        with refused(*FORBIDDEN):
            call()
    assert s3.get_object(Bucket=bucket, Key="secret")["Body"].read() == b"of finances"
    assert "Contents" not in other.list_objects_v2(Bucket=own)


def test_wrong_keys_are_refused(finances, server, bucket):
    wrong_secret = type(finances)(server, "x", "", finances.access_key_id, "x" * 40).client()
    with refused("SignatureDoesNotMatch", 403):
        wrong_secret.list_buckets()
    unknown = type(finances)(server, "x", "", "AKAAAAAAAAAAAAAAAAAA", "x" * 40).client()
    with refused("InvalidAccessKeyId", 403):
        unknown.list_buckets()


def test_nobody_is_refused(server, bucket, s3):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for path in ("/", f"/{bucket}", f"/{bucket}/k", f"/{bucket}/absent", "/bucket-never-made/k"):
        code, _, text = http_get(f"{server.s3_url}{path}")
        assert code == 403 and b"<Code>AccessDenied</Code>" in text


def test_a_revoked_key_is_refused(server, finances):
    key = server.access_key(finances.name)
    client = type(finances)(server, "x", "", key["access_key_id"], key["secret_access_key"]).client()
    client.list_buckets()
    server.run("access-key", "revoke", key["access_key_id"], "--data", server.data)
    with refused("InvalidAccessKeyId", 403):
        client.list_buckets()


def test_a_request_signed_long_ago_is_refused(server, finances, bucket):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=20)
    answer, text = send(server, "GET", f"/{bucket}", signed(finances, "GET", f"/{bucket}", at=then))
    assert answer.status == 403 and b"RequestTimeTooSkewed" in text


def test_an_amz_header_outside_the_signature_is_refused(server, finances, bucket):
    headers = signed(finances, "PUT", f"/{bucket}/k", body=b"x")
    answer, text = send(server, "PUT", f"/{bucket}/k", headers | {"x-amz-meta-planted": "1", "Content-Length": "1"}, b"x")
    assert answer.status == 403 and b"AccessDenied" in text


def test_a_body_other_than_the_signed_one_is_refused(server, finances, s3, bucket):
    headers = signed(finances, "PUT", f"/{bucket}/k", body=b"a") | {"Content-Length": "1"}
    answer, text = send(server, "PUT", f"/{bucket}/k", headers, b"b")
    assert answer.status == 400 and b"XAmzContentSHA256Mismatch" in text
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="k")


def test_the_old_signature_is_refused(server, finances, bucket):
    old = {"Host": f"127.0.0.1:{server.s3_port}", "Authorization": f"AWS {finances.access_key_id}:c2lnbmF0dXJl"}
    old["Date"] = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer, _ = send(server, "GET", f"/{bucket}", old)
    assert answer.status in (400, 403)


@pytest.mark.parametrize("size", [0, 1, 65536, 200_001])
@pytest.mark.parametrize("trailer", [None, "crc32"])
def test_chunks_signed_one_by_one(server, finances, s3, bucket, size, trailer):
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    headers, wire = signed_chunks(finances, f"/{bucket}/k", body, trailer=trailer)
    answer, text = send(server, "PUT", f"/{bucket}/k", headers, wire)
    assert answer.status == 200, text
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body


@pytest.mark.parametrize("trailer", [None, "crc32"])
def test_a_chunk_changed_on_the_way_is_refused(server, finances, s3, bucket, trailer):
    headers, wire = signed_chunks(finances, f"/{bucket}/k", b"a" * 70_000, trailer=trailer)
    answer, text = send(server, "PUT", f"/{bucket}/k", headers, wire.replace(b"aaaa", b"aaab", 1))
    assert answer.status in (400, 403), text
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("right", [True, False])
def test_chunks_unsigned_with_a_trailer(server, finances, s3, bucket, right):
    headers, wire = signed_chunks(finances, f"/{bucket}/k", b"amana" * 30_000, trailer="crc32", chunks_signed=False)
    answer, text = send(server, "PUT", f"/{bucket}/k", headers, wire if right else wire.replace(b"amana", b"emana", 1))
    if right:
        assert answer.status == 200, text
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"amana" * 30_000
    else:
        assert answer.status == 400 and b"BadDigest" in text
        with refused("404", 404):
            s3.head_object(Bucket=bucket, Key="k")


def test_presigned_urls(server, s3, bucket):
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "été/k"}, ExpiresIn=600)
    with urllib.request.urlopen(urllib.request.Request(put, data=b"presigned", method="PUT")) as answer:
        assert answer.status == 200
    get = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "été/k"}, ExpiresIn=600)
    assert http_get(get)[2] == b"presigned"
    assert http_get(get.replace("k?", "other?"))[0] == 403
    typed = {"Bucket": bucket, "Key": "été/k", "ResponseContentType": "text/plain"}
    assert http_get(s3.generate_presigned_url("get_object", typed))[1]["Content-Type"] == "text/plain"


def test_presigned_urls_end(finances, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    given = {"Bucket": bucket, "Key": "k"}
    code, _, text = http_get(s3.generate_presigned_url("get_object", given, ExpiresIn=7 * 24 * 3600 + 1))
    assert code in (400, 403) and (b"AuthorizationQueryParametersError" in text or b"AccessDenied" in text)
    url = s3.generate_presigned_url("get_object", given, ExpiresIn=7 * 24 * 3600)
    assert http_get(url)[0] == 200
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2)
    assert http_get(presigned(finances, f"/{bucket}/k", expires_s=3 * 3600, at=then))[0] == 200
    code, _, text = http_get(presigned(finances, f"/{bucket}/k", expires_s=3600, at=then))
    assert code == 403 and b"AccessDenied" in text


@pytest.fixture
def localhost_has_names(monkeypatch):
    """Resolves every `….localhost`, as RFC 6761 section 6.3 asks of a resolver and not every resolver does."""
    real = socket.getaddrinfo

    def resolve(host, *rest, **given):
        return real("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **given)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_virtual_hosts(server, finances, s3, bucket, localhost_has_names):
    virtual = finances.client(endpoint=f"http://s3.localhost:{server.s3_port}", s3={"addressing_style": "virtual"})
    url = virtual.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a/b c"})
    assert urllib.parse.urlsplit(url).hostname == f"{bucket}.s3.localhost"
    virtual.put_object(Bucket=bucket, Key="a/b c", Body=b"virtual")
    assert s3.get_object(Bucket=bucket, Key="a/b c")["Body"].read() == b"virtual"
    assert [one["Key"] for one in virtual.list_objects_v2(Bucket=bucket)["Contents"]] == ["a/b c"]
    assert status(virtual.head_bucket(Bucket=bucket)) == 200
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"virtual"
    virtual.create_bucket(Bucket=f"{bucket}-virtual")
    assert f"{bucket}-virtual" in [one["Name"] for one in virtual.list_buckets()["Buckets"]]
