//! The field of 32 elements, GF(2)[a]/(a^5 + a^2 + 1). An element is its polynomial's bits, a^4 the highest.

/// a^5 + a^2 + 1.
const MODULUS: u8 = 0b10_0101;

/// Multiplies. Adding is exclusive or.
pub(super) fn multiply(left: u8, right: u8) -> u8 {
    let mut product = 0;
    for bit in (0..5).rev() {
        product <<= 1;
        if product & 32 != 0 {
            product ^= MODULUS;
        }
        if right >> bit & 1 == 1 {
            product ^= left;
        }
    }
    product
}

/// The inverse of an element but zero, whose own is given as zero.
pub(super) fn inverse(element: u8) -> u8 {
    // The group has 31 elements, so the 30th power is the inverse.
    (0..29).fold(element, |power, _| multiply(power, element))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_but_zero_has_its_inverse() {
        for element in 1..32 {
            assert_eq!(multiply(element, inverse(element)), 1, "{element}");
        }
    }

    #[test]
    fn the_fifth_power_of_a_is_a_squared_and_one() {
        let a = 0b00010;
        let fifth = (0..4).fold(a, |power, _| multiply(power, a));
        assert_eq!(fifth, 0b00101);
    }
}
