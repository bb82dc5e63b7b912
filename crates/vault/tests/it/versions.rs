//! Versions: enabled, suspended, and the null version between them.

use amana_vault::{
    Deletion, Error, ListQuery, ListedVersion, VersionId, VersionRef, Versioning, VersionsQuery,
};

use super::house::{FILES, House, deletion, if_absent, key, noise};

impl House {
    async fn all_versions(&self) -> Vec<ListedVersion> {
        let query = VersionsQuery {
            max: 1000,
            ..VersionsQuery::default()
        };
        let page = self
            .vault
            .list_versions(&self.finances, FILES, query)
            .await
            .unwrap();
        assert!(page.next.is_none());
        page.versions
    }

    /// One letter a version, newest first: `v`ersion, `n`ull, delete `m`arker, `N`ull delete marker.
    async fn shape(&self) -> String {
        let versions = self.all_versions().await;
        let latest = versions.iter().filter(|version| version.is_latest).count();
        assert_eq!(latest, usize::from(!versions.is_empty()));
        let letter = |version: &ListedVersion| match (version.version, version.delete_marker) {
            (Some(_), false) => 'v',
            (None, false) => 'n',
            (Some(_), true) => 'm',
            (None, true) => 'N',
        };
        versions.iter().map(letter).collect()
    }

    async fn delete_version(&self, version: VersionRef) -> (bool, bool) {
        let asked = Deletion {
            version,
            ..deletion("a")
        };
        let (deleted, _) = self
            .vault
            .delete_object(&self.finances, FILES, asked)
            .await
            .unwrap();
        (deleted.existed, deleted.marker)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_kept_and_the_null_version_is_replaced() {
    let house = House::new().await;
    house.put(FILES, "a", b"0").await;
    house.put(FILES, "a", b"1").await;
    assert_eq!(house.shape().await, "n");

    house.versioning(FILES, Versioning::Enabled).await;
    let first = house.put(FILES, "a", b"2").await.value.version.unwrap();
    assert_eq!(house.shape().await, "vn");
    house.delete(FILES, "a").await;
    assert_eq!(house.shape().await, "mvn");
    let deleted = house.look(FILES, "a", VersionRef::Latest).await;
    assert!(matches!(
        deleted,
        Err(Error::DeleteMarker { version: Some(_) })
    ));

    house.versioning(FILES, Versioning::Suspended).await;
    house.put(FILES, "a", &noise(1, 50_000)).await;
    assert_eq!(
        house.shape().await,
        "nmv",
        "the null version moves to the front"
    );
    house.delete(FILES, "a").await;
    assert_eq!(house.shape().await, "Nmv");
    house.delete(FILES, "a").await;
    assert_eq!(
        house.shape().await,
        "Nmv",
        "a null marker replaces a null marker"
    );

    let old = house.look(FILES, "a", VersionRef::Id(first)).await.unwrap();
    assert_eq!(house.read(&old).await.unwrap(), b"2");
    assert!(!old.is_latest);
    let marker = house.look(FILES, "a", VersionRef::Null).await;
    assert!(matches!(marker, Err(Error::MethodNotAllowed { .. })));

    assert_eq!(house.delete_version(VersionRef::Null).await, (true, true));
    assert_eq!(house.delete_version(VersionRef::Null).await, (false, false));
    assert_eq!(
        house.delete_version(VersionRef::Id(first)).await,
        (true, false)
    );
    assert_eq!(
        house.delete_version(VersionRef::Id(first)).await,
        (false, false)
    );
    assert_eq!(house.shape().await, "m");
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_a_marker_brings_the_object_back() {
    let house = House::new().await;
    house.versioning(FILES, Versioning::Enabled).await;
    let put = house.put(FILES, "a", b"1").await.value.version.unwrap();
    house.delete(FILES, "a").await;
    let versions = house.all_versions().await;
    assert!(versions[0].delete_marker && versions[0].etag.is_none());
    let marker = VersionRef::Id(versions[0].version.unwrap());
    let named = house.look(FILES, "a", marker).await;
    assert!(matches!(named, Err(Error::MethodNotAllowed { .. })));
    assert_eq!(house.delete_version(marker).await, (true, true));
    let object = house.look(FILES, "a", VersionRef::Latest).await.unwrap();
    assert_eq!(object.version, Some(put));
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_marker_counts_as_absent() {
    let house = House::new().await;
    house.versioning(FILES, Versioning::Enabled).await;
    house.put_if(FILES, "a", b"1", if_absent()).await.unwrap();
    let taken = house.put_if(FILES, "a", b"1", if_absent()).await;
    assert!(matches!(taken, Err(Error::PreconditionFailed { .. })));
    house.delete(FILES, "a").await;
    house.put_if(FILES, "a", b"2", if_absent()).await.unwrap();
    house.delete(FILES, "never-was").await;
    let query = ListQuery {
        max: 10,
        ..ListQuery::default()
    };
    let page = house
        .vault
        .list_objects(&house.finances, FILES, query)
        .await
        .unwrap();
    let keys: Vec<_> = page.objects.iter().map(|object| &object.key).collect();
    assert_eq!(keys, ["a"]);
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_id_names_one_act_of_one_key() {
    let house = House::new().await;
    house.versioning(FILES, Versioning::Enabled).await;
    let id = house.put(FILES, "a", b"1").await.value.version.unwrap();
    house.put(FILES, "b", b"1").await;
    let text = id.to_string();
    assert_eq!(text.len(), 32);
    assert_eq!(text.parse::<VersionId>().unwrap(), id);
    for wrong in [
        "",
        "nul",
        &text[1..],
        &text.to_uppercase().replace('0', "G"),
        &"é".repeat(16),
    ] {
        assert!(matches!(
            wrong.parse::<VersionRef>(),
            Err(Error::InvalidVersionId { .. })
        ));
    }
    let other_tag = VersionId { tag: [0; 8], ..id };
    let beyond = VersionId {
        index: u64::MAX,
        ..id
    };
    let furthest = VersionId {
        index: 1 << 63,
        ..id
    };
    for (name, id) in [("b", id), ("a", other_tag), ("a", beyond), ("a", furthest)] {
        let found = house
            .vault
            .ask_object(&house.finances, FILES, &key(name), VersionRef::Id(id))
            .await;
        assert!(matches!(found, Err(Error::NoSuchVersion)));
    }
}
