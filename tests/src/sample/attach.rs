//! What hangs on the messages, by name: `jpeg SCENE WxH QUALITY GRAIN`, `png SCENE WxH`, `tiff SCENE WxH GRAIN`,
//! `pdf`, `xlsx TITLE`, `text TYPE` (of the lines below), `wav SECONDS`, `zip N`, `matrix`, `winmail`, `program`.

use super::draw::Canvas;
use super::noise::Noise;
use super::{paper, picture, scenes, sound, tnef, zip};
use anyhow::{Context, Result, bail};

/// Made when its message is.
#[derive(Clone, Debug)]
pub enum Maker {
    Jpeg(Shot),
    Png(Shot),
    Tiff(Shot),
    Pdf(String),
    Workbook(String, String),
    /// Measured colours of the four samples, under every lamp: some thousand rows.
    Matrix(usize),
    Text(String, String),
    Wav(usize),
    /// Drawings for an exchange: this many sheets in vectors, stored.
    Drawings(usize),
    Winmail,
    /// Calls itself a document and is a Windows program (that only ends).
    Program,
}

#[derive(Clone, Debug)]
pub struct Shot {
    scene: String,
    pub width: usize,
    pub height: usize,
    pub quality: u8,
    /// How many of the eight bits are noise.
    grain: u32,
}

impl Shot {
    pub fn parse(text: &str) -> Result<Self> {
        let mut words = text.split_whitespace();
        let scene = words.next().context("no scene")?.to_owned();
        let size = words.next().context("no size")?;
        let (width, height) = size.split_once('x').context("WxH")?;
        let (width, height) = (width.parse()?, height.parse()?);
        let mut number = |default: u8| words.next().map_or(Ok(default), str::parse);
        let (quality, grain) = (number(84)?, u32::from(number(0)?));
        if scenes::paint(&scene, 8, 8).is_none() {
            bail!("no scene {scene}");
        }
        Ok(Self { scene, width, height, quality, grain })
    }

    pub fn paint(&self) -> Canvas {
        let canvas = scenes::paint(&self.scene, self.width, self.height);
        let mut canvas = canvas.unwrap_or_else(|| Canvas::new(self.width, self.height, [0xff; 3]));
        if self.grain > 0 {
            canvas.grain(self.grain, Noise::named(&self.scene).next());
        }
        canvas
    }

    /// With soft edges and no grain, for what is small and looked at closely.
    fn paint_softly(&self) -> Canvas {
        match scenes::paint(&self.scene, self.width * 2, self.height * 2) {
            Some(canvas) => canvas.halved(),
            None => self.paint(),
        }
    }
}

impl Maker {
    /// `content` is what stands below the part's line.
    pub fn parse(spec: &str, content: &str) -> Result<Self> {
        let (kind, rest) = spec.trim().split_once(' ').unwrap_or((spec.trim(), ""));
        let number = || rest.trim().parse::<usize>().with_context(|| format!("{kind}: a number"));
        Ok(match kind {
            "jpeg" => Self::Jpeg(Shot::parse(rest)?),
            "png" => Self::Png(Shot::parse(rest)?),
            "tiff" => Self::Tiff(Shot::parse(rest)?),
            "pdf" => Self::Pdf(content.into()),
            "xlsx" => Self::Workbook(rest.into(), content.into()),
            "matrix" => Self::Matrix(number()?),
            "text" => Self::Text(rest.into(), super::encode::crlf(content)),
            "wav" => Self::Wav(number()?),
            "zip" => Self::Drawings(number()?),
            "winmail" => Self::Winmail,
            "program" => Self::Program,
            _ => bail!("nothing makes `{kind}`"),
        })
    }

