//! One file, or every file of a folder.

use std::{
    collections::{HashSet, VecDeque},
    fs::{self, File},
    io::{self, Write},
    num::NonZero,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use sekisho_disarm::{Limits, Ruleset};
use serde_json::json;

use crate::{
    Args, BLOCKED, CLEAN, INTERNAL, NEEDS_PASSWORD, USAGE,
    cgroup::Delegated,
    outcome::{Outcome, Status, complain, say},
    parent::{Parent, ParentError},
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchError {
    #[error("{path} を読めません: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} に書けません: {source}", path = path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("規則ファイル {path} の誤り: {reason}", path = path.display())]
    Rules { path: PathBuf, reason: String },
    #[error("{0}")]
    Usage(&'static str),
    #[error(transparent)]
    Machine(#[from] ParentError),
}

impl BatchError {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Rules { .. } | Self::Read { .. } => USAGE,
            Self::Write { .. } | Self::Machine(_) => INTERNAL,
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<u8, BatchError> {
    let parent = Parent {
        rules: rules(args)?,
        limits: Limits::default(),
        passwords: passwords(args)?,
        timeout: Duration::from_secs(args.timeout),
        allow_weak: args.allow_weak_sandbox,
        cgroup: Delegated::find(),
    };
    match (&args.input, &args.dir, &args.out) {
        (Some(input), ..) => {
            let output = args.output.as_deref().ok_or(BatchError::Usage("出力先を -o で指定してください"))?;
            one(&parent, input, output, args.report.as_deref())
        }
        (None, Some(dir), Some(out)) => all(&parent, dir, out, args),
        _ => Err(BatchError::Usage("入力ファイルか --dir を指定してください")),
    }
}

fn rules(args: &Args) -> Result<Ruleset, BatchError> {
    let Some(path) = &args.rules else { return Ok(Ruleset::default()) };
    let text = fs::read_to_string(path).map_err(|source| BatchError::Read { path: path.clone(), source })?;
    Ruleset::from_toml(&text).map_err(|e| BatchError::Rules { path: path.clone(), reason: e.to_string() })
}

fn passwords(args: &Args) -> Result<Vec<String>, BatchError> {
    let Some(path) = &args.password_file else { return Ok(Vec::new()) };
    let text = fs::read_to_string(path).map_err(|source| BatchError::Read { path: path.clone(), source })?;
    Ok(text
        .lines()
        .map(|line| line.trim_end_matches('\r').to_owned())
        .filter(|line| !line.is_empty())
        .collect())
}

fn one(parent: &Parent, input: &Path, output: &Path, report: Option<&Path>) -> Result<u8, BatchError> {
    if fs::canonicalize(output).is_ok_and(|o| fs::canonicalize(input).is_ok_and(|i| i == o)) {
        return Err(BatchError::Usage("入力と出力に同じファイルは指定できません"));
    }
    let mut outcome = disarm_file(parent, input, &input.to_string_lossy())?;
    let mut written = None;
    if let Some(rebuilt) = &outcome.rebuilt {
        write_new(output, rebuilt)?;
        written = Some(output.to_string_lossy().into_owned());
    }
    outcome.report["status"] = json!(outcome.status.word());
    outcome.report["input"] = json!(input.to_string_lossy());
    outcome.report["output"] = json!(written);
    if let Some(path) = report {
        let text = serde_json::to_string_pretty(&outcome.report).unwrap_or_default();
        fs::write(path, text).map_err(|source| BatchError::Write { path: path.to_owned(), source })?;
    }
    say(&format!("{}: {}", input.display(), outcome.status.japanese()));
    for sentence in outcome.sentences() {
        say(&format!("  ・{sentence}"));
    }
    if let (Status::Clean, Some(extension)) = (outcome.status, outcome.report["output_extension"].as_str())
        && output.extension().is_none_or(|e| !e.eq_ignore_ascii_case(extension))
    {
        say(&format!("  ・中身は .{extension} です。拡張子を合わせてください。"));
    }
    Ok(code_of(outcome.status, outcome.has_blocked_members()))
}

fn code_of(status: Status, blocked_members: bool) -> u8 {
    match status {
        Status::Clean if blocked_members => BLOCKED,
        Status::Clean => CLEAN,
        Status::NeedsPassword => NEEDS_PASSWORD,
        Status::Blocked => BLOCKED,
    }
}

/// Reads and disarms one file. What cannot be read is an outcome of that file, not the end of the run.
fn disarm_file(parent: &Parent, path: &Path, name: &str) -> Result<Outcome, BatchError> {
    let meta =
        fs::symlink_metadata(path).map_err(|source| BatchError::Read { path: path.to_owned(), source })?;
    let len = usize::try_from(meta.len()).unwrap_or(usize::MAX);
    if !meta.is_file() {
        return Ok(Outcome::refused(
            name,
            0,
            "not-a-file",
            "普通のファイルではないため（リンクなど）、止めました。",
        ));
    }
    if meta.len() > parent.limits.input_bytes {
        return Ok(Outcome::refused(
            name,
            len,
            "limit",
            "ファイルが大きすぎるため、処理を止めました。ファイルを分けて送ってください。",
        ));
    }
    let bytes = fs::read(path).map_err(|source| BatchError::Read { path: path.to_owned(), source })?;
    Ok(parent.disarm(name, bytes)?)
}

/// Writes through a temporary name, so that a half-written file never carries the final one.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), BatchError> {
    let failed = |source| BatchError::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".sekisho-partial");
    let partial = PathBuf::from(partial);
    fs::write(&partial, bytes).map_err(failed)?;
    fs::rename(&partial, path).map_err(failed)
}

struct Shared<'a> {
    parent: &'a Parent,
    dir: &'a Path,
    out: &'a Path,
    queue: Mutex<VecDeque<PathBuf>>,
    taken: Mutex<HashSet<PathBuf>>,
    report: Mutex<Option<File>>,
    worst: Mutex<u8>,
    bar: ProgressBar,
}

fn all(parent: &Parent, dir: &Path, out: &Path, args: &Args) -> Result<u8, BatchError> {
    let mut files = VecDeque::new();
    list(dir, &mut files)?;
    let bar = ProgressBar::new(files.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} 件 残り {eta}") {
        bar.set_style(style);
    }
    let report = match &args.report {
        Some(path) => {
            Some(File::create(path).map_err(|source| BatchError::Write { path: path.clone(), source })?)
        }
        None => None,
    };
    let jobs = args.jobs.map_or_else(|| thread::available_parallelism().map_or(1, NonZero::get), usize::from);
    let shared = Shared {
        parent,
        dir,
        out,
        queue: Mutex::new(files),
        taken: Mutex::new(HashSet::new()),
        report: Mutex::new(report),
        worst: Mutex::new(CLEAN),
        bar,
    };
    let results: Vec<Result<(), BatchError>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(|| shared.work())).collect();
        threads.into_iter().filter_map(|t| t.join().ok()).collect()
    });
    shared.bar.finish_and_clear();
    results.into_iter().collect::<Result<Vec<()>, _>>()?;
    Ok(*lock(&shared.worst))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All entries that are not folders, in a stable order; links are listed, not followed.
