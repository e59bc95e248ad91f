//! The sheet as PDF. The fonts are those that every reader of PDF has, so none is embedded.

use super::layout::{Layout, Line, MM_PER_POINT, PAGE_HEIGHT, PAGE_WIDTH, Square, Typeface};
use pdf_writer::{Content, Name, Pdf, Rect, Ref, Str, TextStr};
use zeroize::Zeroizing;

const FACES: [(Typeface, Name<'static>, Name<'static>); 3] = [
    (Typeface::Plain, Name(b"Plain"), Name(b"Helvetica")),
    (Typeface::Bold, Name(b"Bold"), Name(b"Helvetica-Bold")),
    (Typeface::Mono, Name(b"Mono"), Name(b"Courier-Bold")),
];
const ENCODING: Name<'static> = Name(b"WinAnsiEncoding");

pub(super) fn draw(layout: &Layout) -> Zeroizing<Vec<u8>> {
    let [catalog, pages, page, contents, information] = [1, 2, 3, 4, 5].map(Ref::new);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    pdf.document_info(information).title(TextStr("Recovery code"));
    let mut sheet = pdf.page(page);
    sheet.media_box(Rect::new(0.0, 0.0, points(PAGE_WIDTH), points(PAGE_HEIGHT)));
    sheet.parent(pages).contents(contents);
    let mut resources = sheet.resources();
    let mut fonts = resources.fonts();
    for ((_, name, _), font) in FACES.into_iter().zip(6..) {
        fonts.pair(name, Ref::new(font));
    }
    drop(fonts);
    drop(resources);
    drop(sheet);
    for ((_, _, base), font) in FACES.into_iter().zip(6..) {
        pdf.type1_font(Ref::new(font)).base_font(base).encoding_predefined(ENCODING);
    }
    let mut content = Content::new();
    layout.lines.iter().for_each(|line| write(&mut content, line));
    layout.squares.iter().for_each(|square| fill(&mut content, square));
    let content = Zeroizing::new(content.finish().into_vec());
    pdf.stream(contents, &content);
    Zeroizing::new(pdf.finish())
}

fn write(content: &mut Content, line: &Line) {
    let name = FACES.into_iter().find(|(face, _, _)| *face == line.typeface).map(|(_, name, _)| name);
    let text = Zeroizing::new(line.text.chars().map(win_ansi).collect::<Vec<u8>>());
    content.begin_text();
    content.set_font(name.unwrap_or(Name(b"Plain")), line.size);
    content.next_line(points(line.x), points(PAGE_HEIGHT - line.y));
    content.show(Str(&text));
    content.end_text();
}

fn fill(content: &mut Content, square: &Square) {
    for (x, y, width) in square.runs() {
        let bottom = PAGE_HEIGHT - y - square.side;
        content.rect(points(x), points(bottom), points(width), points(square.side));
    }
    content.fill_nonzero();
}

fn points(millimetres: f32) -> f32 {
    millimetres / MM_PER_POINT
}

/// The byte of a character in the fonts' own encoding; what they lack is a question mark.
fn win_ansi(character: char) -> u8 {
    match u8::try_from(character) {
        Ok(byte @ (0x20..=0x7e | 0xa0..=0xff)) => byte,
        _ => b'?',
    }
}
