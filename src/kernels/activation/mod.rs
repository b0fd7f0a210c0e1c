//! The activation functions of the CLIP family, applied in place to a slice.

use serde::Serialize;

use super::exp::exp;
use super::lanes::{F32x4, quads_mut};

/// An activation function, as checkpoints name it in `hidden_act`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum Activation {
    /// x * sigmoid(1.702 x): OpenAI's checkpoints.
    QuickGelu,
    /// x * Phi(x) with the error function: LAION, TinyCLIP.
    Gelu,
    /// The tanh approximation of GELU: SigLIP.
    GeluTanh,
    /// x between 0 and 6: EfficientNet-Lite.
    Relu6,
}

impl Activation {
    /// The activation that Hugging Face configs call `name`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "quick_gelu" => Some(Self::QuickGelu),
            "gelu" => Some(Self::Gelu),
            "gelu_pytorch_tanh" => Some(Self::GeluTanh),
            "relu6" => Some(Self::Relu6),
            _ => None,
        }
    }

    /// The name in Hugging Face configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::QuickGelu => "quick_gelu",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_pytorch_tanh",
            Self::Relu6 => "relu6",
        }
    }
}

impl From<Activation> for &'static str {
    fn from(activation: Activation) -> Self {
        activation.name()
    }
}

/// Applies the activation to each value. The length is a multiple of four.
pub fn apply(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::QuickGelu => map(values, quick_gelu),
        Activation::Gelu => map(values, gelu),
        Activation::GeluTanh => map(values, gelu_tanh),
        Activation::Relu6 => map(values, relu6),
    }
}

/// Applies the activation to values that are in registers.
#[inline(always)]
pub fn of_lanes(activation: Activation, values: &mut [F32x4]) {
    match activation {
        Activation::QuickGelu => map_lanes(values, quick_gelu),
        Activation::Gelu => map_lanes(values, gelu),
        Activation::GeluTanh => map_lanes(values, gelu_tanh),
        Activation::Relu6 => map_lanes(values, relu6),
    }
}

/// Four at a time: engines of WebAssembly make the constants of a polynomial anew each time they are used.
#[inline(always)]
fn map_lanes(values: &mut [F32x4], f: impl Fn(F32x4) -> F32x4) {
    let (fours, rest) = values.as_chunks_mut::<4>();
    for four in fours {
        *four = four.map(&f);
    }
    rest.iter_mut().for_each(|value| *value = f(*value));
}

#[inline(always)]
fn map(values: &mut [f32], f: impl Fn(F32x4) -> F32x4) {
    for quad in quads_mut(values) {
        f(F32x4::load(quad)).store(quad);
    }
}

#[inline(always)]
fn quick_gelu(x: F32x4) -> F32x4 {
    x / (F32x4::splat(1.0) + exp(x * F32x4::splat(-1.702)))
}

#[inline(always)]
fn gelu(x: F32x4) -> F32x4 {
    let half = F32x4::splat(0.5);
    x * half * (F32x4::splat(1.0) + erf(x * F32x4::splat(std::f32::consts::FRAC_1_SQRT_2)))
}

/// 0.5 x (1 + tanh(z)) with z = sqrt(2 / pi) (x + 0.044715 x^3), as x / (1 + e^-2z).
#[inline(always)]
fn gelu_tanh(x: F32x4) -> F32x4 {
    let cubic = x + F32x4::splat(0.044_715) * (x * x * x);
    const MINUS_2_ROOT_2_OVER_PI: f32 = -1.595_769_121_605_731_f64 as f32;
    x / (F32x4::splat(1.0) + exp(cubic * F32x4::splat(MINUS_2_ROOT_2_OVER_PI)))
}

/// x between 0 and 6.
#[inline(always)]
pub fn relu6(x: F32x4) -> F32x4 {
    x.max(F32x4::splat(0.0)).min(F32x4::splat(6.0))
}

