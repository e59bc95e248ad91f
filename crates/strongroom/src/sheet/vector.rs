//! The sheet as SVG.

use super::layout::{Layout, Line, MM_PER_POINT, PAGE_HEIGHT, PAGE_WIDTH, Square, Typeface};
use svg::{
    Document,
    node::element::{Path, Rectangle, Text, Title, path::Data},
};
use zeroize::Zeroizing;

pub(super) fn draw(layout: &Layout) -> Zeroizing<Vec<u8>> {
    let mut document = Document::new()
        .set("width", format!("{PAGE_WIDTH}mm"))
        .set("height", format!("{PAGE_HEIGHT}mm"))
        .set("viewBox", (0, 0, PAGE_WIDTH, PAGE_HEIGHT))
        .add(Title::new("Recovery code"))
        .add(Rectangle::new().set("width", PAGE_WIDTH).set("height", PAGE_HEIGHT).set("fill", "white"));
    for line in &layout.lines {
        document = document.add(text(line));
    }
    for square in &layout.squares {
        document = document.add(path(square));
    }
    Zeroizing::new(document.to_string().into_bytes())
}

fn text(line: &Line) -> Text {
    let (family, weight) = match line.typeface {
        Typeface::Plain => ("Helvetica, Arial, sans-serif", "normal"),
        Typeface::Bold => ("Helvetica, Arial, sans-serif", "bold"),
        Typeface::Mono => ("Courier, 'Courier New', monospace", "bold"),
    };
    Text::new(printable(&line.text))
        .set("x", line.x)
        .set("y", line.y)
        .set("font-family", family)
        .set("font-weight", weight)
        .set("font-size", line.size * MM_PER_POINT)
}

fn path(square: &Square) -> Path {
    let mut data = Data::new();
    for (x, y, width) in square.runs() {
        data = data
            .move_to((x, y))
            .horizontal_line_by(width)
            .vertical_line_by(square.side)
            .horizontal_line_by(-width)
            .close();
    }
    Path::new().set("d", data).set("fill", "black")
}

/// The text without what XML cannot hold, and with spaces that it keeps apart.
fn printable(text: &str) -> String {
    let text: String =
        text.chars().map(|character| if character.is_control() { '?' } else { character }).collect();
    text.replace("  ", " \u{a0}")
}
