//! Who may publish what: statements, numbers, signatures.

use amana_sites::{Error, Says, Statement, pieces};

use crate::house::{
    BY, House, deploys, host, incoming, manifest, manifest_of, publishers, signed, www,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_is_one_act_and_a_way_back_another() {
    let house = House::with_site().await;
    let mut changes = house.sites.changes();
    assert_eq!(house.sites.live(&www()).unwrap(), None);

    let first = house.deploy(1, "first").await.unwrap();
    assert_eq!((first.number, &*first.receipt), (1, "finances/sites/1"));
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    let second = house.deploy(2, "second").await.unwrap();
    assert_eq!(&*second.receipt, "finances/sites/2");
    let live = house.sites.live(&www()).unwrap().unwrap();
    assert_eq!((live.number, live.receipt()), (2, second.receipt));

    // Everything of the first one is there still, so that a signature is all that it takes.
    let old = manifest(&[("/index.html", "first")]);
    house.change(&deploys(3, &old), &[1]).await.unwrap();
    assert!(changes.has_changed().unwrap());
    let live = house.sites.live(&www()).unwrap().unwrap();
    assert_eq!((live.number, live.manifest), (3, old.digest()));
    assert_eq!(house.sites.all_live().unwrap(), [live]);
    let numbers: Vec<u64> = house
        .sites
        .deploys(&www())
        .unwrap()
        .iter()
        .map(|deploy| deploy.number)
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(house.sites.changed(0).unwrap(), [www()]);
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_statement_is_worth_nothing() {
    let house = House::with_site().await;
    house.deploy(1, "first").await.unwrap();
    house.deploy(2, "second").await.unwrap();

    // Sent again, it is answered as it was then, and changes nothing.
    let first = manifest(&[("/index.html", "first")]);
    let again = house.change(&deploys(1, &first), &[1]).await.unwrap();
    assert_eq!(&*again.receipt, "finances/sites/1");
    assert_eq!(house.sites.live(&www()).unwrap().unwrap().number, 2);

    let second = manifest(&[("/index.html", "second")]);
    for (number, given) in [(1, &second), (2, &first), (4, &first)] {
        let refused = house.change(&deploys(number, given), &[1]).await;
        assert!(
            matches!(refused, Err(Error::Number { given, next: 3, .. }) if given == number),
            "{refused:?}"
        );
    }
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_for_one_site_of_one_ledger() {
    let house = House::with_site().await;
    let other = host("www.customs.gov");
    house.add(&other, &publishers(&[1], "any")).await.unwrap();
    let page = manifest(&[("/index.html", "first")]);
    house.upload(&page, &[b"first"]).await;
    let right = deploys(1, &page);

    let elsewhere = Statement {
        ledger: "centre.test/ledgers/customs/sites".into(),
        ..right.clone()
    };
    let refused = house.change(&elsewhere, &[1]).await;
    assert!(matches!(refused, Err(Error::OtherLedger { .. })));

    // The same publisher's statement on one site is none on another.
    let note = signed(&right, &[1]);
    let refused = house.sites.change(&other, &note, None).await;
    assert!(matches!(refused, Err(Error::OtherHost { .. })));

    // Nor is another site's manifest one of this site.
    let foreign = manifest_of(&other, &[("/index.html", "first")]);
    let place = house.sites.site(&www()).unwrap().place;
    let content = incoming(&foreign.to_bytes(), Some(foreign.digest()));
    house.sites.keep_file(&place, BY, content).await.unwrap();
    let named = Statement {
        says: Says::Deploy {
            manifest: foreign.digest(),
        },
        ..right.clone()
    };
    let refused = house.change(&named, &[1]).await;
    assert!(matches!(refused, Err(Error::OtherHost { .. })));

    let unknown = host("nobody.example");
    let refused = house.sites.change(&unknown, &note, None).await;
    assert!(matches!(refused, Err(Error::OtherHost { .. })));
    let refused = house.sites.site(&unknown);
    assert!(matches!(refused, Err(Error::UnknownSite { .. })));
    house.change(&right, &[1]).await.unwrap();
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_sign_as_the_site_asks_for() {
    let house = House::new();
    house
        .add(&www(), &publishers(&[1, 2, 3], "2"))
        .await
        .unwrap();
    let page = manifest(&[("/index.html", "first")]);
    house.upload(&page, &[b"first"]).await;
    let statement = deploys(1, &page);

    for strangers in [&[][..], &[9], &[8, 9]] {
        let refused = house.change(&statement, strangers).await;
        assert!(
            matches!(refused, Err(Error::Stranger { .. })),
            "{refused:?}"
        );
    }
    // A stranger beside a publisher doesn't count, nor does one publisher twice.
    for few in [&[2][..], &[2, 9], &[2, 2]] {
        match house.change(&statement, few).await {
            Err(Error::TooFew { signed, listed, .. }) => {
                assert_eq!((signed, listed), (vec!["p2".to_owned()], 3));
            }
            other => panic!("{other:?}"),
        }
    }
    let mut forged = signed(&statement, &[1, 2]);
    *forged.signatures[0].bytes.last_mut().unwrap() ^= 1;
    let refused = house.sites.change(&www(), &forged, None).await;
    assert!(matches!(refused, Err(Error::Signed(_))), "{refused:?}");
    assert_eq!(house.sites.live(&www()).unwrap(), None);

    house.change(&statement, &[3, 1]).await.unwrap();
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn publishers_are_replaced_by_those_before_them() {
    let house = House::with_site().await;
    house.deploy(1, "first").await.unwrap();
    let next = publishers(&[2], "any");
    let statement = Statement {
        says: Says::Publishers {
            publishers: next.digest(),
        },
        ..deploys(2, &manifest(&[("/", "x")]))
    };
    let change = |seed: u8, file| {
        let note = signed(&statement, &[seed]);
        let house = &house;
        async move { house.sites.change(&www(), &note, file).await }
    };
    let refused = change(2, Some(&next)).await;
    assert!(matches!(refused, Err(Error::Stranger { .. })));
    let other = publishers(&[3], "any");
    for file in [None, Some(&other)] {
        let refused = change(1, file).await;
        assert!(matches!(refused, Err(Error::NoPublishers { .. })));
    }
    change(1, Some(&next)).await.unwrap();
    assert_eq!(house.sites.site(&www()).unwrap().publishers, next.text());

    // What is live stays; who signed for it may no more.
    assert_eq!(house.sites.live(&www()).unwrap().unwrap().number, 1);
    let page = manifest(&[("/index.html", "first")]);
    let refused = house.change(&deploys(3, &page), &[1]).await;
    assert!(matches!(refused, Err(Error::Stranger { .. })));
    house.change(&deploys(3, &page), &[2]).await.unwrap();
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_published_of_which_something_is_missing() {
    let house = House::with_site().await;
    let page = manifest(&[("/index.html", "first"), ("/a.html", "second")]);
    let refused = house.change(&deploys(1, &page), &[1]).await;
    assert!(
        matches!(refused, Err(Error::NoManifest { .. })),
        "{refused:?}"
    );

    house.upload(&page, &[b"first"]).await;
    match house.change(&deploys(1, &page), &[1]).await {
        Err(Error::Lacking {
            count: 1, files, ..
        }) => {
            assert_eq!(files, [amana_ledger::digits(&pieces::digest(b"second"))]);
        }
        other => panic!("{other:?}"),
    }
    house.upload(&page, &[b"second"]).await;
    house.shelf.spoil(&page.digest());
    let refused = house.change(&deploys(1, &page), &[1]).await;
    assert!(
        matches!(refused, Err(Error::OtherContent { .. })),
        "{refused:?}"
    );
    house.shelf.spoil(&page.digest());
    house.change(&deploys(1, &page), &[1]).await.unwrap();
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_one_site_and_its_numbers_never_begin_again() {
    let house = House::with_site().await;
    let (name, one) = (www(), publishers(&[1], "any"));
    house.deploy(1, "first").await.unwrap();
    let refused = house.sites.add("customs", &name, &one, "operator:test");
    assert!(matches!(refused.await, Err(Error::SiteExists { .. })));

    let removed = house.sites.remove(&name, Some("moved"), "operator:test");
    assert_eq!(removed.await.unwrap(), "finances/sites/2");
    assert_eq!(house.sites.live(&www()).unwrap(), None);
    let refused = house.sites.remove(&www(), None, "operator:test").await;
    assert!(matches!(refused, Err(Error::UnknownSite { .. })));
    let page = manifest(&[("/index.html", "first")]);
    let refused = house.change(&deploys(2, &page), &[1]).await;
    assert!(matches!(refused, Err(Error::UnknownSite { .. })));

    // Another institution may have the name then, in a ledger of its own; and give it back.
    let added = house.sites.add("customs", &name, &one, "operator:test");
    assert_eq!(added.await.unwrap(), "customs/sites/0");
    let refused = house.change(&deploys(2, &page), &[1]).await;
    assert!(matches!(refused, Err(Error::OtherLedger { .. })));
    house
        .sites
        .remove(&www(), None, "operator:test")
        .await
        .unwrap();
    house.add(&www(), &one).await.unwrap();
    let refused = house
        .change(&deploys(1, &manifest(&[("/", "x")])), &[1])
        .await;
    assert!(matches!(refused, Err(Error::Number { next: 2, .. })));
    house.change(&deploys(2, &page), &[1]).await.unwrap();
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_told_once_a_file_and_twenty_times_a_deploy() {
    let house = House::with_site().await;
    house.deploy(1, "first").await.unwrap();
    let live = house.sites.live(&www()).unwrap().unwrap();
    let file = pieces::digest(b"first");
    let told = house.sites.alert(&live, &file, "altered").await.unwrap();
    assert_eq!(told.as_deref(), Some("finances/sites/2"));
    assert_eq!(
        house.sites.alert(&live, &file, "again").await.unwrap(),
        None
    );
    let mut told = 1;
    for file in 0..40_u8 {
        let file = pieces::digest(&[file]);
        let receipt = house.sites.alert(&live, &file, &"é".repeat(4000)).await;
        told += usize::from(receipt.unwrap().is_some());
    }
    assert_eq!(told, 20);
    house.deploy(2, "second").await.unwrap();
    let live = house.sites.live(&www()).unwrap().unwrap();
    let told = house.sites.alert(&live, &file, "altered").await.unwrap();
    assert!(told.is_some());
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_programs_are_told_once_a_digest_and_a_deploy() {
    let house = House::with_site().await;
    house.deploy(1, "first").await.unwrap();
    let live = house.sites.live(&www()).unwrap().unwrap();
    let found = [b"a", b"b"].map(|text| pieces::digest(text));
    let tell = |found| {
        house
            .sites
            .alert_of_code(&live, "wordpress", found, "changed /x")
    };
    assert!(tell(&found[0]).await.unwrap().is_some());
    assert_eq!(tell(&found[0]).await.unwrap(), None);
    assert!(tell(&found[1]).await.unwrap().is_some());
    let file = pieces::digest(b"first");
    house.sites.alert(&live, &file, "altered").await.unwrap();
    let institution = house.place().institution;
    let alerts = || house.sites.alerts_of_institution(&institution, 10).unwrap();
    let told = alerts();
    let applications: Vec<_> = told.iter().map(|one| one.application.as_deref()).collect();
    assert_eq!(applications, [None, Some("wordpress"), Some("wordpress")]);
    assert_eq!(
        (told[1].file, told[1].why.as_deref()),
        (found[1], Some("changed /x"))
    );
    assert!(told.iter().all(|one| one.is_of_live && one.host == www()));
    assert_eq!(house.sites.alerts(&www(), 2).unwrap(), told[..2]);
    house.deploy(2, "second").await.unwrap();
    assert!(alerts().iter().all(|one| !one.is_of_live));
    assert!(
        house
            .sites
            .alerts_of_institution("nobody", 10)
            .unwrap()
            .is_empty()
    );
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_new_is_taken_in_from_who_leaves() {
    let mut house = House::with_site().await;
    house.deploy(1, "first").await.unwrap();
    let second = manifest(&[("/index.html", "second")]);
    house.upload(&second, &["second".as_bytes()]).await;
    let stays = house.sites.clone();
    house.sites = stays
        .clone()
        .heeding(|_, institution| Ok(institution != "finances"));
    let file = incoming(b"third", Some(pieces::digest(b"third")));
    let kept = house.sites.keep_file(&house.place(), BY, file).await;
    let back = manifest(&[("/index.html", "first")]);
    let (other, signers) = (host("other.example"), publishers(&[1], "any"));
    let added = house.add(&other, &signers).await;
    for (act, done) in [
        ("a file", kept),
        ("a site", added.map(drop)),
        (
            "a deploy",
            house.change(&deploys(2, &second), &[1]).await.map(drop),
        ),
        (
            "a way back",
            house.change(&deploys(2, &back), &[1]).await.map(drop),
        ),
    ] {
        assert!(
            matches!(done, Err(Error::Leaving { .. })),
            "{act}: {done:?}"
        );
    }
    assert_eq!(house.sites.live(&www()).unwrap().unwrap().number, 1);
    house.sites = stays;
    house.change(&deploys(2, &second), &[1]).await.unwrap();
    house.sites = house.sites.clone().heeding(|_, _| Ok(false));
    house.sites.remove(&www(), None, BY).await.unwrap();
    house.check_everything();
}
