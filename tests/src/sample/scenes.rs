//! What is painted: the library in its colours, sample boards, a hotel, a cake, old plans.

use super::draw::{Canvas, Colour, mix};

pub const OCHRE_1: Colour = [0xd8, 0x9a, 0x6a];
pub const OCHRE_2: Colour = [0xc9, 0x86, 0x37];
pub const OCHRE_3: Colour = [0xb3, 0x6a, 0x2c];
pub const GREY_GREEN: Colour = [0x8b, 0x99, 0x88];
const INK: Colour = [0x22, 0x2a, 0x33];
const CREAM: Colour = [0xf6, 0xe3, 0xb8];

/// None where there is no scene of that name.
pub fn paint(name: &str, width: usize, height: usize) -> Option<Canvas> {
    let mut canvas = Canvas::new(width, height, [0xff; 3]);
    match name {
        "facade-ochre-1" => facade(&mut canvas, OCHRE_1, false),
        "facade-ochre-2" => facade(&mut canvas, OCHRE_2, false),
        "facade-ochre-3" => facade(&mut canvas, OCHRE_3, false),
        "facade-grey-green" => facade(&mut canvas, GREY_GREEN, false),
        "facade-night" => facade(&mut canvas, OCHRE_2, true),
        "boards" => boards(&mut canvas),
        "foyer" => foyer(&mut canvas),
        "hotel" => hotel(&mut canvas),
        "cake" => cake(&mut canvas),
        "garden" => garden(&mut canvas),
        "plan" => plan(&mut canvas),
        "ledger" => ledger(&mut canvas),
        "train" => train(&mut canvas),
        "map" => map(&mut canvas),
        "tooth" => tooth(&mut canvas),
        "bread" => bread(&mut canvas),
        "stamp" => stamp(&mut canvas),
        _ => return None,
    }
    Some(canvas)
}

/// Thousandths of the picture's width and height into pixels.
struct Grid(i64, i64);

impl Grid {
    fn of(canvas: &Canvas) -> Self {
        Self(canvas.width as i64, canvas.height as i64)
    }
    fn x(&self, n: i64) -> i64 {
        n * self.0 / 1000
    }
    fn y(&self, n: i64) -> i64 {
        n * self.1 / 1000
    }
    fn at(&self, x: i64, y: i64, w: i64, h: i64) -> (i64, i64, i64, i64) {
        (self.x(x), self.y(y), self.x(w), self.y(h))
    }
}

fn rect(c: &mut Canvas, area: (i64, i64, i64, i64), colour: Colour) {
    c.rect(area.0, area.1, area.2, area.3, colour);
}

/// The house by the water, eleven arches under a low gable.
fn facade(c: &mut Canvas, wall: Colour, night: bool) {
    let g = Grid::of(c);
    let (sky, haze, sun, water, far, glass) = if night {
        (
            [0x14, 0x1d, 0x33],
            [0x3a, 0x3f, 0x5c],
            CREAM,
            [0x16, 0x22, 0x33],
            [0x1e, 0x27, 0x38],
            [0xf4, 0xc4, 0x63],
        )
    } else {
        (
            [0x8d, 0xab, 0xbc],
            [0xc9, 0xd6, 0xd8],
            [0xf7, 0xe2, 0xae],
            [0x4f, 0x6b, 0x7c],
            [0xb0, 0xa8, 0x92],
            [0x3b, 0x33, 0x2c],
        )
    };
    let wall = if night { mix(wall, [0x10, 0x10, 0x20], 45, 100) } else { wall };
    let dark = mix(wall, [0x20, 0x10, 0x08], 35, 100);
    let light = mix(wall, [0xff, 0xff, 0xff], 25, 100);
    c.gradient(0, 0, g.x(1000), g.y(780), sky, haze);
    c.disc(g.x(865), g.y(170), g.x(32).min(g.y(90)), sun);
    rect(c, g.at(0, 520, 130, 260), far);
    rect(c, g.at(60, 450, 60, 330), mix(far, haze, 30, 100));
    rect(c, g.at(900, 560, 100, 220), far);
    c.gradient(0, g.y(780), g.x(1000), g.y(220) + 2, water, mix(water, [0, 0, 0], 30, 100));
    let (left, width) = (140, 720);
    c.gable(g.x(left - 20), g.y(190), g.x(width + 40), g.y(90), dark);
    rect(c, g.at(left - 20, 275, width + 40, 40), dark);
    rect(c, g.at(left, 310, width, 450), wall);
    rect(c, g.at(left, 310, width, 12), light);
    let step = width / 11;
    for n in 0..11 {
        let x = left + n * step + step / 4;
        c.arch(g.x(x) - g.x(3), g.y(395), g.x(step / 2 + 6), g.y(310), dark);
        c.arch(g.x(x), g.y(405), g.x(step / 2), g.y(295), glass);
        rect(c, g.at(x + step / 4 - 1, 440, 2, 260), dark);
    }
    rect(c, g.at(left - 10, 720, width + 20, 60), dark);
    rect(c, g.at(left - 20, 762, width + 40, 20), mix(dark, [0, 0, 0], 25, 100));
    // What the water gives back.
    let mirror = mix(wall, water, 65, 100);
    rect(c, g.at(left, 790, width, 110), mirror);
    for n in 0..11 {
        rect(c, g.at(left + n * step + step / 4, 790, step / 2, 85), mix(mirror, glass, 35, 100));
    }
    for n in 0..9 {
        let (x, y) = (40 + n * 113 % 900, 800 + n * 47 % 180);
        rect(c, g.at(x, y, 90 + n * 17 % 80, 5), mix(water, [0xff; 3], 35, 100));
    }
}

