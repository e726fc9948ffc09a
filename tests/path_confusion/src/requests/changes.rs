//! Changes to a path that some server undoes, ignores or reads as another path.

use fastrand::Rng;

/// Applies one change.
pub fn change(path: &mut Vec<u8>, words: &[&str], random: &mut Rng) {
    match random.u8(..18) {
        0..3 => encode(path, random),
        3..5 => replace_slash(path, random),
        5..7 => insert_after_segment(path, pick(&PARAMETERS, random), random),
        7..9 => insert_at_slash(path, pick(&["/", "/", "//", "///"], random), random),
        9..11 => {
            path.extend_from_slice(pick(&["/", "/", "//", "///", "/.", "/./", "%2f", "/%2f", "/;", "/%20"], random))
        }
        11 => insert_at_slash(path, pick(&DOTS, random), random),
        12 | 13 => insert_after_segment(path, pick(&ENDS, random), random),
        14 => change_case(path, random),
        15 => path.extend_from_slice(pick(&TAILS, random)),
        16 => prefix(path, words, random),
        _ => insert_anywhere(path, pick(&ODDITIES, random), random),
    }
}

const PARAMETERS: [&str; 8] = [";", ";x", ";x=1", ";x=/", "%3b", "%3Bx", ";/", ";x=1;y=2"];

const DOTS: [&str; 12] = [
    "/.",
    "/./",
    "/x/..",
    "/x/../",
    "/%2e",
    "/x/%2e%2e",
    "/x/.%2e",
    "/..;",
    "/x/..;/",
    "/.;",
    "/x/%252e%252e",
    "/x\\..",
];

/// What a file system, a proxy or a pattern leaves out at the end of a segment.
const ENDS: [&str; 16] = [
    ".",
    "..",
    "%2e",
    "%20",
    "%20%20",
    ".%20",
    "%09",
    "%0a",
    "%00",
    "%0d",
    "+",
    "%ff",
    "%c2%a0",
    "%e2%80%8b",
    "::$DATA",
    "~",
];

const TAILS: [&str; 16] = [
    ".json",
    ".html",
    ".txt",
    "?",
    "?x=1",
    "#",
    "#/x",
    "%3f",
    "%3fx",
    "%23",
    "%23x",
    "?/../x",
    "/index.html",
    "%2500",
    "/*",
    "%",
];

/// Encodings that old or lenient decoders know.
const ODDITIES: [&str; 18] = [
    "%c0%af",
    "%c1%9c",
    "%e0%80%af",
    "%u002f",
    "%u2215",
    "%ef%bc%8f",
    "%ff",
    "%80",
    "%5c",
    "\\",
    "%5C",
    "%00",
    "%0a",
    "%",
    "%2",
    "%252f",
    "*",
    "%7f",
];

fn pick<'t>(texts: &[&'t str], random: &mut Rng) -> &'t [u8] {
    texts[random.usize(..texts.len())].as_bytes()
}

fn insert(path: &mut Vec<u8>, place: usize, text: &[u8]) {
    path.splice(place..place, text.iter().copied());
}

fn insert_anywhere(path: &mut Vec<u8>, text: &[u8], random: &mut Rng) {
    let place = random.usize(1..=path.len().max(1)).min(path.len());
    insert(path, place, text);
}

fn slashes(path: &[u8]) -> Vec<usize> {
    path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(place, _)| place).collect()
}

fn insert_at_slash(path: &mut Vec<u8>, text: &[u8], random: &mut Rng) {
    let places = slashes(path);
    if !places.is_empty() {
        insert(path, places[random.usize(..places.len())], text);
    }
}

fn insert_after_segment(path: &mut Vec<u8>, text: &[u8], random: &mut Rng) {
    let mut places: Vec<usize> = slashes(path).into_iter().skip(1).collect();
    places.push(path.len());
    insert(path, places[random.usize(..places.len())], text);
}

/// One byte, or each of a segment, once or twice.
fn encode(path: &mut Vec<u8>, random: &mut Rng) {
    let start = random.usize(..path.len().max(1));
    let length = if random.u8(..4) == 0 { 4 } else { 1 };
    let end = (start + length).min(path.len());
    let percent = if random.u8(..5) == 0 { "%25" } else { "%" };
    let is_upper = random.bool();
    let mut encoded = Vec::new();
    for byte in &path[start..end] {
        match byte {
            b'/' | b'%' if length > 1 => encoded.push(*byte),
            _ if is_upper => encoded.extend_from_slice(format!("{percent}{byte:02X}").as_bytes()),
            _ => encoded.extend_from_slice(format!("{percent}{byte:02x}").as_bytes()),
        }
    }
    path.splice(start..end, encoded);
}

fn replace_slash(path: &mut Vec<u8>, random: &mut Rng) {
    let places = slashes(path);
    if let Some(place) = places.get(random.usize(..places.len().max(1))) {
        let text = pick(&["%2f", "%2F", "%252f", "\\", "%5c", "%2f%2f", "/%2f", "%c0%af", ";/", "/x%2f..%2f"], random);
        path.splice(*place..=*place, text.iter().copied());
    }
}

/// One letter, each letter, or a letter that only lower case makes the same.
fn change_case(path: &mut Vec<u8>, random: &mut Rng) {
    match random.u8(..4) {
        0 => path.make_ascii_uppercase(),
        1 => {
            let found = path.iter().position(|byte| matches!(byte, b'k' | b's'));
            if let Some(place) = found {
                let text: &[u8] = if path[place] == b'k' { b"%e2%84%aa" } else { b"%c5%bf" };
                path.splice(place..=place, text.iter().copied());
            }
        }
        _ => {
            let letters: Vec<usize> = (0..path.len()).filter(|place| path[*place].is_ascii_lowercase()).collect();
            if let Some(place) = letters.get(random.usize(..letters.len().max(1))) {
                path[*place].make_ascii_uppercase();
            }
        }
    }
}

/// A host, or segments that lead back.
fn prefix(path: &mut Vec<u8>, words: &[&str], random: &mut Rng) {
    let word = words[random.usize(..words.len())];
    let text = match random.u8(..8) {
        0 => "http://localhost".to_owned(),
        1 => "//localhost".to_owned(),
        2 => format!("//{word}"),
        3 => format!("/{word}/.."),
        4 => format!("/{word}/..;x"),
        5 => format!("/{word}/%2e%2e"),
        6 => format!("/{word}%2f.."),
        _ => "/".to_owned(),
    };
    insert(path, 0, text.as_bytes());
}
