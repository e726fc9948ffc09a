//! Prints the explanation of a request: every stage with its verdict, the response, and advice.

use std::io::{self, Write};

use anstyle::Style;
use cognito_authorizer::{RejectionKind, verifier::DecisionStage};
use http::{StatusCode, response::Parts};
use serde::Serialize;

use super::{
    ExplainedRequest,
    advice::advice,
    sent::{shown, shown_or},
};
use crate::{
    printable::{json_text, printable},
    routes::asked as asks,
    style::{BAD, GOOD},
};

/// The explanation of a request.
#[derive(Serialize)]
pub(crate) struct Explanation {
    method: String,
    path: String,
    decision: &'static str,
    reason: Option<&'static str>,
    stages: Vec<StageTold>,
    response: Option<ResponseTold>,
    advice: Option<String>,
    /// Whether `danger.shadow` is on, so that every request passes.
    shadow: bool,
}

#[derive(Serialize)]
struct StageTold {
    stage: &'static str,
    verdict: &'static str,
    detail: Option<String>,
}

#[derive(Serialize)]
struct ResponseTold {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Explanation {
    pub(crate) fn of(asked: &ExplainedRequest<'_>, parts: &Parts, body: &[u8]) -> Self {
        let reason = asked.rejection.map(|rejection| rejection.kind());
        let stage = |stage: &DecisionStage| {
            let verdict = match reason.map(RejectionKind::decision_stage) {
                Some(failed) if failed < *stage => "not_reached",
                Some(failed) if failed == *stage => "failed",
                None if !asked.is_verified && *stage != DecisionStage::Route => "not_asked",
                _ => "passed",
            };
            let detail = match (verdict, reason) {
                ("failed", Some(reason)) => Some(with_reason(reason, detail(*stage, asked))),
                ("passed", _) => detail(*stage, asked),
                _ => None,
            };
            StageTold { stage: stage.as_str(), verdict, detail }
        };
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let response = || ResponseTold {
            status: parts.status.as_u16(),
            headers: parts.headers.iter().map(header).collect(),
            body: String::from_utf8_lossy(body).into_owned(),
        };
        Self {
            method: asked.method.to_string(),
            path: asked.path.path().to_owned(),
            decision: if reason.is_some() { "deny" } else { "allow" },
            reason: reason.map(RejectionKind::as_str),
            stages: DecisionStage::ALL.iter().map(stage).collect(),
            // The inner service answers most accepted requests.
            response: (!asked.is_forwarded).then(response),
            advice: advice(asked),
            shadow: asked.is_shadow,
        }
    }

    pub(crate) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", json_text(&serde_json::to_string_pretty(self)?))
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{} {}\n", self.method, self.path)?;
        for told in &self.stages {
            let (style, sign) = match told.verdict {
                "passed" => (GOOD, "yes"),
                "failed" => (BAD, "NO"),
                _ => (Style::new(), "-"),
            };
            let name = told.stage.replace('_', " ");
            let line = format!("{name:15}  {}", told.detail.as_deref().unwrap_or_default());
            writeln!(out, "  {style}{sign:3}{style:#}  {}", printable(line.trim_end()))?;
        }
        match &self.response {
            None => writeln!(out, "\nThe request is accepted: the service answers.")?,
            Some(response) => {
                let name = StatusCode::from_u16(response.status).ok().and_then(|status| status.canonical_reason());
                let start = match self.reason {
                    Some(_) => "The request is rejected with",
                    None => "The layer answers the request itself, with",
                };
                writeln!(out, "\n{start}\n\n  {} {}", response.status, name.unwrap_or_default())?;
                for (name, value) in &response.headers {
                    writeln!(out, "  {name}: {}", printable(value))?;
                }
                if !response.body.is_empty() {
                    writeln!(out, "\n  {}", printable(response.body.trim_end()))?;
                }
            }
        }
        if self.shadow {
            writeln!(
                out,
                "\ndanger.shadow is on: the request passes all the same, and this is what would be decided."
            )?;
        }
        if let Some(advice) = &self.advice {
            writeln!(out, "\nWhat to do: {}.", printable(advice))?;
        }
        Ok(())
    }
}

fn with_reason(reason: RejectionKind, detail: Option<String>) -> String {
    match detail {
        Some(detail) => format!("{reason}: {detail}"),
        None => reason.to_string(),
    }
}

/// Returns the values that a stage checks, if there are any to show.
fn detail(stage: DecisionStage, asked: &ExplainedRequest<'_>) -> Option<String> {
    let sent = &asked.sent;
    Some(match stage {
        DecisionStage::Route => {
            if asked.is_handed_on {
                return Some("no route covers the request: it is forwarded without checking a token".to_owned());
            }
            let route = asked.route?;
            let is_guarded = !route.authorization().is_open();
            let is_preflight = is_guarded && asked.rejection.is_none() && !asked.is_verified;
            let passes = if is_preflight { "; a CORS preflight passes without" } else { "" };
            format!("`{}`: {}{passes}", route.key(), asks(route))
        }
        DecisionStage::IdentitySource => asked.authorizer.identity_source().to_string(),
        DecisionStage::Algorithm => shown_or(sent.in_header("alg"), "none"),
        DecisionStage::Issuer => shown_or(sent.text("iss"), "none"),
        DecisionStage::Key => shown_or(sent.in_header("kid"), "none"),
        DecisionStage::Time => time(asked)?,
        DecisionStage::Subject => shown_or(sent.text("sub"), "none"),
        DecisionStage::TokenUse => shown_or(sent.text("token_use"), "none"),
        DecisionStage::AppClient => shown_or(asked.checked_app_client().as_deref(), "none"),
        DecisionStage::Scopes => match &*asked.sent_scopes() {
            [] => "the token has none".to_owned(),
            scopes => {
                format!("the token has {}", scopes.iter().map(|scope| shown(scope)).collect::<Vec<_>>().join(", "))
            }
        },
        // Only code can add a revocation check, so the command has none.
        DecisionStage::Revocation => "checked by the service, if it has a revocation check".to_owned(),
        _ => return None,
    })
}

fn time(asked: &ExplainedRequest<'_>) -> Option<String> {
    let now = asked.now.as_secs();
    let begins = match asked.rejection.map(|rejection| rejection.kind()) {
        Some(RejectionKind::NotYetValid) => asked.sent.time("nbf"),
        Some(RejectionKind::IssuedInFuture) => asked.sent.time("iat"),
        _ => None,
    };
    if let Some(begins) = begins {
        return Some(format!("the token is valid in {} by this clock", duration(begins.saturating_sub(now))));
    }
    let expires_at = asked.sent.time("exp")?;
    Some(match expires_at.checked_sub(now) {
        Some(left @ 1..) => format!("the token expires in {}", duration(left)),
        _ => format!("the token expired {} ago", duration(now.saturating_sub(expires_at))),
    })
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
