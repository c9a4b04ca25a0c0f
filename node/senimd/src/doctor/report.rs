//! What was found.

use serde::Serialize;
use std::fmt;

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Sound.
    Ok,
    /// It works, and should be looked at.
    Warn,
    /// It does not work, or will not for long.
    Fail,
    /// It was not looked at; the message says why.
    Skip,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub check: &'static str,
    /// How it is.
    pub status: Status,
    /// What was found.
    pub message: String,
    /// What to do; none where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// Everything that was found, in order.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// One for each check, more where several things are wrong.
    pub findings: Vec<Finding>,
}

impl Report {
    fn add(&mut self, check: &'static str, status: Status, message: String, advice: &str) {
        self.findings.push(Finding {
            check,
            status,
            message,
            advice: Some(advice.to_owned()).filter(|advice| !advice.is_empty()),
        });
    }

    /// It is sound.
    pub fn ok(&mut self, check: &'static str, message: String) {
        self.add(check, Status::Ok, message, "");
    }

    /// It should be looked at.
    pub fn warn(&mut self, check: &'static str, message: String, advice: &str) {
        self.add(check, Status::Warn, message, advice);
    }

    /// It is broken.
    pub fn fail(&mut self, check: &'static str, message: String, advice: &str) {
        self.add(check, Status::Fail, message, advice);
    }

    /// It was not looked at.
    pub fn skip(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Status::Skip, message.into(), "");
    }

    /// By a measured value and two limits: at or above both is sound.
    pub fn at_least(
        &mut self,
        check: &'static str,
        (value, warn, fail): (u64, u64, u64),
        message: String,
        advice: &str,
    ) {
        let status = match value {
            value if value < fail => Status::Fail,
            value if value < warn => Status::Warn,
            _ => return self.ok(check, message),
        };
        self.add(check, status, message, advice);
    }

    /// Whether nothing is broken.
    pub fn is_sound(&self) -> bool {
        let failing = |finding: &Finding| finding.status == Status::Fail;
        !self.findings.iter().any(failing)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let status = match finding.status {
                Status::Ok => "ok",
                Status::Warn => "WARN",
                Status::Fail => "FAIL",
                Status::Skip => "skip",
            };
            writeln!(f, "{status:<4}  {:<9} {}", finding.check, finding.message)?;
            if let Some(advice) = &finding.advice {
                writeln!(f, "                → {advice}")?;
            }
        }
        let of = |status| {
            let of_status = self.findings.iter().filter(|found| found.status == status);
            of_status.count()
        };
        write!(
            f,
            "{} checks: {} ok, {} to look at, {} broken, {} skipped",
            self.findings.len(),
            of(Status::Ok),
            of(Status::Warn),
            of(Status::Fail),
            of(Status::Skip)
        )
    }
}
