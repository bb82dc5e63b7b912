//! GF(256) under the Rijndael polynomial x⁸ + x⁴ + x³ + x + 1 (FIPS 197 §4), in time that doesn't depend on the values.
//!
//! Tables of logarithms would be faster and would leave the shares' bytes in the cache's timing; 32 bytes need no speed.

use zeroize::Zeroizing;

/// The product of two elements.
pub(super) fn multiply(mut left: u8, right: u8) -> u8 {
    let mut product = 0;
    for bit in 0..8 {
        product ^= left & mask(right >> bit & 1);
        let carry = left >> 7;
        left = left << 1 ^ 0x1B & mask(carry);
    }
    product
}

/// All ones for 1, all zeroes for 0.
fn mask(bit: u8) -> u8 {
    0u8.wrapping_sub(bit)
}

/// The inverse, x²⁵⁴; of zero, zero.
fn invert(element: u8) -> u8 {
    // 254 is 2 + 4 + … + 128: the product of the seven squarings.
    let mut square = element;
    let mut inverse = 1;
    for _ in 0..7 {
        square = multiply(square, square);
        inverse = multiply(inverse, square);
    }
    inverse
}

/// A point of each of the polynomials that share a secret byte by byte.
#[derive(Clone, Copy)]
pub(super) struct Point<'a> {
    pub(super) x: u8,
    pub(super) y: &'a [u8],
}

/// The polynomials' values at `x`. The points' `x` are distinct, which the caller has checked; they aren't secret.
pub(super) fn interpolate(x: u8, points: &[Point<'_>]) -> Zeroizing<Vec<u8>> {
    let bytes = points.first().map_or(0, |point| point.y.len());
    let mut values = Zeroizing::new(vec![0; bytes]);
    for (at, point) in points.iter().enumerate() {
        let others = points.iter().enumerate().filter(|(other, _)| *other != at);
        let coefficient = others.fold(1, |product, (_, other)| {
            let fraction = multiply(x ^ other.x, invert(point.x ^ other.x));
            multiply(product, fraction)
        });
        for (value, y) in values.iter_mut().zip(point.y) {
            *value ^= multiply(coefficient, *y);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_fips_197_holds() {
        assert_eq!(multiply(0x57, 0x83), 0xC1);
        assert_eq!(multiply(0x57, 0x13), 0xFE);
    }

    #[test]
    fn every_element_but_zero_has_an_inverse() {
        assert_eq!(invert(0), 0);
        for element in 1..=255 {
            assert_eq!(multiply(element, invert(element)), 1, "{element}");
        }
    }

    #[test]
    fn a_polynomial_passes_through_its_points() {
        let points = [
            Point { x: 0, y: &[1, 2] },
            Point { x: 3, y: &[200, 7] },
            Point {
                x: 255,
                y: &[9, 90],
            },
        ];
        for point in points {
            assert_eq!(interpolate(point.x, &points).as_slice(), point.y);
        }
    }
}
