//! Sealed acts: what is taken, what is refused and why, and what is left of them.

use amana_seal::keyring::Role;
use amana_seal::member::MemberKey;
use amana_seal::statement::PieceId;
use amana_store::erase::Erase;
use amana_vault::{BucketName, BucketOptions, Error, SealedRefusal, VersionRef};
use bytes::Bytes;
use futures::TryStreamExt as _;

use super::ground::catalog;
use super::house::{House, noise};
use super::ministry::{Draught, Ministry, check_signatures, entry, fresh, newcomer};

/// A house and its ministry, with a sealed bucket.
async fn begun() -> (House, Ministry, amana_seal::statement::BucketAt) {
    let house = House::new().await;
    let ministry = Ministry::of(&house).await;
    let bucket = ministry.bucket(&house, "archives").await;
    (house, ministry, bucket)
}

/// The code of the refusal.
async fn code(house: &House, ministry: &Ministry, act: &Draught) -> &'static str {
    let refused = ministry.record(house, ministry.sign(act)).await;
    refused.expect_err("it is refused").code()
}

async fn given(house: &House, piece: u8, range: std::ops::Range<u64>) -> Vec<u8> {
    let caller = &house.finances;
    let found = house.vault.sealed_piece(caller, PieceId([piece; 16]));
    let stream = house
        .vault
        .read_sealed(caller, &found.unwrap(), range)
        .await;
    let chunks: Vec<Bytes> = stream.unwrap().try_collect().await.unwrap();
    chunks.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn small_and_large_pieces_come_back_by_range() {
    let (house, ministry, bucket) = begun().await;
    let (small, large) = (noise(1, 1000), noise(2, 700_000));
    let put = |slot| ministry.act("object.put", bucket.clone()).touch(slot, None);
    ministry.done(&house, &put(1).piece(1, &small, true)).await;
    assert_eq!(
        code(&house, &ministry, &put(2).piece(2, &large, false)).await,
        "wrong-piece",
        "it did not come"
    );
    let staged = ministry.stage(PieceId([2; 16]), &large).await.unwrap();
    assert_eq!(staged, 700_000);
    ministry.done(&house, &put(2).piece(2, &large, false)).await;
    assert_eq!(given(&house, 1, 10..20).await, small[10..20]);
    assert_eq!(given(&house, 2, 0..700_000).await, large);
    assert_eq!(
        given(&house, 2, 262_000..600_001).await,
        large[262_000..600_001]
    );
    let of_customs = house.vault.sealed_piece(&house.customs, PieceId([1; 16]));
    assert_eq!(of_customs.unwrap_err().code(), "no-such-piece");
    house.ground.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_stands_where_it_was_signed_to_stand() {
    let (house, ministry, bucket) = begun().await;
    let act = |verb| ministry.act(verb, bucket.clone());
    let put = act("object.put").touch(1, None).piece(1, b"one", true);
    let first = ministry.done(&house, &put).await;
    let again = ministry.record(&house, ministry.sign(&put)).await.unwrap();
    assert_eq!(again.entry.index(), first, "once, however often it is sent");

    let late = act("object.put").touch(1, None).piece(2, b"two", true);
    assert_eq!(code(&house, &ministry, &late).await, "conflict");
    let reused = act("object.put")
        .touch(1, Some(first))
        .piece(1, b"one", true);
    assert_eq!(code(&house, &ministry, &reused).await, "used");
    let next = act("object.put")
        .touch(1, Some(first))
        .piece(2, b"two", true);
    let second = ministry.done(&house, &next.release(1)).await;
    let gone = act("object.delete").retire(1, Some(second)).release(1);
    assert_eq!(code(&house, &ministry, &gone).await, "no-such-piece");

    let other = ministry.bucket(&house, "accounts").await;
    let theirs = ministry.act("object.delete", other.clone()).release(2);
    assert_eq!(code(&house, &ministry, &theirs).await, "no-such-piece");
    assert_eq!(
        code(&house, &ministry, &act("bucket.delete")).await,
        "bucket-not-empty"
    );
    let settings = ministry.done(&house, &act("bucket.versioning")).await;
    assert_eq!(
        code(
            &house,
            &ministry,
            &act("object.tags").touch(1, Some(second))
        )
        .await,
        "conflict",
        "the bucket's settings moved"
    );
    let mut bucket = bucket.clone();
    bucket.settings = Some(settings);
    let delete = ministry.act("object.delete", bucket.clone());
    ministry
        .done(&house, &delete.retire(1, Some(second)).release(2))
        .await;
    house.ground.check_everything();
    ministry
        .done(&house, &ministry.act("bucket.delete", bucket))
        .await;
    // What was once put can't be put back by whoever kept the statement.
    assert_eq!(
        ministry
            .record(&house, ministry.sign(&put))
            .await
            .unwrap()
            .entry
            .index(),
        first
    );
    assert!(
        house
            .vault
            .sealed_piece(&house.finances, PieceId([1; 16]))
            .is_err()
    );
    house.ground.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_of_the_institution_signed_is_refused() {
    let (house, mut ministry, bucket) = begun().await;
    let put = ministry.act("object.put", bucket.clone()).touch(1, None);
    let stranger = MemberKey::generate().unwrap();
    let mut forged = put.clone();
    forged.statement.member = stranger.id();
    let itself = ministry.itself();
    let verify = |act| {
        house
            .vault
            .verify_sealed(&itself, act, &ministry.staging)
            .err()
            .unwrap()
    };
    assert_eq!(verify(forged.signed_by(&stranger)).code(), "bad-statement");
    let mut other_envelope = ministry.sign(&put);
    other_envelope.envelope = Bytes::from_static(b"another");
    assert_eq!(verify(other_envelope).code(), "bad-statement");
    let mut bent = ministry.sign(&put);
    let text = String::from_utf8(bent.statement.to_vec()).unwrap();
    bent.statement = text.replace("object.put", "object.pub").into();
    assert_eq!(verify(bent).code(), "bad-statement");
    let mut elsewhere = put.clone();
    elsewhere.statement.ledger = "centre.test/ledgers/customs/vault".to_owned();
    assert_eq!(verify(ministry.sign(&elsewhere)).code(), "wrong-ledger");
    let unsigned = amana_vault::HandedIn {
        statement: put.statement.text().into(),
        envelope: put.envelope.clone(),
        content: None,
    };
    assert_eq!(verify(unsigned).code(), "bad-statement");

    // A second gateway comes and is revoked: what it signs counts while it stands in the keyring, and not after.
    let second = MemberKey::generate().unwrap();
    ministry
        .next_keyring(false, |draft| {
            draft.add(newcomer(&second, Role::Member)).unwrap();
        })
        .await;
    assert_eq!(code(&house, &ministry, &put).await, "stale-keyring");
    let member = ministry.member(second.id()).unwrap();
    let mut its_own = ministry.act("object.put", bucket.clone()).touch(2, None);
    its_own.statement.member = second.id();
    let verified = house
        .vault
        .verify_sealed(&member, its_own.signed_by(&second), &ministry.staging)
        .unwrap();
    ministry
        .next_keyring(false, |draft| draft.remove(second.id()).unwrap())
        .await;
    assert!(ministry.member(second.id()).is_none());
    let late = house.vault.record_sealed(verified, &ministry.staging).await;
    assert_eq!(late.unwrap_err().code(), "not-a-member");
    let put = ministry.act("object.put", bucket).touch(1, None);
    ministry.done(&house, &put).await;
    house.ground.check_everything();
    check_signatures(&house, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_acts_keep_off_sealed_buckets() {
    let (house, ministry, bucket) = begun().await;
    let refused = house
        .put_if(
            "archives",
            "a",
            b"1",
            amana_vault::WriteConditions::default(),
        )
        .await;
    assert!(matches!(refused, Err(Error::SealedBucket { .. })));
    let looked = house.look("archives", "a", VersionRef::Latest).await;
    assert!(matches!(looked, Err(Error::SealedBucket { .. })));
    let caller = &house.finances;
    let deleted = house.vault.delete_bucket(caller, "archives").await;
    assert!(matches!(deleted, Err(Error::SealedBucket { .. })));
    let read = amana_access::Right::Read;
    assert!(
        house
            .vault
            .ask_bucket(caller, "archives", read)
            .await
            .is_ok()
    );
    let (listed, _) = house
        .vault
        .list_buckets(caller, "", None, 10)
        .await
        .unwrap();
    assert!(listed.iter().any(|bucket| bucket.name == "archives"));
    let name = BucketName::parse("archives").unwrap();
    let taken = house
        .vault
        .create_bucket(&house.customs, name, BucketOptions::default());
    assert!(matches!(
        taken.await,
        Err(Error::BucketAlreadyExists { .. })
    ));

    let open = ministry.act("bucket.create", fresh("files"));
    assert_eq!(
        code(&house, &ministry, &open).await,
        "bucket-already-owned-by-you"
    );
    let mut on_open = bucket.clone();
    on_open.name = "files".to_owned();
    let on_open = ministry.act("object.put", on_open).touch(1, None);
    assert_eq!(code(&house, &ministry, &on_open).await, "invalid-act");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_the_same_when_what_is_gone_is_erased() {
    let (house, ministry, bucket) = begun().await;
    let act = |verb| ministry.act(verb, bucket.clone());
    let large = noise(1, 100_000);
    ministry.stage(PieceId([1; 16]), &large).await.unwrap();
    let first = act("object.put").touch(1, None).piece(1, &large, false);
    let first = ministry.done(&house, &first).await;
    let second = act("object.put")
        .touch(1, Some(first))
        .piece(2, b"two", true);
    let second = ministry.done(&house, &second.release(1)).await;
    let tags = ministry
        .done(&house, &act("object.tags").touch(1, Some(second)))
        .await;
    let erase = |index| {
        let act = Erase::new(catalog(), "member:1", entry(&house, index), "", "");
        house.ground.store.commit(act)
    };
    assert!(erase(second).await.is_err(), "its piece is held");
    assert!(erase(tags).await.is_err(), "the slot stands on it");
    assert!(erase(first).await.is_ok());
    house.ground.check_everything();
    let delete = act("object.delete").retire(1, Some(tags)).release(2);
    let delete = ministry.done(&house, &delete).await;
    assert!(
        erase(delete).await.is_err(),
        "what it removed is still named"
    );
    for index in [second, tags, delete] {
        assert!(erase(index).await.is_ok(), "{index}");
    }
    assert!(erase(bucket.created.unwrap()).await.is_err(), "it is there");
    let gone = ministry.done(&house, &act("bucket.delete")).await;
    assert!(erase(bucket.created.unwrap()).await.is_ok());
    assert!(erase(gone).await.is_ok());
    house.ground.check_everything();
    check_signatures(&house, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_goes_on_where_it_broke_off() {
    let (house, ministry, bucket) = begun().await;
    let (bytes, piece) = (noise(3, 300_000), PieceId([3; 16]));
    let member = ministry.itself();
    let receive = |offset| {
        ministry
            .staging
            .receive(&member, piece, Some(300_000), offset)
    };
    let mut first = receive(0).await.unwrap();
    first.write(bytes.slice(..100_000)).await.unwrap();
    assert_eq!(first.finish().await.unwrap(), 100_000);
    assert!(matches!(
        receive(0).await.err().unwrap(),
        Error::Sealed(SealedRefusal::WrongOffset {
            offset: 100_000,
            ..
        })
    ));
    let mut rest = receive(100_000).await.unwrap();
    rest.write(bytes.slice(100_000..)).await.unwrap();
    assert!(rest.write(Bytes::from_static(b"more")).await.is_err());
    drop(rest);
    let mut rest = receive(100_000).await.unwrap();
    rest.write(bytes.slice(100_000..)).await.unwrap();
    assert_eq!(rest.finish().await.unwrap(), 300_000);
    let put = ministry.act("object.put", bucket).touch(1, None);
    ministry.done(&house, &put.piece(3, &bytes, false)).await;
    assert_eq!(given(&house, 3, 0..300_000).await, bytes);
    house.ground.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_sees_what_the_institution_did_not_sign() {
    let (house, ministry, bucket) = begun().await;
    let put = ministry.act("object.put", bucket).touch(1, None);
    let put = ministry.done(&house, &put.piece(1, b"one", true)).await;
    check_signatures(&house, &[]);
    let id = entry(&house, put).as_i64();
    let body = match amana_test_engine::is_embedded() {
        true => "CAST(replace(CAST(body AS TEXT), 'object.put', 'object.pub') AS BLOB)",
        false => "replace(body, 'object.put', 'object.pub')",
    };
    let bend = format!("UPDATE entries SET body = {body} WHERE id = {id}");
    house.meddle(&bend).await;
    check_signatures(&house, &[put]);
}
