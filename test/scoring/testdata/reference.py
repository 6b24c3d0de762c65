"""Reference numbers for test/scoring/statistics.test.ts, by other formulas than ours where there are others.

Made with: python3 test/scoring/testdata/reference.py > test/scoring/testdata/reference.json
"""
import json
import platform
from itertools import combinations

import numpy as np
import scipy
from scipy import stats
from scipy.special import betainc

out = {"made by": f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"}

shares = [(0, 5), (1, 5), (3, 7), (10, 10), (27, 59), (1, 200)]
out["wilson"] = [
    [k, n, *map(float, stats.binomtest(k, n).proportion_ci(0.95, method="wilson"))] for k, n in shares
]
out["jeffreys"] = [
    [k, n, 0.0 if k == 0 else float(stats.beta.ppf(0.025, k + 0.5, n - k + 0.5)),
     1.0 if k == n else float(stats.beta.ppf(0.975, k + 0.5, n - k + 0.5))]
    for k, n in shares
]
out["student"] = [[df, float(stats.t.ppf(0.975, df))] for df in (1, 2, 5, 11, 30, 200)]
out["betaCdf"] = [[x, a, b, float(betainc(a, b, x))]
                  for x, a, b in ((0.1, 0.5, 0.5), (0.5, 2, 3), (0.93, 40, 2.5), (0.02, 1.5, 60))]

rng = np.random.default_rng(4)
sizes = [1, 3, 2, 5, 1, 1, 4, 2, 1, 2]
values, clusters = [], []
for g, size in enumerate(sizes):
    centre = rng.uniform()
    for _ in range(size):
        values.append(round(float(np.clip(centre + rng.normal(0, 0.2), 0, 1)), 3))
        clusters.append(f"f{g}")
v = np.array(values)
same = np.equal.outer(np.array(clusters), np.array(clusters))
d = v - v.mean()
# Miller's double sum over pairs in one cluster, with the correction for few clusters
G = len(sizes)
variance = float((np.outer(d, d) * same).sum()) / len(v) ** 2 * G / (G - 1)
sums = np.array([v[[c == f"f{g}" for c in clusters]].sum() for g in range(G)])
counts = np.array(sizes)
draws = rng.integers(0, G, size=(400_000, G))
means = sums[draws].sum(1) / counts[draws].sum(1)
out["clustered"] = {
    "values": values, "clusters": clusters, "mean": float(v.mean()), "standardError": variance ** 0.5,
    "bootstrap": [float(q) for q in np.quantile(means, [0.025, 0.975])],
}


def flip(differences):
    test = stats.permutation_test((np.array(differences),), lambda x, axis: x.sum(axis=axis),
                                  permutation_type="samples", n_resamples=np.inf)
    return float(test.pvalue)


few = [0.5, 0.33, -0.2, 0.0, 0.7, 0.1, -0.4, 0.25, 0.6, 0.45]
many = [round(float(x), 3) for x in rng.normal(0.12, 0.4, 18)]
out["signFlip"] = [{"differences": x, "p": flip(x)} for x in (few, many)]

out["passes"] = [
    [n, c, k,
     float(np.mean([any(i < c for i in s) for s in combinations(range(n), k)])),
     float(np.mean([all(i < c for i in s) for s in combinations(range(n), k)]))]
    for n, c, k in ((3, 0, 2), (3, 1, 2), (5, 3, 2), (5, 5, 3), (10, 4, 5))
]

first = [[0, 0, 1], [1, 1, 1], [0.5, 0, 0.5], [0, 0, 0], [1, 0, 0], [0.33, 0.33, 1], [0, 1, 0], [1, 1, 0]]
second = [[0, 1, 1], [1, 1, 1], [0.5, 1, 0.5], [0, 0, 1], [1, 1, 0], [0.33, 1, 1], [0, 0, 0], [1, 1, 1]]
a, b = np.array(first), np.array(second)
diff = b.mean(1) - a.mean(1)
within = [float(x.var(axis=1, ddof=1).mean()) for x in (a, b)]
between = max(0.0, float(diff.var(ddof=1)) - within[0] / 3 - within[1] / 3)
q = stats.t.ppf(0.975, len(a) - 1) + stats.t.ppf(0.8, len(a) - 1)
t = stats.ttest_rel(b.mean(1), a.mean(1)).confidence_interval(0.95)
out["paired"] = {
    "first": first, "second": second, "difference": float(diff.mean()), "interval": [float(t.low), float(t.high)],
    "within": within, "between": between,
    "smallestDetectable": float(q * ((between + within[0] / 3 + within[1] / 3) / len(a)) ** 0.5),
}
print(json.dumps(out, indent=1))