/// Three ochres and a grey-green, thirty by thirty, leant against a wall.
fn boards(c: &mut Canvas) {
    let g = Grid::of(c);
    c.gradient(0, 0, g.x(1000), g.y(720), [0xd9, 0xd6, 0xcf], [0xc6, 0xc2, 0xb9]);
    c.gradient(0, g.y(720), g.x(1000), g.y(300), [0x9a, 0x93, 0x88], [0x7d, 0x76, 0x6c]);
    for (n, colour) in [OCHRE_1, OCHRE_2, OCHRE_3, GREY_GREEN].into_iter().enumerate() {
        let x = 60 + n as i64 * 225;
        rect(c, g.at(x + 12, 262, 195, 480), [0x8f, 0x88, 0x7d]);
        c.gradient(g.x(x), g.y(250), g.x(195), g.y(480), mix(colour, [0xff; 3], 12, 100), colour);
        for stroke in 0..24 {
            let y = 262 + stroke * 19;
            rect(c, g.at(x + 6 + stroke * 7 % 20, y, 165, 3), mix(colour, [0, 0, 0], 8, 100));
        }
        rect(c, g.at(x + 70, 748, 55, 26), [0xf4, 0xf1, 0xe8]);
    }
}

/// Inside: strips of light over a long room, the samples on its end wall.
fn foyer(c: &mut Canvas) {
    let g = Grid::of(c);
    c.gradient(0, 0, g.x(1000), g.y(1000), [0xea, 0xe4, 0xd8], [0xb8, 0xae, 0x9c]);
    c.gradient(0, g.y(640), g.x(1000), g.y(360), [0x8c, 0x7f, 0x6b], [0x5f, 0x55, 0x48]);
    rect(c, g.at(280, 230, 440, 420), [0xf2, 0xec, 0xdf]);
    for (n, colour) in [OCHRE_1, OCHRE_2, GREY_GREEN].into_iter().enumerate() {
        rect(c, g.at(315 + n as i64 * 130, 320, 105, 200), colour);
    }
    for n in 0..5 {
        let y = 30 + n * 36;
        let x = 60 + n * 45;
        c.line((g.x(x), g.y(y)), (g.x(1000 - x), g.y(y)), g.y(9).max(1), [0xff, 0xfb, 0xee]);
    }
    for n in 0..6 {
        let x = 40 + n * 42;
        rect(c, g.at(x, 200 + n * 14, 16, 500 - n * 20), [0x70, 0x66, 0x58]);
        rect(c, g.at(984 - x, 200 + n * 14, 16, 500 - n * 20), [0x70, 0x66, 0x58]);
    }
    for n in 0..7 {
        let x = 60 + n * 145;
        c.line((g.x(500), g.y(640)), (g.x(x - 40), g.y(1000)), g.x(2).max(1), [0x75, 0x69, 0x58]);
    }
}

