//! Parts of a file: one range of bytes (RFC 9110 §14).

use http::HeaderValue;

/// What a `Range` header asks of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// All of it: no range, another unit, several ranges, or one that is no range.
    Whole,
    /// From the first to the last byte, both included.
    Part {
        /// The first byte's place.
        first: u64,
        /// The last byte's.
        last: u64,
    },
    /// Nothing that the file has.
    Nothing,
}

/// What `header` asks of a file of `size` bytes. Several ranges are answered with the whole: a server may, and whoever asks for
/// a thousand overlapping ones gets no lever.
pub(super) fn asked(header: &HeaderValue, size: u64) -> Asked {
    let range = header.to_str().ok().and_then(|text| {
        let (unit, range) = text.split_once('=')?;
        let single = unit.trim().eq_ignore_ascii_case("bytes") && !range.contains(',');
        single.then_some(range.trim())
    });
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
        return Asked::Whole;
    };
    match (number(first), number(last)) {
        (Some(first), _) if last.is_empty() => part(first, size.saturating_sub(1), size),
        (Some(first), Some(last)) if first <= last => part(first, last, size),
        (None, Some(0)) if first.is_empty() => Asked::Nothing,
        (None, Some(suffix)) if first.is_empty() => {
            part(size.saturating_sub(suffix), size.saturating_sub(1), size)
        }
        _ => Asked::Whole,
    }
}

fn part(first: u64, last: u64, size: u64) -> Asked {
    if first >= size {
        return Asked::Nothing;
    }
    let last = last.min(size - 1);
    Asked::Part { first, last }
}

/// Digits alone; a number beyond `u64` is beyond any file as well.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_ten(header: &'static str) -> Asked {
        asked(&HeaderValue::from_static(header), 10)
    }

    #[test]
    fn one_range_is_a_part() {
        assert_eq!(of_ten("bytes=0-0"), Asked::Part { first: 0, last: 0 });
        assert_eq!(of_ten("bytes=2-"), Asked::Part { first: 2, last: 9 });
        assert_eq!(of_ten("bytes=-3"), Asked::Part { first: 7, last: 9 });
        assert_eq!(of_ten("bytes=-30"), Asked::Part { first: 0, last: 9 });
        assert_eq!(
            of_ten("bytes=5-99999999999999999999999"),
            Asked::Part { first: 5, last: 9 }
        );
    }

    #[test]
    fn what_lies_beyond_is_nothing_and_what_is_no_range_is_the_whole() {
        for header in ["bytes=10-", "bytes=99999999999999999999999-", "bytes=-0"] {
            assert_eq!(of_ten(header), Asked::Nothing, "{header}");
        }
        for header in [
            "bytes=3-2",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=a-b",
            "bytes=",
            "bytes=-",
        ] {
            assert_eq!(of_ten(header), Asked::Whole, "{header}");
        }
        assert_eq!(
            asked(&HeaderValue::from_static("bytes=0-"), 0),
            Asked::Nothing
        );
    }
}