    pub fn content_type(&self) -> &str {
        match self {
            Self::Jpeg(_) => "image/jpeg",
            Self::Png(_) => "image/png",
            Self::Tiff(_) => "image/tiff",
            Self::Pdf(_) | Self::Program => "application/pdf",
            Self::Workbook(..) | Self::Matrix(_) => {
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
            Self::Text(kind, _) => kind,
            Self::Wav(_) => "audio/wav",
            Self::Drawings(_) => "application/zip",
            Self::Winmail => "application/ms-tnef",
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Jpeg(shot) => picture::jpeg(&shot.paint(), shot.quality),
            Self::Png(shot) => picture::png(&shot.paint_softly()),
            Self::Tiff(shot) => picture::tiff(&shot.paint()),
            Self::Pdf(text) => paper::print(text),
            Self::Workbook(title, text) => {
                let row = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect();
                zip::workbook(title, &text.lines().map(row).collect::<Vec<_>>())
            }
            Self::Matrix(rows) => zip::workbook("Samples", &matrix(*rows)),
            Self::Text(_, text) => text.clone().into_bytes(),
            Self::Wav(seconds) => sound::foghorn(*seconds),
            Self::Drawings(sheets) => drawings(*sheets),
            Self::Winmail => tnef::parcel(
                "Angebot Fassadenprüfung",
                &[
                    ("Angebot Fassadenpruefung.txt", OFFER.replace('\n', "\r\n").into_bytes()),
                    ("Grundriss-EG.pdf", paper::print(FLOOR)),
                ],
            ),
            Self::Program => program(),
        }
    }
}

const OFFER: &str = "Angebot Fassadenprüfung\n\nPos. 1  Befahrung mit Hubsteiger, 1 Tag   1.450,00 €\nPos. 2  Klopfprüfung Südseite              980,00 €\nPos. 3  Bericht mit Fotos                  640,00 €\n\nSumme netto                              3.070,00 €\n";
const FLOOR: &str =
    "# Grundriss Erdgeschoss\nHafenbibliothek, Maßstab 1:100\n---\n! plan 1240x900 80\n";

fn matrix(rows: usize) -> Vec<Vec<String>> {
    let mut noise = Noise::new(30);
    let mut table = vec![
        ["Sample", "Lamp", "Kelvin", "Hour", "L*", "a*", "b*", "Gloss", "Remark"]
            .map(String::from)
            .to_vec(),
    ];
    let samples = [
        ("Ochre 1", 70, 18, 38),
        ("Ochre 2", 63, 14, 47),
        ("Ochre 3", 52, 20, 41),
        ("Grey-green", 62, -6, 5),
    ];
    let lamps = ["LED strip", "Overcast", "Sun", "Halogen", "Quay lamp"];
    let remarks = [
        "",
        "",
        "",
        "",
        "turns pink",
        "very calm",
        "vanishes against the water",
        "photo taken",
        "wet",
    ];
    for n in 0..rows {
        let (name, l, a, b) = samples[n % samples.len()];
        let mut near =
            |value: i64| format!("{}.{}", value + noise.below(5) as i64 - 2, noise.below(10));
        let measured = [near(l), near(a), near(b), near(6)];
        let kelvin = [2700, 3000, 4000, 5000, 6500][noise.below(5)];
        let [l, a, b, gloss] = measured;
        table.push(vec![
            name.into(),
            lamps[n / 4 % lamps.len()].into(),
            kelvin.to_string(),
            format!("{:02}:{:02}", 8 + n / 40 % 10, noise.below(60)),
            l,
            a,
            b,
            gloss,
            remarks[noise.below(remarks.len())].into(),
        ]);
    }
    table
}

/// Sheets as DXF, a text format that every drawing program reads: about 100 kB each.
fn drawings(sheets: usize) -> Vec<u8> {
    let mut entries = vec![(
        "READ ME.txt".to_owned(),
        b"Harbour library, drawings for exchange. Units: millimetres. Stand: Rev. C.\r\n".to_vec(),
    )];
    for sheet in 1..=sheets {
        let mut noise = Noise::new(sheet as u64);
        let mut dxf = String::from("0\r\nSECTION\r\n2\r\nENTITIES\r\n");
        for _ in 0..1_300 {
            let (x, y) = (noise.below(38_500), noise.below(12_000));
            let (dx, dy) =
                if noise.chance(50) { (noise.below(900), 0) } else { (0, noise.below(900)) };
            dxf.push_str(&format!(
                "0\r\nLINE\r\n8\r\nA-WALL\r\n10\r\n{x}.0\r\n20\r\n{y}.0\r\n11\r\n{}.0\r\n21\r\n{}.0\r\n",
                x + dx,
                y + dy
            ));
        }
        dxf.push_str("0\r\nENDSEC\r\n0\r\nEOF\r\n");
        entries.push((format!("HB-{sheet:03}-C.dxf"), dxf.into_bytes()));
    }
    zip::archive(&entries, false)
}

/// An MZ header and eleven bytes of DOS code that print nothing and leave.
fn program() -> Vec<u8> {
    let mut out = vec![0u8; 64];
    // Signature, 512-byte pages, header of four paragraphs, no relocations, stack behind the code.
    for (at, value) in
        [(0, 0x5a4d_u16), (2, 0x60), (4, 1), (8, 4), (12, 0xffff), (16, 0xb8), (24, 0x40)]
    {
        out[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    // mov ax, 4c01h; int 21h
    out.extend_from_slice(&[0xb8, 0x01, 0x4c, 0xcd, 0x21]);
    out.extend_from_slice(b"This is no invoice.\r\n$");
    out.resize(96, 0);
    out
}
