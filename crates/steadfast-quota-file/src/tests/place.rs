//! The file as others see it: whose it is, and whether it is still there.

use super::*;

#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    drop(open(&folder.file()).unwrap());
    let mode = fs::metadata(folder.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_file_that_is_replaced_or_removed_while_it_is_in_use_is_noticed() {
    let folder = Folder::new();
    let path = folder.file();
    let (_database, _, which) = open::open(&path).unwrap();
    let upkeep = upkeep::Upkeep::new(&path, which, 0);
    assert!(!upkeep.is_replaced());
    fs::rename(&path, folder.0.join("away")).unwrap();
    assert!(upkeep.is_replaced());
    fs::copy(folder.0.join("away"), &path).unwrap();
    assert!(upkeep.is_replaced());
    fs::rename(folder.0.join("away"), &path).unwrap();
    assert!(!upkeep.is_replaced());
}
