//! A chart with two logarithmic axes, as an SVG that needs nothing else: no script, no font, no library. It follows the
//! reader's light or dark page, and tells its lines apart by marks as well as by colours.

use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 210.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 56.0;
/// Between two names at the right edge, at least.
const LEADING: f64 = 17.0;

const STYLE: &str = "\
svg { background: #ffffff; font: 13px system-ui, sans-serif; }
text { fill: #1f2328; } .note { fill: #59636e; } .title { font-size: 16px; font-weight: 600; }
.grid { stroke: #d8dee4; } .line { fill: none; stroke-width: 2; } .dashed { stroke-dasharray: 6 5; }
.s0 { --c: #0969a2; } .s1 { --c: #b3470b; } .s2 { --c: #0a7a53; } .s3 { --c: #9b3d86; } .s4 { --c: #6f5c00; } .s5 { --c: #50565e; }
.line { stroke: var(--c); } .mark { fill: var(--c); } .name { fill: var(--c); }
@media (prefers-color-scheme: dark) {
svg { background: #0d1117; } text { fill: #e6edf3; } .note { fill: #9198a1; } .grid { stroke: #2b323b; }
.s0 { --c: #58b4f0; } .s1 { --c: #ff9a5c; } .s2 { --c: #4ccb98; } .s3 { --c: #e58fd2; } .s4 { --c: #d9c04a; } .s5 { --c: #aab2bd; }
.name { fill: var(--c); } }
";

/// A chart.
pub(crate) struct Chart {
    pub(crate) title: String,
    /// What the chart says, for those who don't see it.
    pub(crate) says: String,
    pub(crate) across: String,
    pub(crate) up: String,
    pub(crate) lines: Vec<Series>,
}

/// A line of it; values are above 0.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) dashed: bool,
}

/// Whole powers of ten that hold every value.
struct Axis {
    from: i32,
    until: i32,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .map(f64::log10)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let tens = |value: f64| (-12..13).find(|ten| f64::from(*ten) >= value).unwrap_or(13);
        let from = tens(low + 1e-9 - 1.0);
        Self {
            from,
            until: tens(high - 1e-9).max(from + 1),
        }
    }

    /// From 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value.log10() - f64::from(self.from)) / f64::from(self.until - self.from)
    }
}

impl Chart {
    /// The file's text.
    pub(crate) fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let (x, y) = (
            Axis::of(points().map(|point| point.0)),
            Axis::of(points().map(|point| point.1)),
        );
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-labelledby=\"title says\">\n<title id=\"title\">{}</title>\n<desc id=\"says\">{}</desc>\n\
             <style>\n{STYLE}</style>\n",
            escaped(&self.title),
            escaped(&self.says)
        );
        self.frame(&mut svg, &x, &y);
        let at = |point: &(f64, f64)| {
            (
                LEFT + x.place(point.0) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - y.place(point.1) * (HEIGHT - TOP - BOTTOM),
            )
        };
        let mut names = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let places: Vec<_> = line.points.iter().map(at).collect();
            draw(&mut svg, number, line, &places);
            if let Some((_, end)) = places.last() {
                names.push((*end, number, line.name.as_str()));
            }
        }
        write_names(&mut svg, names);
        svg + "</svg>\n"
    }

    fn frame(&self, svg: &mut String, x: &Axis, y: &Axis) {
        let (right, low) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for ten in x.from..=x.until {
            let at = LEFT + x.place(10_f64.powi(ten)) * (right - LEFT);
            put(
                svg,
                &format!("<path class=\"grid\" d=\"M{at:.1} {TOP}V{low}\"/>"),
            );
            put(
                svg,
                &format!(
                    "<text class=\"note\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                    low + 18.0,
                    power(ten)
                ),
            );
        }
        for ten in y.from..=y.until {
            let at = low - y.place(10_f64.powi(ten)) * (low - TOP);
            put(
                svg,
                &format!("<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>"),
            );
            put(
                svg,
                &format!(
                    "<text class=\"note\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                    LEFT - 8.0,
                    at + 4.0,
                    power(ten)
                ),
            );
        }
        put(
            svg,
            &format!(
                "<text class=\"title\" x=\"{LEFT}\" y=\"24\">{}</text>\n<text class=\"note\" x=\"{LEFT}\" y=\"44\">{}</text>\n\
             <text class=\"note\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                escaped(&self.title),
                escaped(&self.up),
                LEFT.midpoint(right),
                HEIGHT - 14.0,
                escaped(&self.across)
            ),
        );
    }
}

fn put(svg: &mut String, text: &str) {
    svg.push_str(text);
    svg.push('\n');
}

fn draw(svg: &mut String, number: usize, line: &Series, places: &[(f64, f64)]) {
    let mut path = String::new();
    for (x, y) in places {
        let verb = if path.is_empty() { 'M' } else { 'L' };
        // Writing to a string can't fail.
        let _ = write!(path, "{verb}{x:.1} {y:.1}");
    }
    let dashed = if line.dashed { " dashed" } else { "" };
    put(
        svg,
        &format!("<g class=\"s{number}\"><path class=\"line{dashed}\" d=\"{path}\"/>"),
    );
    for (x, y) in places {
        put(svg, &mark(number, *x, *y));
    }
    put(svg, "</g>");
}

fn mark(number: usize, x: f64, y: f64) -> String {
    let shape = match number % 4 {
        0 => return format!("<circle class=\"mark\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"),
        1 => "m-4 -4h8v8h-8z",
        2 => "m0 -5l5 9h-10z",
        _ => "m0 -5l5 5l-5 5l-5 -5z",
    };
    format!("<path class=\"mark\" d=\"M{x:.1} {y:.1}{shape}\"/>")
}

/// Names stand where their lines end, pushed apart where these meet.
fn write_names(svg: &mut String, mut names: Vec<(f64, usize, &str)>) {
    names.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut next = TOP;
    let last = HEIGHT - BOTTOM;
    let mut places: Vec<f64> = Vec::new();
    for (end, ..) in &names {
        let at = end.max(next);
        places.push(at);
        next = at + LEADING;
    }
    let mut limit = last;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - LEADING;
    }
    for ((_, number, name), at) in names.iter().zip(places) {
        put(
            svg,
            &format!(
                "<g class=\"s{number}\"><text class=\"name\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
                WIDTH - RIGHT + 10.0,
                at + 4.0,
                escaped(name)
            ),
        );
    }
}

/// A power of ten as people read it.
fn power(ten: i32) -> String {
    match ten {
        0 => "1".into(),
        1 => "10".into(),
        2 => "100".into(),
        3 => "1,000".into(),
        4 => "10,000".into(),
        5 => "100,000".into(),
        6 => "1 million".into(),
        7 => "10 million".into(),
        8 => "100 million".into(),
        -1 => "0.1".into(),
        -2 => "0.01".into(),
        other => format!("1e{other}"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
