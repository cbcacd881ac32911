//! The trusted side: starts a worker per file, keeps the wall clock, distrusts the answer.

use std::{
    io,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use sekisho_disarm::{Forms, Limits, Links, Ruleset};
use serde_json::{Value, json};

use crate::{
    WORKER_VERB,
    cgroup::Delegated,
    outcome::{Outcome, Status},
    wire::{self, Answer, Job, Reply},
    worker::ALLOW_WEAK,
};

/// What all files of one run share.
#[derive(Debug)]
pub(crate) struct Parent {
    pub(crate) rules: Ruleset,
    pub(crate) limits: Limits,
    pub(crate) passwords: Vec<String>,
    pub(crate) timeout: Duration,
    pub(crate) allow_weak: bool,
    /// Where the kernel may count the memory of workers.
    pub(crate) cgroup: Option<Delegated>,
}

/// The machine's fault, not the file's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ParentError {
    #[error("隔離した処理を始められません: {0}")]
    Start(#[from] io::Error),
    #[error(
        "この Linux では隔離機能（Landlock と seccomp）がそろいません: {0}。--allow-weak-sandbox で続行できますが、報告書に残ります。"
    )]
    NoSandbox(String),
}

impl Parent {
    /// Disarms one file and has the result checked by a second process.
    pub(crate) fn disarm(&self, name: &str, bytes: Vec<u8>) -> Result<Outcome, ParentError> {
        let job = Job::Disarm {
            name: name.to_owned(),
            rules: Box::new(self.rules.clone()),
            limits: Box::new(self.limits.clone()),
            passwords: self.passwords.clone(),
        };
        let input_bytes = bytes.len();
        let Some((reply, rebuilt)) = self.ask(job, bytes)? else {
            return Ok(Outcome::crashed(name, input_bytes));
        };
        let weak = reply.weak_sandbox;
        let mut outcome = match reply.answer {
            Answer::Clean { report } => self.checked(report, rebuilt)?,
            Answer::NeedsPassword { report, members } => Outcome {
                status: Status::NeedsPassword,
                report: with(report, "locked_members", json!(members)),
                rebuilt: None,
            },
            Answer::Blocked { report } => Outcome { status: Status::Blocked, report, rebuilt: None },
            Answer::NoSandbox { reason } => return Err(ParentError::NoSandbox(reason)),
            Answer::Checked { .. } => Outcome::crashed(name, input_bytes),
        };
        if weak {
            outcome.report = with(outcome.report, "weak_sandbox", json!(true));
        }
        Ok(outcome)
    }

    fn checked(&self, report: Value, rebuilt: Vec<u8>) -> Result<Outcome, ParentError> {
        let extension = report["output_extension"].as_str().unwrap_or("").to_owned();
        let job = Job::Check {
            extension,
            web_links: self.rules.links == Links::Web,
            fields: self.rules.forms == Forms::RebuildFields,
        };
        let verdict = match self.ask(job, rebuilt.clone())? {
            Some((Reply { answer: Answer::Checked { findings, error: None }, .. }, _))
                if findings.is_empty() =>
            {
                None
            }
            Some((Reply { answer: Answer::Checked { findings, error }, .. }, _)) => {
                Some(json!({ "findings": findings, "error": error }))
            }
            Some((Reply { answer: Answer::NoSandbox { reason }, .. }, _)) => {
                return Err(ParentError::NoSandbox(reason));
            }
            _ => Some(json!({ "error": "checker crashed" })),
        };
        Ok(match verdict {
            None => Outcome {
                status: Status::Clean,
                report: with(report, "second_check", json!("agrees")),
                rebuilt: Some(rebuilt),
            },
            Some(disagreement) => {
                let mut report = with(report, "second_check", disagreement);
                for gone in ["output_bytes", "output_sha256", "output_kind", "output_extension"] {
                    report[gone] = Value::Null;
                }
                report["refusal"] = json!("second-check");
                let sentence =
                    "作り直したファイルを別の検査が認めなかったため、止めました。管理者に連絡してください。";
                if let Some(sentences) = report["sentences"].as_array_mut() {
                    sentences.insert(0, json!(sentence));
                }
                Outcome { status: Status::Blocked, report, rebuilt: None }
            }
        })
    }

    /// One worker, one job. `None`: it crashed, timed out or talked nonsense.
    fn ask(&self, job: Job, body: Vec<u8>) -> Result<Option<(Reply, Vec<u8>)>, ParentError> {
        let mut command = Command::new("/proc/self/exe");
        command
            .arg(WORKER_VERB)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if self.allow_weak {
            command.arg(ALLOW_WEAK);
        }
        let mut child = command.spawn()?;
        // Before it is given a byte: until then it waits.
        let group = self.cgroup.as_ref().and_then(|delegated| delegated.confine(child.id()));
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let writer = thread::spawn(move || {
            // A worker that dies early closes the pipe; its missing answer says enough.
            let _ = stdin.map(|mut pipe| wire::send(&mut pipe, &job, &body));
        });
        let cap = self.limits.output_bytes;
        let (sender, receiver) = mpsc::channel();
        let reader = thread::spawn(move || {
            let reply = stdout.and_then(|mut pipe| wire::receive::<Reply>(&mut pipe, cap).ok());
            let _ = sender.send(reply);
        });
        let reply = receiver.recv_timeout(self.timeout).ok().flatten();
        // Killing is harmless when it already exited, and ends a worker that answered but lingers.
        let _ = child.kill();
        let _ = child.wait();
        let _ = (writer.join(), reader.join());
        drop(group);
        Ok(reply)
    }
}

fn with(mut report: Value, key: &str, value: Value) -> Value {
    report[key] = value;
    report
}
