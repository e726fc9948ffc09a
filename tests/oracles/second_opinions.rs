//! Thousands of tokens, and what others make of them: `jsonwebtoken` in each run, and aws-jwt-verify and jose, which
//! `.ci/second-opinions` installs.
//!
//! Where they do not agree with the layer, `src/docs/second_opinions.md` says who accepts, who refuses, and why. A
//! disagreement that the page does not have fails, and so does a row of the page that does not occur.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env, fmt,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use cognito_authorizer::{
    Authorizer, AuthorizerLayer,
    clock::{ManualClock, UnixTime},
    token::RawToken,
};
use http::HeaderValue;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, get_current_timestamp, jwk::JwkSet};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{
    corpus::{self, Base, SCOPE, Situation, Spoil},
    keys::{Answer, ScriptedKeys},
    requests::{denied, reason},
    tokens::*,
};

const PAGE: &str = include_str!("../../src/docs/second_opinions.md");
const BEHAVIOUR: &str = include_str!("../../src/docs/behaviour.md");
const SEED: u64 = 7_519;

fn issuers() -> [String; 2] {
    [ISSUER.to_owned(), ISSUER.replace("cognito-idp", "issuer-cognito-idp")]
}

/// The document that everybody has. Two of its keys are for algorithms that Cognito does not sign with.
fn published() -> String {
    jwk_set([&*ID_KEY, &*ACCESS_KEY, &*RS384_KEY, &*RS512_KEY])
}

/// A token, and where it comes from.
struct Case<'c> {
    base: &'c Base,
    spoil: &'c Spoil,
    token: String,
}

/// Whether a token is accepted: by this crate, `jsonwebtoken`, and, where they were asked, aws-jwt-verify and jose.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdicts(Vec<bool>);

impl Verdicts {
    fn is_unanimous(&self) -> bool {
        self.0.iter().all(|verdict| *verdict == self.0[0])
    }
}

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|accepts| if *accepts { "accepts" } else { "refuses" }).collect();
        f.write_str(&words.join(" | "))
    }
}

