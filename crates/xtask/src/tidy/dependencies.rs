//! Dependencies: arrows go down only, and the trusted crates stay small.
//!
//! The table is that of `ARCHITECTURE.md`. What is asked of cargo is what it would build: the
//! graph of the whole workspace for who links whom, and the tree of the HSM alone for what the
//! HSM links, because features of other packages do not reach it when it is built by itself.

use super::{Finding, TidyError, tree::text_of, workspace_root};
use cargo_metadata::{Metadata, MetadataCommand, PackageId};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    process::Command,
};

/// What each crate of the workspace may use of the others, in tests and builds too.
const TABLE: [(&str, &[&str]); 13] = [
    ("strongroom-protocol", &[]),
    ("strongroom-crypto", &["strongroom-protocol"]),
    ("strongroom-hsm", &["strongroom-protocol", "strongroom-crypto"]),
    ("strongroom-trust", &["strongroom-protocol", "strongroom-crypto"]),
    ("strongroom-host", &["strongroom-protocol"]),
    ("strongroom-auditor", &["strongroom-protocol", "strongroom-crypto", "strongroom-trust"]),
    ("strongroom-client", &["strongroom-protocol", "strongroom-crypto", "strongroom-trust"]),
    (
        "strongroom",
        &[
            "strongroom-protocol",
            "strongroom-crypto",
            "strongroom-trust",
            "strongroom-client",
            "strongroom-host",
            "strongroom-auditor",
        ],
    ),
    (
        "strongroom-fuzz",
        &[
            "strongroom-protocol",
            "strongroom-crypto",
            "strongroom-hsm",
            "strongroom-trust",
            "strongroom-auditor",
            "strongroom-host",
            "strongroom-client",
        ],
    ),
    (
        "strongroom-sim",
        &[
            "strongroom-protocol",
            "strongroom-crypto",
            "strongroom-hsm",
            "strongroom-trust",
            "strongroom-client",
        ],
    ),
    (
        "strongroom-web",
        &["strongroom-protocol", "strongroom-crypto", "strongroom-trust", "strongroom-client"],
    ),
    ("strongroom-model", &["strongroom-protocol", "strongroom-crypto", "strongroom-hsm"]),
    ("xtask", &[]),
];

/// What a crate must not link, by whatever way.
const NEVER: [(&str, &[&str]); 6] = [
    ("strongroom-host", &["strongroom-hsm", "strongroom-crypto", "opaque-ke", "raft"]),
    ("strongroom-client", &["strongroom-hsm", "strongroom-host", "raft"]),
    ("strongroom", &["strongroom-hsm", "raft"]),
    (
        "strongroom-trust",
        &["strongroom-hsm", "raft", "tokio", "async-std", "smol", "async-io", "hyper", "futures-executor"],
    ),
    ("strongroom-protocol", &["tokio", "rand", "getrandom"]),
    ("strongroom-crypto", &["tokio", "hyper"]),
];

/// What the HSM's own build must not hold: it stretches no password and awaits nothing.
const NEVER_IN_HSM: [&str; 6] = ["argon2", "tokio", "hyper", "serde_json", "rustls", "openssl"];

/// Crates that know neither files nor threads nor clocks.
const NO_STD: [&str; 2] = ["strongroom-protocol", "strongroom-crypto"];

/// Checks who links whom.
///
/// # Errors
/// Cargo does not say, or a file could not be read.
pub fn check(root: &Path) -> Result<Vec<Finding>, TidyError> {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .other_options(["--filter-platform".into(), platform])
        .exec()?;
    let mut findings = Vec::new();
    check_arrows(&metadata, root, &mut findings);
    check_never(&metadata, root, &mut findings);
    for crate_name in NO_STD {
        check_no_std(root, crate_name, &mut findings)?;
    }
    for features in [&["--no-default-features"][..], &[]] {
        check_hsm(features, root, &mut findings)?;
    }
    Ok(findings)
}

