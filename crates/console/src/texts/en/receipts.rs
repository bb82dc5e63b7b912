//! Why a receipt is refused, or recorded only; and the codes of proofs themselves.

pub(super) fn told(code: &str) -> Option<&'static str> {
    Some(match code {
        "body-mismatch" => {
            "The act's details are not those whose hash the receipt bears: they were altered."
        }
        "row-signature" => {
            "No national log that the policy knows signed this ledger's row: the receipt is of another data centre, or the policy is not its own."
        }
        "name-mismatch" => "The ledger has the key of a name other than its own.",
        "origin-mismatch" => "The checkpoint is another ledger's.",
        "ledger-signature" => "The checkpoint is not signed by the ledger's key.",
        "leaf-not-included" => {
            "The act is not in the ledger: it was altered, or the receipt is of another."
        }
        "genesis-mismatch" => "The ledger does not begin as its row says.",
        "ledger-cosignature" => "A witness's cosignature on the ledger is wrong.",
        "row-not-registered" => "The ledger's row is not in the epoch's registry.",
        "slot-mismatch" => "The epoch does not commit this state of the ledger.",
        "national-origin-mismatch" => "The national checkpoint is another data centre's.",
        "national-signature" => "The national checkpoint is not signed by the national log.",
        "epoch-not-included" => "The epoch is not in the national log.",
        "national-genesis-mismatch" => "The national log does not begin as the policy says.",
        "national-cosignature" => "A witness's cosignature on the national log is wrong.",
        "policy-without-quorum" => {
            "The policy asks for no witness: the operator alone vouches for the act."
        }
        "row-without-quorum" => {
            "This ledger asks for no witness: the operator alone vouches for the act."
        }
        "row-witness-unlisted" => "This ledger names a witness that the policy does not know.",
        "ledger-quorum-not-met" => "Too few witnesses have cosigned the ledger at this state.",
        "no-epoch" => {
            "No epoch commits the act yet: ask for the receipt again in a few minutes. Until then it binds the operator."
        }
        "national-quorum-not-met" => {
            "Too few witnesses have cosigned the national log at this state."
        }
        "malformed-receipt" => "This file is not a receipt, or it was damaged on its way.",
        "malformed-policy" => "This file is not a trust policy, or it was damaged on its way.",
        "malformed-note" => "A signed note is malformed.",
        "malformed-vkey" => "A key is malformed.",
        "malformed-hash" => "A hash is malformed.",
        "malformed-frontier" => "The top of a tree is malformed.",
        "malformed-tile-path" => "The path of a tile is malformed.",
        "malformed-bundle" => "A bundle of entries is malformed.",
        "malformed-checkpoint" => "A checkpoint is malformed.",
        "malformed-cosignature" => "A cosignature is malformed.",
        "malformed-witness-request" => "A witness's request is malformed.",
        "malformed-tlog-proof" => "An inclusion proof is malformed.",
        "malformed-registry-row" => "A ledger's row is malformed.",
        "malformed-epoch" => "An epoch is malformed.",
        "malformed-release" => "The statement of a release is malformed.",
        "out-of-range" => "A number is beyond what the ledger has.",
        "proof-mismatch" => "A proof does not lead to the hash announced.",
        "unsigned" => "The signature expected is missing.",
        "bad-signature" => "A signature is wrong.",
        "wrong-origin" => "A checkpoint is of another ledger.",
        "wrong-key-type" => "A key is not of the kind expected.",
        _ => return None,
    })
}
