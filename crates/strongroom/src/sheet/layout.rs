//! Lines of text and a square of modules, each at its place on a page, in millimetres from the top left corner.

use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

/// The page: A4, which a printer of letter paper shrinks by a little.
pub(super) const PAGE_WIDTH: f32 = 210.0;
/// Its height.
pub(super) const PAGE_HEIGHT: f32 = 297.0;
/// The space at the edges.
const MARGIN: f32 = 22.0;
/// Millimetres of a point, the printers' unit of type.
pub(super) const MM_PER_POINT: f32 = 25.4 / 72.0;
/// How far lines are apart, in their own size.
const LEADING: f32 = 1.45;
/// White modules that a reader of QR codes needs on each side.
const QUIET_ZONE: f32 = 4.0;

/// Which of three typefaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typeface {
    Plain,
    Bold,
    Mono,
}

/// A line of text, its baseline at `y`.
pub(super) struct Line {
    pub(super) typeface: Typeface,
    /// In points.
    pub(super) size: f32,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) text: Zeroizing<String>,
}

/// A QR code: which of its modules are dark, row by row.
pub(super) struct Square {
    pub(super) x: f32,
    pub(super) y: f32,
    /// Of one module.
    pub(super) side: f32,
    pub(super) modules: Zeroizing<Vec<Vec<bool>>>,
}

/// What stands where.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) lines: Vec<Line>,
    pub(super) squares: Vec<Square>,
    used: f32,
}

impl Layout {
    /// Puts a line below what stands there.
    pub(super) fn text(&mut self, typeface: Typeface, size: f32, text: &str) {
        self.used += size * MM_PER_POINT * LEADING;
        let text = Zeroizing::new(text.to_owned());
        self.lines.push(Line { typeface, size, x: MARGIN, y: MARGIN + self.used, text });
    }

    /// Leaves space below what stands there.
    pub(super) fn space(&mut self, millimetres: f32) {
        self.used += millimetres;
    }

    /// Puts a QR code of a text below what stands there. One that is too long for any gets none.
    pub(super) fn square(&mut self, text: &str, millimetres: f32) {
        let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::Q) else { return };
        let width = code.width();
        let colors = code.to_colors();
        let rows = colors.chunks(width.max(1));
        let modules = rows.map(|row| row.iter().map(|color| *color == Color::Dark).collect()).collect();
        // A code has 177 modules at most.
        let side = millimetres / (f32::from(u16::try_from(width).unwrap_or(u16::MAX)) + 2.0 * QUIET_ZONE);
        let quiet = side * QUIET_ZONE;
        let (x, y) = (MARGIN, MARGIN + self.used + quiet);
        self.squares.push(Square { x, y, side, modules: Zeroizing::new(modules) });
        self.used += millimetres;
    }
}

impl Square {
    /// Runs of dark modules: their left edge, top edge and width.
    pub(super) fn runs(&self) -> Vec<(f32, f32, f32)> {
        let mut runs = Vec::new();
        let mut y = self.y;
        for row in self.modules.iter() {
            let mut x = self.x;
            for run in row.chunk_by(|left, right| left == right) {
                let width = self.side * f32::from(u16::try_from(run.len()).unwrap_or(u16::MAX));
                if run.first() == Some(&true) {
                    runs.push((x, y, width));
                }
                x += width;
            }
            y += self.side;
        }
        runs
    }
}
