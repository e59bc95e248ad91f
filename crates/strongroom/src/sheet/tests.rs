use super::*;
use std::os::unix::fs::PermissionsExt as _;
use strongroom_crypto::ChaChaRng;
use strongroom_protocol::ids::{FleetId, VaultId};

fn sheet_of(backup: &str) -> (Sheet, RecoveryCode) {
    let code = RecoveryCode::random(&mut ChaChaRng::from_seed([5; 32]));
    let locator = Locator::new(FleetId::new([0xab; 32]), VaultId::new([0xcd; 32]), SlotNumber::FIRST, &[]);
    (Sheet::new(&code, &locator, SlotNumber::new(2).unwrap(), backup), code)
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[test]
fn both_forms_hold_the_code_and_which_vault_it_is_for() {
    let (sheet, code) = sheet_of("/mnt/backup");
    for drawn in [text(&sheet.to_svg()), text(&sheet.to_pdf())] {
        for group in code.to_text().split(' ') {
            assert!(drawn.contains(group), "{group} is missing");
        }
        assert!(drawn.contains("cdcdcdcd") && drawn.contains(&"ab".repeat(32)));
        assert!(drawn.contains("/mnt/backup") && drawn.contains(&today()));
        assert!(!drawn.contains(&"cd".repeat(5)), "more of the vault id than is meant");
    }
}

#[test]
fn what_a_person_called_the_backup_is_text_and_nothing_else() {
    let (sheet, _) = sheet_of("</text><script>alert(1)</script>\u{7}) Tj (\u{1f600}");
    let svg = text(&sheet.to_svg());
    assert!(!svg.contains("<script>") && svg.contains("&lt;script"), "{svg}");
    assert!(!text(&sheet.to_pdf()).contains("\u{7}) Tj ("));
}

#[test]
fn all_lines_are_on_the_page() {
    let layout = sheet_of(&"x".repeat(400)).0.layout();
    assert!(layout.lines.iter().all(|line| line.y < layout::PAGE_HEIGHT - 15.0));
    // The widest face is a little more than half as wide as it is high.
    for line in &layout.lines {
        let width = f32::from(u16::try_from(line.text.len()).unwrap()) * line.size * layout::MM_PER_POINT;
        let factor = if line.typeface == Typeface::Mono { 0.6 } else { 0.5 };
        assert!(line.x + width * factor < layout::PAGE_WIDTH - 10.0, "{} is too wide", line.text.len());
    }
}

#[test]
fn a_sheet_is_its_owners_alone_and_writes_over_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (sheet, _) = sheet_of("backup");
    for name in ["code.pdf", "code.SVG"] {
        let path = SheetFile::create(&folder.path().join(name)).unwrap().write(&sheet).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(SheetFile::create(&path).unwrap_err().to_string().contains("not written over"));
    }
    assert!(SheetFile::create(&folder.path().join("code.txt")).is_err());
    // What was begun and given up leaves nothing.
    drop(SheetFile::create(&folder.path().join("other.pdf")).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
