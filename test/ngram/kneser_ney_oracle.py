"""Interpolated modified Kneser-Ney by its formulas, as an oracle for tests. Python's standard library alone.

From Chen and Goodman (1998), section 3, and Heafield et al. (2013), sections 3 and 4: counts in tables of tuples, each quantity
as its definition says, nothing of it optimized and nothing shared with the code under test.

Standard input: {"text": "...", "jobs": [{"order": 3, "prune": [0, 0, 1]}, ...]}. Every line is a sentence.
Standard output: for each job a list of [words, p, b]: every n-gram that the model keeps, its words with a space between, the
probability of the last after the others (null of <s>), and its backoff weight.
"""

import json
import sys
from collections import Counter, defaultdict


def occurrences(sentences, n):
    """c(g) of every n-gram of n words."""
    return Counter(
        tuple(words[i : i + n]) for words in sentences for i in range(len(words) - n + 1)
    )


def adjusted_counts(sentences, n, order):
    """a(g): c(g) of the longest and of those that begin with <s>; else the number of words v with c(v g) > 0."""
    counts = occurrences(sentences, n)
    if n == order:
        adjusted = dict(counts)
    else:
        extensions = defaultdict(set)
        for g in occurrences(sentences, n + 1):
            extensions[g[1:]].add(g[0])
        adjusted = {g: c if g[0] == "<s>" else len(extensions[g]) for g, c in counts.items()}
    if n == 1:
        # <s> is never predicted; <unk> is a word, also where it never occurs.
        adjusted[("<s>",)] = 0
        adjusted.setdefault(("<unk>",), 0)
    return adjusted


def discounts(adjusted):
    """D_1, D_2 and D_3+; the usual ones where they cannot be estimated."""
    t = Counter(adjusted.values())
    usual = [0.0, 0.5, 1.0, 1.5]
    if any(t[k] == 0 for k in (1, 2, 3)):
        return usual
    y = t[1] / (t[1] + 2 * t[2])
    estimated = [0.0] + [k - (k + 1) * y * t[k + 1] / t[k] for k in (1, 2, 3)]
    return estimated if all(0 <= estimated[k] <= k for k in (1, 2, 3)) else usual


def model(sentences, order, prune):
    counts = {n: occurrences(sentences, n) for n in range(1, order + 1)}
    adjusted = {n: adjusted_counts(sentences, n, order) for n in range(1, order + 1)}
    discount = {n: discounts(adjusted[n]) for n in range(1, order + 1)}
    vocabulary = len(adjusted[1]) - 1  # without <s>

    # By history: its continuations.
    continuations = {n: defaultdict(list) for n in range(1, order + 1)}
    for n in range(1, order + 1):
        for g in adjusted[n]:
            continuations[n][g[:-1]].append(g)

    def kept(g):
        return len(g) == 1 or counts[len(g)][g] > prune[len(g) - 1]

    def total(history):
        n = len(history) + 1
        return sum(adjusted[n][g] for g in continuations[n][history])

    def backoff(history):
        """gamma(h): what discounting takes, and all of what is left out."""
        n = len(history) + 1
        if n > order or not continuations[n][history]:
            return 1.0
        taken = sum(
            discount[n][min(adjusted[n][g], 3)] if kept(g) else adjusted[n][g]
            for g in continuations[n][history]
        )
        return taken / total(history)

    def probability(g):
        n = len(g)
        lower = 1 / vocabulary if n == 1 else probability(g[1:])
        a = adjusted[n][g]
        own = (a - discount[n][min(a, 3)]) / total(g[:-1])
        return own + backoff(g[:-1]) * lower

    return [
        [" ".join(g), None if g == ("<s>",) else probability(g), backoff(g)]
        for n in range(1, order + 1)
        for g in adjusted[n]
        if kept(g)
    ]


def main():
    task = json.load(sys.stdin)
    lines = task["text"].rstrip("\n").split("\n")
    sentences = [["<s>", *line.split(), "</s>"] for line in lines]
    json.dump([model(sentences, job["order"], job["prune"]) for job in task["jobs"]], sys.stdout)


if __name__ == "__main__":
    main()