/// A yellow house on a quay, a boat before it.
fn hotel(c: &mut Canvas) {
    let g = Grid::of(c);
    c.gradient(0, 0, g.x(1000), g.y(700), [0x9f, 0xc2, 0xd8], [0xe6, 0xe9, 0xdf]);
    for (n, colour) in [
        [0xb5, 0x4a, 0x3c],
        [0xe3, 0xb4, 0x4c],
        [0x5d, 0x83, 0x8f],
        [0xd9, 0xd2, 0xc0],
        [0x8c, 0x5f, 0x4a],
    ]
    .into_iter()
    .enumerate()
    {
        let x = n as i64 * 200;
        let high = if n == 1 { 470 } else { 360 + (n as i64 * 53) % 70 };
        rect(c, g.at(x, 700 - high, 200, high), colour);
        c.gable(g.x(x), g.y(700 - high - 70), g.x(200), g.y(72), mix(colour, [0, 0, 0], 45, 100));
        for window in 0..12 {
            let (column, row) = (window % 3, window / 3);
            rect(c, g.at(x + 28 + column * 55, 740 - high + row * 85, 30, 48), [0xf4, 0xf0, 0xe2]);
            rect(c, g.at(x + 31 + column * 55, 744 - high + row * 85, 24, 40), [0x33, 0x46, 0x55]);
        }
    }
    rect(c, g.at(0, 690, 1000, 40), [0x8a, 0x84, 0x7a]);
    c.gradient(0, g.y(730), g.x(1000), g.y(280), [0x4d, 0x74, 0x84], [0x2f, 0x4d, 0x5c]);
    rect(c, g.at(560, 790, 260, 50), [0x7a, 0x3b, 0x2a]);
    rect(c, g.at(580, 840, 220, 20), [0x5d, 0x2c, 0x20]);
    rect(c, g.at(680, 520, 10, 275), [0x4a, 0x36, 0x28]);
    c.gable(g.x(600), g.y(540), g.x(170), g.y(230), [0xf5, 0xee, 0xdc]);
    for n in 0..10 {
        rect(c, g.at(n * 103 % 950, 760 + n * 61 % 220, 70, 4), [0x8f, 0xb0, 0xba]);
    }
}

fn cake(c: &mut Canvas) {
    let g = Grid::of(c);
    c.gradient(0, 0, g.x(1000), g.y(1000), [0xf7, 0xe8, 0xd6], [0xe7, 0xc9, 0xac]);
    rect(c, g.at(0, 800, 1000, 200), [0x8a, 0x5a, 0x3c]);
    c.oval(g.x(500), g.y(815), g.x(360), g.y(45), [0xfa, 0xf7, 0xf0]);
    for (y, half, high, colour) in [
        (620, 290, 180, [0x6b, 0x3f, 0x2a]),
        (480, 220, 150, [0xf3, 0xdc, 0xdc]),
        (370, 150, 120, [0x6b, 0x3f, 0x2a]),
    ] {
        rect(c, g.at(500 - half, y, half * 2, high), colour);
        c.oval(g.x(500), g.y(y), g.x(half), g.y(30), mix(colour, [0xff; 3], 25, 100));
        for drop in 0..9 {
            let x = 500 - half + drop * half * 2 / 9;
            c.oval(g.x(x + 18), g.y(y + 18), g.x(14), g.y(26 + drop * 7 % 20), [0xff, 0xf8, 0xec]);
        }
    }
    for n in 0..8 {
        let x = 380 + n * 34;
        rect(c, g.at(x, 270, 10, 90), [[0xb3, 0x26, 0x1e], [0x14, 0x61, 0x4a]][n as usize % 2]);
        c.oval(g.x(x + 5), g.y(250), g.x(8), g.y(20), [0xf7, 0xb8, 0x3b]);
    }
}

