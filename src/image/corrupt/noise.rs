//! Noise: gaussian, shot, impulse, speckle.

use super::Severity;
use super::samples::Samples;
use crate::kernels::random::Random;

/// Normal noise on every sample.
pub fn gaussian(samples: Samples, severity: Severity, random: &mut Random) -> Samples {
    let deviation = severity.of([0.08, 0.12, 0.18, 0.26, 0.38]);
    samples.map(|value| value + deviation * random.normal())
}

/// Poisson noise: as many photons as the value, times their number at white.
pub fn shot(samples: Samples, severity: Severity, random: &mut Random) -> Samples {
    let photons = severity.of([60.0, 25.0, 12.0, 5.0, 3.0]);
    samples.map(|value| f64::from(random.poisson(value * photons)) / photons)
}

/// Salt and pepper on a share of the samples.
pub fn impulse(samples: Samples, severity: Severity, random: &mut Random) -> Samples {
    let amount = severity.of([0.03, 0.06, 0.09, 0.17, 0.27]);
    samples.map(|value| {
        let (hit, salt) = (random.uniform() < amount, random.uniform() < 0.5);
        if hit { f64::from(u8::from(salt)) } else { value }
    })
}

/// Normal noise in proportion to the value.
pub fn speckle(samples: Samples, severity: Severity, random: &mut Random) -> Samples {
    let deviation = severity.of([0.15, 0.2, 0.35, 0.45, 0.6]);
    samples.map(|value| value + value * deviation * random.normal())
}
