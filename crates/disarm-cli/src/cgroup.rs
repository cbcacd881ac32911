//! Memory of a worker as the kernel counts it, where a part of the cgroup tree was delegated to this process
//! (`systemd-run --scope -p Delegate=memory sekisho disarm …`).
//!
//! The address space of a worker is limited in any case. A cgroup also counts what the kernel holds for it, and never
//! swaps. It is best effort: what was not delegated is not touched, and nothing here can fail a file.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// Pages a worker may hold: four times the largest ever measured (docs/performance.md).
const MEMORY_BYTES: u64 = 1 << 30;

/// A folder of the tree in which groups may be made.
#[derive(Debug)]
pub(crate) struct Delegated {
    folder: PathBuf,
    next: AtomicU64,
}

/// The group of one worker; gone with the value, which must outlive the worker.
#[derive(Debug)]
pub(crate) struct Group(PathBuf);

impl Delegated {
    /// Looks for a delegated group: this process's own, or the one it was put below.
    pub(crate) fn find() -> Option<Self> {
        let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
        Self::find_in(Path::new("/sys/fs/cgroup"), &membership, std::process::id(), is_delegated)
    }

    fn find_in(tree: &Path, membership: &str, own: u32, is_delegated: fn(&Path) -> bool) -> Option<Self> {
        // The one hierarchy of version 2; those of version 1 have names.
        let path = membership.lines().find_map(|line| line.strip_prefix("0::/"))?;
        let here = tree.join(path);
        if let Some(above) = here.parent().filter(|above| above.starts_with(tree) && is_delegated(above)) {
            return Self::over(above.to_owned());
        }
        if !is_delegated(&here) {
            return None;
        }
        // A group that hands out memory may hold no process itself.
        let parent = here.join(format!("sekisho-{own}"));
        fs::create_dir(&parent).ok()?;
        fs::write(parent.join("cgroup.procs"), own.to_string()).ok()?;
        Self::over(here)
    }

    fn over(folder: PathBuf) -> Option<Self> {
        fs::write(folder.join("cgroup.subtree_control"), "+memory").ok()?;
        Some(Self { folder, next: AtomicU64::new(0) })
    }

    /// Puts a worker into a group of its own, before it is given its first byte.
    pub(crate) fn confine(&self, worker: u32) -> Option<Group> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let group = Group(self.folder.join(format!("sekisho-{}-{number}", std::process::id())));
        fs::create_dir(&group.0).ok()?;
        let set = |file: &str, value: String| fs::write(group.0.join(file), value).ok();
        set("memory.max", MEMORY_BYTES.to_string())?;
        // Not every kernel counts swap.
        let _ = set("memory.swap.max", "0".to_owned());
        set("cgroup.procs", worker.to_string())?;
        Some(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Whether systemd has marked the group as somebody else's to divide.
fn is_delegated(folder: &Path) -> bool {
    ["user.delegate", "trusted.delegate"].iter().any(|name| {
        let mut value = [0_u8; 4];
        rustix::fs::getxattr(folder, *name, &mut value).is_ok_and(|read| value[..read] == *b"1")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A worker under `membership` in a tree of plain files; what was written where.
    fn confined(membership: &str, is_delegated: fn(&Path) -> bool) -> Option<Vec<(String, String)>> {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir_all(tree.path().join("a.service/main")).unwrap();
        let delegated = Delegated::find_in(tree.path(), membership, 7, is_delegated)?;
        let group = delegated.confine(8)?;
        let mut written = Vec::new();
        let mut folders = vec![tree.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(tree.path()).unwrap().to_string_lossy().into_owned();
                    let own = format!("sekisho-{}-0", std::process::id());
                    written.push((name.replace(&own, "worker"), fs::read_to_string(&path).unwrap()));
                }
            }
        }
        written.sort();
        drop((delegated, group));
        Some(written)
    }

    #[test]
    fn a_worker_gets_a_group_below_the_delegated_one() {
        let found = confined("3:cpu:/x\n0::/a.service/main\n", |p| p.ends_with("a.service")).unwrap();
        let names: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("a.service/cgroup.subtree_control", "+memory"),
            ("a.service/worker/cgroup.procs", "8"),
            ("a.service/worker/memory.max", "1073741824"),
            ("a.service/worker/memory.swap.max", "0"),
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn this_process_makes_room_where_it_sits_in_the_delegated_group_itself() {
        let found = confined("0::/a.service\n", |p| p.ends_with("a.service")).unwrap();
        assert_eq!(found[0], ("a.service/cgroup.subtree_control".to_owned(), "+memory".to_owned()));
        assert_eq!(found[1], ("a.service/sekisho-7/cgroup.procs".to_owned(), "7".to_owned()));
    }

    #[test]
    fn what_is_not_delegated_is_not_touched() {
        assert_eq!(confined("0::/a.service/main\n", |_| false), None);
        assert_eq!(confined("3:memory:/a.service\n", |_| true), None);
    }
}
