//! What kind of file system the embedded store lies on: not every one keeps its locks and its writes.

use crate::config::Plan;
use std::fs;
use std::path::{Path, PathBuf};

/// File systems that other machines share, as Linux names them.
const SHARED: [&str; 14] = [
    "9p",
    "afs",
    "ceph",
    "cifs",
    "fuse.ceph",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];

/// What to say where the embedded store of a plan lies on a file system that does not keep it well; Linux only.
pub(super) fn warning(plan: &Plan) -> Option<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let data_dir = &plan.service.data_dir;
    let kind = kind(&mounts, &existing(data_dir))?;
    let why = if SHARED.contains(&kind) {
        "locks and writes of a network file system are not those that SQLite needs: choose a local disk, or a PostgreSQL database \
         (`service.store`)"
    } else if kind == "overlay" {
        "what is written there goes with its container: mount a volume"
    } else {
        return None;
    };
    let embedded = plan.service.store.is_none();
    embedded.then(|| {
        format!(
            "the data folder {} lies on a file system of kind {kind}; {why}",
            data_dir.display()
        )
    })
}

/// The folder itself, or the nearest one above it that is there already; without links.
fn existing(folder: &Path) -> PathBuf {
    let found = folder
        .ancestors()
        .find_map(|folder| fs::canonicalize(folder).ok());
    found.unwrap_or_else(|| PathBuf::from("/"))
}

/// The kind of file system that `path` lies on, from the text of `mountinfo`.
///
/// Source: proc(5): the mount point is the fifth field, the kind the first one after a lone dash.
fn kind<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let mounted = mounts.lines().filter_map(|line| {
        let (mount, system) = line.split_once(" - ")?;
        let point = mount.split(' ').nth(4)?.replace("\\040", " ");
        path.starts_with(&point)
            .then_some((point.len(), system.split(' ').next()?))
    });
    // What was mounted last hides what was there before.
    mounted.max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_tells_the_kind_and_the_last_one_hides_the_others() {
        let mounts = "\
            22 1 0:21 / / rw,relatime shared:1 - overlay overlay rw,lowerdir=/a - b\n\
            23 22 8:1 / /srv rw - ext4 /dev/sda1 rw\n\
            24 23 0:50 / /srv/our\\040reports rw master:3 - nfs4 files:/x rw\n\
            25 23 0:51 / /srv/twice rw - cifs //a/b rw\n\
            26 23 8:2 / /srv/twice rw - xfs /dev/sdb rw\n\
            broken\n";
        for (path, expected) in [
            ("/var/lib/reportwire", Some("overlay")),
            ("/srv/reportwire", Some("ext4")),
            ("/srv/our reports/data", Some("nfs4")),
            ("/srv/our", Some("ext4")),
            ("/srv/twice", Some("xfs")),
        ] {
            assert_eq!(kind(mounts, Path::new(path)), expected, "{path}");
        }
        assert_eq!(kind("", Path::new("/srv")), None);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_lies_where_it_will() {
        let dir = tempfile::tempdir().unwrap();
        let there = fs::canonicalize(dir.path()).unwrap();
        assert_eq!(existing(&dir.path().join("a/b")), there);
        assert_eq!(existing(dir.path()), there);
    }
}
