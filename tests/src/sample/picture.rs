//! A canvas as a file: PNG, JPEG, or the bare TIFF that scanners make.

use super::draw::Canvas;
use crc32fast::hash;
use jpeg_encoder::{ColorType, Encoder};
use miniz_oxide::deflate::compress_to_vec_zlib;

/// RFC 2083, eight bits of red, green, blue.
pub fn png(canvas: &Canvas) -> Vec<u8> {
    let mut rows = Vec::with_capacity(canvas.pixels.len() + canvas.height);
    for row in canvas.pixels.chunks(canvas.width * 3) {
        rows.push(0);
        rows.extend_from_slice(row);
    }
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend_from_slice(&(canvas.width as u32).to_be_bytes());
    header.extend_from_slice(&(canvas.height as u32).to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"IDAT", &compress_to_vec_zlib(&rows, 6));
    chunk(&mut out, b"IEND", b"");
    out
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let body = [kind.as_slice(), data].concat();
    out.extend_from_slice(&(data.len() as u32).to_be_bytes());
    out.extend_from_slice(&body);
    out.extend_from_slice(&hash(&body).to_be_bytes());
}

/// Empty only for a canvas of more than 65,535 pixels a side, which the format can't hold.
pub fn jpeg(canvas: &Canvas, quality: u8) -> Vec<u8> {
    let (Ok(width), Ok(height)) = (u16::try_from(canvas.width), u16::try_from(canvas.height))
    else {
        return Vec::new();
    };
    let mut out = Vec::new();
    match Encoder::new(&mut out, quality).encode(&canvas.pixels, width, height, ColorType::Rgb) {
        Ok(()) => out,
        Err(_) => Vec::new(),
    }
}

/// TIFF 6.0, baseline greyscale in one uncompressed strip, 300 dots an inch.
pub fn tiff(canvas: &Canvas) -> Vec<u8> {
    let grey: Vec<u8> = canvas.pixels.chunks_exact(3).map(|p| p[1]).collect();
    let (short, long, rational) = (3u16, 4u16, 5u16);
    let after = 8 + 2 + 11 * 12 + 4;
    let entries: [(u16, u16, u32); 11] = [
        (256, long, canvas.width as u32),
        (257, long, canvas.height as u32),
        (258, short, 8),
        (259, short, 1),
        (262, short, 1),
        (273, long, after + 8),
        (277, short, 1),
        (278, long, canvas.height as u32),
        (279, long, grey.len() as u32),
        (282, rational, after),
        (283, rational, after),
    ];
    let mut out = b"II\x2a\0\x08\0\0\0".to_vec();
    out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    for (tag, kind, value) in entries {
        out.extend_from_slice(&tag.to_le_bytes());
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&1u32.to_le_bytes());
        out.extend_from_slice(&value.to_le_bytes());
    }
    out.extend_from_slice(&0u32.to_le_bytes());
    out.extend_from_slice(&300u32.to_le_bytes());
    out.extend_from_slice(&1u32.to_le_bytes());
    out.extend_from_slice(&grey);
    out
}
