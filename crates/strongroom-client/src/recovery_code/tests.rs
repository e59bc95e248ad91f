use super::*;
use strongroom_crypto::ChaChaRng;

fn rng() -> ChaChaRng {
    ChaChaRng::from_seed([9; 32])
}

fn code() -> RecoveryCode {
    RecoveryCode::random(&mut rng())
}

fn text_of(symbols: &Symbols) -> String {
    symbols.iter().map(|symbol| char::from(ALPHABET[usize::from(*symbol)])).collect()
}

/// The code with other values at some places, drawn from a counter.
fn damaged(code: &RecoveryCode, places: &[usize], draw: &mut u8) -> String {
    let mut symbols = *code.0;
    for place in places {
        *draw = draw.wrapping_mul(29).wrapping_add(7);
        symbols[*place] ^= 1 + *draw % 31;
    }
    text_of(&symbols)
}

fn unreadable(code: &RecoveryCode, places: &[usize]) -> String {
    let mut text: Vec<char> = text_of(&code.0).chars().collect();
    places.iter().for_each(|place| text[*place] = '?');
    text.into_iter().collect()
}

fn is(reading: &RecoveryCodeReading, code: &RecoveryCode) -> bool {
    reading.code().is_some_and(|read| read.0 == code.0)
}

#[test]
fn a_code_is_written_in_eight_groups_of_five_and_read_back() {
    let text = code().to_text();
    let groups: Vec<&str> = text.split(' ').collect();
    assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [5; 8]);
    assert!(text.starts_with('C'), "version 1 is the alphabet's second character");
    let reading = RecoveryCode::read(&text).unwrap();
    assert!(is(&reading, &code()) && reading.mended() == 0);
}

/// The sample of the specification's page.
#[test]
fn a_golden_code() {
    let mut symbols = [0; RECOVERY_CODE_CHARACTERS];
    symbols.iter_mut().zip(0..35).for_each(|(symbol, place)| *symbol = place % 32);
    symbols[0] = VERSION;
    checks::put(&mut symbols);
    let code = RecoveryCode(Zeroizing::new(symbols));
    assert_eq!(code.to_text().as_str(), "CCDEF HJKLM NPQRS TUVWX YZ012 34567 89ACD E1R1Q");
}

/// The other samples of the specification's page.
#[test]
fn golden_mistakes() {
    let golden = "CCDEF HJKLM NPQRS TUVWX YZ012 34567 89ACD E1R1Q";
    for (typed, mended) in [
        ("XCDEF HJKLM NPQRS TUVWX YZ012 34567 89ACD E1R1Q", 1),
        ("gcdef-hjklm-npqrs-tuvwx-yzo12-34567-89acd-eIr1X", 1),
        ("CCDEF HJKLM NPQRS TUVWX YZ012 34567 B9ACD E1R1P", 1),
        ("?CDEF H?KLM NPQRS TUVWX YZ012 3456? 89ACD E1R1?", 4),
    ] {
        let reading = RecoveryCode::read(typed).unwrap();
        assert_eq!((reading.code().unwrap().to_text().as_str(), reading.mended()), (golden, mended));
    }
}

#[test]
fn letters_that_look_like_others_and_lower_case_are_read() {
    let code = code();
    let typed = code.to_text().replace('8', "b").replace('C', "g").replace('1', "i").replace('0', "o");
    let typed = format!(" {}\n", typed.to_lowercase().replace(' ', " - "));
    assert!(is(&RecoveryCode::read(&typed).unwrap(), &code));
}

#[test]
fn the_distance_is_five() {
    // Any four columns are independent: no word of weight one to four is a code.
    let columns = checks::columns();
    let rank_of = |places: [usize; 4]| {
        let mut basis: Vec<(usize, checks::Remainder)> = Vec::new();
        for place in places {
            let mut vector = columns[place];
            for (pivot, known) in &basis {
                let times = field::multiply(vector[*pivot], field::inverse(known[*pivot]));
                vector.iter_mut().zip(known).for_each(|(out, value)| *out ^= field::multiply(*value, times));
            }
            if let Some(pivot) = vector.iter().position(|value| *value != 0) {
                basis.push((pivot, vector));
            }
        }
        basis.len()
    };
    for a in 0..RECOVERY_CODE_CHARACTERS {
        for b in 0..a {
            for c in 0..b {
                assert!((0..c).all(|d| rank_of([a, b, c, d]) == 4), "{a} {b} {c}");
            }
        }
    }
}

