//! How long it takes to verify a delivery unit: two fleets, two witnesses, a log of 1,000 leaves.

#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use std::{hint::black_box, path::Path};
use strongroom_trust::{ClaimedDelivery, ClaimedEpochs, DeviceView, TrustRoot, verify_delivery};

fn delivery(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust");
    let unit = std::fs::read(folder.join("units/golden.txt")).unwrap();
    let root = TrustRoot::told(&std::fs::read(folder.join("roots/quorum-2.txt")).unwrap()).unwrap();
    let device = DeviceView {
        clock: "2026-11-28T12:00:00Z".parse().unwrap(),
        build: "2026-06-01T00:00:00Z".parse().unwrap(),
        epochs: ClaimedEpochs::default(),
        memory: None,
        consistency: None,
    };
    let name = format!("verify a delivery unit of {} bytes", unit.len());
    criterion.bench_function(&name, |bencher| {
        bencher.iter(|| {
            let claimed = ClaimedDelivery::parse(black_box(&unit)).unwrap();
            verify_delivery(claimed, &root, &device).unwrap()
        });
    });
}

criterion_group!(benches, delivery);
criterion_main!(benches);
