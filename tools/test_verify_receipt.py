"""The Python verifier on the golden vectors: it must say what the Rust one says, to the code.

Runs under pytest, and alone: `python3 tools/test_verify_receipt.py`.
"""

import importlib.util
import json
import random
import subprocess
import sys
import unittest
from pathlib import Path

TOOL = Path(__file__).with_name("verify-receipt.py")
VECTORS = TOOL.parent.parent / "vectors"

spec = importlib.util.spec_from_file_location("verify_receipt", TOOL)
verify_receipt = importlib.util.module_from_spec(spec)
# Registered first: dataclasses look their own module up by name.
sys.modules["verify_receipt"] = verify_receipt
spec.loader.exec_module(verify_receipt)


def index(folder):
    return json.loads((VECTORS / folder / "index.json").read_text(encoding="utf-8"))


def verdict(receipt, policy="two-of-three.policy"):
    """Outcome and reason."""
    policy = (VECTORS / "policies" / policy).read_bytes()
    try:
        said = verify_receipt.verify(receipt, policy)
    except verify_receipt.Refused as refused:
        return "refused", refused.code
    return said["state"], said["reason"]


def run(*words):
    command = [sys.executable, str(TOOL), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


class Vectors(unittest.TestCase):
    def test_every_receipt_has_its_verdict(self):
        judged = index("receipts")
        self.assertGreater(len(judged), 20)
        for case in judged:
            with self.subTest(case["file"]):
                receipt = (VECTORS / "receipts" / case["file"]).read_bytes()
                self.assertEqual(verdict(receipt, case["policy"]), (case["outcome"], case["reason"]))

    def test_malformed_receipts_and_policies_say_why(self):
        parsers = {"receipt": verify_receipt.parse_receipt, "policy": verify_receipt.parse_policy}
        texts = {
            "vkey": verify_receipt.parse_key,
            "note": verify_receipt.parse_note,
            "tlog-proof": verify_receipt.parse_proof,
            "registry-row": verify_receipt.parse_row,
            "epoch": verify_receipt.parse_epoch_leaf,
            "checkpoint": lambda note: verify_receipt.parse_checkpoint(verify_receipt.parse_note(note).text),
        }
        parsed = 0
        for case in index("malformed"):
            data = (VECTORS / "malformed" / case["file"]).read_bytes()
            if case["format"] in texts:
                data, parse = data.decode(), texts[case["format"]]
            elif case["format"] in parsers:
                parse = parsers[case["format"]]
            else:
                continue
            parsed += 1
            with self.subTest(case["file"]):
                with self.assertRaises(verify_receipt.Refused) as caught:
                    parse(data)
                self.assertEqual(caught.exception.code, case["code"])
        self.assertGreater(parsed, 20)

    def test_leaves(self):
        for act in json.loads((VECTORS / "leaves" / "leaves.json").read_text(encoding="utf-8")):
            salt, body_hash = map(verify_receipt.parse_hash, (act["salt"], act["body_hash"]))
            hashed = verify_receipt.sha256(b"amana/act-body/v1\0", salt, act["body"].encode())
            self.assertEqual(hashed, body_hash)
            core = act["core"].encode()
            digest = verify_receipt.sha256(b"amana/act/v1\0", len(core).to_bytes(4, "big"), core, body_hash)
            self.assertEqual("01" + digest.hex(), act["entry_hex"])
            self.assertEqual(verify_receipt.leaf_hash(b"\x01" + digest), verify_receipt.parse_hash(act["leaf_hash"]))

    def test_the_limit_is_on_the_whole_receipt(self):
        for size, why in ((8519680, "malformed-receipt"), (8519681, "too-large")):
            with self.assertRaises(verify_receipt.Refused) as caught:
                verify_receipt.parse_receipt(b"x" * size)
            self.assertEqual(caught.exception.code, why)

    def test_a_ledger_s_quorum_stands_at_the_later_of_two_times(self):
        policy = (VECTORS / "policies" / "two-of-three.policy").read_bytes()
        receipt = (VECTORS / "receipts" / "witnessed-own-quorum.receipt").read_bytes()
        said = verify_receipt.verify(receipt, policy)
        self.assertEqual(said["ledger_quorum_time_s"], max(by["time_s"] for by in said["ledger_cosigned_by"]))

    def test_damage_never_makes_another_act(self):
        good = (VECTORS / "receipts" / "witnessed.receipt").read_bytes()
        policy = (VECTORS / "policies" / "two-of-three.policy").read_bytes()
        act = verify_receipt.verify(good, policy)
        chance = random.Random(1)
        for _ in range(600):
            damaged = bytearray(good)
            position = chance.randrange(len(damaged))
            damaged[position] ^= 1 << chance.randrange(8)
            try:
                said = verify_receipt.verify(bytes(damaged), policy)
            except verify_receipt.Refused:
                continue
            for part in ("ledger", "index", "size", "core", "body", "epoch"):
                self.assertEqual(said[part], act[part], f"byte {position}")


class Command(unittest.TestCase):
    def test_exit_codes(self):
        policy = ["--policy", VECTORS / "policies" / "two-of-three.policy"]
        receipts = VECTORS / "receipts"
        self.assertEqual(run(receipts / "witnessed.receipt", *policy).returncode, 0)
        recorded = run(receipts / "recorded.receipt", *policy)
        self.assertEqual((recorded.returncode, recorded.stdout.split("\n")[0]), (1, "recorded (no-epoch)"))
        self.assertEqual(run(receipts / "recorded.receipt", *policy, "--allow-recorded").returncode, 0)
        refused = run(receipts / "refused-00-body-mismatch.receipt", *policy, "--allow-recorded", "--json")
        self.assertEqual((refused.returncode, json.loads(refused.stdout)["reason"]), (1, "body-mismatch"))
        self.assertEqual(run(receipts / "absent.receipt", *policy).returncode, 1)
        self.assertEqual(run(receipts / "witnessed.receipt").returncode, 2)
        said = json.loads(run(receipts / "witnessed.receipt", *policy, "--json").stdout)
        self.assertEqual((said["state"], said["ledger"], said["index"]), ("witnessed", "finances/vault", 70000))


if __name__ == "__main__":
    unittest.main()
