//! Shuts the process in once its platform's files are open.
//!
//! Landlock leaves it the platform's folder and no network; seccomp leaves it the few
//! system calls that reading, writing and memory need (getrandom among them). No core is ever
//! dumped, no other process may look in, and memory is locked where the limits permit it. Where the kernel cannot enforce it fully, the program does not start.

use landlock::{
    ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, RestrictionStatus, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus,
};
use rustix::{mm::MlockAllFlags, process::DumpableBehavior};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::{collections::BTreeMap, error::Error, path::Path};

/// The landlock version whose rules must be enforced: files and TCP.
const RULES: ABI = ABI::V4;

/// Shuts the process in.
pub(crate) fn confine(folder: &Path) -> Result<(), Box<dyn Error>> {
    rlimit::setrlimit(rlimit::Resource::CORE, 0, 0)?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // Where the limits permit it, nothing is ever swapped out; where not, swap must be off or encrypted.
    let _ = rustix::mm::mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT);
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(RULES))?
        .handle_access(AccessNet::from_all(RULES))?
        .create()?
        .add_rule(PathBeneath::new(PathFd::new(folder)?, AccessFs::from_all(RULES)))?
        .restrict_self()?;
    require(&status)?;
    seccompiler::apply_filter(&filter()?)?;
    Ok(())
}

fn require(status: &RestrictionStatus) -> Result<(), Box<dyn Error>> {
    if status.ruleset == RulesetStatus::FullyEnforced && status.no_new_privs {
        return Ok(());
    }
    Err("the kernel does not enforce landlock's rules for files and network: an HSM needs Linux 6.7 or newer"
        .into())
}

/// What the program needs once it runs; whatever else it tries ends it.
fn filter() -> Result<BpfProgram, Box<dyn Error>> {
    let allowed = [
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_recvfrom,
        libc::SYS_sendto,
        libc::SYS_pread64,
        libc::SYS_pwrite64,
        libc::SYS_lseek,
        libc::SYS_openat,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_newfstatat,
        libc::SYS_statx,
        libc::SYS_fsync,
        libc::SYS_fdatasync,
        libc::SYS_flock,
        libc::SYS_ftruncate,
        libc::SYS_renameat,
        libc::SYS_renameat2,
        libc::SYS_unlinkat,
        libc::SYS_getdents64,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_yield,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_tgkill,
        libc::SYS_fcntl,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
    let mut rules: BTreeMap<i64, Vec<seccompiler::SeccompRule>> =
        allowed.into_iter().map(|call| (call, Vec::new())).collect();
    #[cfg(target_arch = "x86_64")]
    for call in [libc::SYS_open, libc::SYS_rename, libc::SYS_unlink, libc::SYS_stat, libc::SYS_poll] {
        rules.insert(call, Vec::new());
    }
    let architecture = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, architecture)?;
    Ok(filter.try_into()?)
}
