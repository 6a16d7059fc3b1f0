//! A small canvas: enough to paint a library by the water. Rows are filled whole, since photographs of
//! twelve million pixels are made here in unoptimised builds.

use super::noise::Noise;

pub type Colour = [u8; 3];

pub struct Canvas {
    pub width: usize,
    pub height: usize,
    /// Three bytes a pixel, row by row.
    pub pixels: Vec<u8>,
}

impl Canvas {
    pub fn new(width: usize, height: usize, colour: Colour) -> Self {
        Self { width, height, pixels: colour.repeat(width * height) }
    }

    /// Coordinates may lie outside.
    pub fn rect(&mut self, x: i64, y: i64, w: i64, h: i64, colour: Colour) {
        for row in y.max(0)..(y + h).min(self.height as i64) {
            self.span(row, x, x + w, colour);
        }
    }

    /// From `top` at the upper edge to `bottom` at the lower.
    pub fn gradient(&mut self, x: i64, y: i64, w: i64, h: i64, top: Colour, bottom: Colour) {
        for row in 0..h {
            self.span(y + row, x, x + w, mix(top, bottom, row, h.max(1)));
        }
    }

    pub fn disc(&mut self, cx: i64, cy: i64, r: i64, colour: Colour) {
        self.oval(cx, cy, r, r, colour);
    }

    pub fn oval(&mut self, cx: i64, cy: i64, rx: i64, ry: i64, colour: Colour) {
        for dy in -ry..=ry {
            let part = 1.0 - (dy * dy) as f64 / (ry * ry).max(1) as f64;
            let half = (part.max(0.0).sqrt() * rx as f64) as i64;
            self.span(cy + dy, cx - half, cx + half, colour);
        }
    }

    /// A window with a round head.
    pub fn arch(&mut self, x: i64, y: i64, w: i64, h: i64, colour: Colour) {
        let r = w / 2;
        self.disc(x + r, y + r, r, colour);
        self.rect(x, y + r, r * 2, h - r, colour);
    }

    /// A gable: its tip in the middle.
    pub fn gable(&mut self, x: i64, y: i64, w: i64, h: i64, colour: Colour) {
        for row in 0..h {
            let half = w * row / (2 * h.max(1));
            self.span(y + row, x + w / 2 - half, x + w / 2 + half, colour);
        }
    }

    pub fn line(&mut self, from: (i64, i64), to: (i64, i64), thick: i64, colour: Colour) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).max(1);
        for step in 0..=steps {
            let x = from.0 + (to.0 - from.0) * step / steps;
            let y = from.1 + (to.1 - from.1) * step / steps;
            self.rect(x - thick / 2, y - thick / 2, thick, thick, colour);
        }
    }

    /// An outline.
    pub fn frame(&mut self, x: i64, y: i64, w: i64, h: i64, thick: i64, colour: Colour) {
        self.rect(x, y, w, thick, colour);
        self.rect(x, y + h - thick, w, thick, colour);
        self.rect(x, y, thick, h, colour);
        self.rect(x + w - thick, y, thick, h, colour);
    }

    fn span(&mut self, row: i64, from: i64, to: i64, colour: Colour) {
        let (from, to) = (from.clamp(0, self.width as i64), to.clamp(0, self.width as i64));
        if row < 0 || row >= self.height as i64 || from >= to {
            return;
        }
        let start = (row as usize * self.width + from as usize) * 3;
        let length = (to - from) as usize * 3;
        let Some(target) = self.pixels.get_mut(start..start + length) else { return };
        // The first pixel, then what is there doubled until the span is full.
        target[..3].copy_from_slice(&colour);
        let mut done = 3;
        while done < length {
            let piece = done.min(length - done);
            target.copy_within(..piece, done);
            done += piece;
        }
    }

    /// What a sensor adds: up to 2^`bits` - 1 on each channel, which is dimmed by as much as that may be.
    /// Eight channels at a time; no sum passes 255, so that none carries into its neighbour.
    pub fn grain(&mut self, bits: u32, seed: u64) {
        let bits = bits.clamp(1, 7);
        let mut noise = Noise::new(seed);
        let mask = ((1u64 << bits) - 1) * 0x0101_0101_0101_0101;
        let tile: Vec<u64> = (0..8_191).map(|_| noise.next() & mask).collect();
        let rain = tile.iter().cycle();
        for (eight, drop) in self.pixels.as_chunks_mut::<8>().0.iter_mut().zip(rain) {
            let light = u64::from_le_bytes(*eight);
            *eight = (light - ((light >> (8 - bits)) & mask) + drop).to_le_bytes();
        }
    }

    /// Half as wide and high, each pixel the mean of four: soft edges for small pictures.
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut pixels = Vec::with_capacity(width * height * 3);
        let row = self.width * 3;
        for y in 0..height {
            let upper = &self.pixels[y * 2 * row..(y * 2 + 1) * row];
            let lower = &self.pixels[(y * 2 + 1) * row..(y * 2 + 2) * row];
            for (up, low) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
                for channel in 0..3 {
                    let sum = u16::from(up[channel])
                        + u16::from(up[channel + 3])
                        + u16::from(low[channel])
                        + u16::from(low[channel + 3]);
                    pixels.push((sum / 4) as u8);
                }
            }
        }
        Self { width, height, pixels }
    }
}

pub fn mix(a: Colour, b: Colour, part: i64, whole: i64) -> Colour {
    let one = |n: usize| {
        let (a, b) = (i64::from(a[n]), i64::from(b[n]));
        (a + (b - a) * part / whole).clamp(0, 255) as u8
    };
    [one(0), one(1), one(2)]
}
