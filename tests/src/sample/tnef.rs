//! winmail.dat: the parcel that Outlook makes (MS-OXTNEF), with files in it.

const MESSAGE: u8 = 1;
const ATTACHMENT: u8 = 2;

pub fn parcel(subject: &str, files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = 0x223e_9f78_u32.to_le_bytes().to_vec();
    out.extend_from_slice(&1u16.to_le_bytes());
    attribute(&mut out, MESSAGE, 0x0008_9006, &0x0001_0000_u32.to_le_bytes());
    // The primary code page, 1252.
    attribute(&mut out, MESSAGE, 0x0006_9007, &[0xe4, 0x04, 0, 0, 0, 0, 0, 0]);
    attribute(&mut out, MESSAGE, 0x0007_8008, b"IPM.Microsoft Mail.Note\0");
    attribute(&mut out, MESSAGE, 0x0001_8004, &text(subject));
    for (name, data) in files {
        // attAttachRenddata: a file, no icon.
        let mut picture = vec![1, 0, 0xff, 0xff, 0xff, 0xff];
        picture.extend_from_slice(&[0; 8]);
        attribute(&mut out, ATTACHMENT, 0x0006_9002, &picture);
        attribute(&mut out, ATTACHMENT, 0x0001_8010, &text(name));
        attribute(&mut out, ATTACHMENT, 0x0006_800f, data);
    }
    out
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = super::encode::charset_bytes(text, "windows-1252");
    bytes.push(0);
    bytes
}

fn attribute(out: &mut Vec<u8>, level: u8, id: u32, data: &[u8]) {
    out.push(level);
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend_from_slice(data);
    let sum = data.iter().fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    out.extend_from_slice(&sum.to_le_bytes());
}
