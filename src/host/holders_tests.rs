use std::sync::Arc;

use super::*;
use crate::host::process::{Kin, Row};

fn wanted(path: &Path) -> Wanted {
    Wanted { path: path.to_owned(), file: file_id(path).expect("there") }
}

fn one(path: &Path) -> Holding {
    look(crate::host::processes().as_ref(), &[wanted(path)]).remove(0)
}

#[test]
fn a_file_that_nobody_has_is_free_and_a_folder_is_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("x");
    std::fs::write(&path, "x").expect("written");
    assert_eq!(one(&path), Holding::Free);
    assert!(matches!(one(dir.path()), Holding::Unknown(_)));
    let before = wanted(&path);
    std::fs::write(dir.path().join("y"), "y").expect("written");
    std::fs::rename(dir.path().join("y"), &path).expect("replaced");
    let holding = look(crate::host::processes().as_ref(), &[before]).remove(0);
    assert_eq!(holding, Holding::Unknown("another file stands there by now".to_owned()));
}

#[test]
fn what_cannot_be_seen_is_never_free() {
    /// A table in which the named processes have everything, and of which something is hidden.
    #[derive(Debug)]
    struct Table {
        grips: Result<Grips, String>,
        lineage: Vec<i32>,
    }
    impl Processes for Table {
        fn rows(&self) -> Result<Vec<Row<'_>>, String> {
            Ok(Vec::new())
        }
        fn detail(&self, pid: i32) -> Detail {
            if pid == 9 { Detail::Hidden("no".to_owned()) } else { Detail::Gone }
        }
        fn family(&self) -> Result<Vec<Kin>, String> {
            Ok(Vec::new())
        }
        fn grips(&self, _files: &[FileId]) -> Result<Grips, String> {
            self.grips.clone()
        }
        fn lineage(&self) -> &[i32] {
            &self.lineage
        }
    }
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("x");
    let mut held = std::fs::File::create(&path).expect("created");
    std::io::Write::write_all(&mut held, b"x").expect("written");
    let file = file_id(&path).expect("there");
    let hidden = Grips { found: Vec::new(), unseen: Some("hidden".to_owned()) };
    let table = [
        (Err("no /proc".to_owned()), "no /proc"),
        (Ok(hidden.clone()), "unseen process"),
        (Ok(Grips::default()), "unseen process"),
        (Ok(Grips { found: vec![(file, 9, Grip::Open)], unseen: None }), "pid 9 has it in hand and is hidden"),
        (Ok(Grips { found: vec![(file, 0, Grip::Record)], unseen: None }), "unseen process"),
        (Ok(Grips { found: vec![(file, 7, Grip::Open)], unseen: None }), "unseen process"),
    ];
    for (grips, words) in table {
        let shown = format!("{grips:?}");
        let processes = Arc::new(Table { grips, lineage: Vec::new() });
        match look(processes.as_ref(), &[wanted(&path)]).remove(0) {
            Holding::Unknown(why) => assert!(why.contains(words), "{shown}: {why}"),
            other => panic!("{shown}: {other:?}"),
        }
    }
    drop(held);
    // Whoever it was let go meanwhile: the lease says so.
    let processes = Table { grips: Ok(Grips::default()), lineage: Vec::new() };
    assert_eq!(look(&processes, &[wanted(&path)]), [Holding::Free]);
}
