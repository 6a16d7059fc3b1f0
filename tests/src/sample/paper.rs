//! A sheet of paper from a few lines of text: `# ` a title, `## ` a heading, `| a | b` a row, `---` a rule,
//! `! SCENE WxH QUALITY GRAIN` a photograph, `@ facade` a drawing in lines, `===` a new page.

use super::attach::Shot;
use super::pdf::{HEIGHT, Page, Photo, WIDTH, document};
use super::picture;

const LEFT: f64 = 62.0;
const RIGHT: f64 = WIDTH - 62.0;

pub fn print(text: &str) -> Vec<u8> {
    let mut paper = Paper { pages: vec![Page::default()], photos: Vec::new(), y: 80.0 };
    let mut title = None;
    for line in text.lines() {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("#", words) => {
                title.get_or_insert(words);
                paper.write(words, 20.0, true);
            }
            ("##", words) => {
                paper.y += 8.0;
                paper.write(words, 12.5, true);
            }
            ("|", row) => paper.row(row),
            ("!", shot) => paper.photo(shot),
            ("@", _) => paper.elevation(),
            ("---", _) => {
                paper.y += 8.0;
                paper.page().line_across();
                paper.y += 10.0;
            }
            ("===", _) => paper.turn(),
            ("", "") => paper.y += 9.0,
            _ => paper.write(line, 10.5, false),
        }
    }
    document(title.unwrap_or("Kontor"), &paper.pages, &paper.photos)
}

struct Paper {
    pages: Vec<Page>,
    photos: Vec<Photo>,
    y: f64,
}

struct Spot<'a>(&'a mut Page, f64);

impl Spot<'_> {
    fn line_across(self) {
        self.0.line((LEFT, self.1), (RIGHT, self.1), 0.6);
    }
}

impl Paper {
    fn page(&mut self) -> Spot<'_> {
        if self.pages.is_empty() {
            self.pages.push(Page::default());
        }
        let last = self.pages.len() - 1;
        Spot(&mut self.pages[last], self.y)
    }

    fn turn(&mut self) {
        let number = self.pages.len();
        let foot = HEIGHT - 40.0;
        self.page().0.text(RIGHT - 12.0, foot, 9.0, false, &number.to_string());
        self.pages.push(Page::default());
        self.y = 80.0;
    }

    fn room(&mut self, high: f64) {
        if self.y + high > HEIGHT - 70.0 {
            self.turn();
        }
    }

    /// Words broken at the margin: Helvetica is about half as wide as high.
    fn write(&mut self, words: &str, size: f64, bold: bool) {
        let most = ((RIGHT - LEFT) / (size * 0.5)) as usize;
        let mut line = String::new();
        for word in words.split(' ') {
            if line.chars().count() + word.chars().count() >= most {
                self.put(&line, size, bold);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.put(&line, size, bold);
    }

    fn put(&mut self, line: &str, size: f64, bold: bool) {
        self.room(size * 1.5);
        self.y += size * 1.45;
        let Spot(page, y) = self.page();
        page.text(LEFT, y, size, bold, line);
    }

    fn row(&mut self, row: &str) {
        self.room(20.0);
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let wide = (RIGHT - LEFT) / cells.len().max(1) as f64;
        self.y += 16.0;
        let Spot(page, y) = self.page();
        for (n, cell) in cells.iter().enumerate() {
            page.text(LEFT + wide * n as f64, y, 10.0, n == 0, cell);
        }
        page.line((LEFT, y + 5.0), (RIGHT, y + 5.0), 0.3);
        self.y += 4.0;
    }

    fn photo(&mut self, shot: &str) {
        let Ok(shot) = Shot::parse(shot) else { return };
        let wide = RIGHT - LEFT;
        let high = wide * shot.height as f64 / shot.width as f64;
        self.room(high + 20.0);
        let number = self.photos.len();
        let jpeg = picture::jpeg(&shot.paint(), shot.quality);
        self.photos.push(Photo { width: shot.width, height: shot.height, jpeg });
        let Spot(page, y) = self.page();
        page.photo(number, LEFT, y + 10.0, wide, high);
        self.y += high + 20.0;
    }

    /// The façade in lines, with a measure under it.
    fn elevation(&mut self) {
        self.room(230.0);
        let Spot(page, y) = self.page();
        let (top, foot, wide) = (y + 60.0, y + 180.0, RIGHT - LEFT);
        for (from, to) in [
            ((LEFT, top), (RIGHT, top)),
            ((LEFT, foot), (RIGHT, foot)),
            ((LEFT + 8.0, top), (LEFT + 8.0, foot)),
            ((RIGHT - 8.0, top), (RIGHT - 8.0, foot)),
            ((LEFT, top), (WIDTH / 2.0, top - 40.0)),
            ((WIDTH / 2.0, top - 40.0), (RIGHT, top)),
        ] {
            page.line(from, to, 1.0);
        }
        for n in 0..11 {
            let x = LEFT + 24.0 + n as f64 * (wide - 48.0) / 11.0;
            let high = top + 22.0;
            for (from, to) in [
                ((x, high), (x, foot)),
                ((x + 22.0, high), (x + 22.0, foot)),
                ((x, high), (x + 11.0, high - 10.0)),
                ((x + 11.0, high - 10.0), (x + 22.0, high)),
            ] {
                page.line(from, to, 0.5);
            }
        }
        page.line((LEFT, foot + 14.0), (RIGHT, foot + 14.0), 0.4);
        page.text(WIDTH / 2.0 - 16.0, foot + 26.0, 8.5, false, "38.50 m");
        page.area(LEFT, foot + 1.0, wide, 3.0, 0.75);
        self.y += 225.0;
    }
}