fn check_arrows(metadata: &Metadata, root: &Path, findings: &mut Vec<Finding>) {
    let own: BTreeSet<String> =
        metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    for package in metadata.workspace_packages() {
        let name = package.name.to_string();
        let manifest = relative(root, package.manifest_path.as_std_path());
        let Some((_, allowed)) = TABLE.iter().find(|(known, _)| *known == name) else {
            let what =
                format!("{name} stands in no row of the table of dependencies (xtask, tidy/dependencies.rs)");
            findings.push(Finding::new(&manifest, 0, what));
            continue;
        };
        let upward = package
            .dependencies
            .iter()
            .filter(|used| own.contains(&used.name) && !allowed.contains(&used.name.as_str()));
        for used in upward {
            let line = line_of(root, &manifest, &used.name);
            let what = format!("{name} must not use {} ({:?} dependency)", used.name, used.kind);
            findings.push(Finding::new(&manifest, line, what));
        }
    }
}

fn check_never(metadata: &Metadata, root: &Path, findings: &mut Vec<Finding>) {
    let names: BTreeMap<&PackageId, String> =
        metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    for (name, never) in NEVER {
        let Some(package) =
            metadata.workspace_packages().into_iter().find(|package| package.name.as_str() == name)
        else {
            continue;
        };
        let manifest = relative(root, package.manifest_path.as_std_path());
        for (linked, way) in linked(metadata, &package.id, &names) {
            if never.contains(&linked.as_str()) {
                findings.push(Finding::new(
                    &manifest,
                    0,
                    format!("{name} must not link {linked}, and does by way of {way}"),
                ));
            }
        }
    }
}

/// What a package links, tests and build scripts left out, each with the way by which it does.
fn linked(
    metadata: &Metadata,
    from: &PackageId,
    names: &BTreeMap<&PackageId, String>,
) -> BTreeMap<String, String> {
    use cargo_metadata::DependencyKind::Normal;
    let nodes: BTreeMap<_, _> =
        metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| (&node.id, node)).collect();
    let mut ways = BTreeMap::new();
    let mut met = BTreeSet::from([from]);
    let mut open = VecDeque::from([(from, String::new())]);
    while let Some((id, way)) = open.pop_front() {
        let Some(node) = nodes.get(id) else { continue };
        for used in node.deps.iter().filter(|used| used.dep_kinds.iter().any(|kind| kind.kind == Normal)) {
            if !met.insert(&used.pkg) {
                continue;
            }
            let name = names.get(&used.pkg).cloned().unwrap_or_default();
            let way = if way.is_empty() { name.clone() } else { format!("{way} > {name}") };
            open.push_back((&used.pkg, way.clone()));
            ways.entry(name).or_insert(way);
        }
    }
    ways
}

fn check_no_std(root: &Path, crate_name: &str, findings: &mut Vec<Finding>) -> Result<(), TidyError> {
    let file = text_of(root, &format!("crates/{crate_name}/src/lib.rs"))?;
    if !file.text.lines().any(|line| line == "#![no_std]") {
        findings.push(Finding::new(&file.path, 1, format!("{crate_name} must be `#![no_std]`")));
    }
    Ok(())
}

fn check_hsm(features: &[&str], root: &Path, findings: &mut Vec<Finding>) -> Result<(), TidyError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["tree", "--package", "strongroom-hsm", "--edges", "normal", "--prefix", "none"];
    let output = Command::new(cargo).args(arguments).args(features).current_dir(root).output();
    let output = output.map_err(|cause| TidyError::Tree(cause.to_string()))?;
    if !output.status.success() {
        return Err(TidyError::Tree(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let drawn = String::from_utf8_lossy(&output.stdout).into_owned();
    let linked: BTreeSet<&str> = drawn.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let manifest = Path::new("crates/strongroom-hsm/Cargo.toml");
    let built = if features.is_empty() {
        "the HSM program".into()
    } else {
        format!("the HSM with {}", features.join(" "))
    };
    for never in NEVER_IN_HSM.iter().filter(|never| linked.contains(**never)) {
        findings.push(Finding::new(
            manifest,
            0,
            format!("{built} must not link {never} (see `cargo {}`)", arguments.join(" ")),
        ));
    }
    Ok(())
}

fn line_of(root: &Path, manifest: &Path, name: &str) -> usize {
    let text = std::fs::read_to_string(root.join(manifest)).unwrap_or_default();
    text.lines().position(|line| line.starts_with(name)).map_or(0, |at| at.saturating_add(1))
}

fn relative(root: &Path, path: &Path) -> std::path::PathBuf {
    let whole = workspace_root();
    path.strip_prefix(root).or_else(|_| path.strip_prefix(&whole)).unwrap_or(path).into()
}
