"""A gateway's own key, opened and used from docs/formats/http.md alone: requests in its name that its gateway never makes."""

import base64
import hashlib
import re
import time
import urllib.error
import urllib.request

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway import PASSPHRASE


def unwrapped(text):
    return base64.b64decode(text + "=" * (-len(text) % 4))


def derive(secret, info, salt=None):
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def open_by_passphrase(sealed, passphrase):
    """The plaintext of an age file of one chunk under a passphrase (C2SP age: the scrypt recipient)."""
    header, rest = re.fullmatch(rb"(.*\n---) [A-Za-z0-9+/]{43}\n(.*)", sealed, re.DOTALL).groups()
    _, arguments, wrapped = header.decode().split("\n")[:3]
    salt, factor = arguments.split(" ")[2:4]
    salt = b"age-encryption.org/v1/scrypt" + unwrapped(salt)
    key = hashlib.scrypt(passphrase.encode(), salt=salt, n=1 << int(factor), r=8, p=1, maxmem=1 << 29, dklen=32)
    file_key = ChaCha20Poly1305(key).decrypt(bytes(12), unwrapped(wrapped), None)
    payload = derive(file_key, b"payload", rest[:16])
    return ChaCha20Poly1305(payload).decrypt(bytes(11) + b"\1", rest[16:], None)


class Member:
    """The member that a gateway is."""

    def __init__(self, gateway):
        self.url, self.institution = gateway.centre.web_url, gateway.institution
        (key,) = [file for file in gateway.data.rglob("*") if file.is_file() and b"-> scrypt" in file.read_bytes()[:200]]
        seed = bytes.fromhex(open_by_passphrase(key.read_bytes(), PASSPHRASE).decode().strip())
        self.key = Ed25519PrivateKey.from_private_bytes(derive(seed, b"amana.member/v1 signing"))
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = hashlib.sha256(public).digest()[:8].hex()

    def ask(self, method, path, body=None, signed_path=None):
        """Status and body of a request in its name."""
        seconds = int(time.time())
        text = f"amana.request/v1\n{method}\n{signed_path or path}\n{seconds}\n"
        signature = base64.b64encode(self.key.sign(text.encode())).decode()
        said = {"Authorization": f"Amana-Member {self.institution} {self.id} {seconds} {signature}"}
        request = urllib.request.Request(self.url + path, data=body, headers=said, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
