//! The fog-horn that the library is to sit beside, as a WAV file.

use super::noise::Noise;

const RATE: usize = 44_100;

/// 16 bits, stereo: two seconds of horn, four of rain on the quay, over and over.
pub fn foghorn(seconds: usize) -> Vec<u8> {
    let round = verse();
    let wanted = seconds * RATE * 4;
    let mut out = Vec::with_capacity(wanted + 44);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(wanted as u32 + 36).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16u32.to_le_bytes());
    // PCM, two channels, rate, bytes a second, bytes a frame, bits.
    for half in [1u16, 2] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    out.extend_from_slice(&(RATE as u32).to_le_bytes());
    out.extend_from_slice(&(RATE as u32 * 4).to_le_bytes());
    for half in [4u16, 16] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    out.extend_from_slice(b"data");
    out.extend_from_slice(&(wanted as u32).to_le_bytes());
    let mut left = wanted;
    while left > 0 {
        let piece = left.min(round.len());
        out.extend_from_slice(round.get(..piece).unwrap_or(&round));
        left -= piece;
    }
    out
}

fn verse() -> Vec<u8> {
    let mut noise = Noise::new(1931);
    let mut out = Vec::with_capacity(RATE * 6 * 4);
    let mut rain = 0i64;
    for n in 0..RATE * 6 {
        rain = (rain * 7 + (noise.next() % 1201) as i64 - 600) / 8;
        let second = n as f64 / RATE as f64;
        let swell = (second * 3.0).min(1.0).min(((2.0 - second) * 3.0).max(0.0));
        // 128 Hz and a fifth below, a little out of tune, as brass in the cold is.
        let tone = |hertz: f64| (second * hertz * std::f64::consts::TAU).sin();
        let horn = (tone(128.0) + 0.6 * tone(85.7) + 0.3 * tone(257.1)) * swell * 9_000.0;
        for side in [1.0, 0.8] {
            let value = (horn * side) as i64 + rain;
            out.extend_from_slice(&(value.clamp(-32_000, 32_000) as i16).to_le_bytes());
        }
    }
    out
}
