//! The files of an application, which may have put anything among them.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use amana_crawl::local::Local;
use amana_crawl::site::Origin;

#[tokio::test]
async fn nothing_but_files_below_the_root_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("files");
    fs::create_dir_all(root.join("uploads")).unwrap();
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    fs::write(root.join("uploads/a.txt"), "a").unwrap();
    symlink("a.txt", root.join("uploads/same.txt")).unwrap();
    symlink("../../secret.txt", root.join("uploads/out.txt")).unwrap();
    symlink(folder.path().join("secret.txt"), root.join("far.txt")).unwrap();
    symlink("/proc/self/fd/0", root.join("magic.txt")).unwrap();
    let pipe = Command::new("mkfifo")
        .arg(root.join("pipe.txt"))
        .status()
        .unwrap();
    assert!(pipe.success());
    let local = Local {
        socket: folder.path().join("none"),
        root,
        no_scripts: Vec::new(),
        type_of: |_, _| "text/plain".to_owned(),
    };
    let origin = Origin::parse("www.finances.gov").unwrap();
    for (address, status, body) in [
        ("/uploads/a.txt", 200, "a"),
        ("/uploads/same.txt", 200, "a"),
        ("/uploads/out.txt", 404, ""),
        ("/far.txt", 404, ""),
        ("/magic.txt", 404, ""),
        ("/pipe.txt", 404, ""),
        ("/uploads/../../secret.txt", 403, ""),
    ] {
        let answer = local.get(&origin, address).await.unwrap();
        let said = (answer.status, &*answer.body);
        assert_eq!(said, (status, body.as_bytes()), "{address}");
    }
}
