//! Archives, and the workbook that is one.

use crc32fast::hash;
use miniz_oxide::deflate::compress_to_vec;

/// A ZIP file. `squeeze` deflates; else entries are stored as they are.
pub fn archive(entries: &[(String, Vec<u8>)], squeeze: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, data) in entries {
        let packed = if squeeze { compress_to_vec(data, 6) } else { data.clone() };
        let mut about = Vec::new();
        for half in [20u16, 0x0800, if squeeze { 8 } else { 0 }, 0x4800, 0x5a21] {
            // Version 2.0, names in UTF-8, method, 9:00 on 1 January 2025.
            about.extend_from_slice(&half.to_le_bytes());
        }
        for word in [hash(data), packed.len() as u32, data.len() as u32] {
            about.extend_from_slice(&word.to_le_bytes());
        }
        about.extend_from_slice(&(name.len() as u16).to_le_bytes());
        about.extend_from_slice(&0u16.to_le_bytes());
        let at = out.len() as u32;
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&about);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&packed);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&about);
        // No comment, first disk, no attributes.
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let (count, size, at) = (entries.len() as u16, directory.len() as u32, out.len() as u32);
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&0u16.to_le_bytes());
    out
}

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const SHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// An Office Open XML workbook with one sheet. What reads as a number becomes one.
pub fn workbook(title: &str, rows: &[Vec<String>]) -> Vec<u8> {
    let mut data = String::new();
    for (n, row) in rows.iter().enumerate() {
        data.push_str(&format!("<row r=\"{}\">", n + 1));
        for (column, cell) in row.iter().enumerate() {
            let at = format!("{}{}", column_name(column), n + 1);
            data.push_str(&match cell.parse::<f64>() {
                Ok(number) => format!("<c r=\"{at}\"><v>{number}</v></c>"),
                Err(_) => format!(
                    "<c r=\"{at}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
                    escape(cell)
                ),
            });
        }
        data.push_str("</row>");
    }
    let part = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let files = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Override PartName=\"/xl/workbook.xml\" ContentType=\"{part}.sheet.main+xml\"/>\
                 <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{part}.worksheet+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{SHEET}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"{}\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
                escape(title)
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{SHEET}\"><sheetData>{data}</sheetData></worksheet>"),
        ),
    ];
    let entries: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .map(|(name, xml)| (name.to_owned(), (XML.to_owned() + &xml).into_bytes()))
        .collect();
    archive(&entries, true)
}

fn column_name(n: usize) -> String {
    let letter = |n: usize| char::from(b'A' + (n % 26) as u8);
    if n < 26 { letter(n).to_string() } else { format!("{}{}", letter(n / 26 - 1), letter(n)) }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
