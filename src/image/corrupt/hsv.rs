//! Hue, saturation and value, from 0 to 1, as scikit-image converts them.

/// Converts red, green and blue to hue, saturation and value.
pub fn from_rgb([red, green, blue]: [f64; 3]) -> [f64; 3] {
    let value = red.max(green).max(blue);
    let spread = value - red.min(green).min(blue);
    if spread == 0.0 {
        return [0.0, 0.0, value];
    }
    let sixth = if blue == value {
        4.0 + (red - green) / spread
    } else if green == value {
        2.0 + (blue - red) / spread
    } else {
        (green - blue) / spread
    };
    let hue = sixth / 6.0;
    [hue - libm::floor(hue), spread / value, value]
}

/// To red, green and blue.
pub fn to_rgb([hue, saturation, value]: [f64; 3]) -> [f64; 3] {
    let sixth = libm::floor(hue * 6.0);
    let part = hue * 6.0 - sixth;
    let low = value * (1.0 - saturation);
    let falling = value * (1.0 - part * saturation);
    let rising = value * (1.0 - (1.0 - part) * saturation);
    match sixth as i64 % 6 {
        0 => [value, rising, low],
        1 => [falling, value, low],
        2 => [low, value, rising],
        3 => [low, falling, value],
        4 => [rising, low, value],
        _ => [value, low, falling],
    }
}
