use std::collections::BTreeSet;

use super::*;

fn node(body: Body) -> Node {
    Node {
        body,
        mode: 0o700,
        owner: (0, 0),
        changed: SystemTime::UNIX_EPOCH,
    }
}

fn tree() -> Tree {
    Tree::new(node(Body::Folder(BTreeMap::new())))
}

fn file(tree: &mut Tree, folder: u64, name: &str, bytes: &[u8]) -> u64 {
    let id = tree.make(
        folder,
        OsStr::new(name),
        node(Body::File(Content::default())),
    );
    tree.content_mut(id).unwrap().write(0, bytes);
    id
}

fn folder(tree: &mut Tree, name: &str) -> u64 {
    tree.make(ROOT, OsStr::new(name), node(Body::Folder(BTreeMap::new())))
}

/// Every disk that a few hundred cuts leave, as `name=content` of each file, the folders' names before.
fn cuts(tree: &Tree) -> BTreeSet<String> {
    (0..400)
        .map(|seed| listing(&tree.after_cut(&mut Draw::new(seed)), ROOT, ""))
        .collect()
}

fn listing(tree: &Tree, folder: u64, path: &str) -> String {
    let names = tree.names(folder).unwrap();
    let mut parts = Vec::new();
    for (name, id) in names {
        let path = format!("{path}{}", name.to_str().unwrap());
        match &tree.node(*id).unwrap().body {
            Body::File(content) => {
                parts.push(format!(
                    "{path}={}",
                    String::from_utf8_lossy(content.bytes())
                ));
            }
            Body::Folder(_) => parts.push(listing(tree, *id, &format!("{path}/"))),
            _ => parts.push(path),
        }
    }
    parts.join(" ")
}

#[test]
fn a_file_is_there_when_it_and_its_folder_were_synced() {
    let mut tree = tree();
    let id = file(&mut tree, ROOT, "a", b"x");
    tree.content_mut(id).unwrap().sync();
    assert_eq!(cuts(&tree), BTreeSet::from(["".into(), "a=x".into()]));
    tree.sync_folder(ROOT);
    assert_eq!(cuts(&tree), BTreeSet::from(["a=x".into()]));
}

#[test]
fn a_name_may_be_there_without_its_bytes() {
    let mut tree = tree();
    file(&mut tree, ROOT, "a", b"x");
    tree.sync_folder(ROOT);
    assert_eq!(
        cuts(&tree),
        BTreeSet::from(["a=".into(), "a=\0".into(), "a=x".into()])
    );
}

#[test]
fn a_file_in_a_folder_whose_name_was_not_synced_may_be_lost() {
    let mut tree = tree();
    let below = folder(&mut tree, "f");
    let id = file(&mut tree, below, "a", b"x");
    tree.content_mut(id).unwrap().sync();
    tree.sync_folder(below);
    assert_eq!(cuts(&tree), BTreeSet::from(["".into(), "f/a=x".into()]));
}

#[test]
fn a_rename_over_a_file_leaves_the_old_or_the_new() {
    let mut tree = tree();
    for (name, bytes) in [("a", b"old"), ("a.new", b"new")] {
        let id = file(&mut tree, ROOT, name, bytes);
        tree.content_mut(id).unwrap().sync();
    }
    tree.sync_folder(ROOT);
    tree.rename((ROOT, OsStr::new("a.new")), (ROOT, OsStr::new("a")));
    let found = cuts(&tree);
    let expected = ["a=old a.new=new", "a=new a.new=new", "a=new"];
    assert_eq!(found, expected.map(str::to_owned).into());
    tree.sync_folder(ROOT);
    assert_eq!(cuts(&tree), BTreeSet::from(["a=new".into()]));
}

#[test]
fn a_rename_between_folders_is_durable_when_the_new_one_is_synced() {
    let mut tree = tree();
    let (one, two) = (folder(&mut tree, "1"), folder(&mut tree, "2"));
    let id = file(&mut tree, one, "a", b"x");
    tree.content_mut(id).unwrap().sync();
    for id in [ROOT, one] {
        tree.sync_folder(id);
    }
    tree.rename((one, OsStr::new("a")), (two, OsStr::new("a")));
    let expected = ["1/a=x ", "1/a=x 2/a=x", " 2/a=x"];
    assert_eq!(cuts(&tree), expected.map(str::to_owned).into());
    tree.sync_folder(two);
    assert_eq!(
        cuts(&tree),
        expected[1..].iter().map(|s| (*s).to_owned()).collect()
    );
    // Synced where it was, it is gone there, and not before it is where it went.
    let mut other = tree.clone();
    other.sync_folder(one);
    assert_eq!(cuts(&other), BTreeSet::from([expected[2].to_owned()]));
}

#[test]
fn what_was_removed_may_come_back() {
    let mut tree = tree();
    let id = file(&mut tree, ROOT, "a", b"x");
    tree.content_mut(id).unwrap().sync();
    tree.sync_folder(ROOT);
    tree.unlink(ROOT, OsStr::new("a"));
    assert_eq!(cuts(&tree), BTreeSet::from(["".into(), "a=x".into()]));
}

#[test]
fn after_a_cut_the_disk_is_synced() {
    let mut tree = tree();
    file(&mut tree, ROOT, "a", b"x");
    let cut = tree.after_cut(&mut Draw::new(3));
    assert_eq!(cut.unsynced(), (0, 0));
    assert_eq!(cuts(&cut).len(), 1);
}