fn garden(c: &mut Canvas) {
    let g = Grid::of(c);
    c.gradient(0, 0, g.x(1000), g.y(560), [0xa8, 0xd0, 0xe8], [0xe8, 0xf1, 0xea]);
    c.gradient(0, g.y(560), g.x(1000), g.y(440), [0x7d, 0xa4, 0x56], [0x4d, 0x77, 0x3a]);
    for (x, r, colour) in [
        (130, 120, [0x3f, 0x6b, 0x35]),
        (860, 150, [0x4e, 0x7c, 0x3c]),
        (700, 90, [0x5f, 0x8f, 0x45]),
    ] {
        rect(c, g.at(x - 14, 430, 28, 230), [0x5d, 0x42, 0x2d]);
        c.disc(g.x(x), g.y(400), g.x(r), colour);
        c.disc(g.x(x - 40), g.y(440), g.x(r * 2 / 3), mix(colour, [0xff; 3], 10, 100));
    }
    rect(c, g.at(300, 720, 400, 26), [0xa0, 0x6f, 0x45]);
    rect(c, g.at(330, 746, 22, 130), [0x7d, 0x54, 0x33]);
    rect(c, g.at(648, 746, 22, 130), [0x7d, 0x54, 0x33]);
    for n in 0..6 {
        c.disc(
            g.x(340 + n * 62),
            g.y(700),
            g.x(16),
            [[0xd9, 0x4f, 0x3d], [0xf0, 0xc0, 0x4a]][n as usize % 2],
        );
    }
}

/// A ground floor of 1931, a little yellow by now.
fn plan(c: &mut Canvas) {
    let g = Grid::of(c);
    rect(c, g.at(0, 0, 1000, 1000), [0xee, 0xe8, 0xd8]);
    let thick = g.x(5).max(2);
    let wall = |c: &mut Canvas, a: (i64, i64), b: (i64, i64)| {
        c.line((g.x(a.0), g.y(a.1)), (g.x(b.0), g.y(b.1)), thick, INK);
    };
    let (x, y, w, h) = g.at(90, 120, 820, 620);
    c.frame(x, y, w, h, thick * 2, INK);
    for (a, b) in [
        ((350, 120), (350, 480)),
        ((350, 560), (350, 740)),
        ((90, 430), (260, 430)),
        ((620, 120), (620, 300)),
        ((620, 380), (620, 740)),
        ((620, 500), (820, 500)),
        ((350, 300), (540, 300)),
    ] {
        wall(c, a, b);
    }
    for n in 0..14 {
        let x = 400 + n * 14;
        c.line((g.x(x), g.y(560)), (g.x(x), g.y(690)), thick / 3 + 1, INK);
    }
    for n in 0..11 {
        rect(c, g.at(125 + n * 70, 112, 34, 18), [0xee, 0xe8, 0xd8]);
        c.frame(g.x(125 + n * 70), g.y(114), g.x(34), g.y(14), thick / 3 + 1, INK);
    }
    wall(c, (90, 800), (910, 800));
    for n in 0..12 {
        wall(c, (90 + n * 820 / 11, 788), (90 + n * 820 / 11, 812));
    }
    c.frame(g.x(640), g.y(850), g.x(290), g.y(110), thick / 2 + 1, INK);
    for n in 0..3 {
        rect(c, g.at(660, 872 + n * 28, 180 - n * 40, 8), mix(INK, [0xee, 0xe8, 0xd8], 40, 100));
    }
}

/// The newspaper's ornament: three sails.
fn ledger(c: &mut Canvas) {
    let g = Grid::of(c);
    rect(c, g.at(0, 0, 1000, 1000), [0x1d, 0x2b, 0x4f]);
    for (x, y, w, h, colour) in [
        (150, 250, 300, 500, CREAM),
        (400, 150, 360, 600, [0xff, 0xff, 0xff]),
        (650, 330, 240, 420, [0xd9, 0x6c, 0x4f]),
    ] {
        c.gable(g.x(x), g.y(y), g.x(w), g.y(h), colour);
    }
    rect(c, g.at(120, 790, 780, 60), CREAM);
}

