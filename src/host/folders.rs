//! What is in a folder, and where is it really? It looks only.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::retry_on_intr;

/// The names in a folder, in no order. Not `read_dir`: it asks each C library in another way, and one of them for room as well.
///
/// # Errors
/// The system's; half a list is none.
pub fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let how = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = retry_on_intr(|| rustix::fs::open(folder, how, Mode::empty()))?;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(folder)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The path of a folder without links, as `realpath` has it, in three calls however deep it lies.
///
/// # Errors
/// The system's.
pub fn real(path: &Path) -> io::Result<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fd::AsRawFd;
        let how = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = retry_on_intr(|| rustix::fs::open(path, how, Mode::empty()))?;
        let said = rustix::fs::readlink(format!("/proc/self/fd/{}", folder.as_raw_fd()), Vec::new());
        // What the kernel adds to a folder that was removed, or lies outside of our root, is no path; without `/proc` it says none.
        if let Some(said) = said.ok().map(|said| PathBuf::from(OsString::from_vec(said.into_bytes())))
            && said.is_absolute()
            && !said.as_os_str().as_bytes().ends_with(b" (deleted)")
        {
            return Ok(said);
        }
    }
    std::fs::canonicalize(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_where_realpath_says() {
        let dir = tempfile::tempdir().expect("a directory");
        let (deep, link) = (dir.path().join("a/b (deleted)"), dir.path().join("link"));
        std::fs::create_dir_all(&deep).expect("made");
        std::os::unix::fs::symlink(&deep, &link).expect("linked");
        let odd = link.join("../../a/./b (deleted)");
        for path in [dir.path(), &deep, &link, &odd, Path::new("/"), Path::new(".")] {
            assert_eq!(real(path).expect("there"), std::fs::canonicalize(path).expect("there"), "{}", path.display());
        }
        std::fs::write(dir.path().join("file"), "").expect("written");
        assert!(real(&dir.path().join("none")).is_err_and(|error| error.kind() == io::ErrorKind::NotFound));
        assert!(real(&dir.path().join("file")).is_err_and(|error| error.kind() == io::ErrorKind::NotADirectory));
    }

    #[test]
    fn all_names_are_listed_whatever_they_are() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut all: Vec<OsString> = (0..500).map(|number| format!("{number:0200}").into()).collect();
        all.push(OsStr::from_bytes(b"\xff").to_owned());
        all.push(".hidden".into());
        all.iter().for_each(|name| std::fs::write(dir.path().join(name), "").expect("written"));
        let mut found = names(dir.path()).expect("readable");
        found.sort();
        all.sort();
        assert_eq!(found, all);
        assert!(names(&dir.path().join("none")).is_err_and(|error| error.kind() == io::ErrorKind::NotFound));
    }
}
