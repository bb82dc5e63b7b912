"""Signature version 4 by hand, for requests that no client library makes: old, altered, or signed chunk by chunk.

Written from "Authenticating Requests (AWS Signature Version 4)" in the S3 API reference.
"""

import base64
import datetime
import hashlib
import hmac
import urllib.parse
import zlib

from centre import REGION

EMPTY = hashlib.sha256(b"").hexdigest()
CHUNK = 65536


def _mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class _Scope:
    """The key of one day, region and service."""

    def __init__(self, account, at):
        self.stamp = at.strftime("%Y%m%dT%H%M%SZ")
        day = self.stamp[:8]
        self.name = f"{day}/{REGION}/s3/aws4_request"
        self.key = f"AWS4{account.secret_access_key}".encode()
        for step in (day, REGION, "s3", "aws4_request"):
            self.key = _mac(self.key, step)

    def sign(self, kind, *lines):
        return _mac(self.key, "\n".join([kind, self.stamp, self.name, *lines])).hex()


def _authorize(account, scope, method, path, headers):
    """Adds `Authorization` over all of `headers`, and returns the signature."""
    names = sorted(headers, key=str.lower)
    listed = ";".join(name.lower() for name in names)
    canonical = "\n".join(
        [
            method,
            urllib.parse.quote(path, safe="/-_.~"),
            "",
            *(f"{name.lower()}:{headers[name].strip()}" for name in names),
            "",
            listed,
            headers["x-amz-content-sha256"],
        ]
    )
    signature = scope.sign("AWS4-HMAC-SHA256", hashlib.sha256(canonical.encode()).hexdigest())
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={account.access_key_id}/{scope.name}, SignedHeaders={listed}, Signature={signature}"
    )
    return signature


def signed(account, method, path, body=b"", at=None, **more):
    """The headers of a signed request. `at` is when it says it was signed."""
    scope = _Scope(account, at or datetime.datetime.now(datetime.timezone.utc))
    headers = {
        "Host": f"127.0.0.1:{account.centre.s3_port}",
        "x-amz-date": scope.stamp,
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
    } | more
    _authorize(account, scope, method, path, headers)
    return headers


def presigner(account, expires_s, at=None):
    """A function from a method, a path and a query to a request target that needs no header but `Host`."""
    scope = _Scope(account, at or datetime.datetime.now(datetime.timezone.utc))
    signs = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{account.access_key_id}/{scope.name}",
        "X-Amz-Date": scope.stamp,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": "host",
    }
    host = f"host:127.0.0.1:{account.centre.s3_port}"

    def target(method, path, query=None):
        path = urllib.parse.quote(path, safe="/-_.~")
        pairs = sorted((signs | (query or {})).items())
        listed = urllib.parse.urlencode(pairs, quote_via=urllib.parse.quote, safe="-_.~")
        canonical = "\n".join([method, path, listed, host, "", "host", "UNSIGNED-PAYLOAD"])
        signature = scope.sign("AWS4-HMAC-SHA256", hashlib.sha256(canonical.encode()).hexdigest())
        return f"{path}?{listed}&X-Amz-Signature={signature}"

    return target


def presigned(account, path, expires_s, at):
    """The URL of a GET, signed at `at` for `expires_s`."""
    return account.centre.s3_url + presigner(account, expires_s, at)("GET", path)


def signed_chunks(account, path, body, trailer=None, chunks_signed=True):
    """The headers and the wire form (`aws-chunked`) of a PUT, with a checksum trailer when `trailer` names one."""
    scope = _Scope(account, datetime.datetime.now(datetime.timezone.utc))
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" if chunks_signed else "STREAMING-UNSIGNED-PAYLOAD"
    headers = {
        "Host": f"127.0.0.1:{account.centre.s3_port}",
        "x-amz-date": scope.stamp,
        "x-amz-content-sha256": kind + ("-TRAILER" if trailer else ""),
        "x-amz-decoded-content-length": str(len(body)),
        "Content-Encoding": "aws-chunked",
    }
    if trailer:
        headers["x-amz-trailer"] = f"x-amz-checksum-{trailer}"
    previous = _authorize(account, scope, "PUT", path, headers)

    wire = bytearray()
    pieces = [body[first : first + CHUNK] for first in range(0, len(body), CHUNK)] + [b""]
    for piece in pieces:
        extension = ""
        if chunks_signed:
            digest = hashlib.sha256(piece).hexdigest()
            previous = scope.sign("AWS4-HMAC-SHA256-PAYLOAD", previous, EMPTY, digest)
            extension = f";chunk-signature={previous}"
        wire += f"{len(piece):x}{extension}\r\n".encode()
        if piece:
            wire += piece + b"\r\n"
    if trailer:
        assert trailer == "crc32"
        line = f"x-amz-checksum-crc32:{base64.b64encode(zlib.crc32(body).to_bytes(4, 'big')).decode()}"
        wire += f"{line}\r\n".encode()
        if chunks_signed:
            digest = hashlib.sha256(f"{line}\n".encode()).hexdigest()
            wire += f"x-amz-trailer-signature:{scope.sign('AWS4-HMAC-SHA256-TRAILER', previous, digest)}\r\n".encode()
    wire += b"\r\n"
    headers["Content-Length"] = str(len(wire))
    return headers, bytes(wire)