fn train(c: &mut Canvas) {
    let g = Grid::of(c);
    c.gradient(0, 0, g.x(1000), g.y(620), [0xbf, 0xd8, 0xe6], [0xf1, 0xf3, 0xea]);
    c.oval(g.x(240), g.y(640), g.x(380), g.y(200), [0x9c, 0xb8, 0x7f]);
    c.oval(g.x(760), g.y(660), g.x(420), g.y(180), [0x86, 0xa8, 0x6c]);
    rect(c, g.at(0, 620, 1000, 380), [0x74, 0x96, 0x5c]);
    rect(c, g.at(0, 800, 1000, 24), [0x5b, 0x55, 0x4e]);
    for n in 0..3 {
        let x = -40 + n * 350;
        rect(c, g.at(x, 480, 335, 300), [0xc4, 0x2b, 0x32]);
        rect(c, g.at(x, 700, 335, 60), [0xf1, 0xee, 0xe6]);
        for window in 0..5 {
            rect(c, g.at(x + 25 + window * 60, 530, 44, 95), [0x2c, 0x3d, 0x4a]);
        }
        for wheel in [60, 275] {
            c.oval(g.x(x + wheel), g.y(790), g.x(22), g.y(44), INK);
        }
    }
}

fn map(c: &mut Canvas) {
    let g = Grid::of(c);
    rect(c, g.at(0, 0, 1000, 1000), [0xec, 0xe8, 0xdf]);
    c.line((g.x(-20), g.y(700)), (g.x(1020), g.y(420)), g.y(190), [0xa9, 0xcb, 0xd8]);
    for n in 0..7 {
        c.line((g.x(n * 170), 0), (g.x(n * 150 - 80), g.y(1000)), g.x(8).max(2), [0xff; 3]);
        c.line((0, g.y(n * 165)), (g.x(1000), g.y(n * 150 + 40)), g.x(6).max(2), [0xff; 3]);
    }
    c.disc(g.x(600), g.y(410), g.x(34), [0xb3, 0x26, 0x1e]);
    c.disc(g.x(600), g.y(410), g.x(13), [0xff; 3]);
}

fn tooth(c: &mut Canvas) {
    let g = Grid::of(c);
    rect(c, g.at(0, 0, 1000, 1000), [0x0b, 0x63, 0x71]);
    for x in [380, 620] {
        c.oval(g.x(x), g.y(390), g.x(170), g.y(200), [0xff; 3]);
        c.oval(g.x(x + if x < 500 { -20 } else { 20 }), g.y(620), g.x(90), g.y(230), [0xff; 3]);
    }
    c.oval(g.x(500), g.y(760), g.x(60), g.y(190), [0x0b, 0x63, 0x71]);
}

fn bread(c: &mut Canvas) {
    let g = Grid::of(c);
    c.gradient(0, 0, g.x(1000), g.y(1000), [0xfb, 0xf4, 0xe6], [0xef, 0xdd, 0xbd]);
    rect(c, g.at(0, 760, 1000, 240), [0xa8, 0x7b, 0x52]);
    for (x, y) in [(300, 640), (660, 620), (480, 520)] {
        c.oval(g.x(x), g.y(y), g.x(215), g.y(170), [0x8f, 0x52, 0x22]);
        c.oval(g.x(x), g.y(y - 18), g.x(200), g.y(145), [0xbd, 0x7a, 0x38]);
        for n in 0..3 {
            c.line(
                (g.x(x - 90 + n * 75), g.y(y - 90)),
                (g.x(x - 50 + n * 75), g.y(y + 20)),
                g.x(14),
                CREAM,
            );
        }
    }
}

fn stamp(c: &mut Canvas) {
    let g = Grid::of(c);
    rect(c, g.at(0, 0, 1000, 1000), [0xe9, 0xe4, 0xd6]);
    c.frame(g.x(80), g.y(80), g.x(840), g.y(840), g.x(20), [0x8a, 0x3f, 0x7c]);
    c.disc(g.x(500), g.y(460), g.x(220), [0xc9, 0xa3, 0xc0]);
    c.gable(g.x(330), g.y(300), g.x(340), g.y(260), [0x8a, 0x3f, 0x7c]);
    rect(c, g.at(280, 760, 440, 40), [0x8a, 0x3f, 0x7c]);
}
