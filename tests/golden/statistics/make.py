"""Writes statistics.json: inputs, and what SciPy, statsmodels, scikit-learn and torchmetrics make of them.

`python make.py`. Where our own numbers are random, the same generator (xoshiro256++ seeded by SplitMix64) runs here
in Python, so that the reference sees the very samples.
"""

import json
from pathlib import Path

import numpy as np
import torch
from scipy import optimize, special, stats
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, precision_recall_fscore_support, top_k_accuracy_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from torchmetrics.functional.classification import multiclass_calibration_error

MASK = (1 << 64) - 1


class Xoshiro:
    """xoshiro256++ (Blackman and Vigna, 2019)."""

    def __init__(self, seed: int):
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & MASK
            mixed = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
            mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
            self.state.append(mixed ^ (mixed >> 31))

    def bits(self) -> int:
        def left(value: int, by: int) -> int:
            return ((value << by) | (value >> (64 - by))) & MASK

        s = self.state
        result = (left((s[0] + s[3]) & MASK, 23) + s[0]) & MASK
        shifted = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = left(s[3], 45)
        return result

    def below(self, bound: int) -> int:
        while True:
            product = self.bits() * bound
            if product & MASK >= (1 << 64) % bound:
                return product >> 64


def intervals() -> dict:
    shares = [(8, 10), (0, 5), (5, 5), (617, 1000), (1, 4999)]
    pairs = [((56, 70), (48, 80)), ((9, 10), (3, 10)), ((900, 1000), (850, 1000))]
    return {
        "wilson": [[k, n, *proportion_confint(k, n, method="wilson")] for k, n in shares],
        "newcombe": [
            [*a, *b, *confint_proportions_2indep(*a, *b, compare="diff", method="newcomb")] for a, b in pairs
        ],
    }


def tests(rng: np.random.Generator) -> dict:
    counts = [(0, 0), (1, 0), (10, 3), (25, 25), (120, 88), (2100, 1900)]
    p_values = [0.01, 0.04, 0.03, 0.005, 0.5, 0.04]
    a, b = rng.normal(0.3, 1, 6).round(6), rng.normal(0, 1, 5).round(6)
    difference = lambda x, y, axis=-1: np.mean(x, axis=axis) - np.mean(y, axis=axis)  # noqa: E731

    def permuted(alternative: str) -> float:
        kind = {"permutation_type": "independent", "vectorized": True, "n_resamples": np.inf}
        return stats.permutation_test((a, b), difference, alternative=alternative, **kind).pvalue

    spread = np.sqrt((a.var(ddof=1) * 5 + b.var(ddof=1) * 4) / 9)
    return {
        "mcnemar": [[x, y, mcnemar([[0, x], [y, 0]], exact=True).pvalue] for x, y in counts],
        "holm": {"p": p_values, "adjusted": multipletests(p_values, method="holm")[1].tolist()},
        "permutation": {
            "a": a.tolist(), "b": b.tolist(), "difference": difference(a, b),
            "p": permuted("two-sided"), "p_greater": permuted("greater"),
            "cohens_d": (a.mean() - b.mean()) / spread,
            "association_effect": (a.mean() - b.mean()) / np.concatenate([a, b]).std(ddof=1),
        },
    }  # fmt: skip


def bootstrap(rng: np.random.Generator) -> dict:
    values, generator = rng.gamma(2, 1, 40).round(6), Xoshiro(7)
    means = [np.mean([values[generator.below(40)] for _ in range(40)]) for _ in range(500)]
    return {"values": values.tolist(), "seed": 7, "resamples": 500, "interval": np.percentile(means, [2.5, 97.5]).tolist()}


def classification(rng: np.random.Generator) -> dict:
    """300 pictures of 7 classes, the last without any."""
    truth = rng.integers(0, 6, 300)
    logits = rng.normal(0, 2, (300, 7)) + 2.5 * np.eye(7)[truth]
    wide = (logits * 1024).round() / 1024  # exact in single precision too
    predicted = wide.argmax(1)
    shares = special.softmax(wide, 1)
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=range(7), zero_division=0)

    def slope(inverse: float) -> float:
        weights = special.softmax(wide * inverse, 1)
        return float(np.mean((weights * wide).sum(1) - wide[np.arange(300), truth]))

    inverse = optimize.brentq(slope, 0.01, 100, xtol=1e-15, rtol=1e-15)

    def ece(shares: np.ndarray) -> float:
        return float(multiclass_calibration_error(torch.tensor(shares), torch.tensor(truth), 7, n_bins=15, norm="l1"))

    return {
        "truth": truth.tolist(), "logits": wide.tolist(),
        "acc1": float((predicted == truth).mean()),
        "acc5": float(top_k_accuracy_score(truth, wide, k=5, labels=range(7))),
        "mean_per_class_recall": balanced_accuracy_score(truth, predicted),
        "confusion": confusion_matrix(truth, predicted, labels=range(7)).tolist(),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
        "ece": ece(shares), "temperature": 1 / inverse, "ece_at_temperature": ece(special.softmax(wide * inverse, 1)),
    }  # fmt: skip


def projections(rng: np.random.Generator) -> dict:
    """60 rows of 8 features in 3 classes."""
    classes = rng.integers(0, 3, 60)
    rows = (rng.normal(0, 1, (60, 8)) * np.linspace(2, 0.5, 8) + np.eye(3, 8)[classes] * 1.5)
    rows = (rows * 1024).round() / 1024  # exact in single precision too
    pca = PCA(2, svd_solver="full").fit(rows)
    fits = {}
    for c in (0.1, 1.0, 10.0):
        model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-14, max_iter=1000).fit(rows, classes)
        fits[str(c)] = model.predict_proba(rows).tolist()
    return {
        "rows": rows.tolist(), "classes": classes.tolist(),
        "pca": {"coordinates": pca.transform(rows).tolist(), "explained": pca.explained_variance_ratio_.tolist()},
        "logistic": fits,
    }  # fmt: skip


def main() -> None:
    rng = np.random.default_rng(2026)
    golden = {
        "intervals": intervals(),
        "tests": tests(rng),
        "bootstrap": bootstrap(rng),
        "classification": classification(rng),
        "projections": projections(rng),
    }
    (Path(__file__).parent / "statistics.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
