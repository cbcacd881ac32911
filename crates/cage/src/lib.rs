//! The sandbox a hostile file is opened in.
//!
//! A process calls [`lock_down`] on itself before it reads the first hostile byte. Afterwards it can read from and
//! write to the descriptors 0 and 1, use memory up to a limit, and exit. Everything else kills it: opening files,
//! sockets, new processes, new threads, executable memory, looking at other processes.
//!
//! There is no way back; a process that opened one file must not be given another.

use std::{collections::BTreeMap, io};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

/// What the process may still use.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Address space in bytes; allocations beyond it fail and abort the process.
    pub memory_bytes: u64,
    /// Processor time in seconds; a last resort, the parent's wall clock comes first.
    pub cpu_seconds: u64,
}

/// Which walls stand. `no_new_privs`, not-dumpable, parent-death signal and resource limits always do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walls {
    /// File system and TCP access denied by Landlock.
    pub landlock: bool,
    /// System calls outside the list kill the process.
    pub seccomp: bool,
    /// Own, empty network namespace.
    pub network_namespace: bool,
}

impl Walls {
    /// Whether both walls that an untrusted parser needs are there.
    #[must_use]
    pub fn strong(self) -> bool {
        self.landlock && self.seccomp
    }
}

/// The sandbox could not be built.
#[derive(Debug, thiserror::Error)]
pub enum CageError {
    /// A step that always works on Linux failed.
    #[error("sandbox step {step}: {source}")]
    Step { step: &'static str, source: io::Error },
    /// The kernel lacks Landlock or seccomp, and a weak sandbox was not allowed.
    #[error("kernel offers only {0:?}")]
    TooWeak(Walls),
}

/// Gives up every right. With `allow_weak` a kernel without Landlock or seccomp is accepted; the caller reports it.
///
/// # Errors
/// [`CageError`]; the process must then exit without touching its input.
pub fn lock_down(allowance: Allowance, allow_weak: bool) -> Result<Walls, CageError> {
    die_with_parent()?;
    close_other_descriptors()?;
    forbid_inspection()?;
    forbid_new_rights()?;
    let network_namespace = leave_network();
    // Landlock needs one more descriptor for a moment, so the limits come after it.
    let landlock = deny_files();
    limit_resources(allowance)?;
    let mut walls = Walls { landlock, seccomp: false, network_namespace };
    if !landlock && !allow_weak {
        return Err(CageError::TooWeak(walls));
    }
    walls.seccomp = deny_calls();
    if !walls.seccomp && !allow_weak {
        return Err(CageError::TooWeak(walls));
    }
    Ok(walls)
}

fn check(step: &'static str, result: libc::c_int) -> Result<(), CageError> {
    if result == 0 { Ok(()) } else { Err(CageError::Step { step, source: io::Error::last_os_error() }) }
}

fn die_with_parent() -> Result<(), CageError> {
    // SAFETY: PR_SET_PDEATHSIG takes one integer and touches no memory of ours.
    let result =
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong, 0_u64, 0_u64, 0_u64) };
    check("pdeathsig", result)?;
    // SAFETY: getppid has no arguments and cannot fail.
    if unsafe { libc::getppid() } == 1 {
        // The parent died before the signal was armed.
        return Err(CageError::Step { step: "orphan", source: io::ErrorKind::BrokenPipe.into() });
    }
    Ok(())
}

fn close_other_descriptors() -> Result<(), CageError> {
    // SAFETY: closes descriptors 3 and up; this process has opened none that anything still refers to.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
    check("close_range", if result == 0 { 0 } else { -1 })
}

fn forbid_inspection() -> Result<(), CageError> {
    // SAFETY: PR_SET_DUMPABLE takes one integer and touches no memory of ours.
    check("dumpable", unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0_u64, 0_u64, 0_u64, 0_u64) })
}

fn forbid_new_rights() -> Result<(), CageError> {
    // SAFETY: PR_SET_NO_NEW_PRIVS takes integers and touches no memory of ours.
    check("no_new_privs", unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1_u64, 0_u64, 0_u64, 0_u64) })
}

/// Best effort: seccomp forbids sockets anyway.
fn leave_network() -> bool {
    // SAFETY: unshare takes flags only; the process has a single thread, as CLONE_NEWUSER demands.
    unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) == 0 }
}

fn limit_resources(allowance: Allowance) -> Result<(), CageError> {
    let limits = [
        (libc::RLIMIT_AS, allowance.memory_bytes),
        (libc::RLIMIT_CPU, allowance.cpu_seconds),
        (libc::RLIMIT_FSIZE, 0),
        (libc::RLIMIT_NOFILE, 3),
        (libc::RLIMIT_NPROC, 0),
        (libc::RLIMIT_CORE, 0),
    ];
    for (resource, value) in limits {
        let limit = libc::rlimit { rlim_cur: value, rlim_max: value };
        // SAFETY: `limit` is a valid rlimit that lives across the call.
        check("rlimit", unsafe { libc::setrlimit(resource, &raw const limit) })?;
    }
    Ok(())
}

/// An empty Landlock ruleset: no path, no TCP port, no signal and no abstract socket beyond this process.
fn deny_files() -> bool {
    let build = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V5))?
            .scope(Scope::from_all(ABI::V6))?
            .create()?
            .restrict_self()
    };
    build().is_ok_and(|status: landlock::RestrictionStatus| status.ruleset != RulesetStatus::NotEnforced)
}

/// Everything not listed kills the process.
fn deny_calls() -> bool {
    let build = || -> Result<BpfProgram, seccompiler::BackendError> {
        let not_executable = |argument: u8| -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
            let mask = SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64);
            Ok(vec![SeccompRule::new(vec![SeccompCondition::new(
                argument,
                SeccompCmpArgLen::Dword,
                mask,
                0,
            )?])?])
        };
        let any = [
            libc::SYS_read,
            libc::SYS_write,
            libc::SYS_munmap,
            libc::SYS_mremap,
            libc::SYS_brk,
            libc::SYS_madvise,
            libc::SYS_futex,
            libc::SYS_getrandom,
            libc::SYS_clock_gettime,
            libc::SYS_sigaltstack,
            libc::SYS_rt_sigreturn,
            libc::SYS_rt_sigprocmask,
            libc::SYS_exit,
            libc::SYS_exit_group,
        ];
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            any.into_iter().map(|call| (call, Vec::new())).collect();
        rules.insert(libc::SYS_mmap, not_executable(2)?);
        rules.insert(libc::SYS_mprotect, not_executable(2)?);
        SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, ARCH)?.try_into()
    };
    build().is_ok_and(|program| seccompiler::apply_filter(&program).is_ok())
}

#[cfg(target_arch = "x86_64")]
const ARCH: TargetArch = TargetArch::x86_64;
#[cfg(target_arch = "aarch64")]
const ARCH: TargetArch = TargetArch::aarch64;