#[test]
fn any_two_wrong_characters_are_mended() {
    let (code, mut draw) = (code(), 0);
    for first in 0..RECOVERY_CODE_CHARACTERS {
        for second in first..RECOVERY_CODE_CHARACTERS {
            let places = if first == second { vec![first] } else { vec![first, second] };
            let reading = RecoveryCode::read(&damaged(&code, &places, &mut draw)).unwrap();
            assert!(is(&reading, &code) && reading.mended() == places.len(), "{places:?}");
        }
    }
}

#[test]
fn any_four_unreadable_characters_are_mended() {
    let code = code();
    for a in 0..RECOVERY_CODE_CHARACTERS {
        for b in 0..a {
            for c in 0..b {
                for d in 0..c {
                    let reading = RecoveryCode::read(&unreadable(&code, &[a, b, c, d])).unwrap();
                    assert!(is(&reading, &code), "{a} {b} {c} {d}");
                }
            }
        }
    }
}

#[test]
fn one_wrong_and_two_unreadable_characters_are_mended() {
    let (code, mut draw) = (code(), 3);
    for place in 0..RECOVERY_CODE_CHARACTERS {
        let wrong = damaged(&code, &[place], &mut draw);
        let (first, second) = ((place + 11) % 40, (place + 23) % 40);
        let mut text: Vec<char> = wrong.chars().collect();
        (text[first], text[second]) = ('?', '?');
        let reading = RecoveryCode::read(&text.into_iter().collect::<String>()).unwrap();
        assert!(is(&reading, &code) && reading.mended() == 3, "{place}");
    }
}

#[test]
fn three_wrong_characters_leave_a_few_codes_and_the_right_one_among_them() {
    let mut rng = rng();
    let (mut draw, mut most, mut all) = (1, 0, 0);
    for round in 0..60 {
        let code = RecoveryCode::random(&mut rng);
        let places = [round % 13, 13 + round % 14, 27 + round % 13];
        // Such a word may lie nearer to another code; then that one is read, and the fleet refuses it.
        let Ok(reading) = RecoveryCode::read(&damaged(&code, &places, &mut draw)) else {
            panic!("round {round}: nothing was read")
        };
        if reading.mended() == 3 {
            assert!(reading.codes.iter().any(|read| read.0 == code.0), "round {round}");
            (most, all) = (reading.codes.len().max(most), all + 1);
        }
    }
    assert!(all > 30 && most <= 32, "{all} were read with up to {most} codes");
}

#[test]
fn wrong_lengths_characters_and_versions_are_told_apart() {
    let code = code();
    let text = code.to_text();
    let read = |text: &str| RecoveryCode::read(text).unwrap_err();
    assert_eq!(read(""), RecoveryCodeError::Length(0));
    assert_eq!(read(&text[1..]), RecoveryCodeError::Length(39));
    assert_eq!(read(&format!("{}A", text.as_str())), RecoveryCodeError::Length(41));
    assert_eq!(read(&text.replacen('C', "é", 1)), RecoveryCodeError::Character(1));
    assert_eq!(read(&"?".repeat(40)), RecoveryCodeError::TooDamaged);
    let mut other = *code.0;
    other[0] = VERSION + 1;
    checks::put(&mut other);
    assert_eq!(read(&text_of(&other)), RecoveryCodeError::Version);
}

#[test]
fn an_error_and_debug_show_nothing_of_the_code() {
    assert_eq!(format!("{:?}", code()), "RecoveryCode(…)");
    let reading = RecoveryCode::read(&code().to_text()).unwrap();
    assert_eq!(format!("{reading:?}"), "RecoveryCodeReading { codes: [RecoveryCode(…)], mended: 0 }");
}