fn list(dir: &Path, files: &mut VecDeque<PathBuf>) -> Result<(), BatchError> {
    let failed = |source| BatchError::Read { path: dir.to_owned(), source };
    let mut entries: Vec<_> = fs::read_dir(dir).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_type().map_err(failed)?.is_dir() {
            list(&entry.path(), files)?;
        } else {
            files.push_back(entry.path());
        }
    }
    Ok(())
}

impl Shared<'_> {
    fn work(&self) -> Result<(), BatchError> {
        loop {
            let Some(path) = lock(&self.queue).pop_front() else { return Ok(()) };
            let relative = path.strip_prefix(self.dir).unwrap_or(&path).to_owned();
            let name = relative.to_string_lossy().into_owned();
            let outcome = match disarm_file(self.parent, &path, &name) {
                Ok(outcome) => outcome,
                Err(BatchError::Read { source, .. }) => Outcome::refused(
                    &name,
                    0,
                    "unreadable",
                    &format!("ファイルを読めませんでした（{source}）。"),
                ),
                Err(other) => {
                    lock(&self.queue).clear();
                    return Err(other);
                }
            };
            let written = self.write(&relative, &outcome)?;
            self.record(&name, written.as_deref(), &outcome)?;
            self.bar.inc(1);
        }
    }

    fn write(&self, relative: &Path, outcome: &Outcome) -> Result<Option<PathBuf>, BatchError> {
        let Some(rebuilt) = &outcome.rebuilt else { return Ok(None) };
        let extension = outcome.report["output_extension"].as_str().unwrap_or("");
        let target = self.free_name(relative, extension);
        write_new(&self.out.join(&target), rebuilt)?;
        Ok(Some(target))
    }

    /// The relative path with the output's extension; numbered when two inputs would meet (a.docm, a.docx).
    fn free_name(&self, relative: &Path, extension: &str) -> PathBuf {
        let same = |old: &str| {
            old.eq_ignore_ascii_case(extension)
                || matches!(
                    (old.to_ascii_lowercase().as_str(), extension),
                    ("jpeg" | "jpe" | "jfif", "jpg") | ("tiff", "tif") | ("log" | "md", "txt")
                )
        };
        let old = relative.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
        let wanted = if extension.is_empty() || same(&old) {
            relative.to_owned()
        } else {
            relative.with_extension(extension)
        };
        let mut taken = lock(&self.taken);
        let mut free = wanted.clone();
        let mut number = 2;
        while !taken.insert(free.clone()) {
            let stem = wanted.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            free = wanted.with_file_name(format!("{stem} ({number})"));
            if let Some(extension) = wanted.extension() {
                let mut name = free.into_os_string();
                name.push(".");
                name.push(extension);
                free = PathBuf::from(name);
            }
            number += 1;
        }
        free
    }

    fn record(&self, name: &str, written: Option<&Path>, outcome: &Outcome) -> Result<(), BatchError> {
        let code = code_of(outcome.status, outcome.has_blocked_members());
        let mut worst = lock(&self.worst);
        *worst = match (*worst, code) {
            (BLOCKED, _) | (_, BLOCKED) => BLOCKED,
            (NEEDS_PASSWORD, _) | (_, NEEDS_PASSWORD) => NEEDS_PASSWORD,
            _ => CLEAN,
        };
        drop(worst);
        let mut line = outcome.report.clone();
        line["status"] = json!(outcome.status.word());
        line["input"] = json!(name);
        line["output"] = json!(written.map(|p| p.to_string_lossy().into_owned()));
        if let Some(file) = lock(&self.report).as_mut() {
            writeln!(file, "{line}")
                .map_err(|source| BatchError::Write { path: PathBuf::from("report"), source })?;
        } else if outcome.status != Status::Clean {
            self.bar.suspend(|| {
                complain(&format!(
                    "{name}: {} {}",
                    outcome.status.japanese(),
                    outcome.sentences().first().unwrap_or(&"")
                ));
            });
        }
        Ok(())
    }
}
