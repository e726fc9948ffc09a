//! Draws the chart of `benches/README.md`.

use std::fmt::Write;

/// Bars on a logarithmic scale, from 10 ns to 100 µs.
pub fn draw(token_bytes: usize, verify: &[(&str, f64)], layers: &[(&str, f64)]) -> String {
    let rows: Vec<&(&str, f64)> = verify.iter().chain(layers).collect();
    let height = 70 + rows.len() * 26;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" font-family="sans-serif" font-size="13">
<rect width="760" height="{height}" fill="#ffffff"/>
<text x="12" y="22" font-weight="bold">Time for one call, logarithmic ({token_bytes}-byte token, RS256 with RSA-2048)</text>
"##
    );
    let x = |nanoseconds: f64| 320.0 + 380.0 * (nanoseconds.max(10.0) / 10.0).log10() / 4.0;
    for (label, value) in [("10 ns", 10.0), ("100 ns", 1e2), ("1 µs", 1e3), ("10 µs", 1e4), ("100 µs", 1e5)] {
        let (at, bottom) = (x(value), height - 22);
        writeln!(svg, r##"<line x1="{at:.0}" y1="34" x2="{at:.0}" y2="{bottom}" stroke="#dddddd"/>"##).unwrap();
        let below = height - 8;
        writeln!(svg, r##"<text x="{at:.0}" y="{below}" text-anchor="middle" fill="#666666">{label}</text>"##).unwrap();
    }
    for (number, (name, time)) in rows.into_iter().enumerate() {
        let y = 40 + number * 26;
        let colour = if name.contains("this crate") { "#1f6fb2" } else { "#9aa7b2" };
        let (width, end, base) = (x(*time) - 320.0, x(*time) + 6.0, y + 14);
        let shown = if *time < 1e3 { format!("{time:.0} ns") } else { format!("{:.1} µs", time / 1e3) };
        writeln!(svg, r##"<text x="12" y="{base}">{name}</text>"##).unwrap();
        writeln!(svg, r##"<rect x="320" y="{y}" width="{width:.0}" height="18" fill="{colour}"/>"##).unwrap();
        writeln!(svg, r##"<text x="{end:.0}" y="{base}">{shown}</text>"##).unwrap();
    }
    svg.push_str("</svg>\n");
    svg
}
