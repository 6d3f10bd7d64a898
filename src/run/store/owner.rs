//! Who holds a permit: a name for a process that a later one can tell dead from alive.

/// Names this process: boot, process namespace, id and start of the process where the system tells them (Linux), else the id
/// alone.
pub(super) fn this_process() -> String {
    let pid = std::process::id();
    place().map_or_else(
        || format!("pid {pid}"),
        |place| format!("{place}/{pid}/{}", started(pid).unwrap_or_default()),
    )
}

/// Whether the process of this name has certainly ended. `false` where nobody can know: another machine, another
/// container, a system without `/proc`. Its lease then decides.
pub(super) fn is_gone(owner: &str) -> bool {
    let Some((rest, start)) = owner.rsplit_once('/') else {
        return false;
    };
    let Some((its_place, pid)) = rest.rsplit_once('/') else {
        return false;
    };
    let Ok(pid) = pid.parse() else {
        return false;
    };
    place().is_some_and(|here| here == its_place) && started(pid).as_deref() != Some(start)
}

/// Within what a process id means one process: this boot of this machine, and this process namespace.
fn place() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), namespace.display()))
}

/// When a process started, in clock ticks since boot: field 22 of its `stat`, the twentieth after the closing parenthesis of
/// its name, which may hold anything.
fn started(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive() {
        assert!(!is_gone(&this_process()));
    }

    #[test]
    fn what_cannot_be_known_is_not_gone() {
        for owner in ["", "pid 1", "/", "a/b/c", "other-boot/pid:[1]/999999999/1"] {
            assert!(!is_gone(owner), "{owner}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_ended_process_is_gone_and_so_is_one_whose_id_was_given_away() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let name = format!(
            "{}/{}/{}",
            place().unwrap(),
            child.id(),
            started(child.id()).unwrap()
        );
        child.wait().unwrap();
        assert!(is_gone(&name));
        let mine = this_process();
        let (rest, _) = mine.rsplit_once('/').unwrap();
        assert!(is_gone(&format!("{rest}/1")));
    }
}
