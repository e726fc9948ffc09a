//! Real servers behind the layer: thousands of paths and methods for each layout of open and guarded routes.
//!
//! `.ci/path-confusion` installs the servers and runs this. A guarded handler that answers although its rule was not met is
//! a failure, and so is a server whose wrong setting shows no bypass.

use std::{path::PathBuf, process::ExitCode};

mod client;
mod downstream;
mod forwarder;
mod http2;
mod layout;
mod requests;
mod run;
mod table;
mod tokens;
mod witnesses;

use downstream::{Folders, Server, list::servers};
use layout::LAYOUTS;
use run::{Extent, Guard, Guarded, Tally};

/// Printed of each line of the report; the rest is counted.
const SHOWN_BYPASSES: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|own| own == name).and_then(|place| arguments.get(place + 1));
    if let Some(unknown) = unknown_option(&arguments) {
        eprintln!("`{unknown}`: expected --all, --server NAME, --requests N or --seed N");
        return ExitCode::from(2);
    }
    let is_all = arguments.iter().any(|own| own == "--all");
    let extent = Extent {
        requests: value("--requests").and_then(|text| text.parse().ok()).unwrap_or(if is_all { 2_000 } else { 600 }),
        orders: if is_all { 4 } else { 2 },
        seed: value("--seed").and_then(|text| text.parse().ok()).unwrap_or(1),
    };
    let folders = Folders {
        installed: value("--installed").map_or_else(|| PathBuf::from("target/path-confusion"), PathBuf::from),
        sources: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
        scratch: value("--scratch").map_or_else(std::env::temp_dir, PathBuf::from),
    };
    let folders = folders.absolute();
    let guard = Guard::new();
    // Witnesses come from all servers together.
    let mut guarded = value("--server").is_none().then(Vec::new);
    let (mut passed, mut failed) = (0, 0);
    for server in servers() {
        let is_meant = value("--server").is_none_or(|name| server.name.contains(name.as_str()));
        if !is_meant || !is_all && !server.is_quick {
            continue;
        }
        let (well, badly) = try_server(&server, extent, &guard, &folders, guarded.as_mut()).await;
        passed += well;
        failed += badly;
    }
    if let Some(guarded) = guarded {
        let (well, badly) = witnesses::find(guarded);
        passed += well;
        failed += badly;
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn unknown_option(arguments: &[String]) -> Option<&String> {
    const WITH_VALUE: [&str; 5] = ["--installed", "--scratch", "--server", "--requests", "--seed"];
    let is_value = |place: usize| place > 0 && WITH_VALUE.contains(&arguments[place - 1].as_str());
    let is_known = |place: usize, text: &str| text == "--all" || WITH_VALUE.contains(&text) || is_value(place);
    arguments.iter().enumerate().find(|(place, text)| !is_known(*place, text)).map(|(_, text)| text)
}

/// How many layouts, and wrong settings, passed and failed.
async fn try_server(
    server: &Server,
    extent: Extent,
    guard: &Guard,
    folders: &Folders,
    mut guarded: Option<&mut Vec<Guarded>>,
) -> (usize, usize) {
    let own = run::folder(server, folders);
    let layouts: Vec<_> = LAYOUTS.iter().collect();
    let (sites, running) = match server.start(&layouts, extent.orders, &own).await {
        Ok(started) => started,
        Err(reason) => {
            println!("FAILED {} ({}): {reason}", server.name, server.setting);
            return (0, 1);
        }
    };
    let (mut passed, mut failed) = (0, 0);
    for layout in layouts {
        let mut tally = Tally::default();
        let mut faults = Vec::new();
        let own: Vec<_> = sites.iter().filter(|site| site.layout.name == layout.name).collect();
        if own.is_empty() {
            continue;
        }
        for site in own {
            faults.extend(run::check(server, site).await.err());
            let attempts = run::attempts(server, site, extent);
            run::through_layer(server, site, server.reading, guard, &attempts, &mut tally).await;
            if let Some(guarded) = guarded.as_deref_mut() {
                guarded.extend(run::directly(server, site, &attempts).await);
            }
        }
        if tally.let_through == 0 {
            faults.push("nothing is let through".to_owned());
        }
        let holds = tally.bypasses.is_empty() && faults.is_empty();
        println!(
            "{} {} ({}; {}), {}: {} sent, {} let through, {} guarded answered",
            if holds { "ok    " } else { "FAILED" },
            server.name,
            server.setting,
            server.reading,
            layout.name,
            tally.sent,
            tally.let_through,
            tally.bypasses.len(),
        );
        faults.iter().for_each(|fault| println!("       {fault}"));
        for (order, bypass) in tally.bypasses.iter().take(SHOWN_BYPASSES) {
            let token = if bypass.has_token { "with the token of rule A" } else { "without a token" };
            let key = layout.key(bypass.route);
            println!("       {order:?}: `{}` {token} is answered by `{key}`", bypass.attempt);
        }
        if holds { passed += 1 } else { failed += 1 }
    }
    if let Some(wrong) = server.wrong {
        let mut found = None;
        for site in &sites {
            let mut tally = Tally::default();
            let attempts = run::attempts(server, site, extent);
            run::through_layer(server, site, wrong, guard, &attempts, &mut tally).await;
            if let Some((order, bypass)) = tally.bypasses.into_iter().next() {
                found = Some((site.layout, order, bypass));
                break;
            }
        }
        match found {
            Some((layout, order, bypass)) => {
                let key = layout.key(bypass.route);
                println!(
                    "ok     {} ({}; wrong setting: {wrong}), {}, {order:?}: `{}` is answered by `{key}`",
                    server.name, server.setting, layout.name, bypass.attempt
                );
                passed += 1;
            }
            None => {
                println!("FAILED {} ({}; wrong setting: {wrong}): no bypass found", server.name, server.setting);
                failed += 1;
            }
        }
    }
    running.end().await;
    (passed, failed)
}
