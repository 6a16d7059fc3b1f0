//! Names of days and months in the languages that the sample is written in.

use jiff::civil::Date;

/// `weekday` Thursday · `day` 26 November · `short` 26 Nov · `month` November. None for what isn't known.
pub fn date(date: Date, language: &str, form: &str) -> Option<String> {
    let (weekdays, months, pattern, short) = tables(language)?;
    let nth = |list: &str, n: i8| {
        list.split(' ').nth(usize::try_from(n).ok()?).map(|word| word.replace('_', " "))
    };
    let month = nth(months, date.month() - 1)?;
    let fill = |pattern: &str| {
        let head: String = month.chars().take(3).collect();
        pattern
            .replace("DD", &date.day().to_string())
            .replace("MMM", &head)
            .replace("MM", &month)
            .replace("NN", &date.month().to_string())
    };
    match form {
        "weekday" => nth(weekdays, date.weekday().to_monday_zero_offset()),
        "day" => Some(fill(pattern)),
        "short" => Some(fill(short)),
        "month" => Some(month),
        _ => None,
    }
}

type Tables = (&'static str, &'static str, &'static str, &'static str);

fn tables(language: &str) -> Option<Tables> {
    Some(match language {
        "en" => (
            "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
            "January February March April May June July August September October November December",
            "DD MM",
            "DD MMM",
        ),
        "de" => (
            "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
            "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
            "DD. MM",
            "DD.NN.",
        ),
        "fr" => (
            "lundi mardi mercredi jeudi vendredi samedi dimanche",
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
            "DD MM",
            "DD/NN",
        ),
        "es" => (
            "lunes martes miércoles jueves viernes sábado domingo",
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
            "DD de MM",
            "DD/NN",
        ),
        "pt" => (
            "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
            "DD de MM",
            "DD/NN",
        ),
        "da" => (
            "mandag tirsdag onsdag torsdag fredag lørdag søndag",
            "januar februar marts april maj juni juli august september oktober november december",
            "DD. MM",
            "DD.NN.",
        ),
        "pl" => (
            "poniedziałek wtorek środa czwartek piątek sobota niedziela",
            "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
            "DD MM",
            "DD.NN",
        ),
        "uk" => (
            "понеділок вівторок середа четвер п’ятниця субота неділя",
            "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
            "DD MM",
            "DD.NN",
        ),
        // The month as a name stands alone ("за листопад"), not in the genitive of a date.
        "uk-name" => (
            "понеділок вівторок середа четвер п’ятниця субота неділя",
            "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
            "DD MM",
            "DD.NN",
        ),
        "el" => (
            "Δευτέρα Τρίτη Τετάρτη Πέμπτη Παρασκευή Σάββατο Κυριακή",
            "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου",
            "DD MM",
            "DD/NN",
        ),
        "ar" => (
            "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
            "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
            "DD MM",
            "DD/NN",
        ),
        "he" => (
            "יום_שני יום_שלישי יום_רביעי יום_חמישי יום_שישי שבת יום_ראשון",
            "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
            "DD בMM",
            "DD.NN",
        ),
        "hi" => (
            "सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार",
            "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्तूबर नवंबर दिसंबर",
            "DD MM",
            "DD/NN",
        ),
        "ja" => (
            "月 火 水 木 金 土 日",
            "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
            "MMDD日",
            "NN/DD",
        ),
        "zh" => (
            "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
            "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
            "MMDD日",
            "NN/DD",
        ),
        "ko" => (
            "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
            "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
            "MM DD일",
            "NN/DD",
        ),
        _ => return None,
    })
}