/// The error function as a quotient of odd and even polynomials over [-4, 4], where it is ±1 to
/// `f32` beyond (Eigen's `erf` for floats). Absolute error below 3e-7.
#[inline(always)]
fn erf(x: F32x4) -> F32x4 {
    const ODD: [f32; 7] = [
        -2.726_142_3e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_5e-5,
        -7.349_906_4e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const EVEN: [f32; 5] = [-1.456_607_2e-5, -2.133_740_5e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2];
    let x = x.max(F32x4::splat(-4.0)).min(F32x4::splat(4.0));
    let square = x * x;
    let polynomial = |coefficients: &[f32]| {
        let mut p = F32x4::splat(coefficients[0]);
        for c in &coefficients[1..] {
            p = p * square + F32x4::splat(*c);
        }
        p
    };
    x * polynomial(&ODD) / polynomial(&EVEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// erf in double precision by its Maclaurin series, exact to 1e-12 for |x| <= 4.
    fn erf_reference(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    }

    /// The largest distance to a reference over -12..12. Tolerance 1e-6: activations feed 7-bit
    /// quantization or `f32` sums whose own rounding is larger.
    fn worst(activation: Activation, reference: impl Fn(f64) -> f64) -> f64 {
        let mut worst = 0f64;
        for i in 0..24_000 {
            let x = -12.0 + i as f32 / 1000.0;
            let mut values = [x; 4];
            apply(activation, &mut values);
            let truth = reference(f64::from(x));
            worst = worst.max((f64::from(values[0]) - truth).abs() / truth.abs().max(1.0));
        }
        worst
    }

    #[test]
    fn gelu_agrees_with_the_error_function() {
        let gelu = |x: f64| {
            let z = (x / 2f64.sqrt()).clamp(-4.0, 4.0);
            0.5 * x * (1.0 + erf_reference(z))
        };
        let worst = worst(Activation::Gelu, gelu);
        assert!(worst < 1e-6, "{worst:e}");
    }

    #[test]
    fn quick_gelu_agrees_with_its_definition() {
        let worst = worst(Activation::QuickGelu, |x| x / (1.0 + (-1.702 * x).exp()));
        assert!(worst < 1e-6, "{worst:e}");
    }

    #[test]
    fn gelu_tanh_agrees_with_its_definition() {
        let reference = |x: f64| {
            let z = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            0.5 * x * (1.0 + z.tanh())
        };
        let worst = worst(Activation::GeluTanh, reference);
        assert!(worst < 1e-6, "{worst:e}");
    }

    #[test]
    fn relu6_is_cut_at_both_ends() {
        let mut values = [-1e30, -0.5, 1e-30, 3.25, 6.0, 6.5, 1e30, f32::INFINITY];
        let expected = [0.0, 0.0, 1e-30, 3.25, 6.0, 6.0, 6.0, 6.0];
        let mut in_registers =
            [F32x4::load(&[-1e30, -0.5, 1e-30, 3.25]), F32x4::load(&[6.0, 6.5, 1e30, f32::INFINITY])];
        of_lanes(Activation::Relu6, &mut in_registers);
        assert_eq!(in_registers.map(F32x4::to_array).as_flattened(), expected);
        apply(Activation::Relu6, &mut values);
        assert_eq!(values, expected);
    }

    #[test]
    fn large_inputs_pass_through_and_large_negative_ones_vanish() {
        for activation in [Activation::QuickGelu, Activation::Gelu, Activation::GeluTanh] {
            let mut values = [1e4, -1e4, 60.0, -60.0];
            apply(activation, &mut values);
            assert!((values[0] / 1e4 - 1.0).abs() < 1e-6 && (values[2] / 60.0 - 1.0).abs() < 1e-6);
            assert!(values[1].abs() < 1e-2 && values[3].abs() < 1e-4, "{activation:?} {values:?}");
        }
    }
}
