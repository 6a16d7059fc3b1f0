//! Dates to seconds since 1970: INTERNALDATE (RFC 9051 9, date-time) and the Date header in the shapes
//! that mail has it in (RFC 5322 3.3 and 4.3, and what people's programs make of it).

/// `17-Jul-1996 02:44:25 -0700`
pub(super) fn internal_date(text: &[u8]) -> Option<i64> {
    header_date(text)
}

/// None where no day can be made out.
pub(super) fn header_date(text: &[u8]) -> Option<i64> {
    let text = text.get(..200).unwrap_or(text);
    let bare = without_comments(text);
    let (mut day, mut month, mut year) = (None, None, None);
    let (mut time, mut zone) = (None, None);
    let separators = |b: &u8| matches!(b, b' ' | b'\t' | b',' | b'\r' | b'\n');
    for token in bare.split(|b| separators(b)).filter(|t| !t.is_empty()) {
        if let Some(clock) = clock(token).filter(|_| time.is_none()) {
            time = Some(clock);
        } else if let Some(offset) = zone_offset(token).filter(|_| time.is_some()) {
            zone.get_or_insert(offset);
        } else {
            // `17-Jul-1996` is three tokens in one.
            for piece in token.split(|b| *b == b'-').filter(|p| !p.is_empty()) {
                if let Some(found) = month_number(piece).filter(|_| month.is_none()) {
                    month = Some(found);
                } else if let Some(found) = crate::wire::number(piece) {
                    let field = if day.is_none() { &mut day } else { &mut year };
                    field.get_or_insert((found, piece.len()));
                }
            }
        }
    }
    let (day, month, year) = (day?, month?, year?);
    // RFC 5322 4.3: two digits up to 49 are of this century, three count from 1900.
    let year = match year {
        (y, 1 | 2) if y < 50 => y + 2000,
        (y, 1..=3) => y + 1900,
        (y, _) => y,
    };
    let days = days_since_1970(i64::try_from(year).ok()?, month, i64::try_from(day.0).ok()?)?;
    Some(days * 86_400 + time.unwrap_or(0) - zone.unwrap_or(0))
}

fn without_comments(text: &[u8]) -> Vec<u8> {
    let mut depth = 0u32;
    let keep = text.iter().copied().filter(|b| match b {
        b'(' => {
            depth += 1;
            false
        }
        b')' => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    });
    keep.collect()
}

/// `02:44`, `2:44:25`, `02.44.25`, to seconds.
fn clock(token: &[u8]) -> Option<i64> {
    let mut fields = token.split(|b| matches!(b, b':' | b'.')).map(crate::wire::number);
    let (hour, minute) = (fields.next()??, fields.next()??);
    let second = match fields.next() {
        Some(second) => second?,
        None => 0,
    };
    if hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    i64::try_from(hour * 3_600 + minute * 60 + second).ok()
}

fn zone_offset(token: &[u8]) -> Option<i64> {
    let (sign, digits) = match token {
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => {
            let hours = match token.to_ascii_uppercase().as_slice() {
                b"UT" | b"UTC" | b"GMT" | b"Z" => 0,
                b"EDT" => -4,
                b"EST" | b"CDT" => -5,
                b"CST" | b"MDT" => -6,
                b"MST" | b"PDT" => -7,
                b"PST" => -8,
                _ => return None,
            };
            return Some(hours * 3_600);
        }
    };
    let number = crate::wire::number(digits).filter(|_| digits.len() == 4)?;
    let seconds = i64::try_from(number / 100 * 3_600 + number % 100 * 60).ok()?;
    // No zone is further out; a false one is read as UTC, like `-0000`.
    Some(if seconds <= 14 * 3_600 { sign * seconds } else { 0 })
}

fn month_number(name: &[u8]) -> Option<u32> {
    const NAMES: [&[u8]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let head = name.get(..3)?.to_ascii_lowercase();
    (1..).zip(NAMES).find(|(_, known)| *known == head.as_slice()).map(|(number, _)| number)
}

/// The civil calendar, counted in years that begin with March.
fn days_since_1970(year: i64, month: u32, day: i64) -> Option<i64> {
    let month = i64::from(month);
    if !(1..=9_999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_of_every_shape() {
        for (text, seconds) in [
            ("17-Jul-1996 02:44:25 -0700", 837_596_665),
            (" 1-Jan-1970 00:00:00 +0000", 0),
            ("29-Feb-2024 23:59:59 +0100", 1_709_247_599),
            ("Wed, 17 Jul 1996 02:44:25 -0700", 837_596_665),
            ("Wed, 17 Jul 1996 02:44:25 -0700 (PDT)", 837_596_665),
            ("17 July 96 09:44:25 GMT", 837_596_665),
            ("Wed, 17 Jul 1996 9:44:25", 837_596_665),
            ("Wed Jul 17 09:44:25 1996", 837_596_665),
            ("Wed, 17 Jul 1996 02:44 PDT", 837_596_640),
            ("17 Jul 1996", 837_561_600),
            ("Wed, 17 Jul 1996 09.44.25 +9999", 837_596_665),
        ] {
            assert_eq!(header_date(text.as_bytes()), Some(seconds), "{text}");
        }
        for text in ["", "yesterday", "Wed, 17 1996", "99 Jul 1996 00:00:00", "1 Jan 99999"] {
            assert_eq!(header_date(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_are_counted_without_gaps(year in 1i64..9_999, month in 1u32..=12, day in 1i64..28) {
            let at = days_since_1970(year, month, day).unwrap();
            prop_assert_eq!(days_since_1970(year, month, day + 1), Some(at + 1));
            let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            let length = days_since_1970(next_year, next, 1).unwrap() - days_since_1970(year, month, 1).unwrap();
            prop_assert!((28..=31).contains(&length));
        }

        #[test]
        fn no_octets_panic(text in prop::collection::vec(any::<u8>(), 0..60)) {
            header_date(&text);
        }
    }
}
