//! PDF 1.4 with what an office needs: two weights of Helvetica, lines, areas and photographs.

use super::encode::charset_bytes;
use miniz_oxide::deflate::compress_to_vec_zlib;

/// A4 in points.
pub const WIDTH: f64 = 595.0;
pub const HEIGHT: f64 = 842.0;

#[derive(Default)]
pub struct Page {
    strokes: Vec<u8>,
}

pub struct Photo {
    pub width: usize,
    pub height: usize,
    pub jpeg: Vec<u8>,
}

impl Page {
    /// Coordinates run from the upper left corner.
    pub fn text(&mut self, x: f64, y: f64, size: f64, bold: bool, text: &str) {
        let font = if bold { 2 } else { 1 };
        let lead = format!("BT /F{font} {size} Tf {x:.1} {:.1} Td (", HEIGHT - y);
        self.strokes.extend_from_slice(lead.as_bytes());
        for byte in charset_bytes(text, "windows-1252") {
            if b"()\\".contains(&byte) {
                self.strokes.push(b'\\');
            }
            self.strokes.push(byte);
        }
        self.strokes.extend_from_slice(b") Tj ET\n");
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), thick: f64) {
        let (y0, y1) = (HEIGHT - from.1, HEIGHT - to.1);
        self.add(&format!("{thick} w {:.1} {y0:.1} m {:.1} {y1:.1} l S\n", from.0, to.0));
    }

    pub fn area(&mut self, x: f64, y: f64, w: f64, h: f64, grey: f64) {
        let y = HEIGHT - y - h;
        self.add(&format!("{grey} g {x:.1} {y:.1} {w:.1} {h:.1} re f 0 g\n"));
    }

    /// The document's photograph of that number, from 0.
    pub fn photo(&mut self, number: usize, x: f64, y: f64, w: f64, h: f64) {
        let y = HEIGHT - y - h;
        self.add(&format!("q {w:.1} 0 0 {h:.1} {x:.1} {y:.1} cm /P{number} Do Q\n"));
    }

    fn add(&mut self, stroke: &str) {
        self.strokes.extend_from_slice(stroke.as_bytes());
    }
}

pub fn document(title: &str, pages: &[Page], photos: &[Photo]) -> Vec<u8> {
    // 1 catalogue, 2 pages, 3 and 4 fonts, 5 about, then photographs, then page and content in turn.
    let first_page = 6 + photos.len();
    let mut objects: Vec<Vec<u8>> = Vec::new();
    objects.push(b"<< /Type /Catalog /Pages 2 0 R >>".to_vec());
    let kids: String = (0..pages.len()).map(|n| format!("{} 0 R ", first_page + n * 2)).collect();
    objects.push(format!("<< /Type /Pages /Count {} /Kids [{kids}] >>", pages.len()).into_bytes());
    for font in ["Helvetica", "Helvetica-Bold"] {
        objects.push(
            format!(
                "<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>"
            )
            .into_bytes(),
        );
    }
    let mut about = b"<< /Title (".to_vec();
    about.extend(charset_bytes(title, "windows-1252").iter().filter(|b| !b"()\\".contains(b)));
    about.extend_from_slice(b") /Producer (Kontor Architektur) >>");
    objects.push(about);
    for photo in photos {
        let dictionary = format!(
            "/Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode",
            photo.width, photo.height
        );
        objects.push(stream(&dictionary, &photo.jpeg));
    }
    let named: String = (0..photos.len()).map(|n| format!("/P{n} {} 0 R ", n + 6)).collect();
    for (n, page) in pages.iter().enumerate() {
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> /XObject << {named}>> >> >>",
                first_page + n * 2 + 1
            )
            .into_bytes(),
        );
        objects.push(stream("/Filter /FlateDecode", &compress_to_vec_zlib(&page.strokes, 6)));
    }
    file(&objects)
}

fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("<< {dictionary} /Length {} >>\nstream\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\nendstream");
    out
}

/// Numbered objects with their cross-reference table.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (n, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.extend_from_slice(format!("{} 0 obj\n", n + 1).as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let at = out.len();
    out.extend_from_slice(table.as_bytes());
    let size = objects.len() + 1;
    out.extend_from_slice(
        format!("trailer\n<< /Size {size} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{at}\n%%EOF\n")
            .as_bytes(),
    );
    out
}
