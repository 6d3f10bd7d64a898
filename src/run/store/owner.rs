//! Who holds a permit: a name for a process that a later one can tell dead from alive.

/// Names this process: machine, boot, process namespace, id and start of the process where the system tells them (Linux),
/// else the id alone.
pub(super) fn this_process() -> String {
    let pid = std::process::id();
    Place::here().map_or_else(
        || format!("pid {pid}"),
        |here| {
            let Place {
                machine,
                boot,
                namespace,
            } = here;
            let start = started(pid).unwrap_or_default();
            format!("{machine}/{boot}/{namespace}/{pid}/{start}")
        },
    )
}

/// Whether the process of this name has certainly ended, see [`lives`].
pub(super) fn is_gone(owner: &str) -> bool {
    lives(owner) == Some(false)
}

/// Whether the process of this name lives: it does not if this machine was booted since, or its id is free or another's now.
/// `None` where nobody can know: another machine, another container, a system without `/proc`. Time then decides.
pub(super) fn lives(owner: &str) -> Option<bool> {
    let parts: Vec<&str> = owner.split('/').collect();
    let [machine, boot, namespace, pid, start] = parts[..] else {
        return None;
    };
    let (here, pid) = (Place::here()?, pid.parse().ok()?);
    if machine != here.machine {
        return None;
    }
    if boot != here.boot {
        return Some(false);
    }
    (namespace == here.namespace).then(|| started(pid).as_deref() == Some(start))
}

/// Within what a process id means one process.
struct Place {
    /// The machine's id and name: machines that were made of one image share the id, and many containers have none.
    machine: String,
    /// Changes with every boot; containers share their machine's.
    boot: String,
    /// The process namespace: a container's own.
    namespace: String,
}

impl Place {
    fn here() -> Option<Self> {
        let line = |path: &str| {
            let text = std::fs::read_to_string(path).ok()?;
            let line = text.trim().replace('/', "_");
            (!line.is_empty()).then_some(line)
        };
        Some(Self {
            machine: machine(
                line("/etc/machine-id").as_deref(),
                &line("/proc/sys/kernel/hostname")?,
            ),
            boot: line("/proc/sys/kernel/random/boot_id")?,
            namespace: std::fs::read_link("/proc/self/ns/pid")
                .ok()?
                .display()
                .to_string(),
        })
    }
}

fn machine(id: Option<&str>, name: &str) -> String {
    format!("{}@{name}", id.unwrap_or_default())
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
        for owner in [
            "",
            "pid 1",
            "/",
            "a/b/c",
            "////",
            "other-machine/boot/pid:[1]/999999999/1",
        ] {
            assert!(!is_gone(owner), "{owner}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_boot_ends_every_process_of_this_machine_and_a_container_hides_its_own() {
        let Place {
            machine,
            boot,
            namespace,
        } = Place::here().unwrap();
        let mine = std::process::id();
        let start = started(mine).unwrap();
        for (owner, gone) in [
            (format!("{machine}/earlier/{namespace}/{mine}/{start}"), true),
            (format!("{machine}/earlier/pid:[1]/1/1"), true),
            (format!("{machine}/{boot}/pid:[1]/999999999/1"), false),
            (format!("another/earlier/{namespace}/{mine}/{start}"), false),
        ] {
            assert_eq!(is_gone(&owner), gone, "{owner}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_machine_made_of_the_same_image_is_another() {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let here = Place::here().unwrap().machine;
        let (id, _) = here.rsplit_once('@').unwrap();
        assert_eq!(machine(Some(id), name.trim()), here);
        let elsewhere = machine(Some(id), "its-twin");
        assert!(!is_gone(&format!("{elsewhere}/earlier/pid:[1]/1/1")));
        assert!(is_gone(&format!("{here}/earlier/pid:[1]/1/1")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_ended_process_is_gone_and_so_is_one_whose_id_was_given_away() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let id = child.id();
        let start = started(id).unwrap();
        child.wait().unwrap();
        let mine = this_process();
        let (rest, _) = mine.rsplit_once('/').unwrap();
        assert!(is_gone(&format!("{rest}/1")));
        let (place, _) = rest.rsplit_once('/').unwrap();
        assert!(is_gone(&format!("{place}/{id}/{start}")));
    }
}