/// A class of tokens, and their kind.
type Class = (String, &'static str);

/// Our own verdict.
struct Ours {
    authorizer: Authorizer,
    access: AuthorizerLayer,
    id: AuthorizerLayer,
}

impl Ours {
    async fn new(now: u64) -> Self {
        let keys = ScriptedKeys::new();
        for issuer in issuers() {
            keys.set(&issuer, Answer::Document(published()));
        }
        let builder = Authorizer::for_user_pool(POOL_ID).app_clients([CLIENT_ID]);
        let authorizer = builder.key_source(keys).clock(ManualClock::new(UnixTime::from_secs(now))).build().unwrap();
        authorizer.hydrate().await.unwrap();
        Self { access: authorizer.layer().scopes([SCOPE]).unwrap(), id: authorizer.layer(), authorizer }
    }

    async fn accepts(&self, kind: &str, token: &str) -> bool {
        if HeaderValue::from_str(token).is_ok() {
            return reason(if kind == "id" { &self.id } else { &self.access }, token).await.is_none();
        }
        // What no header can hold is asked about without one.
        denied(self.authorizer.verify(RawToken::new(token))).is_none()
    }
}

/// `jsonwebtoken`, as strict as it can be told to be, and the checks that a careful service adds.
struct Theirs {
    keys: HashMap<String, DecodingKey>,
}

#[derive(Deserialize)]
struct AccessClaims {
    token_use: String,
    client_id: String,
    scope: String,
}

#[derive(Deserialize)]
struct IdClaims {
    token_use: String,
}

impl Theirs {
    fn new() -> Self {
        let set: JwkSet = serde_json::from_str(&published()).unwrap();
        let key = |jwk| DecodingKey::from_jwk(jwk).unwrap();
        Self { keys: set.keys.iter().map(|jwk| (jwk.common.key_id.clone().unwrap(), key(jwk))).collect() }
    }

    fn accepts(&self, kind: &str, token: &str) -> bool {
        let kid = decode_header(token).ok().and_then(|header| header.kid);
        let Some(key) = kid.and_then(|kid| self.keys.get(&kid)) else { return false };
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.set_issuer(&issuers());
        if kind == "id" {
            validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
            validation.set_audience(&[CLIENT_ID]);
            decode::<IdClaims>(token, key, &validation).is_ok_and(|token| token.claims.token_use == "id")
        } else {
            validation.set_required_spec_claims(&["exp", "iss", "sub"]);
            validation.validate_aud = false;
            decode::<AccessClaims>(token, key, &validation).is_ok_and(|token| {
                let AccessClaims { token_use, client_id, scope } = token.claims;
                token_use == "access" && client_id == CLIENT_ID && scope.split(' ').any(|scope| scope == SCOPE)
            })
        }
    }

    /// It goes by the clock of the machine: where the second matters, the token is made anew for this one.
    fn accepts_case(&self, case: &Case<'_>) -> bool {
        if !case.spoil.is_about_time {
            return self.accepts(case.base.kind, &case.token);
        }
        loop {
            let now = get_current_timestamp();
            let base = corpus::bases(now).into_iter().find(|base| base.kind == case.base.kind).unwrap();
            let mut situation = Situation { now, random: fastrand::Rng::with_seed(SEED) };
            let verdict = self.accepts(base.kind, &case.spoil.token(&base, &mut situation));
            if get_current_timestamp() == now {
                return verdict;
            }
        }
    }
}

fn cases<'c>(now: u64, bases: &'c [Base], spoils: &'c [Spoil]) -> Vec<Case<'c>> {
    let mut situation = Situation { now, random: fastrand::Rng::with_seed(SEED) };
    let mut cases = Vec::new();
    for spoil in spoils {
        for base in bases {
            cases.push(Case { base, spoil, token: spoil.token(base, &mut situation) });
        }
    }
    cases
}

/// One verdict for each class: tokens that were spoiled alike are judged alike.
fn by_class(cases: &[Case<'_>], verdicts: Vec<Verdicts>) -> BTreeMap<Class, Verdicts> {
    let mut classes = BTreeMap::<Class, Verdicts>::new();
    for (case, verdicts) in cases.iter().zip(verdicts) {
        let class = (plain(&case.spoil.class), case.base.kind);
        let known = classes.entry(class).or_insert_with(|| verdicts.clone());
        assert_eq!(
            *known, verdicts,
            "{} ({}) is more than one class: {}",
            case.spoil.class, case.base.kind, case.token
        );
    }
    classes
}

/// The rows of the page, one for each class that they name.
fn page() -> BTreeMap<Class, Verdicts> {
    let mut rows = BTreeMap::new();
    for line in PAGE.lines().filter_map(|line| line.strip_prefix("| ")) {
        let cells: Vec<&str> = line.trim_end_matches(" |").split(" | ").collect();
        let [class, kind, verdicts @ .., why] = &cells[..] else { panic!("a row of fewer cells: {line}") };
        if *kind == "tokens" {
            continue;
        }
        let verdicts: Vec<bool> = verdicts.iter().map(|verdict| accepts(verdict)).collect();
        assert_eq!(verdicts.len(), 4, "{line}");
        let verdicts = Verdicts(verdicts);
        assert!(!verdicts.is_unanimous(), "not a disagreement: {line}");
        assert!(!verdicts.0[0] || verdicts.0[1..].contains(&true), "nobody else accepts it: {line}");
        let cites = ["§", "RFC ", "T-"].iter().any(|source| why.contains(source));
        assert!(cites, "neither a row of the behaviour nor an attack nor an RFC is named: {line}");
        for row in rows_cited(why) {
            assert!(BEHAVIOUR.contains(&format!("\n| {row} |")), "there is no row {row}: {line}");
        }
        let kinds: &[&'static str] = match *kind {
            "access" => &["access"],
            "ID" => &["id"],
            "both" => &["access", "id"],
            _ => panic!("{line}"),
        };
        let (group, members) = class.split_once(": ").unwrap();
        for member in members.split(" / ") {
            for kind in kinds {
                let former = rows.insert((plain(&format!("{group}: {member}")), *kind), verdicts.clone());
                assert!(former.is_none(), "{group}: {member} ({kind}) stands twice");
            }
        }
    }
    rows
}

/// The rows of the behaviour that are named; a section of an RFC is none.
fn rows_cited(why: &str) -> Vec<&str> {
    let words: Vec<&str> = why.split([' ', '(', ')']).collect();
    let is_of_rfc = |place: usize| place >= 2 && words[place - 2] == "RFC";
    let cited = words.iter().enumerate().filter(|(place, _)| !is_of_rfc(*place));
    cited.filter_map(|(_, word)| Some(word.strip_prefix('§')?.trim_end_matches([',', ':', ';', '.']))).collect()
}

/// Without what makes it code to look at.
fn plain(class: &str) -> String {
    class.replace('`', "")
}

fn accepts(verdict: &str) -> bool {
    match verdict {
        "accepts" => true,
        "refuses" => false,
        _ => panic!("{verdict} is no verdict"),
    }
}

/// Both ways: what is found and not on the page, and what is on the page and not found.
fn compare(found: &BTreeMap<Class, Verdicts>, page: &BTreeMap<Class, Verdicts>) {
    let line = |((class, kind), verdicts): (&Class, &Verdicts)| format!("| {class} | {kind} | {verdicts} |");
    let found: BTreeSet<String> = found.iter().filter(|(_, verdicts)| !verdicts.is_unanimous()).map(line).collect();
    let page: BTreeSet<String> = page.iter().filter(|(_, verdicts)| !verdicts.is_unanimous()).map(line).collect();
    let missing: Vec<&String> = found.difference(&page).collect();
    let outdated: Vec<&String> = page.difference(&found).collect();
    assert!(
        missing.is_empty() && outdated.is_empty(),
        "the page lacks {missing:#?}\nand has, but nobody disagrees so: {outdated:#?}"
    );
}

async fn verdicts(now: u64, cases: &[Case<'_>]) -> Vec<Verdicts> {
    let (ours, theirs) = (Ours::new(now).await, Theirs::new());
    let mut verdicts = Vec::new();
    for case in cases {
        let ours = ours.accepts(case.base.kind, &case.token).await;
        verdicts.push(Verdicts(vec![ours, theirs.accepts_case(case)]));
    }
    verdicts
}

#[tokio::test]
async fn jsonwebtoken_disagrees_only_where_the_page_says_so() {
    let now = get_current_timestamp();
    let (bases, spoils) = (corpus::bases(now), corpus::spoils());
    let names: BTreeSet<&str> = spoils.iter().map(|spoil| &*spoil.class).collect();
    assert_eq!(names.len(), spoils.len(), "two spoils of one name");
    let cases = cases(now, &bases, &spoils);
    let verdicts = verdicts(now, &cases).await;
    let accepted = verdicts.iter().filter(|verdicts| verdicts.0[0]).count();
    assert!(cases.len() >= 5_000, "{} tokens", cases.len());
    assert!((500..cases.len() / 2).contains(&accepted), "{accepted} of {} are accepted", cases.len());
    let classes = by_class(&cases, verdicts);
    for kind in ["access", "id"] {
        assert_eq!(classes[&("nothing".to_owned(), kind)].to_string(), "accepts | accepts", "{kind}");
    }
    let of_two = page().into_iter().map(|(class, verdicts)| (class, Verdicts(verdicts.0[..2].to_vec())));
    compare(&classes, &of_two.collect());
}

#[tokio::test]
#[ignore = "needs aws-jwt-verify and jose: .ci/second-opinions"]
async fn the_others_disagree_only_where_the_page_says_so() {
    let now = get_current_timestamp();
    let (bases, spoils) = (corpus::bases(now), corpus::spoils());
    let cases = cases(now, &bases, &spoils);
    let mut verdicts = verdicts(now, &cases).await;
    let jwks: Value = serde_json::from_str(&published()).unwrap();
    let tokens: Value = cases.iter().map(|case| json!({"kind": case.base.kind, "token": case.token})).collect();
    let asked = json!({
        "now": now, "userPoolId": POOL_ID, "issuers": issuers(), "clientId": CLIENT_ID, "scope": SCOPE, "jwks": jwks,
        "tokens": tokens,
    });
    let others: Vec<[Option<String>; 2]> = serde_json::from_str(&node(&asked.to_string())).unwrap();
    assert_eq!(others.len(), cases.len());
    for ((case, verdicts), others) in cases.iter().zip(&mut verdicts).zip(others) {
        verdicts.0.extend(others.iter().map(Option::is_none));
        let is_alone = verdicts.0[0] && !verdicts.0[1..].contains(&true);
        assert!(!is_alone, "nobody else accepts {} ({}): {}", case.spoil.class, case.base.kind, case.token);
    }
    compare(&by_class(&cases, verdicts), &page());
}

/// What the program of the others prints.
fn node(input: &str) -> String {
    let folder = env::var_os("SECOND_OPINIONS").expect("SECOND_OPINIONS: run .ci/second-opinions");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/second_opinions/verify.mjs");
    let mut node = Command::new("node");
    node.arg(program).env("SECOND_OPINIONS", folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = node.spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "node failed");
    String::from_utf8(output.stdout).unwrap()
}
