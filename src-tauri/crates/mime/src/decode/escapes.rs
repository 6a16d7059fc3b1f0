//! Seven-bit charsets with escapes that the WHATWG list (and so encoding_rs) refuses for browsers' sake.
//! Mail from Korea and China of some age is full of them.

/// ISO-2022-KR (RFC 1557): SO and SI switch to KS X 1001, which is EUC-KR with the high bit off.
pub fn iso_2022_kr(bytes: &[u8]) -> Vec<u8> {
    let bytes = strip_designator(bytes);
    let mut korean = false;
    let mut out = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            0x0E => korean = true,
            0x0F => korean = false,
            b'\n' => {
                korean = false;
                out.push(byte);
            }
            0x21..=0x7E if korean => out.push(byte | 0x80),
            _ => out.push(byte),
        }
    }
    out
}

fn strip_designator(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\x1b$)C").unwrap_or(bytes)
}

/// HZ (RFC 1843): `~{` and `~}` switch to GB 2312, which is GBK with the high bit off.
pub fn hz(bytes: &[u8]) -> Vec<u8> {
    let mut chinese = false;
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after.first()) {
            (b'~', Some(b'{')) if !chinese => chinese = true,
            (b'~', Some(b'}')) if chinese => chinese = false,
            (b'~', Some(b'~')) if !chinese => out.push(b'~'),
            // A line ends it, soft or hard.
            (b'~', Some(b'\n')) if !chinese => {}
            (b'\n', _) => {
                chinese = false;
                out.push(byte);
                continue;
            }
            (0x21..=0x7E, _) if chinese => {
                out.push(byte | 0x80);
                continue;
            }
            _ => {
                out.push(byte);
                continue;
            }
        }
        rest = rest.get(1..).unwrap_or(&[]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_switch_and_switch_back() {
        let korean = iso_2022_kr(b"\x1b$)Chi \x0eGQ19\x0f!");
        assert_eq!(encoding_rs::EUC_KR.decode(&korean).0, "hi 한국!");
        let chinese = hz(b"~~ ~{<:Ky2;~} end");
        assert_eq!(encoding_rs::GBK.decode(&chinese).0, "~ 己所不 end");
    }
}
